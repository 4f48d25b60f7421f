import type { JsonObject } from "../../../src/common.js";
import type { ActionContext, FakeAction, FakeContext, FakeRoute } from "../../../src/testing/fake-definition.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { AwsKind } from "./ids.js";
import type {
  Binned,
  ClassicBalancer,
  ElasticAddress,
  Fleet,
  Image,
  Instance,
  LoadBalancer,
  Membership,
  NetworkInterface,
  Resource,
  ResourceKind,
  Rule,
  ScalingGroup,
  SecurityGroup,
  Snapshot,
  SpotRequest,
  Tags,
  TargetGroup,
  Volume,
} from "./records.js";

export type {
  Binned,
  ClassicBalancer,
  ElasticAddress,
  Fleet,
  Image,
  Instance,
  InstanceStateName,
  InterfaceAttachment,
  LoadBalancer,
  Membership,
  NetworkInterface,
  Peer,
  Resource,
  ResourceKind,
  Rule,
  ScalingGroup,
  ScalingMember,
  SecurityGroup,
  Snapshot,
  SnapshotBehaviour,
  SpotRequest,
  Tags,
  Target,
  TargetGroup,
  Volume,
  VolumeAttachment,
} from "./records.js";

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
