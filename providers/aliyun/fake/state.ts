import type { JsonObject, Money } from "../../../src/common.js";
import type { ActionContext, FakeAction, FakeContext } from "../../../src/testing/fake-definition.js";
import type { SeedDisk, SeedInstance } from "../../../src/testing/seed.js";
import type { AliyunKind } from "./ids.js";
import type { Owners } from "./owners.js";
import { emptyOwners } from "./owners.js";
import type { RecordShape } from "./wire/parameters.js";
import type { AliyunRoute } from "./wire/request.js";

/** Tags of anything. */
export type Tags = Readonly<Record<string, string>>;
/** The states of an ECS instance. There is none for one that is being released. */
export type InstanceStatus = "Pending" | "Starting" | "Running" | "Stopping" | "Stopped";

/** An ECS instance. Records are never changed in place: `change` puts a new one into the map. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly status: InstanceStatus;
  /** Counts the changes of state, so that what was to follow a former one does not happen. */
  readonly turn: number;
  readonly type: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly switchId: string;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly chargeType: "PostPaid" | "PrePaid";
  readonly spot: boolean;
  /** Only where it is paid in advance. */
  readonly expiresAt?: number | undefined;
  readonly renewal: "AutoRenewal" | "Normal" | "NotRenewal";
  readonly deletionProtection: boolean;
  /** `OperationLocks.LockReason[].LockReason`. */
  readonly locks: readonly string[];
  readonly stoppedMode: "KeepCharging" | "StopCharging" | "Not-applicable";
  readonly autoReleaseAt?: number | undefined;
  /** Accepted for release: still listed, on its way out. */
  readonly releasing: boolean;
  /** What makes the cloud refuse other operations, until when. */
  readonly busy?: { readonly code: string; readonly until: number } | undefined;
  /** The static public address. */
  readonly publicIp?: string | undefined;
  readonly keyPair: string;
  readonly role: string;
  readonly deploymentSetId: string;
  readonly dedicatedHostId: string;
  readonly reservationId: string;
  readonly userData: string;
  readonly tags: Tags;
  /** Operated by another service. */
  readonly managed: boolean;
  readonly refund?: SeedInstance["refund"];
}
/** A disk. */
export interface Disk {
  readonly id: string;
  readonly name: string;
  readonly role: "system" | "data";
  readonly category: string;
  readonly sizeGiB: number;
  readonly zone: string;
  readonly status: "In_use" | "Available" | "Detaching";
  readonly attachments: readonly { readonly instanceId: string; readonly device: string; readonly at: number }[];
  readonly createdAt: number;
  readonly detachedAt?: number | undefined;
  readonly everAttached: boolean;
  readonly deleteWithInstance: boolean;
  readonly deleteAutoSnapshot: boolean;
  readonly portable: boolean;
  readonly chargeType: "PostPaid" | "PrePaid";
  readonly encrypted: boolean;
  readonly keyId: string;
  readonly multiAttach: boolean;
  readonly policyId: string;
  readonly locks: readonly string[];
  readonly tags: Tags;
  /** What a snapshot of it will do. */
  readonly snapshots: NonNullable<SeedDisk["snapshots"]>;
}
/** A snapshot of one disk. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly diskId: string;
  readonly role: "system" | "data";
  readonly sizeGiB: number;
  readonly type: "user" | "auto";
  readonly status: "progressing" | "accomplished" | "failed";
  readonly createdAt: number;
  readonly doneAt: number;
  readonly retentionDays: number;
  readonly encrypted: boolean;
  readonly keyId: string;
  readonly groupId: string;
  readonly lockedUntil?: number | undefined;
  readonly tags: Tags;
}
/** Snapshots taken at one moment. */
export interface SnapshotGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly instanceId: string;
  readonly snapshotIds: readonly string[];
  readonly createdAt: number;
  readonly tags: Tags;
}
/** A custom image. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly snapshotIds: readonly string[];
}
/** An elastic network interface. */
export interface NetworkInterface {
  readonly id: string;
  readonly type: "Primary" | "Secondary";
  readonly instanceId: string;
  readonly status: "InUse" | "Available" | "Detaching" | "Deleting";
  readonly vpcId: string;
  readonly switchId: string;
  readonly zone: string;
  readonly groupIds: readonly string[];
  /** The primary one first. */
  readonly privateIps: readonly string[];
  readonly deleteOnRelease: boolean;
  readonly serviceManaged: boolean;
  readonly description: string;
  readonly createdAt: number;
  readonly tags: Tags;
}
/** An elastic IP address. */
export interface Address {
  readonly id: string;
  readonly ip: string;
  readonly status: "Available" | "InUse" | "Unassociating";
  readonly createdAt: number;
  readonly chargeType: "PostPaid" | "PrePaid";
  readonly deletionProtection: boolean;
  readonly holder?:
    | {
        readonly type: "EcsInstance" | "NetworkInterface" | "HaVip" | "Nat";
        readonly id: string;
        readonly privateIp: string;
      }
    | undefined;
  /** False once it is somebody else's. */
  readonly ours: boolean;
}
/** Fields of a rule as the API writes them; what is absent is an empty text. */
export type RuleFields = Readonly<Record<RuleField, string>>;
/** Names of the fields that tell one rule from another, and its description. */
export type RuleField = keyof typeof emptyRule;
/** A rule that says nothing. */
export const emptyRule = {
  IpProtocol: "",
  PortRange: "",
  SourcePortRange: "",
  SourceCidrIp: "",
  Ipv6SourceCidrIp: "",
  SourceGroupId: "",
  SourceGroupOwnerAccount: "",
  SourcePrefixListId: "",
  DestCidrIp: "",
  Ipv6DestCidrIp: "",
  DestGroupId: "",
  DestGroupOwnerAccount: "",
  DestPrefixListId: "",
  PortRangeListId: "",
  Policy: "",
  Priority: "",
  NicType: "",
  Description: "",
};
/** A firewall rule. */
export interface Rule {
  readonly id: string;
  readonly direction: "ingress" | "egress";
  readonly createdAt: number;
  readonly fields: RuleFields;
}
/** A security group. */
export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly type: "normal" | "enterprise";
  readonly serviceManaged: boolean;
  readonly createdAt: number;
  readonly rules: readonly Rule[];
  /** Groups of other accounts whose rules name this one. */
  readonly foreignReferences: readonly { readonly groupId: string; readonly accountId: string }[];
  readonly tags: Tags;
}
/** A network with its one route table. */
export interface Vpc {
  readonly id: string;
  readonly name: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly switchId: string;
  readonly routeTableId: string;
  readonly routerId: string;
  readonly createdAt: number;
  /** Networks it is peered with, by peering. */
  readonly peers: readonly { readonly peeringId: string; readonly vpcId: string }[];
}
/** Money that moved, or was promised. */
export interface Order {
  readonly id: string;
  readonly kind: "refund" | "conversion" | "renewal";
  readonly instanceId: string;
  readonly amount: Money;
  readonly createdAt: number;
  readonly status: "Processing" | "Paid";
}
/** What a client token stands for. */
export interface TokenUse {
  readonly fingerprint: string;
  readonly result: JsonObject | undefined;
  readonly busyUntil: number;
}

