import type { IsoDate, Mapped, Scope, Tristate } from "./common.js";
import type { RecoverableRef } from "./reversal.js";
import type { RecoverableUntil } from "./termination.js";

/**
 * State of an instance. `terminating` = accepted, still visible; `recycled` = in a bin, can come back;
 * `gone` = the cloud itself says so.
 */
export type InstanceState =
  | "pending"
  | "running"
  | "stopping"
  | "stopped"
  | "terminating"
  | "recycled"
  | "gone"
  | "unknown";
/** How an instance is paid for. A value nobody mapped is `unknown`, which blocks termination. */
export type BillingMode = "on-demand" | "prepaid" | "spot";
/** Something that keeps an instance from being deleted. */
export interface InstanceLock
  extends Mapped<"user" | "order" | "security" | "overdue" | "refunded" | "reclaim" | "platform" | "unknown"> {
  /**
   * The order that holds an `order` lock. Such a lock and a `security` lock are never cleared and never
   * waived.
   */
  readonly orderId?: string;
}
/**
 * A disk as seen from its instance. Instance-store disks are written in from the instance type where the API
 * hides them.
 */
export interface InstanceDisk {
  readonly id: string;
  readonly role: "system" | "data";
  readonly sizeGiB: number | "unknown";
  readonly encrypted: Tristate;
  /** Lives and dies with the host; cannot be saved by any snapshot. */
  readonly ephemeral: boolean;
  /** Whether it dies with the instance as things stand, locks and tied disks taken into account. */
  readonly deletedWithInstance: Tristate;
  /** Other instances that hold it. It dies too once all of them are targets, recycled or gone. Absent: none. */
  readonly sharedWith?: readonly string[];
}
/** A public address of an instance. */
export interface PublicAddress {
  /** Absent for an ephemeral address, which has no id of its own. */
  readonly id?: string;
  readonly ip: string;
  readonly kind: "elastic" | "ephemeral";
  readonly releasedWithInstance: Tristate;
}
/**
 * A network interface of an instance. Groups are held here: an instance's own list may show the primary
 * interface only.
 */
export interface InstanceNetworkInterface {
  readonly id: string;
  readonly primary: boolean;
  readonly deletedWithInstance: Tristate;
  readonly privateIps: readonly string[];
  readonly securityGroupIds: readonly string[];
}
/**
 * What was seen of one instance. With a live state it is a *sighting* for its whole scope: without one,
 * absence proves nothing. Without a system disk (instance-store roots excepted) it is incomplete, and its
 * instance is blocked. Holds only what is read, never a whole cloud object, since user data can hold
 * passwords.
 */
export interface InstanceRecord extends Scope {
  readonly id: string;
  readonly name: string;
  readonly state: Mapped<InstanceState>;
  /** `expiresAt` only for prepaid: some clouds print a far date for everything else. */
  readonly billing: Mapped<BillingMode | "unknown"> & { readonly expiresAt?: IsoDate };
  readonly protection: {
    readonly termination: Tristate;
    readonly stop?: Tristate;
    readonly locks: readonly InstanceLock[];
  };
  readonly zone: string;
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly privateIps: readonly string[];
  readonly publicAddresses: readonly PublicAddress[];
  readonly disks: readonly InstanceDisk[];
  readonly networkInterfaces: readonly InstanceNetworkInterface[];
  /** The groups of all interfaces, each once. */
  readonly securityGroupIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly scheduledReleaseAt?: IsoDate;
  /** Only while recycled: why it is there, and until when it can come back. */
  readonly recycled?: {
    readonly cause: "returned" | "expired" | "overdue" | "unknown";
    readonly until: RecoverableUntil;
  };
  readonly createdAt?: IsoDate;
  /** The last start, where the cloud tells. A proof "from stopped" must follow it. */
  readonly startedAt?: IsoDate;
  readonly seenAt: IsoDate;
}
/**
 * An instance id, or what was seen of it earlier. Only a record can turn absence into `already-gone` or
 * `deleted`. One of another account, project or region is `wrong-account`: thrown by reads, `blocked` in
 * mutations, `unproven` in a verdict.
 */
export type InstanceTarget = string | InstanceRecord;
/**
 * Which instances. Tags are exact, all must match, and are matched again here since clouds honour wildcards.
 * Empty, states alone, or an empty or undefined value: `invalid-request`.
 */
export type InstanceSelector = { readonly states?: readonly InstanceState[] } & (
  | { readonly ids: readonly string[]; readonly tags?: Readonly<Record<string, string>> }
  | { readonly ids?: never; readonly tags: Readonly<Record<string, string>> }
);
/** Whose credentials these are. */
export interface CallerIdentity {
  readonly accountId: string;
  readonly principal: string;
  readonly project?: string;
}

/** Whether a target is what was seen rather than an id. */
export function isRecord(target: InstanceTarget | RecoverableRef): target is InstanceRecord {
  return typeof target === "object" && target !== null && "networkInterfaces" in target;
}
