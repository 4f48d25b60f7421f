import type { CloudAdapter } from "../adapter.js";
import type { Scope } from "../common.js";
import { type Problem, problemOf } from "../errors.js";
import type { CallOptions } from "../options.js";
import { deadlineOf, type TimedStep } from "./deadlines.js";
import { putBack } from "./give-back.js";
import { type Halt, pause } from "./halt.js";
import type { MutatingOperation, OutcomeByOperation, OutcomeEntry } from "./journal.js";
import { effectsOf, hasEnded, type InstanceLedger } from "./ledger.js";
import type { EvidenceTime, Session } from "./session.js";
import { settledBy } from "./settle.js";

/** The instances of one wave in one scope, on their way together: one call per step for all of them. */
export class Wave {
  readonly session: Session;
  readonly number: number;
  readonly adapter: CloudAdapter;
  readonly scope: Scope;
  readonly members: readonly InstanceLedger[];

  constructor(session: Session, number: number, members: readonly InstanceLedger[], scopeIndex: number) {
    const home = session.home(scopeIndex);
    this.session = session;
    this.number = number;
    this.adapter = home.adapter;
    this.scope = home.scope;
    this.members = members;
  }

  /** Those that are still on their way. */
  open(): readonly InstanceLedger[] {
    return this.members.filter((member) => member.closed === undefined);
  }

  /** Those on their way that the cloud has not been told to end. */
  standing(): readonly InstanceLedger[] {
    return this.open().filter((member) => !hasEnded(member));
  }

  /** A step's budget in milliseconds. */
  deadlineMs(step: TimedStep): number {
    return deadlineOf(step, this.session.policy);
  }

  /** Options for a call that changes things. */
  forward(step: TimedStep, evidence?: EvidenceTime): CallOptions {
    return this.session.forwardCall(this.scope, this.deadlineMs(step), evidence);
  }

  /** Tells where the wave is. */
  progress(
    operation: MutatingOperation | "gate" | "verifyDeleted",
    done: number,
    total: number,
    waitingFor?: string,
  ): void {
    const { emit } = this.session;
    emit({ type: "progress", scope: this.scope, operation, done, total, ...(waitingFor ? { waitingFor } : {}) });
  }

  /**
   * One call for many, and a line for each answer. A call that could not run at all is an answer for each, too.
   * Once the run must stop, what was merely refused is not written down: it was never tried.
   */
  async perform<Op extends Exclude<MutatingOperation, "revert">>(
    operation: Op,
    members: readonly InstanceLedger[],
    call: () => Promise<readonly OutcomeByOperation[Op][]>,
    refused: (problem: Problem) => readonly OutcomeByOperation[Op][],
  ): Promise<readonly OutcomeByOperation[Op][]> {
    if (members.length === 0) return [];
    await this.session.checkpoint();
    await settleIntents(this.session, members);
    this.progress(operation, 0, members.length);
    const outcomes = await this.attempt(operation, members, call, refused);
    const kept = outcomes.filter((outcome) => !this.wasHeldBack(outcome));
    await Promise.all(
      kept.map((outcome) => this.note({ type: "outcome", operation, scope: this.scope, outcome } as OutcomeEntry)),
    );
    this.progress(operation, kept.length, members.length);
    if (this.session.halt) throw this.session.halt;
    return kept;
  }

  /**
   * Operations throw only before their first mutation. Should one throw later all the same, what it had announced
   * stays on record: those members are not called refused, for nobody knows what became of them.
   */
  private async attempt<Outcome extends object>(
    operation: MutatingOperation,
    members: readonly InstanceLedger[],
    call: () => Promise<readonly Outcome[]>,
    refused: (problem: Problem) => readonly Outcome[],
  ): Promise<readonly Outcome[]> {
    try {
      return await call();
    } catch (error) {
      const problem = problemOf(error);
      this.noteTrouble(problem);
      if (this.session.halt) throw this.session.halt;
      const touched = members.filter((member) => member.announced.length > 0);
      if (touched.length > 0) this.session.emit({ type: "warning", scope: this.scope, problem });
      // What became of a termination is looked up before its instance is closed.
      if (operation !== "terminate") for (const member of touched) await this.session.close(member, "unknown", problem);
      const ids = new Set(touched.map(({ id }) => id));
      return refused(problem).filter((outcome) => !("instanceId" in outcome && ids.has(String(outcome.instanceId))));
    }
  }

