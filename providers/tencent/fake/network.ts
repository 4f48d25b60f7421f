import type { SecurityGroup } from "./records.js";
import { addResource, change, count, defaults, resourcesOf, type TencentContext } from "./state.js";

/** A network by its id; made when it is named for the first time. Without an id: the default network. */
export function networkOf({ state }: TencentContext, id: string = defaults.vpcId) {
  const known = state.vpcs.get(id);
  if (known) return { vpcId: id, subnetId: subnetOf(id), ...known };
  const number = state.vpcs.size;
  const vpc = { cidr: `10.${number}.0.0/16`, isDefault: false, number: 1_000_001 + number };
  state.vpcs.set(id, vpc);
  return { vpcId: id, subnetId: subnetOf(id), ...vpc };
}

/** Each network has one subnet here. */
export function subnetOf(vpcId: string): string {
  return vpcId === defaults.vpcId ? defaults.subnetId : vpcId.replace(/^vpc-/, "subnet-");
}

/** A private address of a network that nobody has had. */
export function newPrivateIp({ state }: TencentContext, vpcId: string): string {
  const [first, second] = (state.vpcs.get(vpcId)?.cidr ?? "172.16.0.0/16").split(".");
  const place = count(state, `address/${vpcId}`) + 10;
  return `${first}.${second}.${place >> 8}.${place & 255}`;
}

/** A public address nobody has had, of the range kept for tests (RFC 2544). */
export function newPublicIp({ state }: TencentContext): string {
  const place = count(state, "public-address") + 1;
  return `198.${18 + (place >> 16)}.${(place >> 8) & 255}.${place & 255}`;
}

/** A security group; made, empty, when it is named for the first time. */
export function groupOf({ state, now }: TencentContext, id: string, name = id): SecurityGroup {
  const known = state.groups.get(id);
  if (known) return known;
  const group: SecurityGroup = {
    id,
    name,
    description: "",
    isDefault: false,
    version: 0,
    ingress: [],
    egress: [],
    createdAt: now,
    tags: {},
    otherUsers: {},
  };
  state.groups.set(id, group);
  return group;
}

/** Counts another product's things as users of a group. */
export function addGroupUser({ state }: TencentContext, groupId: string, product: string, number = 1): void {
  const users = state.groups.get(groupId)?.otherUsers ?? {};
  change(state.groups, groupId, { otherUsers: { ...users, [product]: (users[product] ?? 0) + number } });
}

/** Joins two networks as peers. */
export function peer(context: TencentContext, one: string, other: string): void {
  const { state, ids } = context;
  if (resourcesOf(state, "peering").some(({ wire }) => wire.SourceVpcId === one && wire.PeerVpcId === other)) return;
  networkOf(context, one);
  networkOf(context, other);
  const id = ids.assign("peering");
  addResource(state, "peering", id, {
    PeeringConnectionId: id,
    PeeringConnectionName: "peering",
    SourceVpcId: one,
    PeerVpcId: other,
    DestinationVpcId: other,
    State: "ACTIVE",
    IsNgw: false,
    Bandwidth: 0,
    SourceRegion: state.region,
    DestinationRegion: state.region,
    ChargeType: "POSTPAID_BY_DAY_MAX",
    SourceUin: Number(state.accountId),
    DestinationUin: Number(state.accountId),
    TagSet: [],
    QosLevel: "",
    Type: "VPC_PEER",
  });
}
