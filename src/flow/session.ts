import { type Clock, isoNow } from "../clock.js";
import type { Scope } from "../common.js";
import type { MutationRecorder } from "../effects.js";
import { DecommissionError, type Problem } from "../errors.js";
import type { DecommissionEvent } from "../events.js";
import type { CallOptions } from "../options.js";
import type { Consents } from "./blockers.js";
import { type Emit, emitter } from "./emit.js";
import { printableFields } from "./escape.js";
import type { RunPolicy } from "./guard.js";
import { type Halt, pause } from "./halt.js";
import type { JournalEntry, JournalLock, OpenJournal } from "./journal.js";
import { givesBack, type InstanceLedger, type Ledger } from "./ledger.js";
import { type GoingOn, reasonToHalt } from "./permission-to-go.js";
import type { Plan } from "./plan.js";
import type { ExecuteOptions } from "./result.js";
import type { ScopedAdapter } from "./scopes.js";
import type { Consent } from "./trust.js";

/** When the evidence for a termination was read, by both clocks: the wall clock can be set back. */
export interface EvidenceTime {
  readonly wall: number;
  readonly monotonic: number;
}

/** What a session is made of. */
export interface SessionParts {
  readonly plan: Plan;
  readonly policy: RunPolicy;
  readonly ledger: Ledger;
  readonly options: ExecuteOptions;
  readonly clock: Clock;
  readonly runId: string;
  readonly journal: OpenJournal;
  readonly homes: readonly ScopedAdapter[];
  readonly going: Omit<GoingOn, "onRevoked" | "emit">;
}

/** What one process knows and holds while it works on a run: its journal, what that says, and whether it may go on. */
export class Session {
  readonly plan: Plan;
  /** The plan's policy with the executor's guard over it. */
  readonly policy: RunPolicy;
  readonly ledger: Ledger;
  readonly options: ExecuteOptions;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly runId: string;
  readonly journalId: string;
  readonly lock: JournalLock;
  /** When this process began to work on the run, by its own clock. */
  readonly startedAt: number;
  /** The consent as it was last judged. */
  consent: Consent | undefined;
  /** The first reason to stop. Once set, no forward request leaves. */
  halt: Halt | undefined;
  /** The last of the steps that move money: they go one at a time, in all scopes together. */
  private lastPayment: Promise<unknown> = Promise.resolve();
  private readonly journal: OpenJournal;
  private readonly homes: readonly ScopedAdapter[];
  private readonly going: GoingOn;

  constructor(parts: SessionParts) {
    this.plan = parts.plan;
    this.policy = parts.policy;
    this.ledger = parts.ledger;
    this.options = parts.options;
    this.clock = parts.clock;
    this.runId = parts.runId;
    this.journal = parts.journal;
    this.journalId = parts.journal.id;
    this.lock = parts.journal.lock;
    this.homes = parts.homes;
    this.startedAt = parts.clock.now();
    this.emit = emitter(parts.clock, this.hear);
    this.going = {
      ...parts.going,
      emit: this.emit,
      onRevoked: async (revocation) => {
        if (!this.ledger.revoked) await this.append({ type: "revoked", revocation });
      },
    };
  }

  /** Writes a line and takes it into the ledger once it is durable. */
  async append(entry: JournalEntry): Promise<void> {
    this.ledger.add(await this.journal.append(entry));
  }

  /** Whether anything this run does needs somebody's approval. */
  get needsConsent(): boolean {
    return this.going.needsConsent;
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
    return { waivers: this.policy.waivers, standing: this.policy.standing, now: this.clock.now() };
  }

  /** Options of an adapter's call whose mutations go forward. `evidence`: what a termination rests on. */
  forwardCall(scope: Scope, deadlineMs: number, evidence?: EvidenceTime): CallOptions {
    return { ...this.readCall(deadlineMs), recorder: this.recorder(scope, () => this.mayLeave(evidence)) };
  }

  /** Options of a call that only gives back what this run did. Neither abort nor freeze nor expiry stops it. */
  givingBackCall(scope: Scope, deadlineMs: number): CallOptions {
    // An undo that nobody checked against the undone run's journal is no give-back of our own: it goes forward.
    const foreign = this.plan.kind === "undo" && this.needsConsent;
    const recorder = this.recorder(scope, foreign ? () => this.mayLeave() : async () => undefined, foreign);
    return { deadlineMs, onEvent: this.hear, recorder };
  }

  /** Options of a call that only reads. */
  readCall(deadlineMs?: number): CallOptions {
    return { signal: this.options.signal, onEvent: this.hear, deadlineMs };
  }

  /** Throws the reason to stop, if there is one now. */
  async checkpoint(): Promise<void> {
    this.halt ??= await reasonToHalt(this.going);
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

  /** Runs one step that moves money, once those before it have ended. */
  async payInTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.lastPayment.then(work, work);
    this.lastPayment = mine.catch(() => undefined);
    return await mine;
  }

  /** The moment, for evidence that is being read now. */
  evidenceTime(): EvidenceTime {
    return { wall: this.clock.now(), monotonic: performance.now() };
  }

  /** The moment as text. */
  now(): string {
    return isoNow(this.clock);
  }

  /** Hears all that is told. Under a clock that is off no age and no deadline holds: nothing more goes forward. */
  private readonly hear = (event: DecommissionEvent): void => {
    if (event.type === "clock") this.halt ??= pause(clockProblem(event.skewMs));
    this.options.onEvent?.(printableFields(event));
  };

  private recorder(scope: Scope, mayLeave: () => Promise<void>, always = false): MutationRecorder {
    return {
      intent: async (intent) => {
        if (always || !givesBack(intent)) await mayLeave();
        await this.append({ type: "intent", scope, intent });
      },
      settled: (key, result) => this.append({ type: "settled", key, result }),
    };
  }

  /** Judged when a request leaves the scheduler: what was true when it was queued may not be true any more. */
  private async mayLeave(evidence?: EvidenceTime): Promise<void> {
    this.halt ??= await reasonToHalt(this.going);
    if (this.halt) throw this.halt.toError();
    if (evidence && this.isStale(evidence)) throw new DecommissionError(staleProblem);
  }

  private isStale({ wall, monotonic }: EvidenceTime): boolean {
    const limitMs = this.policy.maxEvidenceAgeMinutes * 60_000;
    const wallAgeMs = this.clock.now() - wall;
    return wallAgeMs < 0 || wallAgeMs > limitMs || performance.now() - monotonic > limitMs;
  }
}

function clockProblem(skewMs: number): Problem {
  return {
    code: "authentication",
    message: `This computer's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? "behind" : "ahead of"} the cloud's.`,
    hint: "Set the clock, then run the same command.",
  };
}

/** What a termination is told whose evidence aged while it was queued. It is read again. */
export const staleProblem: Problem = {
  code: "drifted",
  message: "The evidence for this termination is too old by now.",
  hint: "It is read again before anything is sent.",
};