  /** Ends the phase for a trouble that is not the instances' own, such as credentials that ran out. */
  pauseFor(problem: Problem): Halt {
    this.session.halt ??= pause(problem);
    return this.session.halt;
  }

  /** Credentials that ran out pause the run: nothing is wrong with the instances. */
  private noteTrouble(problem: Problem): void {
    if (problem.code === "authentication") this.session.halt ??= pause(problem);
    if (problem.code === "aborted") this.session.halt ??= pause(problem);
  }

  private wasHeldBack(outcome: object): boolean {
    const problem = "problem" in outcome ? (outcome.problem as Problem) : undefined;
    const untouched = !("effects" in outcome) || (Array.isArray(outcome.effects) && outcome.effects.length === 0);
    if (!("status" in outcome) || !problem || !untouched) return false;
    this.noteTrouble(problem);
    const ours = outcome.status === "blocked" || (outcome.status === "failed" && problem.code === "authentication");
    return ours && this.session.halt !== undefined;
  }

  private async note(entry: OutcomeEntry): Promise<void> {
    await this.session.append(entry);
    if (entry.operation === "revert" || !("instanceId" in entry.outcome)) return;
    const { instanceId, status } = entry.outcome;
    const problem = "problem" in entry.outcome ? entry.outcome.problem : undefined;
    const { operation, scope } = entry;
    this.session.emit({ type: "instance", scope, instanceId, operation, status, ...(problem ? { problem } : {}) });
  }

  /** Puts back what was done to members that are closed and did not end. Never stopped by what stops the run. */
  async giveBack(members: readonly InstanceLedger[] = this.members): Promise<void> {
    const owed = members.filter((member) => member.closed !== undefined && !hasEnded(member));
    await settleIntents(this.session, owed);
    const tried = (member: InstanceLedger) => new Set(member.reverted.map(({ effect }) => JSON.stringify(effect)));
    const effects = owed.flatMap((member) => {
      const done = tried(member);
      return effectsOf(member)
        .filter(({ undo }) => "action" in undo && undo.action !== "recover")
        .filter((effect) => !done.has(JSON.stringify(effect)));
    });
    const once = [...new Map(effects.map((effect) => [JSON.stringify(effect), effect])).values()];
    if (once.length === 0) return;
    this.progress("revert", 0, once.length);
    for (const outcome of await putBack(this, once)) {
      await this.note({ type: "outcome", operation: "revert", scope: this.scope, outcome });
    }
    this.progress("revert", once.length, once.length);
  }
}

/**
 * Waits until what was announced and never answered must have landed, then says so. A request in flight when its
 * process died, or when its answer was lost, can take effect after the next one has looked.
 */
export async function settleIntents(session: Session, members: readonly InstanceLedger[]): Promise<void> {
  const ids = new Set(members.map((member) => `${member.scopeIndex} ${member.id}`));
  for (const state of session.ledger.doubtfulIntents()) {
    const { scope, intent, result } = state;
    const concerned = intent.instanceIds.some((id) => {
      const instance = session.ledger.instance(scope, id);
      return instance !== undefined && ids.has(`${instance.scopeIndex} ${instance.id}`);
    });
    if (!concerned) continue;
    const waitMs = settledBy(state, session.lock, session.startedAt) - session.clock.now();
    if (waitMs > 0) {
      const waitingFor = `${intent.api} to settle`;
      session.emit({ type: "progress", operation: "wave", done: 0, total: 1, waitingFor, remainingMs: waitMs });
      await session.clock.sleep(waitMs, session.options.signal);
      if (session.options.signal?.aborted) await session.checkpoint();
    }
    if (!result) await session.append({ type: "settled", key: intent.key, result: { effect: "unknown" } });
  }
}
