import type { Clock } from "../clock.js";
import type { MaybePromise, Scope } from "../common.js";
import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import type { RunState } from "../events.js";
import type { InstanceRecord } from "../instances.js";
import type { CallOptions } from "../options.js";
import type { SnapshotProof } from "../snapshots.js";
import type { TerminateOutcome } from "../termination.js";
import type { DeletionVerdict } from "../verification.js";
import type { Approval, Trust } from "./approval.js";
import type { Journal } from "./journal.js";
import type { Plan } from "./plan.js";
import type { GuardPolicy } from "./policy.js";

/** What a hook says: a string is a no, with its reason. */
export type HookAnswer = MaybePromise<string | undefined>;
/** Whether a run may go on, read between requests. */
export type ControlAnswer = { readonly state: "run" } | { readonly state: "pause" | "freeze"; readonly reason: string };
/** Options of `executePlan`. The same call with the same journal goes on where the last one ended. */
export interface ExecuteOptions extends Pick<CallOptions, "signal" | "onEvent"> {
  readonly journal: Journal;
  /** Who may approve: the executor's own configuration. */
  readonly trust: Trust;
  readonly approvals?: readonly Approval[];
  /** The executor's own policy. Default: none. */
  readonly guard?: GuardPolicy;
  /** Nonce of another host's lock, to take its journal over. Default: `journal-busy`. */
  readonly takeOver?: string;
  /**
   * For an undo: the undone run's journal. Free give-backs it records then need no approval, and its plan is spent.
   * Default: the journal that this very plan was made from in this process; else none, so that an undo out of a file
   * needs approvals like any plan.
   */
  readonly undoes?: Journal;
  readonly hooks?: {
    /** Budget of each hook in milliseconds, when `signal` aborts. Default and most: 60,000. */
    readonly deadlineMs?: number;
    /**
     * Asked before the final gate reads. A string, throwing, or no answer in time leaves this instance
     * `blocked`, with that reason.
     */
    beforeTerminate?(
      instance: InstanceRecord,
      context: { readonly plan: Plan; readonly proofs: readonly SnapshotProof[]; readonly signal: AbortSignal },
    ): HookAnswer;
    /** Asked between waves. A string, throwing, or no answer in time stops the run. */
    afterWave?(wave: number, results: readonly InstanceResult[], context: { readonly signal: AbortSignal }): HookAnswer;
  };
  /**
   * Read between requests. `pause` waits, `freeze` stops cleanly; both leave nothing in flight unrecorded, and
   * finish or give back what stands between protection cleared and terminate. Throwing counts as `freeze`.
   */
  readonly control?: () => MaybePromise<ControlAnswer>;
  /** Longest idle wait inside the call before it answers `waiting`, in milliseconds. Default: 15 minutes. */
  readonly maxIdleMs?: number;
  /** Default: the computer's own clock. */
  readonly clock?: Clock;
}
/** How one instance ended in a run. */
export type InstanceStatus =
  | TerminateOutcome["status"]
  | "drifted"
  | "not-started"
  | "reverted"
  | "recovered"
  | "not-reverted"
  | "not-restored";
/** How one instance ended. Effects that still stand are what an undo would put back. */
export interface InstanceResult extends Scope {
  readonly instanceId: string;
  readonly status: InstanceStatus;
  readonly problem?: Problem;
  readonly proofs: readonly SnapshotProof[];
  readonly effects: readonly Effect[];
  readonly verdict?: DeletionVerdict;
}
/** How a run stands. `clean` only when finished and every verdict is clean. */
export type RunResult = RunState & {
  readonly runId: string;
  readonly journalId: string;
  readonly planDigest: string;
  readonly instances: readonly InstanceResult[];
  readonly clean: boolean;
};
