import type { IsoDate, JsonObject, Money } from "../common.js";
import type { DependencyKind } from "../dependencies.js";
import type { BillingMode, InstanceLock } from "../instances.js";
import type { SecurityRule } from "../security-rules.js";

/**
 * Name of a seeded thing. An id of the cloud's own form is used as it is; any other word is a label, and
 * `world.id(label)` tells the id it got. So one suite can say `"web"` on every cloud while each fake stays
 * strict about ids.
 */
export type SeedName = string;
/** A disk. Defaults: 40 GiB, not encrypted, cloud disk, dies with its instance if it is a system disk. */
export interface SeedDisk {
  readonly id?: SeedName;
  readonly role?: "system" | "data";
  readonly sizeGiB?: number;
  readonly encrypted?: boolean;
  readonly keyState?: "usable" | "disabled" | "deleting";
  readonly deletedWithInstance?: boolean;
  readonly autoSnapshotsDeletedWithDisk?: boolean;
  /** Prepaid disks and disks tied to their instance refuse to be kept or deleted alone. */
  readonly billing?: "on-demand" | "prepaid";
  readonly tied?: boolean;
  /**
   * `local` cannot be saved; `shared` is attached to others as well; `basic` cannot join a consistent group.
   */
  readonly medium?: "cloud" | "basic" | "local" | "shared";
  /** What a snapshot of it will do. Default: complete. */
  readonly snapshots?: "complete" | "refused" | "fails" | "stuck" | "too-small" | "vanishes";
}
/** A firewall rule: `SecurityRule` without what the cloud adds. `peer` and group ids are seed names. */
export type SeedRule = Pick<SecurityRule, "direction" | "peer"> &
  Partial<Omit<SecurityRule, "id" | "groupId" | "native" | "position">>;
/** A security group. `foreignUsers`: others who use it besides the seeded instances. */
export interface SeedSecurityGroup {
  readonly id: SeedName;
  readonly rules?: readonly SeedRule[];
  readonly isDefault?: boolean;
  readonly managed?: boolean;
  readonly vpc?: SeedName;
  readonly foreignUsers?: readonly (
    | "load-balancer"
    | "database"
    | "interface"
    | "template"
    | "scaling-group"
    | "managed-service"
    | "share"
  )[];
}
/** A public address, attached or not. */
export interface SeedAddress {
  readonly id?: SeedName;
  readonly ip?: string;
  readonly kind: "elastic" | "ephemeral";
  readonly billing?: "on-demand" | "prepaid";
  readonly releasedWithInstance?: boolean;
}
/**
 * An instance. Defaults: running, on-demand, unprotected, one system disk, one interface, a group of its
 * own.
 */
export interface SeedInstance {
  readonly id: SeedName;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly zone?: string;
  readonly vpc?: SeedName;
  readonly createdAt?: IsoDate;
  /** `recycled` puts it in the bin, whether or not the account's bin is on. */
  readonly state?: "pending" | "running" | "stopping" | "stopped" | "terminating" | "recycled" | "gone";
  readonly billing?: BillingMode;
  readonly expiresAt?: IsoDate;
  readonly autoRenew?: boolean;
  readonly recycledBecause?: "returned" | "expired" | "overdue";
  readonly refund?:
    | { readonly quote?: Money }
    | { readonly refusedBecause: "quota" | "not-returnable" | "partner" | "wrong-site" };
  readonly guestShutdown?: "stop" | "terminate";
  readonly terminationProtection?: boolean;
  readonly stopProtection?: boolean;
  readonly locks?: readonly Pick<InstanceLock, "unified" | "orderId">[];
  /** An operation under way that makes the cloud refuse others. Ends after `forMs` of the fake's clock. */
  readonly busy?: {
    readonly operation: "resize" | "rebuild" | "migrate" | "rescue" | "snapshot" | "conversion";
    readonly forMs: number;
  };
  readonly scheduledReleaseAt?: IsoDate;
  readonly disks?: readonly SeedDisk[];
  readonly addresses?: readonly SeedAddress[];
  readonly privateIps?: readonly string[];
  readonly securityGroups?: readonly SeedName[];
  readonly extraInterfaces?: readonly SeedInterface[];
  /** Operated by another service, so hidden or refused. */
  readonly managedBy?: string;
  readonly keyPair?: SeedName;
  readonly role?: SeedName;
  readonly userData?: string;
}
/** A network interface besides the primary one. */
export interface SeedInterface {
  readonly id?: SeedName;
  readonly deletedWithInstance?: boolean;
  readonly securityGroups?: readonly SeedName[];
  readonly addresses?: readonly SeedAddress[];
}
/**
 * Something that uses instances; for a database `members` are groups, for a snapshot or image disks.
 * `replaces`: launches another when one goes. `inUse`: removing a member is refused (below the minimum,
 * removal protection).
 */
export interface SeedOwner {
  readonly kind: Exclude<
    DependencyKind,
    | "instance"
    | "protection"
    | "recycle-bin"
    | "disk"
    | "network-interface"
    | "public-address"
    | "security-group"
    | "security-rule"
  >;
  readonly id: SeedName;
  readonly members: readonly SeedName[];
  readonly by?: "instance" | "address";
  readonly ports?: readonly number[];
  readonly replaces?: boolean;
  readonly inUse?: boolean;
  readonly variant?: string;
  readonly detail?: JsonObject;
}
/**
 * A cloud account before a test. What a cloud does not know (stop protection, bins) is refused with an error
 * that names it, never dropped.
 */
export interface WorldSeed {
  readonly instances?: readonly SeedInstance[];
  readonly securityGroups?: readonly SeedSecurityGroup[];
  readonly owners?: readonly SeedOwner[];
  /** Not attached to anything. */
  readonly disks?: readonly SeedDisk[];
  readonly addresses?: readonly SeedAddress[];
  readonly peeredVpcs?: readonly (readonly [SeedName, SeedName])[];
  /** Bins of the account. Default: as a fresh account has them. */
  readonly bins?: Readonly<
    Partial<
      Record<
        "instance" | "disk" | "snapshot" | "image",
        { readonly enabled: boolean; readonly hours?: number; readonly minimumAgeDays?: number }
      >
    >
  >;
  readonly quotas?: { readonly snapshots?: number; readonly refunds?: number; readonly rulesPerGroup?: number };
  readonly backupVault?: { readonly id: SeedName; readonly skips?: readonly SeedName[] };
  readonly accountState?: "normal" | "overdue" | "restricted";
}
