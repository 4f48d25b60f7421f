import { type Scope, scopeOf } from "../common.js";
import { canUndo, type Effect, type MutationIntent, type MutationResult } from "../effects.js";
import { invalidRequest, type Problem } from "../errors.js";
import type { RunState } from "../events.js";
import type { InstanceRecord } from "../instances.js";
import type { DependencyReleaseOutcome, RevertOutcome } from "../reversal.js";
import type { RemovedSecurityRule } from "../security-rules.js";
import type { SnapshotProof } from "../snapshots.js";
import type { TerminateOutcome } from "../termination.js";
import type { DeletionVerdict } from "../verification.js";
import type { Revocation } from "./approval.js";
import { carryOver, notRepeated, removedEarlier } from "./carry-over.js";
import { digestOf } from "./digest.js";
import type {
  JournalEntry,
  JournalLock,
  JournalRecord,
  MutatingOperation,
  OutcomeByOperation,
  OutcomeEntry,
} from "./journal.js";
import type { PhaseRequest } from "./phase.js";
import { type Plan, type PlannedInstance, type PlanScope, plannedId } from "./plan.js";
import type { InstanceStatus } from "./result.js";
import { scopeKey } from "./scopes.js";

/** An announced request and what is known of it. */
export interface IntentState {
  readonly scope: Scope;
  /** Who announced it. */
  readonly owner: JournalLock | undefined;
  readonly intent: MutationIntent;
  readonly result?: MutationResult;
}
/** All that a journal says about one instance. */
export interface InstanceLedger {
  readonly scopeIndex: number;
  readonly scope: Scope;
  readonly id: string;
  readonly planned: PlannedInstance;
  readonly outcomes: OutcomeEntry[];
  /** Keys of the requests announced for it. */
  readonly intentKeys: string[];
  /** Effects of operations that have answered, and that nothing has put back yet. */
  standing: Effect[];
  /** Effects announced by an operation that has not answered for this instance yet. */
  announced: Effect[];
  /** Effects announced by a process that died before it could say what became of them. */
  carried: Effect[];
  /** Keys of the requests announced since an operation last answered for it. */
  readonly unansweredKeys: Set<string>;
  reverted: RevertOutcome[];
  proofs: SnapshotProof[];
  /** Rises whenever the instance returns to service, which voids its proofs. */
  attempt: number;
  removedRules: RemovedSecurityRule[];
  /** When the cloud took the termination. */
  endedAt?: string;
  gate?: { readonly passed: boolean; readonly readAt: string; readonly problem?: Problem };
  verdict?: DeletionVerdict;
  closed?: { readonly status: InstanceStatus; readonly problem?: Problem };
}

/** What a journal says, folded. The same reader serves status, resume, receipt and undo. */
export class Ledger {
  opened: Extract<JournalEntry, { type: "opened" }> | undefined;
  startedAt: string | undefined;
  endedAt: string | undefined;
  readonly scopes: Omit<PlanScope, "instances">[] = [];
  readonly instances: InstanceLedger[] = [];
  readonly intents = new Map<string, IntentState>();
  readonly steps = new Map<string, unknown>();
  readonly phases = new Map<
    string,
    { readonly request: PhaseRequest; readonly state: "queued" | "started" | "done" }
  >();
  state: RunState | undefined;
  consent: Extract<JournalEntry, { type: "consent" }> | undefined;
  revoked: Revocation | undefined;
  /** By which run the plan was undone, and where the journal ended before. */
  spent: (Extract<JournalEntry, { type: "spent" }> & { readonly afterHead: string }) | undefined;
  /** Who held the journal last, and so wrote what follows. */
  owner: JournalLock | undefined;
  records = 0;
  head = "";
  private readonly byKey = new Map<string, InstanceLedger>();
  private readonly open = new Set<string>();
  private readonly lost = new Set<string>();

  /** Takes one line in. */
  add(record: JournalRecord): void {
    const { entry } = record;
    this.records = record.seq;
    this.head = record.hash;
    switch (entry.type) {
      case "opened":
        this.opened = entry;
        this.startedAt = record.at;
        break;
      case "scope":
        this.scopes[entry.index] = entry.scope;
        break;
      case "planned":
        this.addPlanned(entry.scopeIndex, entry.instance);
        break;
      case "owner":
        this.owner = entry.lock;
        for (const instance of this.instances) carryOver(instance, this.intents);
        break;
      case "consent":
        this.consent = entry;
        break;
      case "revoked":
        this.revoked = entry.revocation;
        break;
      case "spent":
        this.spent = { ...entry, afterHead: record.previous };
        break;
      case "attempt":
        this.change(entry.scope, entry.instanceId, (instance) => {
          instance.attempt = entry.attempt;
        });
        break;
      case "phase":
        this.phases.set(entry.request.id, { request: entry.request, state: entry.state });
        break;
      case "step":
        this.steps.set(entry.key, entry.value);
        break;
      case "intent":
        this.addIntent(entry.scope, entry.intent);
        break;
      case "settled":
        this.settle(entry.key, entry.result);
        break;
      case "gate":
        this.change(entry.scope, entry.instanceId, (instance) => {
          instance.gate = entry;
        });
        break;
      case "outcome":
        this.addOutcome(entry, record.at);
        break;
      case "verdict":
        this.change(entry.scope, entry.verdict.instanceId, (instance) => {
          instance.verdict = entry.verdict;
        });
        break;
      case "closed":
        this.change(entry.scope, entry.instanceId, (instance) => {
          instance.closed = entry;
        });
        break;
      case "state":
        this.state = entry.state;
        this.endedAt = entry.state.status === "finished" || entry.state.status === "stopped" ? record.at : undefined;
        break;
    }
  }

