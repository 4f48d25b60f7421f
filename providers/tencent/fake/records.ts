import type { JsonObject, Money } from "../../../src/common.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { SeedInstance } from "../../../src/testing/seed.js";

/*
 * What the fake holds of each kind of thing, in its own words. Records are never changed in place: `change` of state.ts
 * puts a new one into the map.
 */

/** Tags of anything. */
export type Tags = Readonly<Record<string, string>>;
/** CVM's words for the states of an instance ("InstanceState"). */
export type InstanceStateName =
  | "PENDING"
  | "RUNNING"
  | "STOPPED"
  | "STARTING"
  | "STOPPING"
  | "REBOOTING"
  | "SHUTDOWN"
  | "TERMINATING"
  | "ENTER_RESCUE_MODE"
  | "RESCUE_MODE"
  | "EXIT_RESCUE_MODE"
  | "ENTER_SERVICE_LIVE_MIGRATE"
  | "SERVICE_LIVE_MIGRATE"
  | "EXIT_SERVICE_LIVE_MIGRATE";
/** CVM's words for how an instance is paid for. */
export type ChargeType = "PREPAID" | "POSTPAID_BY_HOUR" | "SPOTPAID";
/** The last operation on an instance. */
export interface Operation {
  readonly name: string;
  readonly state: "OPERATING" | "SUCCESS" | "FAILED";
  readonly requestId: string;
}

