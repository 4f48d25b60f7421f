import type { Clock } from "./clock.js";
import type { IsoDate } from "./common.js";
import type { Effect, MutationResult } from "./effects.js";
import type { Problem } from "./errors.js";
import type { DecommissionEvent } from "./events.js";
import type { RateLimit } from "./scheduler.js";
import type { Transport } from "./transport.js";

/** What all requests of one adapter share. */
export interface RequestPathOptions {
  readonly cloud: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Most milliseconds for one request, from leaving the scheduler to its last byte. */
  readonly totalMs: number;
  /** Lower bound of every `settleMs`. */
  readonly consistencyWindowMs: number;
  /** Names the credential and region whose limits are shared. Holds no secret. */
  readonly limiterKey: string;
  /** The rate of `service:action`. */
  limitOf(api: string): RateLimit;
}

/** An answer to a read: also a piece of evidence. */
export interface Answer<T> {
  readonly body: T;
  readonly requestId?: string;
  /** When it was read. */
  readonly at: IsoDate;
}

/** A mutating request, with all that must be on record before it leaves. */
export interface Mutation {
  readonly service: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly instanceIds: readonly string[];
  readonly effects: readonly Effect[];
  /** It carries the cloud's own idempotency token, so that it may be sent again. Default: false. */
  readonly token?: boolean;
  /** Scheduler tokens it takes, where the cloud counts instances. Default: 1. */
  readonly cost?: number;
  /** Ids of what it created, out of the answer. */
  readonly createdIds?: (body: unknown) => readonly string[];
  /**
   * Asked each time the request is about to leave the scheduler, before it is announced. A problem keeps it back. For
   * what must be read within seconds of sending, however long the wait for a place was.
   */
  readonly justBefore?: () => Promise<Problem | undefined>;
  /** Re-reads what became of it: asked when the answer was lost, and with `partial` also when it was refused. */
  readonly confirm?: (lost: LostAnswer) => Promise<Pick<MutationResult, "effect" | "instances" | "ids">>;
  /** The cloud may carry out part of a request that it refuses. Default: false. */
  readonly partial?: boolean;
}

/** What is known of a mutation when its word alone does not tell what became of it. */
export interface LostAnswer {
  readonly problem: Problem;
  /** When a read that says "absent" or "unchanged" may be believed, in milliseconds on the adapter's clock. */
  readonly notBefore: number;
  /** Every attempt was refused: in doubt only because the cloud may carry out a part of what it refuses. */
  readonly refused: boolean;
}

/** What became of a mutating request. It never throws: from the first one on, a call answers outcomes. */
export type MutationAnswer = Omit<MutationResult, "effect"> &
  (
    | { readonly effect: "applied"; readonly body?: unknown; readonly problem?: Problem }
    /** Nothing happened. `sent` is false when it never left. */
    | { readonly effect: "not-applied"; readonly problem: Problem; readonly sent: boolean }
    | { readonly effect: "unknown"; readonly problem: Problem }
  );

/** The requests of one call of one operation. The only way from an adapter to its cloud. */
export interface Requests {
  readonly clock: Clock;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  /** When the call's budget ends, in milliseconds on the clock; `Infinity` without one. */
  readonly deadlineAt: number;
  /** How long a read may lag behind a mutation, in milliseconds. */
  readonly consistencyWindowMs: number;
  /** Whether a mutating request has left in this call. From then on nothing is thrown any more. */
  readonly mutated: boolean;
  /** Requests sent so far, by API. */
  readonly tally: ReadonlyMap<string, number>;
  /** Sends a read, again when its trouble passes by itself. Throws a `DecommissionError`. */
  read(service: string, action: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer<unknown>>;
  /** Sends the cloud's own trial of a mutation: never executed, so never announced. Throws a `DecommissionError`. */
  tryOut(service: string, action: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer<unknown>>;
  /** Announces and sends a mutation. Needs a call that may write. */
  mutate(mutation: Mutation): Promise<MutationAnswer>;
  /** Waits on the clock, no longer than the call's budget. Throws `aborted` or `timeout` when that ends the wait. */
  wait(milliseconds: number): Promise<void>;
  /** Why the call must stop now, if it must. */
  stopped(): Problem | undefined;
  /** Why no mutation may follow, not even one that gives back: the result of one could not be noted. */
  readonly recorderProblem: Problem | undefined;
  emit(event: EventBody): void;
}

/** An event without its time, which is added when it is told. */
export type EventBody = DecommissionEvent extends infer Event
  ? Event extends { readonly at: IsoDate }
    ? Omit<Event, "at">
    : never
  : never;
