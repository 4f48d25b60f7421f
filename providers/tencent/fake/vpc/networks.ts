import { need, text, texts } from "../../../../src/testing/fake-json.js";
import { list, usualPages } from "../list.js";
import { subnetOf } from "../network.js";
import type { Resource, RouteTable, VirtualIp } from "../records.js";
import { vpc } from "../service.js";
import { existing, resourcesOf, type TencentActions, type TencentRequestContext } from "../state.js";
import { beijing } from "../times.js";

const madeAt = Date.parse("2020-01-01T00:00:00Z");

/** Networks, and what leads through them. Offsets and limits are texts in the older of these calls. */
export const networkActions: TencentActions = {
  "vpc:DescribeVpcs": list(vpc, {
    parameters: "VpcIds[100] Filters[]{Name! Values[]!} Offset Limit",
    set: "VpcSet",
    things: ({ vpcs }) => new Map([...vpcs].map(([id, one]) => [id, { id, ...one }])),
    ids: {
      parameter: "VpcIds",
      path: "VpcId",
      form: "vpc",
      malformed: "InvalidParameterValue.Malformed",
      notFound: "ResourceNotFound",
    },
    item: ({ id, cidr, isDefault }) => ({
      VpcName: isDefault ? "Default-VPC" : id,
      VpcId: id,
      CidrBlock: cidr,
      IsDefault: isDefault,
      EnableMulticast: false,
      CreatedTime: beijing(madeAt),
      DnsServerSet: ["183.60.83.19", "183.60.82.98"],
      DomainName: "",
      DhcpOptionsId: "",
      EnableDhcp: true,
      Ipv6CidrBlock: "",
      TagSet: [],
      AssistantCidrSet: [],
    }),
    filters: { "vpc-name": "VpcName", "is-default": "IsDefault", "vpc-id": "VpcId", "cidr-block": "CidrBlock" },
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeSubnets": list(vpc, {
    parameters: "SubnetIds[100] Filters[]{Name! Values[]!} Offset Limit MaxResults:n NextToken",
    set: "SubnetSet",
    things: ({ vpcs }) => new Map([...vpcs].map(([vpcId, one]) => [subnetOf(vpcId), { vpcId, ...one }])),
    ids: {
      parameter: "SubnetIds",
      path: "SubnetId",
      form: "subnet",
      malformed: "InvalidParameterValue.Malformed",
      notFound: "ResourceNotFound",
    },
    item: ({ vpcId, cidr, isDefault }, { state }) => ({
      VpcId: vpcId,
      SubnetId: subnetOf(vpcId),
      SubnetName: isDefault ? "Default-Subnet" : subnetOf(vpcId),
      CidrBlock: cidr,
      IsDefault: isDefault,
      EnableBroadcast: false,
      Zone: `${state.region}-1`,
      RouteTableId: "",
      CreatedTime: beijing(madeAt),
      AvailableIpAddressCount: 60_000,
      Ipv6CidrBlock: "",
      NetworkAclId: "",
      IsRemoteVpcSnat: false,
      TotalIpAddressCount: 65_533,
      TagSet: [],
    }),
    filters: { "subnet-id": "SubnetId", "vpc-id": "VpcId", zone: "Zone", "is-default": "IsDefault" },
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeRouteTables": list<RouteTable>(vpc, {
    parameters: "Filters[]{Name! Values[]!} RouteTableIds[100] Offset Limit NeedRouterInfo:b",
    set: "RouteTableSet",
    things: ({ routeTables }) => routeTables,
    ids: { parameter: "RouteTableIds", path: "RouteTableId", notFound: "ResourceNotFound" },
    item: ({ id, vpcId, routes, createdAt }, { parameters }) => ({
      VpcId: vpcId,
      RouteTableId: id,
      RouteTableName: "default",
      AssociationSet: [{ SubnetId: subnetOf(vpcId), RouteTableId: id }],
      RouteSet: parameters.NeedRouterInfo === false ? [] : routes.map((route, index) => routeItem(id, route, index)),
      Main: true,
      TagSet: [],
      LocalCidrForCcn: [],
      CreatedTime: beijing(createdAt),
    }),
    filters: {
      "route-table-id": "RouteTableId",
      "route-table-name": "RouteTableName",
      "vpc-id": "VpcId",
      "association.main": "Main",
    },
    filterValues: 100,
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeHaVips": list<VirtualIp>(vpc, {
    parameters: "HaVipIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "HaVipSet",
    things: ({ virtualIps }) => virtualIps,
    ids: { parameter: "HaVipIds", path: "HaVipId" },
    item: (one, { state }) => ({
      HaVipId: one.id,
      HaVipName: one.id,
      Vip: one.ip,
      VpcId: one.vpcId,
      SubnetId: one.subnetId,
      NetworkInterfaceId: state.instances.get(one.holderId ?? "")?.interfaceIds[0] ?? "",
      InstanceId: one.holderId ?? "",
      AddressIp: "",
      Business: "",
      State: one.holderId === undefined ? "UNBOUND" : "AVAILABLE",
      CreatedTime: beijing(one.createdAt),
      HaVipAssociationSet: one.associated.map((InstanceId) => ({
        InstanceId,
        HaVipId: one.id,
        InstanceType: InstanceId.startsWith("eni-") ? "ENI" : "CVM",
      })),
      CheckAssociate: true,
      TagSet: [],
    }),
    filters: {
      "havip-id": "HaVipId",
      "havip-name": "HaVipName",
      "vpc-id": "VpcId",
      "subnet-id": "SubnetId",
      vip: "Vip",
      "address-ip": "AddressIp",
      "havip-association.instance-id": "HaVipAssociationSet.InstanceId",
      "havip-association.instance-type": "HaVipAssociationSet.InstanceType",
    },
    pages: usualPages,
  }),
  "vpc:DescribeVpcPeeringConnections": list<Resource>(vpc, {
    parameters: "PeeringConnectionIds[] Filters[]{Name! Values[]!} Offset:n Limit:n OrderField OrderDirection",
    set: "PeerConnectionSet",
    things: (state) => new Map(resourcesOf(state, "peering").map((one) => [one.id, one])),
    ids: { parameter: "PeeringConnectionIds", path: "PeeringConnectionId", notFound: "ResourceNotFound" },
    item: ({ wire }) => wire,
    filters: { "vpc-id": "SourceVpcId", state: "State", "peering-connection-id": "PeeringConnectionId" },
    filterValues: 100,
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeCcnAttachedInstances": list<never>(vpc, {
    parameters: "Offset:n Limit:n Filters[]{Name! Values[]!} CcnId OrderField OrderDirection",
    set: "InstanceSet",
    things: () => [],
    item: () => ({}),
    filters: { "ccn-id": "CcnId", "instance-type": "InstanceType", "instance-id": "InstanceId" },
    filterValues: 100,
    pages: usualPages,
  }),
  "vpc:DescribeFlowLogs": vpc.read(
    "VpcId FlowLogId FlowLogName ResourceType=VPC|SUBNET|NETWORKINTERFACE|CCN|NAT|DCG ResourceId TrafficType CloudLogId " +
      "CloudLogState OrderField OrderDirection Offset:n Limit:n Filters{Name! Values[]!} CloudLogRegion",
    () => ({ FlowLog: [], TotalNum: 0 }),
  ),
  "vpc:DescribeUsedIpAddress": vpc.read(
    "VpcId! SubnetId IpAddresses[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    usedAddresses,
  ),
  ...templateActions(),
};

