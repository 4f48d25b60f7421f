import type { IsoDate, Money } from "../../common.js";
import type { CoverageLine } from "../../dependencies.js";
import type { MutationIntent } from "../../effects.js";
import type { RunState } from "../../events.js";
import type { InstanceRecord } from "../../instances.js";
import type { RemovedSecurityRule } from "../../security-rules.js";
import type { Leftover } from "../../verification.js";
import type { Plan } from "../plan.js";
import type { InstanceResult, RunResult } from "../result.js";

/** One line of an instance's story. */
export interface TimelineEntry {
  readonly at: IsoDate;
  readonly said: string;
  readonly requestId?: string;
}
/** What a receipt says about one instance. */
export interface InstanceReceipt extends InstanceResult {
  readonly record?: InstanceRecord;
  /** The day the last copy goes. Only with `expiry: "cloud"`. */
  readonly lastCopyUntil?: IsoDate;
  readonly removedRules: readonly RemovedSecurityRule[];
  readonly timeline: readonly TimelineEntry[];
}
/** What happened, from the journal alone. */
export type Receipt = RunState &
  Omit<RunResult, "instances" | "status"> & {
    readonly v: 1;
    readonly kind: Plan["kind"];
    readonly reason: string;
    readonly ticket?: string;
    readonly startedAt: IsoDate;
    readonly endedAt?: IsoDate;
    readonly instances: readonly InstanceReceipt[];
    readonly leftovers: readonly (Leftover & { readonly monthlyEstimate?: Money })[];
    /** Sources that were not fully read, before or after. */
    readonly notChecked: readonly CoverageLine[];
    /** Effects whose request has no known result. */
    readonly unsettled: readonly MutationIntent[];
    readonly journal: { readonly records: number; readonly head: string };
    readonly erasure: "not attested by API";
  };
