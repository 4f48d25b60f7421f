import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { is, matching } from "../lists.js";
import type { RouteEntry } from "../owners.js";
import type { AliyunActions, AliyunRequestContext, Vpc } from "../state.js";
import { numberedPage, tokenPage } from "../wire/pages.js";
import { flag, need, text, texts } from "../wire/read.js";
import { seconds } from "../wire/times.js";

function describeVpcs({ state, input, scope }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "VpcId");
  const isDefault = flag(input, "IsDefault");
  const found = [...state.vpcs.values()].filter(
    (vpc) => (!ids || ids.includes(vpc.id)) && (isDefault === undefined || vpc.isDefault === isDefault),
  );
  const { rows, fields } = numberedPage(input, found, 50);
  const row = (vpc: Vpc): JsonObject => ({
    VpcId: vpc.id,
    VpcName: vpc.name,
    CidrBlock: vpc.cidr,
    SecondaryCidrBlocks: { SecondaryCidrBlock: [] },
    UserCidrs: { UserCidr: [] },
    IsDefault: vpc.isDefault,
    Status: "Available",
    CenStatus: "",
    RegionId: scope.region,
    VRouterId: vpc.routerId,
    RouterTableIds: { RouterTableIds: [vpc.routeTableId] },
    VSwitchIds: { VSwitchId: [vpc.switchId] },
    NatGatewayIds: {
      NatGatewayIds: [...state.natGateways.values()].filter(({ vpcId }) => vpcId === vpc.id).map(({ id }) => id),
    },
    CreationTime: seconds(vpc.createdAt),
    OwnerId: Number(scope.accountId),
    Description: "",
    ResourceGroupId: "",
    Tags: { Tag: [] },
  });
  return { ...fields, Vpcs: { Vpc: rows.map(row) } };
}