/** Address and service templates and their groups: sweeps with offsets as texts. */
function templateActions(): TencentActions {
  const ordered = "OrderField OrderDirection MemberOrderField MemberOrderDirection";
  const parameters = `Filters[]{Name! Values[]!} Offset Limit NeedMemberInfo:b ${ordered}`;
  const templates = (kind: string, set: string, filters: Readonly<Record<string, string>>) =>
    list<Resource>(vpc, {
      parameters,
      set,
      things: (state) => resourcesOf(state, kind),
      item: ({ wire }) => wire,
      filters,
      filterValues: 100,
      tags: "TagSet",
      pages: usualPages,
    });
  return {
    "vpc:DescribeAddressTemplates": templates("address-template", "AddressTemplateSet", {
      "address-template-name": "AddressTemplateName",
      "address-template-id": "AddressTemplateId",
      "address-ip": "AddressSet",
    }),
    "vpc:DescribeAddressTemplateGroups": templates("address-template-group", "AddressTemplateGroupSet", {
      "address-template-group-name": "AddressTemplateGroupName",
      "address-template-group-id": "AddressTemplateGroupId",
    }),
    "vpc:DescribeServiceTemplates": templates("service-template", "ServiceTemplateSet", {
      "service-template-name": "ServiceTemplateName",
      "service-template-id": "ServiceTemplateId",
    }),
    "vpc:DescribeServiceTemplateGroups": templates("service-template-group", "ServiceTemplateGroupSet", {
      "service-template-group-name": "ServiceTemplateGroupName",
      "service-template-group-id": "ServiceTemplateGroupId",
    }),
  };
}

function routeItem(tableId: string, { destination, type, target }: RouteTable["routes"][number], index: number) {
  return {
    RouteTableId: tableId,
    RouteId: index + 1,
    RouteItemId: `rti-${tableId.slice(-6)}${String(index).padStart(2, "0")}`,
    DestinationCidrBlock: destination,
    DestinationIpv6CidrBlock: "",
    GatewayType: type,
    GatewayId: target,
    RouteDescription: "",
    RouteType: "USER",
    Enabled: true,
    PublishedToVbc: false,
    CreatedTime: beijing(madeAt),
  };
}

/** "If the address is taken, who has it; otherwise nothing." A dead instance has its address for a while. */
function usedAddresses({ state, parameters, now }: TencentRequestContext) {
  const vpcId = need(parameters, "VpcId");
  existing(state.vpcs, vpcId, "InvalidParameterValue.ParameterMismatch", "VPC");
  const subnetId = text(parameters, "SubnetId") ?? subnetOf(vpcId);
  const wanted = texts(parameters, "IpAddresses");
  const held = [...state.interfaces.values()]
    .filter((one) => one.vpcId === vpcId)
    .flatMap((one) => one.privateIps.map((ip) => ({ ip, id: one.instanceId ?? one.id })));
  const lingering = [...state.lingering]
    .filter(([key, until]) => key.startsWith(`address/${vpcId}/`) && now < until)
    .map(([key]) => ({ ip: key.split("/")[2] ?? "", id: "" }));
  const used = [...held, ...lingering].filter(({ ip }) => wanted.length === 0 || wanted.includes(ip));
  const states = used.map(({ ip, id }) => ({
    VpcId: vpcId,
    SubnetId: subnetId,
    IpAddress: ip,
    ResourceType: "CVM",
    ResourceId: id,
  }));
  return { IpAddressStates: states.slice(0, 100), TotalCount: states.length };
}