/** A CVM instance. Records are never changed in place: `change` puts a new one into the map. */
export interface Instance {
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly chargeType: ChargeType;
  readonly state: InstanceStateName;
  /** What reads go on showing for a moment. */
  readonly shown?: { readonly state: InstanceStateName; readonly until: number } | undefined;
  /** Counts the changes of state, so that what was to follow a former one does not happen. */
  readonly turn: number;
  readonly restrictState: "NORMAL" | "PROTECTIVELY_ISOLATED";
  readonly isolatedSource: "NOTISOLATED" | "ARREAR" | "EXPIRE" | "MANMADE";
  readonly stopChargingMode: "NOT_APPLICABLE" | "KEEP_CHARGING" | "STOP_CHARGING";
  readonly operation?: Operation | undefined;
  /** Refuses other operations with this code while it lasts. */
  readonly busyCode?: string | undefined;
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly renewFlag?: string | undefined;
  readonly isProtected: boolean;
  readonly groupIds: readonly string[];
  readonly keyIds: readonly string[];
  readonly roleName: string;
  readonly placementGroupId?: string | undefined;
  readonly hostId?: string | undefined;
  readonly isPublicGateway: boolean;
  readonly tags: Tags;
  readonly userData?: string | undefined;
  readonly refund: NonNullable<SeedInstance["refund"]>;
  /** The service that operates it: its instances are released there. */
  readonly application?: string | undefined;
  /** Cloud disks, the system disk first. */
  readonly diskIds: readonly string[];
  /** Disks of the host: CBS does not list them. */
  readonly localDisks: readonly { readonly id: string; readonly role: "system" | "data"; readonly sizeGiB: number }[];
  /** The primary one first. */
  readonly interfaceIds: readonly string[];
  /** The ordinary public address, which lives and dies with it. */
  readonly ordinaryAddress?: { readonly id: string; readonly ip: string } | undefined;
}
/** What a snapshot of a disk will do: the seed vocabulary's words. */
export type SnapshotBehaviour = "complete" | "refused" | "fails" | "stuck" | "too-small" | "vanishes";
/** A CBS disk. */
export interface Disk {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly usage: "SYSTEM_DISK" | "DATA_DISK";
  readonly type: string;
  readonly sizeGiB: number;
  readonly chargeType: "PREPAID" | "POSTPAID_BY_HOUR";
  readonly state: "ATTACHED" | "UNATTACHED" | "ATTACHING" | "DETACHING" | "TORECYCLE";
  /** Elastic: can be taken from its instance. */
  readonly portable: boolean;
  readonly shareable: boolean;
  readonly deleteWithInstance: boolean;
  /** Whether its snapshots that are not permanent go with it. */
  readonly deleteSnapshot: boolean;
  readonly keyId?: string | undefined;
  /** Several only for a shareable disk. */
  readonly holders: readonly string[];
  readonly lastHolder?: string | undefined;
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly renewFlag: string;
  readonly returningUntil?: number | undefined;
  readonly tags: Tags;
  readonly snapshots: SnapshotBehaviour;
}
/** A CBS snapshot. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly diskId: string;
  readonly zone: string;
  readonly usage: "SYSTEM_DISK" | "DATA_DISK";
  readonly sizeGiB: number;
  readonly keyId?: string | undefined;
  readonly state: "NORMAL" | "CREATING";
  readonly percent: number;
  readonly createdAt: number;
  /** Deleted by the cloud then; absent: permanent. */
  readonly deadline?: number | undefined;
  readonly imageIds: readonly string[];
  readonly policyId?: string | undefined;
  readonly tags: Tags;
  /** Gone soon after it is complete, and at the latest once somebody has seen it so. */
  readonly vanishes?: boolean;
}
/** Snapshots of several disks of one instance. Not consistent among each other. */
export interface SnapshotGroup {
  readonly id: string;
  readonly name: string;
  readonly snapshotIds: readonly string[];
  readonly createdAt: number;
  readonly tags: Tags;
}
/** A backup point of a disk: dies with it. */
export interface DiskBackup {
  readonly id: string;
  readonly diskId: string;
  readonly sizeGiB: number;
  readonly createdAt: number;
}
/** A policy that snapshots disks by the clock. */
export interface SnapshotPolicy {
  readonly id: string;
  readonly diskIds: readonly string[];
  readonly instanceIds: readonly string[];
  readonly createdAt: number;
}
/** An elastic network interface. */
export interface NetworkInterface {
  readonly id: string;
  readonly name: string;
  readonly primary: boolean;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly state: "AVAILABLE" | "ATTACHING" | "DETACHING" | "DELETING";
  readonly instanceId?: string | undefined;
  readonly attachedAt?: number | undefined;
  /** The primary address first. */
  readonly privateIps: readonly string[];
  /** Of a secondary interface; the primary one has its instance's. */
  readonly groupIds: readonly string[];
  readonly createdAt: number;
  readonly tags: Tags;
}
/** An elastic address. */
export interface ElasticAddress {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly status: "BINDING" | "BIND" | "BIND_ENI" | "UNBINDING" | "UNBIND" | "OFFLINING";
  readonly chargeType: "TRAFFIC_POSTPAID_BY_HOUR" | "BANDWIDTH_PREPAID_BY_MONTH";
  readonly instanceId?: string | undefined;
  readonly interfaceId?: string | undefined;
  readonly privateIp?: string | undefined;
  /** Released by itself once it is unbound. */
  readonly cascadeRelease: boolean;
  /** A prepaid address that was returned once shows as in arrears; the second return releases it. */
  readonly inArrears: boolean;
  readonly createdAt: number;
  readonly tags: Tags;
}
/** One rule of a security group, as it is stored: exactly one source and one kind of ports. */
export interface Policy {
  readonly protocol?: string | undefined;
  readonly port?: string | undefined;
  readonly serviceId?: string | undefined;
  readonly serviceGroupId?: string | undefined;
  readonly cidr?: string | undefined;
  readonly ipv6Cidr?: string | undefined;
  readonly groupId?: string | undefined;
  readonly addressId?: string | undefined;
  readonly addressGroupId?: string | undefined;
  readonly action: "ACCEPT" | "DROP";
  readonly description: string;
  readonly modifiedAt: number;
}
/** A security group with its rules in order; their place is their only name. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly version: number;
  readonly ingress: readonly Policy[];
  readonly egress: readonly Policy[];
  readonly createdAt: number;
  readonly tags: Tags;
  /** Users of other products: product type to number. */
  readonly otherUsers: Readonly<Record<string, number>>;
}
/** A virtual address that its holder announces. */
export interface VirtualIp {
  readonly id: string;
  readonly ip: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly holderId?: string | undefined;
  readonly associated: readonly string[];
  readonly createdAt: number;
}
/** A rule of a NAT gateway: to an address (destination) or from an instance (source). */
export interface NatRule {
  readonly id: string;
  readonly gatewayId: string;
  readonly vpcId: string;
  readonly publicIp: string;
  readonly publicPort: number;
  readonly privateIp: string;
  readonly privatePort: number;
  readonly protocol: string;
  /** Present for a source rule. */
  readonly instanceId?: string | undefined;
  readonly createdAt: number;
}
/** A route table with what is not local. */
export interface RouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly routes: readonly { readonly destination: string; readonly type: string; readonly target: string }[];
  readonly createdAt: number;
}
/** One registered target: an instance, or an address of one. */
export interface Target {
  readonly instanceId?: string | undefined;
  /** Of a target registered by address. */
  readonly ip?: string | undefined;
  readonly port: number;
  readonly weight: number;
  readonly registeredAt: number;
}
/** A listener. With a location it is one of layer 7, whose targets hang on its rule. */
export interface Listener {
  readonly id: string;
  readonly protocol: "TCP" | "HTTP";
  readonly port: number;
  readonly locationId?: string | undefined;
  readonly targets: readonly Target[];
}
/** A load balancer. A classic one has no listeners here: its targets serve all of them. */
export interface LoadBalancer {
  readonly id: string;
  readonly vpcId: string;
  readonly vip: string;
  readonly isClassic: boolean;
  readonly groupIds: readonly string[];
  readonly listeners: readonly Listener[];
  readonly targets: readonly Target[];
  readonly createdAt: number;
}
/** A target group. */
export interface TargetGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly port: number;
  readonly targets: readonly Target[];
  readonly createdAt: number;
}
/** A member of a scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly lifecycle: "IN_SERVICE" | "DETACHING" | "ATTACHING";
  /** From being chosen when the group shrinks by itself. */
  readonly isProtected?: boolean;
  readonly addedAt: number;
}
/** An Auto Scaling group. */
export interface ScalingGroup {
  readonly id: string;
  readonly launchConfigurationId: string;
  readonly vpcId: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly isEnabled: boolean;
  readonly inActivity: boolean;
  readonly members: readonly ScalingMember[];
  readonly createdAt: number;
}
/** A Kubernetes cluster and its nodes, also those whose instance is gone. */
export interface Cluster {
  readonly id: string;
  readonly vpcId: string;
  readonly nodeIds: readonly string[];
  /** Nodes it does not let go. */
  readonly heldNodeIds: readonly string[];
}
/** A DNS record, public (DNSPod) or private. */
export interface DnsRecord {
  readonly id: string;
  /** Domain name, or id of the private zone. */
  readonly zone: string;
  readonly isPrivate: boolean;
  readonly name: string;
  readonly type: string;
  readonly line: string;
  readonly value: string;
  readonly ttl: number;
  readonly isEnabled: boolean;
  readonly updatedAt: number;
}
/** A private zone. */
export interface PrivateZone {
  readonly id: string;
  readonly domain: string;
  readonly vpcIds: readonly string[];
}
/** An alarm policy and the instances bound to it. */
export interface AlarmPolicy {
  readonly id: string;
  readonly name: string;
  readonly bindings: readonly { readonly uniqueId: string; readonly instanceId: string }[];
}
/** Something an instance does by the clock: only its own destruction, in this API. */
export interface ActionTimer {
  readonly id: string;
  readonly instanceId: string;
  readonly at: number;
  readonly status: "UNDO" | "DOING" | "DONE";
  readonly releaseAddress: boolean;
}
/** A custom image. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly state: "NORMAL" | "CREATING";
  readonly sizeGiB: number;
  readonly snapshotIds: readonly string[];
  readonly createdAt: number;
  readonly tags: Tags;
}
/** A database that uses security groups. */
export interface Database {
  readonly id: string;
  readonly product: string;
  readonly groupIds: readonly string[];
  readonly vpcId: string;
  readonly createdAt: number;
}
/** Work a request started, to be asked about by the id of that request or by a number. */
export interface Task {
  readonly id: string;
  readonly service: "vpc" | "eip" | "clb";
  readonly resourceIds: readonly string[];
  readonly doneAt: number;
}
/** An order of the account. */
export interface Order {
  readonly id: string;
  readonly kind: "refund" | "conversion" | "renewal";
  readonly instanceId: string;
  readonly amount: Money;
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
