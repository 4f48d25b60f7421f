import type { Operation } from "./adapter.js";
import type { IsoDate, Scope } from "./common.js";
import type { Problem, ProblemCode } from "./errors.js";

/** What goes on, at least one every few seconds while anything is under way. */
export type DecommissionEvent = { readonly at: IsoDate; readonly scope?: Scope } & (
  | {
      readonly type: "progress";
      readonly operation: Operation | "plan" | "gate" | "wave";
      readonly done: number;
      readonly total: number;
      readonly waitingFor?: string;
      readonly remainingMs?: number;
    }
  | {
      readonly type: "request";
      readonly api: string;
      readonly mutating: boolean;
      readonly durationMs: number;
      readonly requestId?: string;
      readonly code?: ProblemCode;
    }
  | { readonly type: "throttled"; readonly api: string; readonly perSecond: number; readonly delayMs: number }
  | {
      readonly type: "instance";
      readonly instanceId: string;
      readonly operation: Operation | "gate";
      readonly status: string;
      readonly problem?: Problem;
    }
  | { readonly type: "run"; readonly runId: string; readonly state: RunState }
  /** The process's clock against the cloud's `Date`. More than 30 s either way pauses the run. */
  | { readonly type: "clock"; readonly skewMs: number }
  | { readonly type: "warning"; readonly problem: Problem }
);

/**
 * Where a run is. `waiting`: nothing is due before `until`; run the same command then. `stopped`: cleanly, by a
 * limit, a freeze or a revocation.
 */
export type RunState =
  | { readonly status: "running" | "finished" }
  | { readonly status: "waiting"; readonly until: IsoDate }
  | { readonly status: "paused" | "stopped"; readonly problem: Problem };
