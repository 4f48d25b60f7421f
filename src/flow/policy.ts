import type { IsoDate, JsonObject, Scope } from "../common.js";
import type { DependencyKind, NodeRef } from "../dependencies.js";
import type { InstanceSelector } from "../instances.js";
import type { QuarantineMode } from "../reversal.js";
import type { SnapshotOptions } from "../snapshots.js";
import type { TerminationSettings } from "../termination.js";

/** Why a kind needs consent: it blocks, or it was not fully looked at. */
export type WaiverCause = "blocks" | "partial" | "denied" | "unavailable" | "skipped";
/**
 * Consent to go on although one kind was not checked or blocks. Never for a security or order lock, a wrong
 * account or a missing proof. `partial` also covers an unproven `permission`, and an `encryption-key` whose
 * state is unknown. A kind waived as `skipped` for every instance is not read at all.
 */
export interface Waiver {
  readonly kind: DependencyKind | "permission";
  readonly cause: WaiverCause;
  /** `all`, every instance of the plan, only where the kind is `permission` or the cause `skipped`. */
  readonly instanceIds: readonly string[] | "all";
  readonly reason: string;
  readonly expiresAt: IsoDate;
}
/**
 * A waiver from the executor's configuration, for a scope instead of named instances. Absent fields of the
 * scope match all.
 */
export interface StandingWaiver extends Omit<Waiver, "instanceIds"> {
  readonly scope: Partial<Scope> & Pick<Scope, "cloud">;
}
/** When mutations may happen: a cron expression in a named time zone. Checked when each forward mutation leaves. */
export interface TimeWindow {
  readonly cron: string;
  readonly timeZone: string;
}
/** Where to look, among several adapters. An absent region or account must leave exactly one adapter. */
export type ScopedSelector = InstanceSelector & {
  readonly cloud: string;
  readonly accountId?: string;
  readonly project?: string;
  readonly region?: string;
};
/** How the run saves data before it ends instances. */
export type SnapshotPolicy =
  | { readonly skip: string }
  | ({ readonly from?: "running" | "stopped"; readonly maxAgeHours?: number } & Pick<
      SnapshotOptions,
      "retentionDays" | "expiry" | "tags" | "encryption" | "method"
    >);
/** What a run may do. Unknown keys are refused. A plan holds it with every default written out. */
export interface Policy {
  /**
   * Default: required, from a running instance, at most 4 hours old. `skip` needs a reason and becomes
   * `discard`.
   */
  readonly snapshot?: SnapshotPolicy;
  readonly terminate?: Omit<TerminationSettings, "cloudOptions">;
  /** Per cloud name, for snapshot and terminate. */
  readonly cloudOptions?: Readonly<Record<string, JsonObject>>;
  /**
   * What a run may release. `before` the end, by kind. Default: `load-balancer-target` alone; owners (scaling
   * group, spot request, cluster) block until named. `after` it, by id: addresses and kept disks. Default:
   * none, so they stay and are leftovers.
   */
  readonly release?: { readonly before?: readonly DependencyKind[]; readonly after?: readonly NodeRef[] };
  /** Instances in one plan. Default: no limit; `limit-exceeded` above it. */
  readonly maxInstances?: number;
  /**
   * Share of an account and region: of its live instances plus those this run ended, counted again at
   * execution. Default: no limit.
   */
  readonly maxPercent?: number;
  readonly waivers?: readonly Waiver[];
  /** Instances that match are blocked (`protected`), whoever named them. */
  readonly exclude?: readonly ScopedSelector[];
  /** Instances and artifacts with any of these tags are blocked (`protected`). The value `*` stands for any. */
  readonly protectTags?: Readonly<Record<string, string>>;
  readonly window?: TimeWindow;
  readonly quarantine?: { readonly mode: QuarantineMode; readonly forHours: number };
  /** Sizes of the waves, at most 100 each; `rest` repeats. Default: `[1, 20, "rest"]`. */
  readonly waves?: readonly (number | "rest")[];
  readonly wavePauseMinutes?: number;
  /** After so many failed instances the run ends cleanly. Default: none, since one failure never stops the others. */
  readonly stopAfterFailures?: number;
  /** How long after planning the run may start. Default: 24. */
  readonly planTtlHours?: number;
  /** Sets `finishBefore`, counted from `expiresAt`. Default: 24, plus the quarantine. */
  readonly runHours?: number;
  /**
   * How old the final gate's evidence may be when terminate leaves the scheduler; older is read again.
   * Default: 10.
   */
  readonly maxEvidenceAgeMinutes?: number;
  /**
   * How long one step may take; then its instance leaves its wave, its effects given back: `blocked`
   * (`timeout`). Default: by step.
   */
  readonly stepDeadlineMinutes?: number;
  /** May only demand more than `trust`. */
  readonly approvals?: { readonly required: number };
}
/**
 * The executor's own policy. For each field the stricter of it and the plan's wins; one it leaves out adds
 * nothing. Its waivers are standing.
 */
export interface GuardPolicy extends Omit<Policy, "waivers"> {
  readonly waivers?: readonly StandingWaiver[];
}
/** How data is saved, with every default written out. */
export type CompleteSnapshotPolicy =
  | { readonly skip: string }
  | ({
      readonly from: "running" | "stopped";
      readonly maxAgeHours: number;
      readonly retentionDays: number;
      readonly expiry: "sweep" | "cloud";
    } & Pick<SnapshotOptions, "tags" | "encryption" | "method">);
/** A policy with every default written out, as a plan holds it. */
export interface CompletePolicy extends Policy {
  readonly snapshot: CompleteSnapshotPolicy;
  readonly terminate: Omit<TerminationSettings, "cloudOptions"> &
    Required<
      Pick<
        TerminationSettings,
        "protection" | "protectionCheck" | "prepaid" | "shutdown" | "recycleBin" | "dataDisks" | "acceptDataLoss"
      >
    >;
  readonly release: { readonly before: readonly DependencyKind[]; readonly after: readonly NodeRef[] };
  readonly waivers: readonly Waiver[];
  readonly exclude: readonly ScopedSelector[];
  readonly protectTags: Readonly<Record<string, string>>;
  readonly waves: readonly (number | "rest")[];
  readonly wavePauseMinutes: number;
  readonly planTtlHours: number;
  readonly runHours: number;
  readonly maxEvidenceAgeMinutes: number;
}
