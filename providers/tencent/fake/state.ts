import type { JsonObject } from "../../../src/common.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type {
  ActionContext,
  FakeAction,
  FakeContext,
  FakeRoute,
  FakeScope,
} from "../../../src/testing/fake-definition.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import type { TencentKind } from "./ids.js";
import type {
  ActionTimer,
  AlarmPolicy,
  Cluster,
  Database,
  Disk,
  DiskBackup,
  DnsRecord,
  ElasticAddress,
  Image,
  Instance,
  LoadBalancer,
  Membership,
  NatRule,
  NetworkInterface,
  Order,
  PrivateZone,
  Resource,
  RouteTable,
  ScalingGroup,
  SecurityGroup,
  Snapshot,
  SnapshotGroup,
  SnapshotPolicy,
  TargetGroup,
  Task,
  VirtualIp,
} from "./records.js";
import type { RecordShape } from "./wire/shape.js";

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
/** One action of Tencent Cloud, with the table its parameters are checked against. */
export interface TencentAction extends FakeAction<TencentState, TencentRoute, TencentKind> {
  readonly parameters: RecordShape;
}
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

/** Notes for the view that a thing has a member. */
export function join(state: TencentState, kind: DependencyKind, id: string, member: string): void {
  state.memberships.set(`${kind}/${id}/${member}`, { kind, id, member });
}

/** Takes a membership out of the view again. */
export function leave(state: TencentState, kind: DependencyKind, id: string, member: string): void {
  state.memberships.delete(`${kind}/${id}/${member}`);
}
