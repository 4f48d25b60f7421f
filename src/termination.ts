import type { IsoDate, JsonObject, Money, Tristate } from "./common.js";
import type { ProtectionCheck } from "./dependencies.js";
import type { DryRunOptions } from "./options.js";
import type { Blocked, Failed, InstanceOutcome, NotFound, SnapshotProof, Undetermined } from "./snapshots.js";
import type { AbsenceProof } from "./verification.js";

/** What happens to an instance paid in advance. Every word but `refuse` is final or moves money. */
export type PrepaidExit = "refuse" | "unsubscribe" | "convert" | "expire" | "release-expired";
/** Consent to lose one disk. */
export interface DataLossConsent {
  readonly instanceId: string;
  readonly diskId: string;
  readonly reason: string;
}
/**
 * What saves the data. Every disk that dies needs a proof or a consent, else `missing-snapshot-proof`.
 * `discard` covers every disk of every target. Both at once: `invalid-request`. A proof counts only after a
 * re-read in this call, for the same disk, at its size now.
 */
export type DataDecision = { readonly proofs: readonly SnapshotProof[] } | { readonly discard: string };
/** How to terminate. The default is always the careful choice. */
export interface TerminationSettings {
  /**
   * Default `respect`. `clear` switches both protections and a user's lock off for these ids only, and on
   * again when the termination does not happen.
   */
  readonly protection?: "respect" | { readonly clear: readonly string[]; readonly reason: string };
  /** Default `before`: see {@link ProtectionCheck}. */
  readonly protectionCheck?: ProtectionCheck;
  /** Default `refuse`: prepaid instances are `blocked` (`prepaid`). No effect on others. */
  readonly prepaid?: PrepaidExit;
  /**
   * An instance whose quote, re-read right before, is below it is `blocked` (`prepaid`). Default: none; the
   * plan shows the quote.
   */
  readonly minimumRefund?: Money;
  /** Default `graceful`: the guest may shut down, for as long as the cloud allows. */
  readonly shutdown?: "graceful" | "forced";
  /**
   * Default `if-available`. `require`: blocked where the bin would be bypassed. `purge`: destroys what is in
   * the bin, too.
   */
  readonly recycleBin?: "if-available" | "require" | "purge";
  /** Release later instead of now. Where the cloud cannot: `blocked` (`unsupported`). */
  readonly releaseAt?: IsoDate;
  /**
   * Default `as-flagged`. `delete` names disk ids. Batch-wide flags are always sent as keep; disks meant to
   * die go afterwards by id. A wish to keep that the cloud cannot honour is `blocked` (`unsupported`).
   */
  readonly dataDisks?: "as-flagged" | "keep" | { readonly delete: readonly string[] };
  /** Disks that may be lost without a proof. Default: none. */
  readonly acceptDataLoss?: readonly DataLossConsent[];
  /** What only one cloud has, as plain JSON. Unknown keys are refused. */
  readonly cloudOptions?: JsonObject;
}
/** Options of `terminate`. */
export interface TerminateOptions extends DryRunOptions, TerminationSettings {
  readonly data: DataDecision;
}
/** Until when something can come back. `computed` is our arithmetic from a documented rule. */
export type RecoverableUntil =
  | { readonly basis: "reported" | "computed"; readonly at: IsoDate }
  | { readonly basis: "unknown" };
/** What ending an instance gives back, as quoted by the cloud at a moment. */
export interface RefundQuote {
  readonly instanceId: string;
  readonly amount: Money;
  readonly quotedAt: IsoDate;
  readonly note?: string;
}
/** The way an instance ends, decided from its billing and state. */
export type TerminationPath =
  | "release"
  | "recycle"
  | "purge"
  | "unsubscribe"
  | "convert-and-release"
  | "let-expire"
  | "release-expired"
  | "schedule";
/** What became of one instance in a `terminate` call. */
export type TerminateOutcome =
  | Blocked
  | NotFound
  | Failed
  | Undetermined
  /** The cloud took it, or it was already on its way out. Not yet proof that it is gone. */
  | (InstanceOutcome & {
      readonly status: "accepted";
      readonly requestId?: string;
      readonly orderIds?: readonly string[];
    })
  /** In the cloud's bin: not gone, can come back, may still bill. `restore` says how. */
  | (InstanceOutcome & {
      readonly status: "recycled";
      readonly recoverableUntil: RecoverableUntil;
      readonly restore: string;
      readonly requestId?: string;
      readonly orderIds?: readonly string[];
    })
  /** Released later; `revert` calls it off. */
  | (InstanceOutcome & { readonly status: "scheduled"; readonly at: IsoDate; readonly bypassesBin: Tristate })
  /** Absent before us, under the same proof as `deleted`. */
  | (InstanceOutcome & { readonly status: "already-gone"; readonly absence: AbsenceProof })
  /** Dry run. `permissionChecked`: whether the cloud confirmed that we may. */
  | (InstanceOutcome & {
      readonly status: "would-terminate";
      readonly how: TerminationPath;
      readonly refund?: RefundQuote;
      readonly permissionChecked: boolean;
    });
