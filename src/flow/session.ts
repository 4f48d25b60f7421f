import { type Clock, isoNow } from "../clock.js";
import type { Scope } from "../common.js";
import type { MutationRecorder } from "../effects.js";
import { DecommissionError, type Problem } from "../errors.js";
import type { CallOptions } from "../options.js";
import type { Consents } from "./blockers.js";
import { type Emit, emitter } from "./emit.js";
import { type Halt, pause, stop } from "./halt.js";
import type { JournalEntry, OpenJournal } from "./journal.js";
import { givesBack, type InstanceLedger, type Ledger } from "./ledger.js";
import type { Plan } from "./plan.js";
import type { ControlAnswer, ExecuteOptions } from "./result.js";
import type { ScopedAdapter } from "./scopes.js";

const controlPollMs = 5_000;

/** When the evidence for a termination was read, by both clocks: the wall clock can be set back. */
export interface EvidenceTime {
  readonly wall: number;
  readonly monotonic: number;
}

/** What one process knows and holds while it works on a run: its journal, what that says, and whether it may go on. */
export class Session {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly options: ExecuteOptions;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly runId: string;
  readonly journalId: string;
  /** The first reason to stop. Once set, no forward request leaves. */
  halt: Halt | undefined;
  private readonly journal: OpenJournal;
  private readonly homes: readonly ScopedAdapter[];

  constructor(parts: {
    readonly plan: Plan;
    readonly ledger: Ledger;
    readonly options: ExecuteOptions;
    readonly clock: Clock;
    readonly runId: string;
    readonly journal: OpenJournal;
    readonly homes: readonly ScopedAdapter[];
  }) {
    this.plan = parts.plan;
    this.ledger = parts.ledger;
    this.options = parts.options;
    this.clock = parts.clock;
    this.runId = parts.runId;
    this.journal = parts.journal;
    this.journalId = parts.journal.id;
    this.homes = parts.homes;
    this.emit = emitter(parts.clock, parts.options.onEvent);
  }

  /** Writes a line and takes it into the ledger once it is durable. */
  async append(entry: JournalEntry): Promise<void> {
    this.ledger.add(await this.journal.append(entry));
  }

  /** The adapter of one of the plan's scopes. */
  home(scopeIndex: number): ScopedAdapter {
    const home = this.homes[scopeIndex];
    if (home) return home;
    throw new DecommissionError({
      code: "wrong-account",
      message: `The plan has no scope number ${scopeIndex}.`,
      hint: "The journal and the plan do not belong together.",
    });
  }

  /** Waivers that hold now. */
  consents(): Consents {
    return { waivers: this.plan.policy.waivers, now: this.clock.now() };
  }

  /** Options of an adapter's call whose mutations go forward. `evidence`: what a termination rests on. */
  forwardCall(scope: Scope, deadlineMs: number, evidence?: EvidenceTime): CallOptions {
    return { ...this.readCall(deadlineMs), recorder: this.recorder(scope, () => this.mayLeave(evidence)) };
  }

  /** Options of a call that only gives back what this run did. Neither abort nor freeze nor expiry stops it. */
  givingBackCall(scope: Scope, deadlineMs: number): CallOptions {
    return { deadlineMs, onEvent: this.options.onEvent, recorder: this.recorder(scope, async () => undefined) };
  }

  /** Options of a call that only reads. */
  readCall(deadlineMs?: number): CallOptions {
    return { signal: this.options.signal, onEvent: this.options.onEvent, deadlineMs };
  }

  /** Throws the reason to stop, if there is one now. */
  async checkpoint(): Promise<void> {
    await this.mayLeave().catch(() => undefined);
    if (this.halt) throw this.halt;
  }

  /** Closes an instance with how it ended. */
  async close(
    instance: InstanceLedger,
    status: NonNullable<InstanceLedger["closed"]>["status"],
    problem?: Problem,
  ): Promise<void> {
    const { scope, id } = instance;
    await this.append({ type: "closed", scope, instanceId: id, status, ...(problem ? { problem } : {}) });
    this.emit({ type: "instance", scope, instanceId: id, operation: "gate", status, ...(problem ? { problem } : {}) });
  }

  private recorder(scope: Scope, mayLeave: () => Promise<void>): MutationRecorder {
    return {
      intent: async (intent) => {
        if (!givesBack(intent)) await mayLeave();
        await this.append({ type: "intent", scope, intent });
      },
      settled: (key, result) => this.append({ type: "settled", key, result }),
    };
  }

  /** Judged when a request leaves the scheduler: what was true when it was queued may not be true any more. */
  private async mayLeave(evidence?: EvidenceTime): Promise<void> {
    this.halt ??= this.abortHalt() ?? this.expiryHalt() ?? (await this.controlHalt());
    if (this.halt) throw this.halt.toError();
    if (evidence && this.isStale(evidence)) throw new DecommissionError(staleProblem);
  }

  private abortHalt(): Halt | undefined {
    if (!this.options.signal?.aborted) return undefined;
    return pause({
      code: "aborted",
      message: "The run was stopped by its caller.",
      hint: "Run the same command to go on.",
    });
  }

  private expiryHalt(): Halt | undefined {
    if (this.clock.now() < Date.parse(this.plan.finishBefore)) return undefined;
    return stop(
      {
        code: "plan-expired",
        message: `The plan allowed work until ${this.plan.finishBefore}.`,
        hint: "What stood half done is given back. Make a new plan for what remains.",
      },
      true,
    );
  }

  private async controlHalt(): Promise<Halt | undefined> {
    for (let answer = await this.readControl(); ; answer = await this.readControl()) {
      if (answer.state === "run") return this.abortHalt() ?? this.expiryHalt();
      if (answer.state === "freeze") {
        const hint = "Run the same command once the freeze is lifted.";
        return stop({ code: "frozen", message: `Frozen: ${answer.reason}`, hint }, false);
      }
      this.emit({ type: "progress", operation: "wave", done: 0, total: 0, waitingFor: `paused: ${answer.reason}` });
      await this.clock.sleep(controlPollMs, this.options.signal);
      if (this.options.signal?.aborted) return this.abortHalt();
    }
  }

  private async readControl(): Promise<ControlAnswer> {
    try {
      return (await this.options.control?.()) ?? { state: "run" };
    } catch {
      return { state: "freeze", reason: "the freeze switch could not be read" };
    }
  }

  private isStale({ wall, monotonic }: EvidenceTime): boolean {
    const limitMs = this.plan.policy.maxEvidenceAgeMinutes * 60_000;
    const wallAgeMs = this.clock.now() - wall;
    return wallAgeMs < 0 || wallAgeMs > limitMs || performance.now() - monotonic > limitMs;
  }

  /** The moment, for evidence that is being read now. */
  evidenceTime(): EvidenceTime {
    return { wall: this.clock.now(), monotonic: performance.now() };
  }

  /** The moment as text. */
  now(): string {
    return isoNow(this.clock);
  }
}

/** What a termination is told whose evidence aged while it was queued. It is read again. */
export const staleProblem: Problem = {
  code: "drifted",
  message: "The evidence for this termination is too old by now.",
  hint: "It is read again before anything is sent.",
};
