import type { JsonObject, Money } from "../../common.js";
import type { BillingMode, InstanceLock } from "../../instances.js";
import type { SecurityRule } from "../../security-rules.js";
import type { ActionContext, FakeAction, FakeContext, FakeRoute } from "../fake-definition.js";
import type { SeedDisk, SeedInstance, SeedOwner, SeedSecurityGroup } from "../seed.js";

/** Kinds of ids that the memory cloud gives out. */
export type MemoryKind =
  | "instance"
  | "disk"
  | "address"
  | "interface"
  | "group"
  | "network"
  | "snapshot"
  | "rule"
  | "owner"
  | "timer";

/** An instance. One that is gone is not in the state any more: this cloud keeps no tombstones. */
export interface Instance {
  readonly id: string;
  name: string;
  status: "pending" | "running" | "stopping" | "stopped" | "terminating" | "recycled";
  billing: BillingMode;
  expiresAt?: number;
  autoRenew: boolean;
  refund?: SeedInstance["refund"];
  bin?: { readonly cause: "returned" | "expired" | "overdue"; readonly until: number };
  terminationProtection: boolean;
  stopProtection: boolean;
  locks: Pick<InstanceLock, "unified" | "orderId">[];
  busy?: { readonly operation: string; readonly until: number };
  release?: { readonly at: number; readonly timerId: string };
  guestShutdown: "stop" | "terminate";
  readonly zone: string;
  readonly networkId: string;
  tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  startedAt: number;
  readonly managedBy?: string;
  readonly diskIds: string[];
  readonly interfaceIds: string[];
  /** Counts changes of status, so that what was to follow a former one does not happen. */
  turn: number;
}

/** A disk, attached or free. */
export interface Disk {
  readonly id: string;
  readonly role: "system" | "data";
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly keyState: NonNullable<SeedDisk["keyState"]>;
  readonly medium: NonNullable<SeedDisk["medium"]>;
  readonly tied: boolean;
  readonly snapshots: NonNullable<SeedDisk["snapshots"]>;
  attachments: { readonly instanceId: string; deleteWithInstance: boolean }[];
  detachedAt?: number;
}

/** A public address. An ephemeral one goes when its interface goes. */
export interface Address {
  readonly id: string;
  readonly ip: string;
  readonly kind: "elastic" | "ephemeral";
  readonly releasedWithInstance: boolean;
  interfaceId?: string;
}

/** A network interface; `owner` is who has it where that is no instance. */
export interface Interface {
  readonly id: string;
  readonly networkId: string;
  instanceId?: string;
  readonly owner?: string;
  readonly primary: boolean;
  readonly deleteWithInstance: boolean;
  readonly privateIps: readonly string[];
  groupIds: readonly string[];
}

/** A rule as the cloud keeps it: in order, without what only a reader adds. */
export type StoredRule = Omit<SecurityRule, "native" | "position" | "groupId">;

/** A security group. `foreignUsers`: others than interfaces. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly networkId: string;
  readonly isDefault: boolean;
  readonly managed: boolean;
  readonly foreignUsers: readonly NonNullable<SeedSecurityGroup["foreignUsers"]>[number][];
  readonly tags: Readonly<Record<string, string>>;
  rules: StoredRule[];
  /** Rises with each change of the rules. */
  version: number;
}

/** A copy of one disk. */
export interface Snapshot {
  readonly id: string;
  readonly diskId: string;
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly keyState: Disk["keyState"];
  status: "pending" | "completed" | "failed";
  readonly startedAt: number;
  completedAt?: number;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly token?: string;
}

/** Something that uses instances. `members` are their ids, or with `by: "address"` their addresses. */
export interface Owner {
  readonly kind: SeedOwner["kind"];
  readonly id: string;
  members: readonly string[];
  readonly by: "instance" | "address";
  readonly ports: readonly number[];
  readonly replaces: boolean;
  readonly inUse: boolean;
  readonly detail: JsonObject;
}

/** One account and region. */
export interface MemoryState {
  readonly instances: Map<string, Instance>;
  readonly disks: Map<string, Disk>;
  readonly addresses: Map<string, Address>;
  readonly interfaces: Map<string, Interface>;
  readonly groups: Map<string, Group>;
  readonly snapshots: Map<string, Snapshot>;
  readonly owners: Map<string, Owner>;
  readonly orders: {
    readonly kind: "refund" | "conversion" | "renewal";
    readonly instanceId: string;
    readonly amount: Money;
  }[];
  /** Addresses that left the account. */
  readonly strangers: { readonly id: string; readonly ip: string }[];
  bin: { readonly enabled: boolean; readonly hours: number; readonly minimumAgeDays: number };
  peered: readonly (readonly [string, string])[];
  /** Counts private addresses given out. */
  addressesGiven: number;
}

/** The network that every account has, and its default group: rows that show a listing is not just empty. */
export const defaultNetworkId = "net-00000000";
/** See {@link defaultNetworkId}. */
export const defaultGroupId = "grp-00000000";

/** An account as it is when it is opened. */
export function emptyState(): MemoryState {
  const defaultGroup: Group = {
    id: defaultGroupId,
    name: "default",
    networkId: defaultNetworkId,
    isDefault: true,
    managed: false,
    foreignUsers: [],
    tags: {},
    rules: [],
    version: 1,
  };
  return {
    instances: new Map(),
    disks: new Map(),
    addresses: new Map(),
    interfaces: new Map(),
    groups: new Map([[defaultGroupId, defaultGroup]]),
    snapshots: new Map(),
    owners: new Map(),
    orders: [],
    strangers: [],
    bin: { enabled: false, hours: 168, minimumAgeDays: 0 },
    peered: [],
    addressesGiven: 0,
  };
}

/** What pieces of the memory cloud are given. */
export type MemoryContext = FakeContext<MemoryState, MemoryKind>;
/** What its handlers are given. */
export type MemoryActionContext = ActionContext<MemoryState, FakeRoute, MemoryKind>;
/** One of its actions. */
export type MemoryAction = FakeAction<MemoryState, FakeRoute, MemoryKind>;
