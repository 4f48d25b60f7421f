import type { JsonObject } from "../../../src/common.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { ActionContext, FakeAction, FakeContext, FakeRoute } from "../../../src/testing/fake-definition.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { AwsKind } from "./ids.js";

/** Tags of anything. */
export type Tags = Readonly<Record<string, string>>;
/** EC2's words for the states of an instance. */
export type InstanceStateName = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** An EC2 instance. Records are never changed in place: `change` puts a new one into the map. */
export interface Instance {
  readonly id: string;
  readonly reservationId: string;
  readonly imageId: string;
  readonly type: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly state: InstanceStateName;
  readonly stateReason?: string | undefined;
  /** Counts the changes of state, so that what was to follow a former one does not happen. */
  readonly turn: number;
  readonly launchTime: number;
  readonly tags: Tags;
  readonly keyName?: string | undefined;
  readonly profileArn?: string | undefined;
  readonly userData?: string | undefined;
  readonly apiTerminationDisabled: boolean;
  readonly apiStopDisabled: boolean;
  readonly shutdownBehavior: "stop" | "terminate";
  readonly sourceDestCheck: boolean;
  readonly spotRequestId?: string | undefined;
  readonly placementGroup?: string | undefined;
  readonly hostId?: string | undefined;
  readonly capacityReservationId?: string | undefined;
  /** The service that operates it (EKS Auto Mode, say). */
  readonly operator?: string | undefined;
  readonly volumeIds: readonly string[];
  readonly interfaceIds: readonly string[];
  readonly rootDevice: "ebs" | "instance-store";
  /** Disks of the host: no API lists them. */
  readonly hostDisks: readonly { readonly id: string; readonly sizeGiB: number }[];
}
/** Where a volume is attached. */
export interface VolumeAttachment {
  readonly instanceId: string;
  readonly device: string;
  readonly status: "attached" | "detaching";
  readonly attachTime: number;
  readonly deleteOnTermination: boolean;
}
/** What a snapshot of a disk will do: the seed vocabulary's words. */
export type SnapshotBehaviour = "complete" | "refused" | "fails" | "stuck" | "too-small" | "vanishes";
/** An EBS volume. */
export interface Volume {
  readonly id: string;
  readonly sizeGiB: number;
  readonly zone: string;
  readonly status: "available" | "in-use" | "deleting";
  readonly type: string;
  readonly keyArn?: string | undefined;
  readonly createTime: number;
  readonly multiAttach: boolean;
  readonly attachments: readonly VolumeAttachment[];
  readonly tags: Tags;
  readonly operator?: string | undefined;
  readonly snapshots: SnapshotBehaviour;
  readonly lastSnapshotAt?: number | undefined;
}
/** An elastic network interface. */
export interface NetworkInterface {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly description: string;
  readonly groupIds: readonly string[];
  /** The primary one first. */
  readonly privateIps: readonly string[];
  /** Assigned by AWS from its pool; goes with a stop. */
  readonly ephemeralIp?: string | undefined;
  /** Whether a start gives it one. */
  readonly takesEphemeralIp?: boolean;
  /** Allocation ids of the Elastic IPs on it. */
  readonly addressIds: readonly string[];
  readonly attachment?: InterfaceAttachment | undefined;
  /** Who made it, where that is a service. */
  readonly requester?: string | undefined;
  readonly interfaceType: string;
  readonly operator?: string | undefined;
  readonly sourceDestCheck: boolean;
  readonly tags: Tags;
}
/** Where an interface is attached: to an instance, or to a service's own host. */
export interface InterfaceAttachment {
  readonly id: string;
  readonly instanceId?: string | undefined;
  readonly deviceIndex: number;
  readonly attachTime: number;
  readonly deleteOnTermination: boolean;
}
/** An Elastic IP. */
export interface ElasticAddress {
  readonly id: string;
  readonly ip: string;
  readonly tags: Tags;
  readonly association?: { readonly id: string; readonly interfaceId: string; readonly privateIp: string } | undefined;
}
/** A security group. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Tags;
}
/** The far side of a rule: exactly one of them. */
export type Peer =
  | { readonly cidrIpv4: string }
  | { readonly cidrIpv6: string }
  | { readonly prefixListId: string }
  | {
      readonly groupId: string;
      readonly userId: string;
      readonly vpcId?: string;
      readonly peeringId?: string;
    };
