import type { CloudAdapter } from "../adapter.js";
import type { IsoDate, Scope } from "../common.js";
import type { ExecuteOptions } from "./result.js";

/** One short phase of a run. `notBefore` is how days pass: a delayed row, never an open wait. */
export interface PhaseRequest {
  readonly phase: string;
  readonly id: string;
  readonly scope?: Scope;
  readonly notBefore?: IsoDate;
}
/**
 * What an engine gives a phase, and what the run is made of. Steps are at-least-once but never two at a
 * time, so every `fn` re-reads, then acts.
 */
export interface PhaseContext {
  readonly adapters: readonly CloudAdapter[];
  readonly options: ExecuteOptions;
  /** Runs `fn`, or answers what it answered before. The answer must survive JSON. */
  step<T>(key: string, fn: () => Promise<T>): Promise<T>;
  now(): Promise<IsoDate>;
  /** Idempotent by id. */
  enqueue(request: PhaseRequest): Promise<void>;
}
