import type { JsonObject, Money } from "../../../src/common.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type {
  ActionContext,
  FakeAction,
  FakeContext,
  FakeRoute,
  FakeScope,
} from "../../../src/testing/fake-definition.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import type { TencentKind } from "./ids.js";

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

/** One account in one region. Maps of records that are replaced, never changed: a copy is a copy of the maps. */
export interface TencentState {
  readonly accountId: string;
  readonly region: string;
  readonly instances: Map<string, Instance>;
  readonly disks: Map<string, Disk>;
  readonly snapshots: Map<string, Snapshot>;
  readonly snapshotGroups: Map<string, SnapshotGroup>;
  readonly diskBackups: Map<string, DiskBackup>;
  readonly snapshotPolicies: Map<string, SnapshotPolicy>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly addresses: Map<string, ElasticAddress>;
  /** Addresses somebody else has now: id to IP. */
  readonly lostAddresses: Map<string, string>;
  readonly groups: Map<string, SecurityGroup>;
  readonly virtualIps: Map<string, VirtualIp>;
  readonly natRules: Map<string, NatRule>;
  readonly routeTables: Map<string, RouteTable>;
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly targetGroups: Map<string, TargetGroup>;
  readonly scalingGroups: Map<string, ScalingGroup>;
  readonly clusters: Map<string, Cluster>;
  readonly dnsRecords: Map<string, DnsRecord>;
  readonly privateZones: Map<string, PrivateZone>;
  readonly alarmPolicies: Map<string, AlarmPolicy>;
  readonly timers: Map<string, ActionTimer>;
  readonly images: Map<string, Image>;
  readonly databases: Map<string, Database>;
  readonly tasks: Map<string, Task>;
  readonly orders: Map<string, Order>;
  readonly resources: Map<string, Resource>;
  /** Networks by id; the first one is the default network. */
  readonly vpcs: Map<string, { readonly cidr: string; readonly isDefault: boolean; readonly number: number }>;
  /** What a dead instance holds for a while: `address/<vpc>/<ip>` and `group/<id>`, to the time it lets go. */
  readonly lingering: Map<string, number>;
  /** Seeded limits, counted down. */
  readonly quotas: Map<"snapshots" | "refunds" | "rules", number>;
  /** `overdue` where the account has run out of money. */
  readonly account: Map<"overdue", boolean>;
  readonly counters: Map<string, number>;
  readonly memberships: Map<string, Membership>;
}

/** How a request came. */
export interface TencentRoute extends FakeRoute {
  /** `X-TC-Language`: messages are Chinese unless it says `en-US`. */
  readonly language: string;
}
/** Context of seeds, clock effects and views. */
export type TencentContext = FakeContext<TencentState, TencentKind>;
/** Context of a request. */
export type TencentRequestContext = ActionContext<TencentState, TencentRoute, TencentKind>;
/** One action of Tencent Cloud. */
export type TencentAction = FakeAction<TencentState, TencentRoute, TencentKind>;
/** The actions of one family of resources. */
export type TencentActions = Readonly<Record<string, TencentAction>>;

/** What every region of an account has from the start: a control for reads that find nothing else. */
export const defaults = { vpcId: "vpc-default1", subnetId: "subnet-default1", groupId: "sg-default1" } as const;

/** An account and region with nothing in it but the default network and group. */
export function newState({ accountId, region }: Pick<FakeScope, "accountId" | "region">): TencentState {
  const group: SecurityGroup = {
    id: defaults.groupId,
    name: "default",
    description: "System created security group",
    isDefault: true,
    version: 1,
    ingress: [],
    egress: [],
    createdAt: Date.parse("2020-01-01T00:00:00Z"),
    tags: {},
    otherUsers: {},
  };
  return {
    accountId,
    region,
    instances: new Map(),
    disks: new Map(),
    snapshots: new Map(),
    snapshotGroups: new Map(),
    diskBackups: new Map(),
    snapshotPolicies: new Map(),
    interfaces: new Map(),
    addresses: new Map(),
    lostAddresses: new Map(),
    groups: new Map([[group.id, group]]),
    virtualIps: new Map(),
    natRules: new Map(),
    routeTables: new Map(),
    loadBalancers: new Map(),
    targetGroups: new Map(),
    scalingGroups: new Map(),
    clusters: new Map(),
    dnsRecords: new Map(),
    privateZones: new Map(),
    alarmPolicies: new Map(),
    timers: new Map(),
    images: new Map(),
    databases: new Map(),
    tasks: new Map(),
    orders: new Map(),
    resources: new Map(),
    vpcs: new Map([[defaults.vpcId, { cidr: "172.16.0.0/16", isDefault: true, number: 1_000_001 }]]),
    lingering: new Map(),
    quotas: new Map(),
    account: new Map(),
    counters: new Map(),
    memberships: new Map(),
  };
}

/** A copy that later changes do not touch. Enough to copy the maps, since records are never changed in place. */
export function copyState(state: TencentState): TencentState {
  const entries = Object.entries(state).map(([name, value]) => [name, value instanceof Map ? new Map(value) : value]);
  return { ...state, ...Object.fromEntries(entries) };
}

/** Replaces a record by one with other values in some fields. Does nothing, and answers `undefined`, if it is gone. */
export function change<Thing extends object>(
  things: Map<string, Thing>,
  id: string,
  values: Partial<Thing>,
): Thing | undefined {
  const thing = things.get(id);
  if (!thing) return undefined;
  const changed = { ...thing, ...values };
  things.set(id, changed);
  return changed;
}

/** The thing, or the cloud's word that there is none. */
export function existing<Thing>(things: ReadonlyMap<string, Thing>, id: string, code: string, what: string): Thing {
  const thing = things.get(id);
  if (thing === undefined) throw refusal(code, `The ${what} \`${id}\` does not exist.`);
  return thing;
}

/** The next number of a series, from 0. */
export function count(state: TencentState, series: string): number {
  const next = state.counters.get(series) ?? 0;
  state.counters.set(series, next + 1);
  return next;
}

/** Resources of one kind, in the order they came. */
export function resourcesOf(state: TencentState, kind: string): readonly Resource[] {
  return [...state.resources.values()].filter((resource) => resource.kind === kind);
}

/** Keeps a resource as its API shows it. */
export function addResource(state: TencentState, kind: string, id: string, wire: JsonObject): void {
  state.resources.set(`${kind}/${id}`, { kind, id, wire });
}

/** The same context at the present moment, for what runs later by the clock. */
export function present<Context extends TencentContext>(context: Context): Context {
  return { ...context, now: context.clock.now() };
}

/** Notes for the view that a thing has a member. */
export function join(state: TencentState, kind: DependencyKind, id: string, member: string): void {
  state.memberships.set(`${kind}/${id}/${member}`, { kind, id, member });
}

/** Takes a membership out of the view again. */
export function leave(state: TencentState, kind: DependencyKind, id: string, member: string): void {
  state.memberships.delete(`${kind}/${id}/${member}`);
}
