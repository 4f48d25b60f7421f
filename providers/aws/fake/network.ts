import { createHash } from "node:crypto";
import type { FakeScope } from "../../../src/testing/fake-definition.js";
import {
  type AwsContext,
  type AwsState,
  addResource,
  count,
  emptyState,
  resourcesOf,
  type SecurityGroup,
} from "./state.js";

/** What every account has in every region: a default VPC with its default group and main route table. */
export function freshState({ accountId, region }: FakeScope): AwsState {
  const state = emptyState(accountId, region);
  const id = (prefix: string) => {
    const digest = createHash("sha256").update(`${accountId}/${region}/${prefix}`).digest("hex");
    return `${prefix}-0${digest.slice(0, 16)}`;
  };
  addVpc(state, { id: id("vpc"), cidr: "172.31.0.0/16", isDefault: true, groupId: id("sg"), routeTableId: id("rtb") });
  addPublicThings(state, id("snap"), id("ami"));
  return state;
}

/** Something of another account that everybody sees who does not ask for their own. */
function addPublicThings(state: AwsState, snapshotId: string, imageId: string): void {
  const foreign = { ownerId: "679593333241", tags: {} } as const;
  const made = Date.parse("2020-01-01T00:00:00.000Z");
  state.snapshots.set(snapshotId, {
    ...foreign,
    id: snapshotId,
    volumeId: "vol-ffffffff",
    sizeGiB: 8,
    status: "completed",
    startTime: made,
    description: "Public",
    behaviour: "complete",
  });
  state.images.set(imageId, { ...foreign, id: imageId, name: "public", createTime: made, snapshotIds: [snapshotId] });
}

/** The VPC of a seed name, made when it is named first; the default one without a name. */
export function vpcOf({ state, ids }: AwsContext, name: string | undefined): string {
  if (name === undefined) return defaultVpc(state);
  const id = ids.assign("vpc", name);
  if (!state.resources.has(`vpc/${id}`)) {
    const cidr = `10.${count(state, "vpc")}.0.0/16`;
    addVpc(state, {
      id,
      cidr,
      isDefault: false,
      groupId: ids.assign("security-group"),
      routeTableId: ids.assign("route-table"),
    });
  }
  return id;
}

/** Whether a VPC is the default one: its groups forgive a mismatched revoke. */
export function isDefaultVpc(state: AwsState, vpcId: string): boolean {
  return defaultVpc(state) === vpcId;
}

function defaultVpc(state: AwsState): string {
  const found = resourcesOf(state, "vpc").find(({ wire }) => wire.isDefault === true);
  if (!found) throw new Error("Every account and region has a default VPC here.");
  return found.id;
}

interface NewVpc {
  readonly id: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly groupId: string;
  readonly routeTableId: string;
}

function addVpc(state: AwsState, { id, cidr, isDefault, groupId, routeTableId }: NewVpc): void {
  addResource(state, "vpc", id, {
    vpcId: id,
    ownerId: state.accountId,
    state: "available",
    cidrBlock: cidr,
    cidrBlockAssociationSet: [{ cidrBlock: cidr, cidrBlockState: { state: "associated" } }],
    instanceTenancy: "default",
    isDefault,
    tagSet: [],
  });
  addDefaultAcl(state, id);
  addGroup(state, { id: groupId, name: "default", description: "default VPC security group", vpcId: id, tags: {} });
  addResource(state, "route-table", routeTableId, {
    routeTableId,
    vpcId: id,
    ownerId: state.accountId,
    routeSet: [{ destinationCidrBlock: cidr, gatewayId: "local", state: "active", origin: "CreateRouteTable" }],
    associationSet: [{ routeTableAssociationId: `rtbassoc-${routeTableId.slice(4)}`, routeTableId, main: true }],
    propagatingVgwSet: [],
    tagSet: [],
  });
}

/** The ACL that every VPC has: it lets everything through. */
function addDefaultAcl(state: AwsState, vpcId: string): void {
  const networkAclId = `acl-${vpcId.slice(4)}`;
  const entry = (egress: boolean, ruleNumber: number, ruleAction: string) => ({
    ruleNumber,
    protocol: "-1",
    ruleAction,
    egress,
    cidrBlock: "0.0.0.0/0",
  });
  addResource(state, "network-acl", networkAclId, {
    networkAclId,
    vpcId,
    ownerId: state.accountId,
    default: true,
    entrySet: [false, true].flatMap((egress) => [entry(egress, 100, "allow"), entry(egress, 32767, "deny")]),
    associationSet: [],
    tagSet: [],
  });
}

/** Adds a security group without rules. */
export function addGroup(state: AwsState, group: SecurityGroup): void {
  state.groups.set(group.id, group);
}

/** The subnet of a VPC in a zone, made when it is needed first. */
export function subnetOf({ state, ids }: AwsContext, vpcId: string, zone: string): string {
  const known = resourcesOf(state, "subnet").find(({ wire }) => wire.vpcId === vpcId && wire.availabilityZone === zone);
  if (known) return known.id;
  const id = ids.assign("subnet");
  const [first, second] = cidrOf(state, vpcId).split(".");
  const third = 16 * resourcesOf(state, "subnet").filter(({ wire }) => wire.vpcId === vpcId).length;
  addResource(state, "subnet", id, {
    subnetId: id,
    vpcId,
    ownerId: state.accountId,
    state: "available",
    availabilityZone: zone,
    cidrBlock: `${first}.${second}.${third}.0/20`,
    tagSet: [],
  });
  return id;
}

/** The zone of a seed name: `a` or any label becomes a zone of this region, a zone of this region stays. */
export function zoneOf({ state }: AwsContext, name = "a"): string {
  if (name.startsWith(state.region)) return name;
  const letter = /^[a-f]$/.test(name) ? name : "abcdef".charAt(count(state, "zone") % 6);
  const known = state.zones.get(name) ?? `${state.region}${letter}`;
  state.zones.set(name, known);
  return known;
}

/** A private address of the VPC that nobody has. */
export function freePrivateIp(state: AwsState, vpcId: string): string {
  const [first, second] = cidrOf(state, vpcId).split(".");
  const taken = new Set([...state.interfaces.values()].flatMap(({ privateIps }) => privateIps));
  for (;;) {
    const number = count(state, `ip/${vpcId}`) + 4;
    const ip = `${first}.${second}.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    if (!taken.has(ip)) return ip;
  }
}

/** A public address nobody has, from the ranges kept for documentation and benchmarks (RFC 5737, RFC 2544). */
export function freePublicIp(state: AwsState): string {
  const number = count(state, "public-ip") + 1;
  if (number < 255) return `203.0.113.${number}`;
  return `198.18.${Math.floor(number / 250)}.${(number % 250) + 1}`;
}

function cidrOf(state: AwsState, vpcId: string): string {
  return String(state.resources.get(`vpc/${vpcId}`)?.wire.cidrBlock ?? "10.255.0.0/16");
}