/** One rule: a group, a direction, a protocol, a port range and one peer. */
export interface Rule {
  readonly id: string;
  readonly groupId: string;
  readonly egress: boolean;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: Peer;
  readonly description?: string | undefined;
  readonly tags: Tags;
}
/** An EBS snapshot. */
export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly status: "pending" | "completed" | "error";
  readonly statusMessage?: string | undefined;
  readonly startTime: number;
  readonly keyArn?: string | undefined;
  readonly description: string;
  readonly tags: Tags;
  readonly behaviour: SnapshotBehaviour;
}
/** An AMI. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly createTime: number;
  readonly sourceInstanceId?: string | undefined;
  readonly snapshotIds: readonly string[];
  readonly tags: Tags;
}
/** A Spot request. */
export interface SpotRequest {
  readonly id: string;
  readonly type: "one-time" | "persistent";
  readonly state: "open" | "active" | "closed" | "cancelled";
  readonly instanceId?: string | undefined;
  readonly createTime: number;
  readonly tags: Tags;
}
/** A target group and what is registered in it. */
export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  readonly vpcId: string;
  readonly type: "instance" | "ip" | "alb" | "lambda";
  readonly balancerArns: readonly string[];
  readonly drainMs: number;
  readonly targets: readonly Target[];
}
/** One registered target. `instanceId`: whose it was when it was seeded, for an address. */
export interface Target {
  readonly id: string;
  readonly port: number;
  readonly drainingUntil?: number | undefined;
  readonly instanceId?: string | undefined;
}
/** A load balancer of the second generation. */
export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly type: "application" | "network";
  readonly vpcId: string;
  readonly groupIds: readonly string[];
  readonly createTime: number;
}
/** A load balancer of the first generation. */
export interface ClassicBalancer {
  readonly name: string;
  readonly vpcId: string;
  readonly instanceIds: readonly string[];
  readonly groupIds: readonly string[];
  readonly port: number;
}
/** A member of an Auto Scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly lifecycle: "InService" | "Detaching" | "Terminating" | "Pending" | "Warmed:Stopped";
  readonly protectedFromScaleIn: boolean;
}
/** An Auto Scaling group. */
export interface ScalingGroup {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly members: readonly ScalingMember[];
  readonly launchTemplateId?: string | undefined;
  readonly launchConfiguration?: string | undefined;
  readonly targetGroupArns: readonly string[];
  readonly zones: readonly string[];
  /** Processes that do not run, such as `Launch`. */
  readonly suspended: readonly string[];
  readonly createTime: number;
}
/** A fleet of type maintain: what it loses it launches again. */
export interface Fleet {
  readonly id: string;
  readonly instanceIds: readonly string[];
}
/** Something that is only looked at, kept as its API shows it. */
export interface Resource {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly wire: JsonObject;
}
/** What `Resource` covers: one word per list of an API. */
export type ResourceKind = string;
/** Something in the Recycle Bin. */
export type Binned = { readonly id: string; readonly enteredAt: number; readonly exitsAt: number } & (
  | { readonly kind: "volume"; readonly thing: Volume }
  | { readonly kind: "snapshot"; readonly thing: Snapshot }
  | { readonly kind: "image"; readonly thing: Image }
);
/** What was seeded as an owner, for the view. */
export interface Membership {
  readonly kind: DependencyKind;
  readonly id: string;
  readonly member: string;
}