  /** One instance; `undefined` where the plan does not name it. */
  instance(scope: Scope, id: string): InstanceLedger | undefined {
    return this.byKey.get(`${scopeKey(scope)} ${id}`);
  }

  /** Announced requests without a result. */
  openIntents(): readonly IntentState[] {
    return [...this.open].flatMap((key) => this.intents.get(key) ?? []);
  }

  /** The plan as it was recorded. Throws `invalid-request` where none was. */
  wholePlan(): Plan {
    if (!this.opened) throw invalidRequest("This journal holds no run.", "Pass the journal of a run.");
    const scopes = this.scopes.map((scope, index) => ({
      ...scope,
      instances: this.instances.filter(({ scopeIndex }) => scopeIndex === index).map(({ planned }) => planned),
    }));
    return { ...this.opened.plan, scopes };
  }

  /** Announced requests that may have happened or not, or may happen yet: without a result, or with one that says so. */
  doubtfulIntents(): readonly IntentState[] {
    return [...this.open, ...this.lost].flatMap((key) => this.intents.get(key) ?? []);
  }

  private addPlanned(scopeIndex: number, planned: PlannedInstance): void {
    const scope = this.scopes[scopeIndex];
    if (!scope) return;
    const instance: InstanceLedger = {
      scopeIndex,
      scope: scopeOf(scope),
      id: plannedId(planned),
      planned,
      outcomes: [],
      intentKeys: [],
      standing: [],
      announced: [],
      carried: [],
      unansweredKeys: new Set(),
      reverted: [],
      proofs: [],
      attempt: 1,
      removedRules: [],
    };
    this.instances.push(instance);
    this.byKey.set(`${scopeKey(scope)} ${instance.id}`, instance);
  }

  private change(scope: Scope, id: string, apply: (instance: InstanceLedger) => void): void {
    const instance = this.instance(scope, id);
    if (instance) apply(instance);
  }

  private addIntent(scope: Scope, intent: MutationIntent): void {
    this.intents.set(intent.key, { scope, intent, owner: this.owner });
    this.open.add(intent.key);
    for (const id of intent.instanceIds) {
      this.change(scope, id, (instance) => {
        instance.intentKeys.push(intent.key);
        instance.unansweredKeys.add(intent.key);
        if (givesBack(intent)) return;
        instance.announced = [
          ...instance.announced,
          ...intent.effects.filter((effect) => effect.instanceIds.includes(id)),
        ];
      });
    }
  }

  private settle(key: string, result: MutationResult): void {
    const known = this.intents.get(key);
    if (!known) return;
    this.intents.set(key, { ...known, result });
    this.open.delete(key);
    if (result.effect === "unknown") this.lost.add(key);
    else this.lost.delete(key);
    if (result.effect !== "not-applied") return;
    const undone = new Set(known.intent.effects.map(digestOf));
    for (const id of known.intent.instanceIds) {
      this.change(known.scope, id, (instance) => {
        instance.announced = instance.announced.filter((effect) => !undone.has(digestOf(effect)));
        instance.carried = instance.carried.filter((effect) => !undone.has(digestOf(effect)));
      });
    }
  }

  private addOutcome(entry: OutcomeEntry, at: string): void {
    if (entry.operation === "revert") this.addRevert(entry.scope, entry.outcome);
    const id = subjectOf(entry);
    if (id === undefined) return;
    const { outcome } = entry;
    this.change(entry.scope, id, (instance) => {
      instance.outcomes.push(entry);
      if (entry.operation === "terminate" && endedStatuses.has(entry.outcome.status)) instance.endedAt ??= at;
      // The operation has looked again since it announced them: from here its own word on what stands counts.
      instance.announced = [];
      instance.unansweredKeys.clear();
      // It tells nothing of what a process before it did. That comes back if it can: giving back looks before it acts.
      if ("problem" in outcome) instance.carried = instance.carried.filter(canUndo);
      const effects = "effects" in outcome ? outcome.effects : [];
      instance.carried = notRepeated(instance.carried, effects);
      const known = new Set(instance.standing.map(digestOf));
      instance.standing.push(...effects.filter((effect) => !known.has(digestOf(effect))));
      if ("proofs" in outcome) instance.proofs = mergeProofs(instance.proofs, outcome.proofs);
      if ("removed" in outcome) instance.removedRules.push(...outcome.removed);
      if (entry.operation === "releaseSecurityRules") instance.removedRules.push(...removedEarlier(instance, outcome));
    });
  }