/** One switch for each network. */
function describeSwitches({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching<Vpc>(state.vpcs.values(), input, {
    VpcId: is(({ id }) => id),
    VSwitchId: is(({ switchId }) => switchId),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const row = (vpc: Vpc): JsonObject => ({
    VSwitchId: vpc.switchId,
    VSwitchName: "",
    VpcId: vpc.id,
    CidrBlock: vpc.cidr,
    IsDefault: vpc.isDefault,
    Status: "Available",
    CreationTime: seconds(vpc.createdAt),
    ResourceGroupId: "",
    Tags: { Tag: [] },
  });
  return { ...fields, VSwitches: { VSwitch: rows.map(row) } };
}

function describeRouteTableList({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching<Vpc>(state.vpcs.values(), input, {
    VpcId: is(({ id }) => id),
    RouteTableId: is(({ routeTableId }) => routeTableId),
    RouterType: is(() => "VRouter"),
    RouteTableType: is(() => "System"),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const row = (vpc: Vpc): JsonObject => ({
    RouteTableId: vpc.routeTableId,
    RouteTableName: "",
    RouteTableType: "System",
    RouterId: vpc.routerId,
    RouterType: "VRouter",
    VpcId: vpc.id,
    VSwitchIds: { VSwitchId: [vpc.switchId] },
    Status: "Available",
    CreationTime: seconds(vpc.createdAt),
    Description: "",
    ResourceGroupId: "",
  });
  return { ...fields, RouterTableList: { RouterTableListType: rows.map(row) } };
}

/** `NextHopType` is one per call and Instance when it is left out (DescribeRouteEntryListRequest). */
function describeRouteEntryList({ state, input, scope }: AliyunRequestContext): JsonObject {
  const tableId = need(input, "RouteTableId");
  const vpc = [...state.vpcs.values()].find(({ routeTableId }) => routeTableId === tableId);
  if (!vpc) throw refusal("InvalidRouteTableId.NotFound", "Specified route table is not found.", 404);
  const custom = (text(input, "RouteEntryType") ?? "Custom") === "Custom";
  const hopType = text(input, "NextHopType") ?? "Instance";
  const own = [...state.routes.values()].filter(({ vpcId }) => custom && vpcId === vpc.id);
  const found = matching<RouteEntry>(
    own.filter(({ nextHopType }) => nextHopType === hopType),
    input,
    {
      NextHopId: is(({ nextHopId }) => nextHopId),
      RouteEntryId: is(({ id }) => id),
      RouteEntryName: is(({ name }) => name),
      DestinationCidrBlock: is(({ cidr }) => cidr),
    },
  );
  const { rows, fields } = tokenPage(input, found, { size: "MaxResult", usual: 10, most: 100 });
  const row = (entry: RouteEntry): JsonObject => ({
    RouteEntryId: entry.id,
    RouteEntryName: entry.name,
    RouteTableId: tableId,
    DestinationCidrBlock: entry.cidr,
    Type: "Custom",
    IpVersion: "ipv4",
    Status: "Available",
    Description: "",
    NextHops: {
      NextHop: [
        {
          NextHopId: entry.nextHopId,
          NextHopType: entry.nextHopType,
          NextHopRegionId: scope.region,
          Enabled: 1,
          Weight: 0,
        },
      ],
    },
  });
  return { ...fields, RouteEntrys: { RouteEntry: rows.map(row) } };
}

/** By id, or by table, destination and next hop. */
function deleteRouteEntry(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const id = text(input, "RouteEntryId");
  const tableId = text(input, "RouteTableId");
  const cidr = text(input, "DestinationCidrBlock");
  if (!id && !(tableId && cidr))
    throw refusal("MissingParameter", "RouteEntryId, or RouteTableId and DestinationCidrBlock.");
  const hop = text(input, "NextHopId");
  const entry = [...state.routes.values()].find((each) =>
    id
      ? each.id === id
      : each.cidr === cidr && state.vpcs.get(each.vpcId)?.routeTableId === tableId && (!hop || each.nextHopId === hop),
  );
  if (!entry) throw refusal("InvalidRouteEntry.NotFound", "Specified route entry does not exist.", 404);
  state.routes.delete(entry.id);
  context.effect(entry.id);
}

function listPeerings({ state, input, scope }: AliyunRequestContext): JsonObject {
  const wanted = texts(input, "VpcId");
  const all = [...state.vpcs.values()].flatMap((vpc) =>
    vpc.peers.map(({ peeringId, vpcId }) => ({ id: peeringId, from: vpc.id, to: vpcId })),
  );
  // Each peering stands at both ends.
  const found = [...new Map(all.map((peering) => [peering.id, peering])).values()].filter(
    ({ from, to }) => !wanted || wanted.includes(from) || wanted.includes(to),
  );
  const { rows, fields } = tokenPage(input, found, { size: "MaxResults", usual: 20, most: 100 });
  const side = (id: string): JsonObject => ({ VpcId: id, Ipv4Cidrs: [state.vpcs.get(id)?.cidr ?? ""], Ipv6Cidrs: [] });
  const connections = rows.map(({ id, from, to }) => ({
    InstanceId: id,
    Status: "Activated",
    BizStatus: "Normal",
    RegionId: scope.region,
    OwnerId: Number(scope.accountId),
    AcceptingOwnerUid: Number(scope.accountId),
    AcceptingRegionId: scope.region,
    Vpc: side(from),
    AcceptingVpc: side(to),
  }));
  return { ...fields, TotalCount: found.length, VpcPeerConnects: connections };
}

/** Networks, their routes and peerings. */
export const networks: AliyunActions = {
  "vpc:DescribeVpcs": read("RegionId! VpcId:c20 IsDefault:b PageNumber:n PageSize:n", describeVpcs),
  "vpc:DescribeVSwitches": read("RegionId! VpcId VSwitchId PageNumber:n PageSize:n", describeSwitches),
  "vpc:DescribeRouteTableList": read(
    "RegionId! VpcId RouteTableId RouterType RouteTableType PageNumber:n PageSize:n",
    describeRouteTableList,
  ),
  "vpc:DescribeRouteEntryList": read(
    `RegionId! RouteTableId! RouteEntryType RouteEntryId RouteEntryName NextHopType NextHopId DestinationCidrBlock
     MaxResult:n NextToken`,
    describeRouteEntryList,
  ),
  "vpc:DeleteRouteEntry": write(
    "RegionId! RouteEntryId RouteTableId DestinationCidrBlock NextHopId DryRun:b",
    deleteRouteEntry,
  ),
  "vpcpeer:ListVpcPeerConnections": read("RegionId! VpcId[] MaxResults:n NextToken", listPeerings),
};