/** One account in one region. Maps of records that are replaced, never changed: a copy is a copy of the maps. */
export interface AwsState {
  readonly accountId: string;
  readonly region: string;
  readonly instances: Map<string, Instance>;
  readonly volumes: Map<string, Volume>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly addresses: Map<string, ElasticAddress>;
  /** Addresses somebody else has now: id to IP. */
  readonly lostAddresses: Map<string, string>;
  readonly groups: Map<string, SecurityGroup>;
  readonly rules: Map<string, Rule>;
  readonly snapshots: Map<string, Snapshot>;
  readonly images: Map<string, Image>;
  readonly spotRequests: Map<string, SpotRequest>;
  readonly targetGroups: Map<string, TargetGroup>;
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly classicBalancers: Map<string, ClassicBalancer>;
  readonly scalingGroups: Map<string, ScalingGroup>;
  readonly fleets: Map<string, Fleet>;
  readonly resources: Map<string, Resource>;
  readonly bin: Map<string, Binned>;
  /** Days that the Recycle Bin keeps a kind of thing; absent: no rule. */
  readonly binDays: Map<"volume" | "snapshot" | "image", number>;
  /** KMS keys and whether they can be used. */
  readonly keys: Map<string, "Enabled" | "Disabled" | "PendingDeletion">;
  /** Seeded limits, by name. */
  readonly quotas: Map<"snapshots" | "rules", number>;
  /** Seed names of zones, and what has been numbered so far. */
  readonly zones: Map<string, string>;
  readonly counters: Map<string, number>;
  readonly memberships: Map<string, Membership>;
}

/** How a request came: decides the envelope of the answer. */
export interface AwsRoute extends FakeRoute {
  readonly protocol: "ec2" | "query" | "json" | "rest-json" | "rest-xml";
  /** XML namespace of the answer. */
  readonly namespace?: string;
  /** Status of a success, where that is not 200. */
  readonly success?: number;
  /** What is wrong with the parameters; said when the request is answered. */
  readonly problem?: CloudRefusal;
}
/** Context of seeds, clock effects and views. */
export type AwsContext = FakeContext<AwsState, AwsKind>;
/** Context of a request. */
export type AwsRequestContext = ActionContext<AwsState, AwsRoute, AwsKind>;
/** One action of AWS. */
export type AwsAction = FakeAction<AwsState, AwsRoute, AwsKind>;

/** An account and region with nothing in it. */
export function emptyState(accountId: string, region: string): AwsState {
  return {
    accountId,
    region,
    instances: new Map(),
    volumes: new Map(),
    interfaces: new Map(),
    addresses: new Map(),
    lostAddresses: new Map(),
    groups: new Map(),
    rules: new Map(),
    snapshots: new Map(),
    images: new Map(),
    spotRequests: new Map(),
    targetGroups: new Map(),
    loadBalancers: new Map(),
    classicBalancers: new Map(),
    scalingGroups: new Map(),
    fleets: new Map(),
    resources: new Map(),
    bin: new Map(),
    binDays: new Map(),
    keys: new Map(),
    quotas: new Map(),
    zones: new Map(),
    counters: new Map(),
    memberships: new Map(),
  };
}

/** A copy that later changes do not touch. Enough to copy the maps, since records are never changed in place. */
export function copyState(state: AwsState): AwsState {
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
  if (thing === undefined) throw refusal(code, `The ${what} '${id}' does not exist`);
  return thing;
}

/** The next number of a series, from 0. */
export function count(state: AwsState, series: string): number {
  const next = state.counters.get(series) ?? 0;
  state.counters.set(series, next + 1);
  return next;
}

/** Resources of one kind, in the order they came. */
export function resourcesOf(state: AwsState, kind: ResourceKind): readonly Resource[] {
  return [...state.resources.values()].filter((resource) => resource.kind === kind);
}

/** Keeps a resource as its API shows it. */
export function addResource(state: AwsState, kind: ResourceKind, id: string, wire: JsonObject): void {
  state.resources.set(`${kind}/${id}`, { kind, id, wire });
}

/** Whether an instance is there as far as others are concerned. */
export function isLive(instance: Instance | undefined): instance is Instance {
  return instance !== undefined && instance.state !== "shutting-down" && instance.state !== "terminated";
}

/** The interfaces of an instance, the primary one first. */
export function interfacesOf(state: AwsState, instance: Instance): readonly NetworkInterface[] {
  return instance.interfaceIds.flatMap((id) => state.interfaces.get(id) ?? []);
}

/** An ISO date with milliseconds, as EC2 writes it. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Tags as EC2 lists them. */
export function tagSet(tags: Tags): readonly JsonObject[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
