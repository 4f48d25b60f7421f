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
import type { HuaweiKind } from "./ids.js";
import type {
  Account,
  AddressGroup,
  Backup,
  Bins,
  Disk,
  Job,
  Membership,
  Order,
  Pool,
  PoolMember,
  Port,
  PublicIp,
  Resource,
  RouteTable,
  Rule,
  ScalingGroup,
  SecurityGroup,
  Server,
  Snapshot,
  SnapshotGroup,
  SubInterface,
  Vault,
} from "./records.js";

/** One project. Maps of records that are replaced, never changed: a copy is a copy of the maps. */
export interface HuaweiState {
  readonly accountId: string;
  readonly region: string;
  readonly projectId: string;
  readonly servers: Map<string, Server>;
  readonly disks: Map<string, Disk>;
  readonly snapshots: Map<string, Snapshot>;
  readonly snapshotGroups: Map<string, SnapshotGroup>;
  readonly ports: Map<string, Port>;
  readonly publicIps: Map<string, PublicIp>;
  /** Addresses somebody else has now: id to IP. */
  readonly lostAddresses: Map<string, string>;
  readonly groups: Map<string, SecurityGroup>;
  readonly rules: Map<string, Rule>;
  readonly addressGroups: Map<string, AddressGroup>;
  readonly subInterfaces: Map<string, SubInterface>;
  readonly routeTables: Map<string, RouteTable>;
  readonly jobs: Map<string, Job>;
  readonly orders: Map<string, Order>;
  readonly pools: Map<string, Pool>;
  readonly poolMembers: Map<string, PoolMember>;
  readonly scalingGroups: Map<string, ScalingGroup>;
  readonly vaults: Map<string, Vault>;
  readonly backups: Map<string, Backup>;
  readonly resources: Map<string, Resource>;
  /** Networks by id, each with its only subnet; the first one is the default network. */
  readonly vpcs: Map<string, { readonly number: number; readonly subnetId: string; readonly name: string }>;
  readonly bins: Map<"bins", Bins>;
  readonly account: Map<"account", Account>;
  readonly counters: Map<string, number>;
  readonly memberships: Map<string, Membership>;
  /** Ids of all servers there ever were in any project, so that the log can tell them from other UUIDs. */
  readonly everServers: Set<string>;
}

/** How a request came. */
export interface HuaweiRoute extends FakeRoute {
  /** What stands in the path under its names: `server_id` and the like. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** The billing site asked. */
  readonly site: "china" | "international";
}
/** Context of seeds, clock effects and views. */
export type HuaweiContext = FakeContext<HuaweiState, HuaweiKind>;
/** Context of a request. */
export type HuaweiRequestContext = ActionContext<HuaweiState, HuaweiRoute, HuaweiKind>;
/** One action of Huawei Cloud. */
export interface HuaweiAction extends FakeAction<HuaweiState, HuaweiRoute, HuaweiKind> {
  /** Status of a success, where it is not 200 with a body and 204 without. */
  readonly success?: number;
}
/** The actions of one family of resources, by service, method and path. */
export type HuaweiActions = Readonly<Record<string, HuaweiAction>>;

const epoch = Date.parse("2020-01-01T00:00:00Z");

/** Ids of what every project has from the start: a control for reads that find nothing else. */
export const defaults = {
  vpcId: "0d5c8a1e-0001-4000-a000-000000000001",
  subnetId: "0d5c8a1e-0002-4000-a000-000000000002",
  groupId: "0d5c8a1e-0003-4000-a000-000000000003",
  routeTableId: "0d5c8a1e-0004-4000-a000-000000000004",
} as const;

/** The bins of a fresh project: off, with the values they get when switched on ("Recycle Bin Overview"). */
const freshBins: Bins = {
  ecs: { isOn: false, hours: 168, thresholdDays: 7 },
  evs: { isOn: false, days: 7, thresholdDays: 7 },
};

