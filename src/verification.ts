import type { IsoDate, Mapped, Scope, Tristate } from "./common.js";
import type { ControlRead, CoverageLine, DependencyKind, DependencyReport, NodeRef } from "./dependencies.js";
import type { Problem } from "./errors.js";
import type { InstanceState } from "./instances.js";
import type { CallOptions } from "./options.js";
import type { RemovedSecurityRule } from "./security-rules.js";
import type { RecoverableUntil } from "./termination.js";

/** Something that is still there, or appeared. */
export interface Leftover extends NodeRef {
  readonly sizeGiB?: number;
  readonly since?: IsoDate;
  readonly billing: "continues" | "none" | "unknown";
  readonly why: string;
}
/** One thing the cloud said, and when. */
export interface Evidence {
  readonly api: string;
  readonly requestId?: string;
  readonly said: string;
  readonly at: IsoDate;
}
/**
 * Why "not there" is believed: seen alive in this cloud, account, region and project, then two reads apart
 * that both answered 200, and a control. The cloud's own tombstone of that instance serves as sighting and
 * as control.
 */
export interface AbsenceProof {
  readonly sighting: Scope & { readonly state: Mapped<InstanceState>; readonly seenAt: IsoDate };
  readonly reads: readonly [Evidence, Evidence, ...Evidence[]];
  readonly control: ControlRead;
}
/** Options of `verifyDeleted`. */
export interface VerifyOptions extends CallOptions {
  /**
   * What to wait for. Default `gone`. The wait ends early at `recycled` and `scheduled`; at the deadline the
   * verdict is what was last seen.
   */
  readonly until?: "accepted" | "stopped-billing" | "gone";
  /**
   * Dependencies seen before the end; without them leftovers can only be searched by instance, and coverage
   * says so.
   */
  readonly before?: DependencyReport;
  /** Rules taken away; one that came back is a leftover. */
  readonly removedRules?: readonly RemovedSecurityRule[];
  /**
   * What the plan said would stay, and kinds left out by choice: neither counts against `clean`. Our snapshots
   * never do.
   */
  readonly stays?: readonly NodeRef[];
  readonly skip?: readonly DependencyKind[];
}
/** What can be said about one instance after its end. */
export type DeletionVerdict = {
  readonly instanceId: string;
  readonly evidence: readonly Evidence[];
  readonly leftovers: readonly Leftover[];
  readonly coverage: readonly CoverageLine[];
  readonly billingStopped: Tristate;
  /**
   * Deleted, nothing left that bills beyond what was to stay, nothing replacing it, every kind checked that
   * was not left out by choice.
   */
  readonly clean: boolean;
} & (
  | { readonly status: "deleted"; readonly absence: AbsenceProof; readonly replacedBy?: readonly string[] }
  | { readonly status: "recycled"; readonly recoverableUntil: RecoverableUntil }
  | { readonly status: "scheduled"; readonly at: IsoDate }
  | { readonly status: "terminating" | "alive" }
  /** Absent, but nothing shows that it ever lived here, or that we would have seen it. */
  | { readonly status: "unproven"; readonly problem: Problem }
);
