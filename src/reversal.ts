import type { Money, Scope } from "./common.js";
import type { DependencyRef } from "./dependencies.js";
import type { Effect } from "./effects.js";
import type { Problem } from "./errors.js";
import type { InstanceRecord, InstanceTarget } from "./instances.js";
import type { CallOptions, DryRunOptions } from "./options.js";
import type { Artifact, Blocked, Failed, InstanceOutcome, NotFound, Undetermined } from "./snapshots.js";
import type { DataDecision, DataLossConsent, TerminationSettings } from "./termination.js";

/**
 * How an instance is held back before it goes. `isolate` swaps its groups for an empty one; tracked
 * connections can survive that.
 */
export type QuarantineMode = "stop" | "isolate";
/**
 * Options of `quarantine`. A stop wipes instance-store disks and can drop an ephemeral address, so it takes
 * the consents and meets the refusals of `terminate`; stop protection goes back right after it. Isolating a
 * guest whose shutdown means termination first sets that to stop.
 */
export interface QuarantineOptions extends CallOptions, Pick<TerminationSettings, "protection" | "acceptDataLoss"> {
  readonly mode: QuarantineMode;
  readonly reason: string;
  readonly runId?: string;
}
/** What became of one instance in a `quarantine` call. Lifting it is `revert` with the outcome's effects. */
export type QuarantineOutcome =
  | Blocked
  | NotFound
  | Failed
  | Undetermined
  /** `already`: it was in that state before us, so there is nothing to lift. */
  | (InstanceOutcome & {
      readonly status: "quarantined";
      readonly mode: QuarantineMode;
      readonly already: boolean;
      readonly artifacts: readonly Artifact[];
    });
/**
 * Options of `releaseDependencies`. The kind decides the act: deregister with drain, detach without
 * replacement, cancel, release, delete.
 */
export interface ReleaseDependenciesOptions extends DryRunOptions {
  /** How long to wait for a drain, in milliseconds. Default: what the load balancer is set to. */
  readonly drainTimeoutMs?: number;
  /** Needed for a `disk`, as in `terminate`. Default: none, so it is `blocked` (`missing-snapshot-proof`). */
  readonly data?: DataDecision;
  readonly acceptDataLoss?: readonly DataLossConsent[];
  /**
   * What was seen of the instances. Without it an address or disk is `blocked`: absence alone does not show
   * that its instance is gone.
   */
  readonly sightings?: readonly InstanceRecord[];
}
/**
 * What became of one named dependency. Addresses and disks go only once the instance is gone, if still ours
 * and unattached: an address after two reads, its id unchanged, and never while a DNS record, address list
 * or NAT rule names it; a disk with a proof that follows its last detach.
 */
export type DependencyReleaseOutcome = { readonly item: DependencyRef } & (
  | Blocked
  | NotFound
  | Failed
  | Undetermined
  | (InstanceOutcome & { readonly status: "released" | "already-released" | "would-release" })
);
/** What became of one effect. Compare and set: what is not as we left it stays. */
export type RevertOutcome = { readonly effect: Effect } & (
  | { readonly status: "reverted" | "already-reverted"; readonly newId?: string }
  /**
   * Left as it is, on purpose: someone changed it since, or there is nothing to go back to, or `recover` must
   * do it.
   */
  | {
      readonly status: "not-reverted";
      readonly cause: "changed-since" | "not-in-plan" | "resource-gone" | "impossible" | "needs-recover";
      readonly why: string;
    }
  /**
   * A rule that stays away: its address may be a stranger's by now, its neighbours are others, or strangers
   * use the group.
   */
  | {
      readonly status: "not-restored";
      readonly cause: "address-released" | "order-changed" | "group-in-use";
      readonly why: string;
    }
  | { readonly status: "failed" | "unknown"; readonly problem: Problem }
);
/** A thing in a bin. */
export interface RecoverableRef extends Scope {
  readonly kind: "instance" | "disk" | "snapshot" | "image" | "address";
  readonly id: string;
  readonly instanceId?: string;
}
/** Options of `recover`. */
export interface RecoverOptions extends DryRunOptions {
  /** Consent to pay where recovery is a renewal. Default: none, so `blocked` (`prepaid`). */
  readonly renew?: { readonly months: number; readonly reason: string };
}
/** A change of tags. Keys in neither list stay. */
export interface TagChange {
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}
/**
 * What became of one instance's tags, re-read. The effect is `tags-changed`; its undo holds the former
 * values.
 */
export type TagOutcome =
  | Blocked
  | NotFound
  | Failed
  | Undetermined
  | (InstanceOutcome & { readonly status: "tagged" | "unchanged" });
/** What became of one thing in a bin. `item` is what was asked, so one outcome answers one item. */
export type RecoverOutcome = { readonly item: InstanceTarget | RecoverableRef } & (
  | { readonly status: "recovered"; readonly cost?: Money; readonly effects: readonly Effect[] }
  | { readonly status: "would-recover"; readonly cost?: Money }
  | { readonly status: "not-recycled" | "not-found" }
  | { readonly status: "blocked" | "failed" | "unknown"; readonly problem: Problem }
);
/** Options of `removeArtifacts`. */
export interface RemoveArtifactsOptions extends DryRunOptions {
  /** Consent to remove copies before their time. Default: none, so `blocked` (`data-loss`). */
  readonly unexpired?: { readonly reason: string };
  /** Artifacts with any of these tags are `blocked` (`protected`), as in {@link Policy}. */
  readonly protectTags?: Readonly<Record<string, string>>;
}
/**
 * What became of one artifact. Re-read first: it goes only with our tag holding run and disk id, and
 * description, owner and start time that match.
 */
export type ArtifactOutcome = { readonly artifact: Artifact } & (
  | { readonly status: "removed" | "already-gone" | "would-remove" }
  | { readonly status: "blocked" | "failed" | "unknown"; readonly problem: Problem }
);