/** A project with nothing in it but the default network and group. */
export function newState({ accountId, region, project }: FakeScope, everServers: Set<string>): HuaweiState {
  const { vpcId, subnetId, groupId, routeTableId } = defaults;
  const group: SecurityGroup = {
    id: groupId,
    name: "default",
    description: "Default security group",
    isDefault: true,
    createdAt: epoch,
    tags: {},
  };
  const table: RouteTable = {
    id: routeTableId,
    name: "rtb-vpc-default",
    vpcId,
    isDefault: true,
    routes: [],
    createdAt: epoch,
  };
  return {
    accountId,
    region,
    projectId: project,
    servers: new Map(),
    disks: new Map(),
    snapshots: new Map(),
    snapshotGroups: new Map(),
    ports: new Map(),
    publicIps: new Map(),
    lostAddresses: new Map(),
    groups: new Map([[groupId, group]]),
    rules: new Map(),
    addressGroups: new Map(),
    subInterfaces: new Map(),
    routeTables: new Map([[table.id, table]]),
    jobs: new Map(),
    orders: new Map(),
    pools: new Map(),
    poolMembers: new Map(),
    scalingGroups: new Map(),
    vaults: new Map(),
    backups: new Map(),
    resources: new Map(),
    vpcs: new Map([[vpcId, { number: 0, subnetId, name: "vpc-default" }]]),
    bins: new Map([["bins", freshBins]]),
    account: new Map([["account", { site: "china", condition: "normal" }]]),
    counters: new Map(),
    memberships: new Map(),
    everServers,
  };
}

/** A copy that later changes do not touch. Enough to copy the maps, since records are never changed in place. */
export function copyState(state: HuaweiState): HuaweiState {
  const entries = Object.entries(state).map(([name, value]) => [name, value instanceof Map ? new Map(value) : value]);
  return { ...state, ...Object.fromEntries(entries) };
}

/** Replaces a record by one with other values in some fields. Does nothing, and answers `undefined`, if it is gone. */
export function change<Thing>(things: Map<string, Thing>, id: string, values: Partial<Thing>): Thing | undefined {
  const thing = things.get(id);
  if (!thing) return undefined;
  const changed = { ...thing, ...values };
  things.set(id, changed);
  return changed;
}

/** The thing, or the cloud's word that there is none. */
export function existing<Thing>(things: ReadonlyMap<string, Thing>, id: string, code: string, what: string): Thing {
  const thing = things.get(id);
  if (thing === undefined) throw refusal(code, `The ${what} ${id} could not be found.`, 404);
  return thing;
}

/** What is true of the account. */
export function accountOf(state: HuaweiState): Account {
  return state.account.get("account") ?? { site: "china", condition: "normal" };
}

/** The bins of the project. */
export function binsOf(state: HuaweiState): Bins {
  return state.bins.get("bins") ?? freshBins;
}

/** The next number of a series, from 0. */
export function count(state: HuaweiState, series: string): number {
  const next = state.counters.get(series) ?? 0;
  state.counters.set(series, next + 1);
  return next;
}

/** Resources of one kind, in the order they came. */
export function resourcesOf(state: HuaweiState, kind: string): readonly Resource[] {
  return [...state.resources.values()].filter((resource) => resource.kind === kind);
}

/** Keeps a resource as its API shows it. */
export function addResource(state: HuaweiState, kind: string, id: string, wire: JsonObject): void {
  state.resources.set(`${kind}/${id}`, { kind, id, wire });
}

/** Notes for the view that a thing has a member. */
export function join(state: HuaweiState, kind: DependencyKind, id: string, member: string): void {
  state.memberships.set(`${kind}/${id}/${member}`, { kind, id, member });
}

/** Takes a membership out of the view again. */
export function leave(state: HuaweiState, kind: DependencyKind, id: string, member: string): void {
  state.memberships.delete(`${kind}/${id}/${member}`);
}
