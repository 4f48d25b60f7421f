import type { MutationRecorder } from "./effects.js";
import type { DecommissionEvent } from "./events.js";

/** What every operation accepts. */
export interface CallOptions {
  /**
   * Stops our waiting and anything not yet sent. It never undoes what the cloud accepted. Before the first
   * mutating request the call throws `aborted`; after it the call answers outcomes: `unknown` for what was in
   * flight, `blocked` (`aborted`) for what was not sent.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Budget of the whole call in milliseconds, from its start. Default: none beyond each request's own. Passing
   * it acts like `signal`, as `timeout`.
   */
  readonly deadlineMs?: number | undefined;
  /** Told what goes on. A listener that throws never breaks a run. */
  readonly onEvent?: ((event: DecommissionEvent) => void) | undefined;
  /**
   * Told of each mutation before it is sent. Default: none; then the `effects` of the outcomes are the only
   * undo record.
   */
  readonly recorder?: MutationRecorder | undefined;
}
/** Options of an operation that can show what it would do. */
export interface DryRunOptions extends CallOptions {
  /** Sends no mutation and answers `would-…` outcomes. Default: false. */
  readonly dryRun?: boolean;
}
