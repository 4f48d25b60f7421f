import type { CloudAdapter } from "../adapter.js";
import { claimOf } from "../claim.js";
import { isoNow, systemClock } from "../clock.js";
import { scopeOf } from "../common.js";
import type { NodeRef } from "../dependencies.js";
import { canUndo, type Effect } from "../effects.js";
import { DecommissionError, type Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { CallOptions } from "../options.js";
import type { RecoverableRef, RecoverOptions, RecoverOutcome } from "../reversal.js";
import { firmBlocker } from "./blockers.js";
import { completePolicy } from "./complete-policy.js";
import { sealInstance, sealPlan } from "./digest.js";
import { emitter } from "./emit.js";
import type { Journal } from "./journal.js";
import { effectsOf, type InstanceLedger, type Ledger } from "./ledger.js";
import type { Blocker, Plan, PlannedInstance, PlannedStep, PlanOptions, PlanScope } from "./plan.js";
import { thisProcess } from "./process-identity.js";
import { type Opened, readLedger } from "./read-ledger.js";
import { type ScopedAdapter, scopedHomes } from "./scopes.js";
import { settledBy } from "./settle.js";
import { libraryVersion } from "./version.js";

/** Options of `planUndo`. */
export interface UndoOptions extends Partial<PlanOptions>, Pick<RecoverOptions, "renew"> {
  /** Plans from the valid prefix of a corrupt journal. Default: false, so `journal-corrupt`. */
  readonly salvage?: boolean;
}

/**
 * Plans the way back from a journal, whatever its run's end. Reads only. The undo runs under a journal of its own
 * and spends the undone plan; only steps that cost, recover or open more than that plan recorded need approvals. A
 * plan that went through a file needs the undone run's journal beside it: `executePlan` takes it as `undoes`. Saved
 * copies are never part of it.
 */
export async function planUndo(
  adapters: readonly CloudAdapter[],
  journal: Journal,
  options: UndoOptions = {},
): Promise<Plan> {
  const ledger = await readLedger(journal, { salvage: options.salvage ?? false });
  await letSettle(ledger, options);
  const call: CallOptions = { signal: options.signal, onEvent: options.onEvent };
  const begun = ledger.instances.filter((instance) => effectsOf(instance).length > 0);
  const used = ledger.scopes
    .map((scope, index) => ({ scope, index }))
    .filter(({ index }) => begun.some((one) => one.scopeIndex === index));
  const homes = await scopedHomes(
    adapters,
    used.map(({ scope }) => scope),
    call,
  );
  const scopes = await Promise.all(
    used.map(({ index }, place) => {
      const home = homes[place];
      const members = begun.filter((one) => one.scopeIndex === index);
      return home ? planScope(home, members, ledger, options, call) : [];
    }),
  );
  const plan = sealUndo(ledger, scopes.flat(), options);
  plannedFrom.set(plan, journal);
  return plan;
}

/** The journals that undo plans were made from, for whoever executes one in the process that planned it. */
const plannedFrom = new WeakMap<Plan, Journal>();

/** The undone run's journal: the one that was passed, or the one this very plan was made from. */
export function undoneJournal(plan: Plan, passed: Journal | undefined): Journal | undefined {
  return passed ?? plannedFrom.get(plan);
}

/** What the undone run sent last may land yet. Until it must have, a look that does not find it tells nothing. */
async function letSettle(ledger: Ledger, { clock = systemClock, signal, onEvent }: UndoOptions): Promise<void> {
  const here = await thisProcess();
  const startedAt = clock.now();
  const waitMs = Math.max(0, ...ledger.doubtfulIntents().map((state) => settledBy(state, here, startedAt) - startedAt));
  if (waitMs === 0) return;
  const waitingFor = "what the undone run sent last to settle";
  emitter(clock, onEvent)({ type: "progress", operation: "plan", done: 0, total: 1, waitingFor, remainingMs: waitMs });
  await clock.sleep(waitMs, signal);
  if (signal?.aborted)
    throw new DecommissionError({ code: "aborted", message: "Planning the undo was stopped.", hint: "" });
}

function sealUndo(ledger: Ledger & Opened, scopes: readonly PlanScope[], options: UndoOptions): Plan {
  const clock = options.clock ?? systemClock;
  const policy = completePolicy(options.policy ?? {});
  const { runId, journalId, plan } = ledger.opened;
  const startsBy = clock.now() + policy.planTtlHours * 3_600_000;
  const ticket = options.ticket ?? plan.ticket;
  return sealPlan({
    v: 1,
    kind: "undo",
    about: { runId, journalId, journalHead: ledger.head },
    ...(options.plannerKeyId === undefined ? {} : { plannerKeyId: options.plannerKeyId }),
    scopes,
    policy,
    reason: options.reason ?? `Undo of ${runId}: ${plan.reason}`,
    ...(ticket === undefined ? {} : { ticket }),
    warnings: unsettledWarnings(ledger),
    versions: { "cloud-decom": libraryVersion },
    createdAt: isoNow(clock),
    expiresAt: new Date(startsBy).toISOString(),
    finishBefore: new Date(startsBy + policy.runHours * 3_600_000).toISOString(),
  });
}

async function planScope(
  home: ScopedAdapter,
  members: readonly InstanceLedger[],
  ledger: Ledger & Opened,
  options: UndoOptions,
  call: CallOptions,
): Promise<PlanScope> {
  const { adapter, scope, principal } = home;
  const seen = new Map<string, InstanceRecord>();
  const ids = members.map(({ id }) => id);
  for await (const record of adapter.findInstances({ ids }, call)) seen.set(record.id, record);
  const items = members.map((member) => recoverable(member, seen.get(member.id)));
  const asked = items.flat();
  const renew = options.renew === undefined ? {} : { renew: options.renew };
  const answers = asked.length === 0 ? [] : await adapter.recover(asked, { ...call, ...renew, dryRun: true });
  const instances = members.map((member, index) => {
    const own = items[index] ?? [];
    const outcomes = answers.filter(({ item }) => own.some((one) => one === item || sameItem(one, item)));
    return planInstance(member, seen.get(member.id), own, outcomes, ledger.opened.runId, options);
  });
  return { ...scopeOf(scope), principal, instances, nodes: [], coverageGaps: [] };
}

/** What can come out of a bin: the instance itself, and what the run's effects name. */
function recoverable(member: InstanceLedger, now: InstanceRecord | undefined): readonly RecoverableRef[] {
  const named = effectsOf(member).flatMap(({ undo }) =>
    "action" in undo && undo.action === "recover" ? [undo.item] : [],
  );
  const itself: RecoverableRef = { ...scopeOf(member.scope), kind: "instance", id: member.id, instanceId: member.id };
  const binned = now?.state.unified === "recycled" && !named.some(({ kind }) => kind === "instance");
  // An instance that is back, or gone for good, is not taken out of a bin.
  const still = named.filter(({ kind }) => kind !== "instance" || now?.state.unified === "recycled");
  return binned ? [itself, ...still] : still;
}

function planInstance(
  member: InstanceLedger,
  now: InstanceRecord | undefined,
  items: readonly RecoverableRef[],
  outcomes: readonly RecoverOutcome[],
  undoneRunId: string,
  options: UndoOptions,
): PlannedInstance {
  const effects = effectsOf(member);
  const possible = outcomes.filter((outcome) => outcome.status === "would-recover");
  const stranded = effects.filter((effect) => isStranded(effect, now, possible.length > 0));
  const back = effects.filter(
    (effect) => canUndo(effect) && effect.undo.action !== "recover" && !stranded.includes(effect),
  );
  const cost = possible.flatMap((outcome) => ("cost" in outcome && outcome.cost ? [outcome.cost] : []))[0];
  const recover: readonly PlannedStep[] =
    possible.length === 0
      ? []
      : [
          {
            step: "recover",
            items: items.filter((item) => possible.some((outcome) => sameItem(item, outcome.item))),
            ...(options.renew === undefined ? {} : { renew: options.renew }),
            ...(cost === undefined ? {} : { cost }),
          },
        ];
  const revert: readonly PlannedStep[] = back.length === 0 ? [] : [{ step: "revert", effects: back }];
  const snapshots = [...new Set(member.proofs.map(({ id }) => id))];
  return sealInstance({
    instance: now ? { status: "found", record: now } : { status: "not-found", instanceId: member.id },
    edges: [],
    steps: [...recover, ...revert],
    blockers: blockersFor(member, now, undoneRunId),
    goes: [],
    stays: snapshots.map((id): NodeRef => ({ kind: "snapshot", id })),
    keepsBilling: snapshots.map((id) => ({
      kind: "snapshot",
      id,
      billing: "continues",
      why: "a saved copy is never undone",
    })),
    recoverable: "no",
    unproven: [],
    lost: [...effects.flatMap(lostBy), ...stranded.map(withoutHolder), ...outcomes.flatMap(notRecoverable)],
  });
}

function blockersFor(member: InstanceLedger, now: InstanceRecord | undefined, undoneRunId: string): readonly Blocker[] {
  const held = now && claimOf(now);
  if (!held || held.runId === undoneRunId) return [];
  const problem: Problem = {
    code: "conflict",
    message: `${member.id} is claimed by run ${held.runId} by now.`,
    hint: "Undo that run first.",
    instanceIds: [member.id],
  };
  return [firmBlocker(problem)];
}

/** A rule for an address whose server is gone: the address may be a stranger's by now. */
function isStranded({ undo }: Effect, now: InstanceRecord | undefined, comesBack: boolean): boolean {
  if (!("action" in undo) || undo.action !== "restore-rule" || undo.removed.because.scope !== "own-address")
    return false;
  return !comesBack && (!now || now.state.unified === "gone" || now.state.unified === "terminating");
}

function withoutHolder({ resource }: Effect): PlannedInstance["lost"][number] {
  return { resource, why: "Its address is no longer held by that server; it may be a stranger's by now." };
}

function lostBy({ resource, undo }: Effect): PlannedInstance["lost"] {
  return "impossible" in undo && resource.kind !== "snapshot" ? [{ resource, why: undo.impossible }] : [];
}

function notRecoverable(outcome: RecoverOutcome): PlannedInstance["lost"] {
  const { item } = outcome;
  const resource: NodeRef = { kind: "instance", id: typeof item === "string" ? item : item.id };
  if (outcome.status === "not-recycled" || outcome.status === "not-found")
    return [{ resource, why: "It is in no bin any more." }];
  return "problem" in outcome ? [{ resource, why: `${outcome.problem.message} ${outcome.problem.hint}` }] : [];
}

function sameItem(one: RecoverableRef, other: RecoverOutcome["item"]): boolean {
  if (typeof other === "string") return one.id === other;
  return one.id === other.id && (!("kind" in other) || other.kind === one.kind);
}

/** What was announced and never answered may or may not have happened; each give-back looks before it acts. */
function unsettledWarnings(ledger: Ledger): readonly Problem[] {
  return ledger.openIntents().map(({ intent }) => ({
    code: "timeout",
    message: `What became of ${intent.api} at ${intent.at} is not known.`,
    hint: "The undo looks at each thing before it puts it back.",
    instanceIds: intent.instanceIds,
  }));
}

/** Whether putting this back opens more than the undone plan recorded, or costs: then somebody has to approve it. */
export function needsApproval(step: PlannedStep, undone: InstanceLedger | undefined): boolean {
  if (step.step === "recover") return true;
  if (step.step !== "revert") return false;
  if (!undone) return true;
  const recorded = undone.planned.steps.flatMap((one) => (one.step === "release-rules" ? one.rules : []));
  const known = new Set(recorded.map(({ groupId, id, native }) => JSON.stringify([groupId, id, native])));
  return step.effects.some(({ undo }) => {
    if (!("action" in undo) || undo.action !== "restore-rule") return false;
    const { groupId, id, native } = undo.removed.rule;
    return !known.has(JSON.stringify([groupId, id, native]));
  });
}
