import type { IsoDate, JsonObject, Scope, Tristate } from "./common.js";
import type { Effect } from "./effects.js";
import type { Problem } from "./errors.js";
import type { CallOptions } from "./options.js";

/** Something this library made and may remove again, known by its tags and re-read before it is touched. */
export interface Artifact extends Scope {
  readonly kind: "disk-snapshot" | "snapshot-group" | "backup" | "image" | "vault" | "security-group";
  readonly id: string;
  readonly runId: string;
  /** Rises when a server returns to service, which voids its proofs. */
  readonly attempt: number;
  readonly instanceIds: readonly string[];
  readonly diskIds: readonly string[];
  readonly sizeGiB?: number;
  readonly createdAt: IsoDate;
  readonly tags: Readonly<Record<string, string>>;
  /** Kept at least until then. Absent: never by itself, and never by a sweep. */
  readonly expiresAt?: IsoDate;
}
/**
 * Evidence that one disk is saved, re-read from the cloud after completion, and again by whoever relies on
 * it. A copy that dies with its disk is never a proof.
 */
export interface SnapshotProof extends Scope {
  /** The copy. One copy of several disks (backup, image, group) gives one proof per disk, with the same id. */
  readonly id: string;
  readonly kind: "disk-snapshot" | "snapshot-group" | "backup" | "image";
  readonly instanceId: string;
  readonly diskId: string;
  /** The run and attempt it was made for. A proof of an earlier attempt is void. */
  readonly runId: string;
  readonly attempt: number;
  /** Size of the source disk as the copy records it. Smaller than the disk is now: not a proof of it. */
  readonly sizeGiB: number;
  readonly encrypted: Tristate;
  /**
   * Whether the key that a restore needs is usable now. True for unencrypted copies; `unknown` needs a waiver.
   */
  readonly keyUsable: Tristate;
  /**
   * The moment whose data it holds. `maxAgeHours` counts from here, not from completion, which can be hours
   * later.
   */
  readonly pointInTime: IsoDate;
  /** What the instance was doing then. */
  readonly takenFrom: "running" | "stopped" | "unknown";
  readonly completedAt: IsoDate;
  readonly expiresAt?: IsoDate;
  /** Who removes it: the cloud, our sweep, or nobody. */
  readonly expiresBy: "cloud" | "sweep" | "nobody";
}
/** Options of `snapshot`. */
export interface SnapshotOptions extends CallOptions {
  /** The least days to keep. Default: 30. */
  readonly retentionDays?: number;
  /**
   * Who removes it after them. Default `sweep`: a tag for `findOwnArtifacts`. `cloud`: the cloud deletes it by
   * itself, also the last copy.
   */
  readonly expiry?: "sweep" | "cloud";
  /** A second call with the same run id and attempt finds what the first made. Defaults: a new one, and 1. */
  readonly runId?: string;
  readonly attempt?: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** `required`: a disk whose copy would not be encrypted is `blocked`. Default: as the disk. */
  readonly encryption?: "required";
  /** Whether to wait for completion. Default: true. */
  readonly wait?: boolean;
  /**
   * How to save. Default `auto`: the cloud's most consistent way that survives the disk. Others: see the
   * cloud's page.
   */
  readonly method?: "auto" | (string & {});
  /**
   * Per cloud, plain JSON: for instance whether a backup vault may be created, which bills. Default: nothing
   * that bills besides the copy.
   */
  readonly cloudOptions?: JsonObject;
}
/** What the outcome of one instance carries, whatever its status. */
export interface InstanceOutcome {
  readonly instanceId: string;
  /**
   * Changes made for this instance that may still stand. Pass them to `revert`. Empty when nothing was sent or
   * all was put back.
   */
  readonly effects: readonly Effect[];
}
/** A precondition, named by us or by the cloud. Unchanged. `problem.hint` says what unblocks it. */
export interface Blocked extends InstanceOutcome {
  readonly status: "blocked";
  readonly problem: Problem;
}
/** Not there, and never seen by us: a typo, a wrong region or account. */
export interface NotFound extends InstanceOutcome {
  readonly status: "not-found";
}
/**
 * Sent or about to be, and a re-read shows it unchanged, for a cause that is not a precondition: access
 * denied, quota, a broken service.
 */
export interface Failed extends InstanceOutcome {
  readonly status: "failed";
  readonly problem: Problem;
}
/**
 * The answer was lost and the re-read could not tell, or absence is not proved. Never sent again in this
 * run.
 */
export interface Undetermined extends InstanceOutcome {
  readonly status: "unknown";
  readonly problem: Problem;
}
/** What became of one instance in a `snapshot` call. */
export type SnapshotOutcome =
  | Blocked
  | NotFound
  /** Every disk that can be saved is. `unprotected` disks still need `acceptDataLoss` before they may die. */
  | (InstanceOutcome & {
      readonly status: "completed";
      readonly proofs: readonly SnapshotProof[];
      readonly consistency: "instance" | "disk";
      readonly unprotected: readonly { readonly diskId: string; readonly why: string }[];
    })
  /**
   * Under way: not waited for, or the deadline passed. No proof yet. Call again with the same run id and
   * attempt.
   */
  | (InstanceOutcome & { readonly status: "pending"; readonly runId: string; readonly artifacts: readonly Artifact[] })
  | (InstanceOutcome & { readonly status: "nothing-to-snapshot"; readonly why: string })
  /**
   * At least one disk is not saved, or may not be; `proofs` are those that are. A lost answer that two
   * look-ups could not settle ends here.
   */
  | (Failed & { readonly proofs: readonly SnapshotProof[] });
