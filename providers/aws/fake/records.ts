import type { JsonObject } from "../../../src/common.js";
import type { DependencyKind } from "../../../src/dependencies.js";

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
  /** Another account that made it public. */
  readonly ownerId?: string | undefined;
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
  /** Another account that made it public. */
  readonly ownerId?: string | undefined;
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
  /** Until when what has left is still served. */
  readonly drainingUntil: ReadonlyMap<string, number>;
  readonly groupIds: readonly string[];
  readonly port: number;
}
/** A member of an Auto Scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly lifecycle:
    | "InService"
    | "EnteringStandby"
    | "Standby"
    | "Detaching"
    | "Terminating"
    | "Pending"
    | "Warmed:Stopped";
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