/** One account and region. */
export interface AliyunState extends Owners {
  readonly instances: Map<string, Instance>;
  readonly disks: Map<string, Disk>;
  readonly snapshots: Map<string, Snapshot>;
  readonly snapshotGroups: Map<string, SnapshotGroup>;
  readonly images: Map<string, Image>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly addresses: Map<string, Address>;
  readonly groups: Map<string, SecurityGroup>;
  readonly vpcs: Map<string, Vpc>;
  readonly orders: Map<string, Order>;
  readonly tokens: Map<string, TokenUse>;
  /** KMS keys, with what became of them. */
  readonly keys: Map<string, "Enabled" | "Disabled" | "PendingDeletion">;
  /** Disks and interfaces that were ever attached to an instance, so that nobody has to look through all. */
  readonly attached: Map<string, readonly string[]>;
  /** Addresses that seeds named: none of them is given out by itself. */
  readonly namedIps: Map<string, true>;
  /** One entry, `account`. */
  readonly account: Map<"account", Account>;
}
/** What holds for the account as a whole. */
export interface Account {
  readonly state: "normal" | "overdue" | "restricted";
  /** Undefined: as the cloud has them by default. */
  readonly snapshotsPerDisk?: number | undefined;
  readonly refundsLeft?: number | undefined;
  readonly rulesPerGroup?: number | undefined;
  /** Counts addresses given out. */
  readonly lastHost: number;
}

/** What pieces of the fake use. */
export type AliyunContext = FakeContext<AliyunState, AliyunKind>;
/** What a handler uses: `input` holds the checked parameters. */
export type AliyunRequestContext = ActionContext<AliyunState, AliyunRoute, AliyunKind> & { readonly input: JsonObject };
/** One action of any service, with the parameters it takes. */
export interface AliyunAction extends FakeAction<AliyunState, AliyunRoute, AliyunKind> {
  readonly shape: RecordShape;
}
/** Actions by `service:Action`. */
export type AliyunActions = Readonly<Record<string, AliyunAction>>;

/** An account and region with nothing in it. */
export function emptyState(): AliyunState {
  return {
    ...emptyOwners(),
    instances: new Map(),
    disks: new Map(),
    snapshots: new Map(),
    snapshotGroups: new Map(),
    images: new Map(),
    interfaces: new Map(),
    addresses: new Map(),
    groups: new Map(),
    vpcs: new Map(),
    orders: new Map(),
    tokens: new Map(),
    keys: new Map(),
    namedIps: new Map(),
    attached: new Map(),
    account: new Map([["account", { state: "normal", lastHost: 9 }]]),
  };
}

/** A copy that later changes do not reach: the maps are new, the records in them are never changed. */
export function copyState(state: AliyunState): AliyunState {
  const copy = emptyState();
  for (const [name, map] of Object.entries(state)) Object.assign(copy, { [name]: new Map(map) });
  return copy;
}

/** Replaces a record by one with other fields. Nothing happens where there is none. */
export function change<Key, Thing extends object>(map: Map<Key, Thing>, key: Key, fields: Partial<Thing>): void {
  const before = map.get(key);
  if (before) map.set(key, { ...before, ...fields });
}

/** Remembers that a disk or an interface was attached to an instance. */
export function noteAttached({ attached }: AliyunState, instanceId: string, id: string): void {
  attached.set(instanceId, [...(attached.get(instanceId) ?? []), id]);
}

/** What holds for the account. */
export function accountOf({ account }: AliyunState): Account {
  return account.get("account") ?? { state: "normal", lastHost: 9 };
}
