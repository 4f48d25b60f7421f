import type { IsoDate, Money } from "../../common.js";
import type { CoverageLine, DependencyEdge } from "../../dependencies.js";
import type { MutationIntent } from "../../effects.js";
import type { Problem } from "../../errors.js";
import type { RunState } from "../../events.js";
import type { InstanceRecord } from "../../instances.js";
import type { RemovedSecurityRule } from "../../security-rules.js";
import type { Leftover } from "../../verification.js";
import type { Plan } from "../plan.js";
import type { InstanceResult, RunResult } from "../result.js";

/** What a line of an instance's story is about. */
export type TimelineKind =
  | "sent"
  | "gate-passed"
  | "gate-refused"
  | "saved-anew"
  | "closed"
  | "looked"
  | "outcome"
  | "gave-back";
/** One line of an instance's story. */
export interface TimelineEntry {
  readonly at: IsoDate;
  /** In English. Other languages are made from the fields beside it. */
  readonly said: string;
  readonly kind: TimelineKind;
  /** The API, or the operation. */
  readonly subject?: string;
  /** How it came out, as a status. */
  readonly status?: string;
  readonly problem?: Problem;
  readonly requestId?: string;
}
/** What can be masked in a receipt. */
export type Redaction = "tag-values" | "rule-descriptions";
/** What a receipt says about one instance. */
export interface InstanceReceipt extends InstanceResult {
  readonly record?: InstanceRecord;
  /** What hung on it when the plan was made. */
  readonly dependencies: readonly DependencyEdge[];
  /** The day the last copy goes. Only with `expiry: "cloud"`. */
  readonly lastCopyUntil?: IsoDate;
  readonly removedRules: readonly RemovedSecurityRule[];
  readonly timeline: readonly TimelineEntry[];
}
/** A leftover with what it costs a month, where the caller gave a price. */
export type PricedLeftover = Leftover & { readonly instanceId: string; readonly monthlyEstimate?: Money };
/** What happened, from the journal alone. */
export type Receipt = RunState &
  Omit<RunResult, "instances" | "status"> & {
    readonly v: 1;
    readonly kind: Plan["kind"];
    readonly reason: string;
    readonly ticket?: string;
    readonly startedAt: IsoDate;
    readonly endedAt?: IsoDate;
    readonly approvals: readonly { readonly name: string; readonly keyId: string; readonly approvedAt: IsoDate }[];
    readonly required: number;
    /** Somebody worked alone, and said so. */
    readonly solo?: { readonly maxInstances: number };
    readonly redacted: readonly Redaction[];
    readonly instances: readonly InstanceReceipt[];
    readonly leftovers: readonly PricedLeftover[];
    /** Sources that were not fully read, before or after. */
    readonly notChecked: readonly CoverageLine[];
    /** Requests whose result is not known, and that no later look has cleared up. */
    readonly unsettled: readonly MutationIntent[];
    readonly journal: { readonly records: number; readonly head: string; readonly signed: boolean };
    readonly erasure: "not attested by API";
  };