  private addRevert(scope: Scope, outcome: RevertOutcome): void {
    const done = outcome.status === "reverted" || outcome.status === "already-reverted";
    const key = digestOf(outcome.effect);
    for (const id of outcome.effect.instanceIds) {
      this.change(scope, id, (instance) => {
        instance.reverted.push(outcome);
        const others = (effects: readonly Effect[]) => effects.filter((effect) => digestOf(effect) !== key);
        if (!done) return;
        // Back in service it can write to its disks again: what was saved before is no longer all of it.
        if (returnsToService.has(outcome.effect.kind)) instance.attempt += 1;
        instance.standing = others(instance.standing);
        instance.announced = others(instance.announced);
        instance.carried = others(instance.carried);
        if (outcome.effect.undo && "removed" in outcome.effect.undo) forgetRule(instance, outcome.effect.undo.removed);
      });
    }
  }
}

/** The instance an outcome is about; none where it is about effects, or about something else. */
function subjectOf(entry: OutcomeEntry): string | undefined {
  if (entry.operation === "recover") {
    const { item } = entry.outcome;
    return typeof item === "string" ? item : "instanceId" in item ? item.instanceId : item.id;
  }
  return "instanceId" in entry.outcome ? entry.outcome.instanceId : undefined;
}

/** Whether a request only puts something back. Nothing stops such a request: neither window nor freeze nor expiry. */
export function givesBack(intent: Pick<MutationIntent, "effects">): boolean {
  return (
    intent.effects.length > 0 && intent.effects.every(({ kind }) => kind === "reverted" || kind === "rule-restored")
  );
}

/** What was seen of a planned instance; `undefined` where it was not found. */
export function recordOf(instance: Pick<InstanceLedger, "planned">): InstanceRecord | undefined {
  const { instance: sighting } = instance.planned;
  return sighting.status === "found" ? sighting.record : undefined;
}

/** The last outcome of an operation for one instance. */
export function lastOutcome<Op extends Exclude<MutatingOperation, "revert">>(
  instance: InstanceLedger,
  operation: Op,
): OutcomeByOperation[Op] | undefined {
  const entry = instance.outcomes.findLast((candidate) => candidate.operation === operation);
  // `operation` names the type of `outcome`; the compiler cannot follow that through a type parameter.
  return entry?.outcome as OutcomeByOperation[Op] | undefined;
}

/** The outcome of releasing one thing; the last, where it was tried again. */
export function releaseOf(instance: InstanceLedger, kind: string, id: string): DependencyReleaseOutcome | undefined {
  const outcomes = instance.outcomes.flatMap((entry) =>
    entry.operation === "releaseDependencies" ? [entry.outcome] : [],
  );
  return outcomes.findLast(({ item }) => item.kind === kind && item.id === id);
}

/** Whether the cloud took the termination. From here on nothing is given back. */
export function hasEnded(instance: InstanceLedger): boolean {
  const outcome: TerminateOutcome | undefined = lastOutcome(instance, "terminate");
  return outcome !== undefined && endedStatuses.has(outcome.status);
}

/** Effects whose give-back lets an instance work again. */
const returnsToService: ReadonlySet<string> = new Set([
  "power-changed",
  "groups-changed",
  "registration-removed",
  "membership-removed",
]);

const endedStatuses: ReadonlySet<string> = new Set(["accepted", "recycled", "already-gone", "scheduled"]);

/** Everything done for an instance that may still stand, the oldest first. */
export function effectsOf({ carried, standing, announced }: InstanceLedger): readonly Effect[] {
  return [...new Map([...carried, ...standing, ...announced].map((effect) => [digestOf(effect), effect])).values()];
}

function mergeProofs(known: readonly SnapshotProof[], fresh: readonly SnapshotProof[]): SnapshotProof[] {
  const replaced = new Set(fresh.map((proof) => `${proof.id} ${proof.diskId}`));
  return [...known.filter((proof) => !replaced.has(`${proof.id} ${proof.diskId}`)), ...fresh];
}

function forgetRule(instance: InstanceLedger, removed: RemovedSecurityRule): void {
  const key = digestOf(removed);
  instance.removedRules = instance.removedRules.filter((rule) => digestOf(rule) !== key);
}
