import type { JsonObject, Money } from "../../../src/common.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { SeedInstance } from "../../../src/testing/seed.js";

/*
 * What the fake holds of each kind of thing, in its own words. Records are never changed in place: `change` of state.ts
 * puts a new one into the map.
 */

/** Tags of anything. */
export type Tags = Readonly<Record<string, string>>;
/** ECS's words for the state of a server ("ECS Statuses"). `RESCUE` is Nova's and in no list of ECS. */
export type ServerStatus =
  | "ACTIVE"
  | "BUILD"
  | "ERROR"
  | "MIGRATING"
  | "REBOOT"
  | "REBUILD"
  | "RESCUE"
  | "RESIZE"
  | "SHUTOFF"
  | "SOFT_DELETED";
/** A disk of a server, as the server sees it. */
export interface Attachment {
  readonly diskId: string;
  readonly device: string;
  readonly deleteOnTermination: boolean;
  readonly isBoot: boolean;
}
/** Why a server cannot be operated on. */
export type ServerLock =
  | { readonly by: "user" }
  /** An order that is converting it ("lockScene" and its neighbours in the metadata). */
  | { readonly by: "order"; readonly orderId: string };

/** An ECS. */
export interface Server {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly status: ServerStatus;
  readonly taskState: string | null;
  /** Counts the changes of state, so that what was to follow a former one does not happen. */
  readonly turn: number;
  /** `0` pay-per-use, `1` yearly/monthly, `2` spot. */
  readonly chargingMode: "0" | "1" | "2";
  readonly orderId?: string | undefined;
  readonly expiresAt?: number | undefined;
  /** BSS `expire_policy`: 0 grace period, 1 to pay-per-use, 2 deletion, 3 renewal. */
  readonly expirePolicy: number;
  readonly createdAt: number;
  readonly launchedAt: number;
  readonly updatedAt: number;
  readonly locks: readonly ServerLock[];
  /** Frozen for arrears, or by the police, whose servers may not be released. */
  readonly frozen?: "overdue" | "security" | undefined;
  readonly autoTerminateAt?: number | undefined;
  readonly tags: Tags;
  readonly metadata: Readonly<Record<string, string>>;
  /** Tags of the platform: who made the server. */
  readonly systemTags: Tags;
  readonly keyName: string | null;
  readonly agencyName?: string | undefined;
  readonly userData?: string | undefined;
  readonly hostId?: string | undefined;
  readonly flavor: string;
  readonly attachments: readonly Attachment[];
  /** Disks of the host: EVS does not list them. */
  readonly localDisks: readonly { readonly id: string; readonly sizeGiB: number }[];
  /** The primary one first. */
  readonly portIds: readonly string[];
  readonly bin?: { readonly since: number; readonly until: number } | undefined;
  readonly refund: NonNullable<SeedInstance["refund"]>;
}
/** What a copy of a disk will do: the seed vocabulary's words. */
export type SnapshotBehaviour = "complete" | "refused" | "fails" | "stuck" | "too-small" | "vanishes";
/** An EVS disk. */
export interface Disk {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly status: "available" | "in-use" | "attaching" | "detaching" | "deleting" | "backing-up" | "error_deleting";
  readonly bootable: boolean;
  readonly shareable: boolean;
  readonly keyId?: string | undefined;
  readonly holders: readonly {
    readonly serverId: string;
    readonly device: string;
    readonly attachmentId: string;
    readonly since: number;
  }[];
  /** Yearly/monthly: its order, and the server it was bought with, whose fate it shares. */
  readonly orderId?: string | undefined;
  readonly boughtWith?: string | undefined;
  readonly expiresAt?: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Tags;
  /** In the recycle bin: of EVS, or with its server. */
  readonly bin?: { readonly since: number; readonly until: number; readonly serverId?: string } | undefined;
  readonly snapshots: SnapshotBehaviour;
}
/** A snapshot of EVS. A legacy one dies with its disk, a standard one (v5) is independent of it. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly generation: "legacy" | "standard";
  readonly diskId: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly keyId?: string | undefined;
  readonly status: "creating" | "available" | "error" | "deleting";
  readonly progress: number;
  readonly groupId?: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Tags;
}
/** A set of standard snapshots of one server, consistent among each other. */
export interface SnapshotGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly serverId: string;
  readonly status: "creating" | "available" | "error" | "deleting";
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Tags;
}
/** A network port: a server's interface, a virtual address, or somebody else's. */
export interface Port {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly serverId?: string | undefined;
  /** Its owner, where that is no server: `device_id`. */
  readonly deviceId?: string | undefined;
  /** `compute:<zone>` for servers, `neutron:VIP_PORT` for virtual addresses, a service's word for others. */
  readonly owner: string;
  readonly primary: boolean;
  /** Made with its server, so that it goes with it; a port that was there before stays. */
  readonly deleteOnTermination: boolean;
  readonly ips: readonly string[];
  readonly groupIds: readonly string[];
  readonly pairs: readonly string[];
  readonly mac: string;
  readonly createdAt: number;
}
/** An elastic address. */
export interface PublicIp {
  readonly id: string;
  readonly ip: string;
  readonly portId?: string | undefined;
  readonly bandwidthId: string;
  readonly bandwidthName: string;
  readonly isShared: boolean;
  /** Yearly/monthly: the order it came with. */
  readonly orderId?: string | undefined;
  /** What DeleteServers does with it when it says nothing about addresses. Not shown by any API. */
  readonly deleteOnTermination: boolean;
  readonly createdAt: number;
  readonly tags: Tags;
}
/** A rule of a security group (VPC v3). */
export interface Rule {
  readonly id: string;
  readonly groupId: string;
  readonly direction: "ingress" | "egress";
  readonly ethertype: "IPv4" | "IPv6";
  readonly protocol: string | null;
  readonly multiport: string | null;
  readonly remoteIpPrefix: string | null;
  readonly remoteGroupId: string | null;
  readonly remoteAddressGroupId: string | null;
  readonly action: "allow" | "deny";
  readonly priority: number;
  readonly enabled: boolean;
  readonly description: string;
  readonly createdAt: number;
}
/** A security group. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly createdAt: number;
  readonly tags: Tags;
}
/** A list of addresses that rules can name. */
export interface AddressGroup {
  readonly id: string;
  readonly name: string;
  readonly ips: readonly string[];
  readonly createdAt: number;
}
/** A supplementary interface behind a port. */
export interface SubInterface {
  readonly id: string;
  readonly parentId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly ip: string;
  readonly groupIds: readonly string[];
  readonly createdAt: number;
}
/** A route table with what is not local. */
export interface RouteTable {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly routes: readonly { readonly type: string; readonly destination: string; readonly nexthop: string }[];
  readonly createdAt: number;
}
/** Work that a request started. */
export interface Job {
  readonly id: string;
  readonly service: "ecs" | "evs";
  readonly type: string;
  readonly beganAt: number;
  readonly endedAt?: number | undefined;
  readonly entities: JsonObject;
  readonly parts: readonly JobPart[];
}
/** What became of one thing of a job. */
export interface JobPart {
  readonly id: string;
  readonly type: string;
  readonly entities: JsonObject;
  readonly status: "RUNNING" | "SUCCESS" | "FAIL";
  readonly errorCode?: string | undefined;
  readonly failReason?: string | undefined;
  readonly endedAt?: number | undefined;
}
/** An order of the account. */
export interface Order {
  readonly id: string;
  readonly kind: "refund" | "conversion" | "renewal";
  readonly serverId: string;
  readonly amount: Money;
  /** BSS `order_info.status`: 3 processing, 5 completed, 6 pending payment. */
  readonly status: number;
  readonly createdAt: number;
}
/** A backend of a load balancer's pool. */
export interface PoolMember {
  readonly id: string;
  readonly poolId: string;
  readonly serverId?: string | undefined;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly createdAt: number;
}
/** A pool of a load balancer. */
export interface Pool {
  readonly id: string;
  readonly name: string;
  readonly balancerId: string;
  readonly listenerId: string;
  readonly vpcId: string;
  /** "Removal protection": no member can be taken out. */
  readonly keepsMembers: boolean;
  readonly createdAt: number;
}
/** A member of a scaling group. */
export interface ScalingMember {
  readonly serverId: string;
  readonly name: string;
  readonly state: "INSERVICE" | "REMOVING";
  readonly isProtected: boolean;
  readonly since: number;
}
/** An Auto Scaling group. */
export interface ScalingGroup {
  readonly id: string;
  readonly name: string;
  readonly configurationId: string;
  readonly vpcId: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly isEnabled: boolean;
  readonly groupIds: readonly string[];
  readonly members: readonly ScalingMember[];
  readonly createdAt: number;
}
/** A vault of Cloud Backup and Recovery. */
export interface Vault {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly objectType: "server" | "disk";
  readonly sizeGiB: number;
  readonly resourceIds: readonly string[];
  /** Servers that a checkpoint leaves out. */
  readonly skips: readonly string[];
  readonly policyId?: string | undefined;
  readonly createdAt: number;
  readonly tags: Tags;
}
/** A backup of one server or one disk. */
export interface Backup {
  readonly id: string;
  readonly checkpointId: string;
  readonly vaultId: string;
  readonly name: string;
  readonly description: string;
  readonly resourceId: string;
  readonly resourceName: string;
  readonly resourceType: "OS::Nova::Server" | "OS::Cinder::Volume";
  readonly zone: string;
  readonly status: "protecting" | "available" | "error" | "deleting";
  readonly progress: number;
  /** What it holds of each disk. */
  readonly disks: readonly {
    readonly id: string;
    readonly backupId: string;
    readonly sizeGiB: number;
    readonly encrypted: boolean;
    readonly bootable: boolean;
  }[];
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
}
/** Something that is only looked at, kept as its API shows it. */
export interface Resource {
  /** One word per list of an API. */
  readonly kind: string;
  readonly id: string;
  readonly wire: JsonObject;
}
/** What uses what, for the view. */
export interface Membership {
  readonly kind: DependencyKind;
  readonly id: string;
  readonly member: string;
}
/** The account's recycle bins: of ECS in hours and days of age, of EVS in days. */
export interface Bins {
  readonly ecs: { readonly isOn: boolean; readonly hours: number; readonly thresholdDays: number };
  readonly evs: { readonly isOn: boolean; readonly days: number; readonly thresholdDays: number };
}
/** What is true of the account as a whole. */
export interface Account {
  readonly site: "china" | "international";
  readonly condition: "normal" | "overdue" | "restricted";
  /** Counted down; absent: no limit seeded. */
  readonly snapshotsLeft?: number | undefined;
  readonly refundsLeft?: number | undefined;
  readonly rulesPerGroup?: number | undefined;
}
