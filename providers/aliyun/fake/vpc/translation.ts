import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { is, matching } from "../lists.js";
import type { ForwardEntry, NatGateway, SnatEntry, VirtualIp } from "../owners.js";
import type { AliyunActions, AliyunRequestContext } from "../state.js";
import { change } from "../state.js";
import { numberedPage } from "../wire/pages.js";
import { need, text } from "../wire/read.js";
import { seconds } from "../wire/times.js";

function describeNatGateways({ state, input, scope }: AliyunRequestContext): JsonObject {
  const found = matching<NatGateway>(state.natGateways.values(), input, {
    NatGatewayId: is(({ id }) => id),
    VpcId: is(({ vpcId }) => vpcId),
    NetworkType: is(() => "internet"),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const row = (gateway: NatGateway): JsonObject => ({
    NatGatewayId: gateway.id,
    Name: "",
    VpcId: gateway.vpcId,
    RegionId: scope.region,
    NatType: "Enhanced",
    NetworkType: "internet",
    Status: "Available",
    BusinessStatus: "Normal",
    InstanceChargeType: "PostPaid",
    CreationTime: seconds(gateway.createdAt),
    ForwardTableIds: { ForwardTableId: [gateway.forwardTableId] },
    SnatTableIds: { SnatTableId: [gateway.snatTableId] },
    IpLists: { IpList: [] },
  });
  return { ...fields, NatGateways: { NatGateway: rows.map(row) } };
}

/** The gateway whose entries are asked for, named by itself or by its table. */
function namedGateway({ state, input }: AliyunRequestContext, table: "forwardTableId" | "snatTableId"): NatGateway {
  const parameter = table === "forwardTableId" ? "ForwardTableId" : "SnatTableId";
  const gatewayId = text(input, "NatGatewayId");
  const tableId = text(input, parameter);
  if (!gatewayId && !tableId)
    throw refusal(`Missing${parameter}`, `${parameter} or NatGatewayId is mandatory for this action.`);
  const gateway = [...state.natGateways.values()].find((each) => each.id === gatewayId || each[table] === tableId);
  if (!gateway) throw refusal("InvalidNatGatewayId.NotFound", "Specified NAT gateway does not exist.", 404);
  return gateway;
}

function describeForwardEntries(context: AliyunRequestContext): JsonObject {
  const { state, input } = context;
  const gateway = namedGateway(context, "forwardTableId");
  const own = [...state.forwardEntries.values()].filter(({ natId }) => natId === gateway.id);
  const found = matching<ForwardEntry>(own, input, {
    ForwardEntryId: is(({ id }) => id),
    InternalIp: is(({ internalIp }) => internalIp),
    ExternalIp: is(({ externalIp }) => externalIp),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const row = (entry: ForwardEntry): JsonObject => ({
    ForwardEntryId: entry.id,
    ForwardEntryName: "",
    ForwardTableId: gateway.forwardTableId,
    NatGatewayId: gateway.id,
    ExternalIp: entry.externalIp,
    ExternalPort: entry.externalPort,
    InternalIp: entry.internalIp,
    InternalPort: entry.internalPort,
    IpProtocol: entry.protocol,
    Status: "Available",
  });
  return { ...fields, ForwardTableEntries: { ForwardTableEntry: rows.map(row) } };
}

function deleteForwardEntry(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const gateway = namedGateway(context, "forwardTableId");
  const entry = state.forwardEntries.get(need(input, "ForwardEntryId"));
  if (entry?.natId !== gateway.id)
    throw refusal("InvalidForwardEntryId.NotFound", "Specified forward entry does not exist.", 404);
  state.forwardEntries.delete(entry.id);
  context.effect(entry.id);
}

function createForwardEntry(context: AliyunRequestContext): JsonObject {
  const { state, input, ids } = context;
  const gateway = namedGateway(context, "forwardTableId");
  const entry: ForwardEntry = {
    id: ids.assign("forward-entry"),
    natId: gateway.id,
    externalIp: need(input, "ExternalIp"),
    externalPort: need(input, "ExternalPort"),
    internalIp: need(input, "InternalIp"),
    internalPort: need(input, "InternalPort"),
    protocol: need(input, "IpProtocol").toLowerCase(),
  };
  const taken = [...state.forwardEntries.values()].some(
    (other) =>
      other.externalIp === entry.externalIp &&
      other.externalPort === entry.externalPort &&
      other.protocol === entry.protocol,
  );
  if (taken) throw refusal("InvalidParameter", "The external port is used by another entry.");
  state.forwardEntries.set(entry.id, entry);
  context.effect(entry.id);
  return { ForwardEntryId: entry.id };
}

function describeSnatEntries(context: AliyunRequestContext): JsonObject {
  const { state, input } = context;
  const gateway = namedGateway(context, "snatTableId");
  const own = [...state.snatEntries.values()].filter(({ natId }) => natId === gateway.id);
  const found = matching<SnatEntry>(own, input, {
    SnatEntryId: is(({ id }) => id),
    SourceCIDR: is(({ cidr }) => cidr),
    SnatIp: is(({ snatIp }) => snatIp),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const row = (entry: SnatEntry): JsonObject => ({
    SnatEntryId: entry.id,
    SnatEntryName: "",
    SnatTableId: gateway.snatTableId,
    NatGatewayId: gateway.id,
    SnatIp: entry.snatIp,
    SourceCIDR: entry.cidr,
    SourceVSwitchId: "",
    NetworkInterfaceId: "",
    Status: "Available",
  });
  return { ...fields, SnatTableEntries: { SnatTableEntry: rows.map(row) } };
}

function describeVirtualIps({ state, input, scope }: AliyunRequestContext): JsonObject {
  const { rows, fields } = numberedPage(input, [...state.virtualIps.values()], 50);
  const row = (address: VirtualIp): JsonObject => ({
    HaVipId: address.id,
    IpAddress: address.ip,
    Name: "",
    VpcId: address.vpcId,
    VSwitchId: state.vpcs.get(address.vpcId)?.switchId ?? "",
    RegionId: scope.region,
    Status: address.instanceIds.length > 0 ? "InUse" : "Available",
    AssociatedInstanceType: "EcsInstance",
    MasterInstanceId: address.instanceIds[0] ?? "",
    // Small letters in front, unlike everywhere else.
    AssociatedInstances: { associatedInstance: address.instanceIds },
    AssociatedEipAddresses: { associatedEipAddresse: [] },
    CreateTime: seconds(address.createdAt),
  });
  return { ...fields, HaVips: { HaVip: rows.map(row) } };
}

/** The active member goes only by force. */
function unassociateVirtualIp(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const address = state.virtualIps.get(need(input, "HaVipId"));
  if (!address) throw refusal("InvalidHaVipId.NotFound", "The specified HaVip does not exist.", 404);
  const instanceId = need(input, "InstanceId");
  if (!address.instanceIds.includes(instanceId))
    throw refusal("InvalidInstanceId.NotAssociated", "The instance is not associated with the HaVip.");
  if (address.instanceIds[0] === instanceId && text(input, "Force")?.toLowerCase() !== "true")
    throw refusal("IncorrectHaVipStatus", "The HaVip is active on that instance; use Force.");
  change(state.virtualIps, address.id, { instanceIds: address.instanceIds.filter((id) => id !== instanceId) });
  context.effect(address.id);
}

/** Address translation and shared addresses. */
export const translation: AliyunActions = {
  "vpc:DescribeNatGateways": read(
    "RegionId! NatGatewayId VpcId NetworkType PageNumber:n PageSize:n",
    describeNatGateways,
  ),
  "vpc:DescribeForwardTableEntries": read(
    "RegionId! NatGatewayId ForwardTableId ForwardEntryId InternalIp ExternalIp PageNumber:n PageSize:n",
    describeForwardEntries,
  ),
  "vpc:DeleteForwardEntry": write("RegionId! ForwardTableId! ForwardEntryId! ClientToken", deleteForwardEntry),
  "vpc:CreateForwardEntry": write(
    "RegionId! ForwardTableId! ExternalIp! ExternalPort! InternalIp! InternalPort! IpProtocol! ClientToken DryRun:b",
    createForwardEntry,
  ),
  "vpc:DescribeSnatTableEntries": read(
    "RegionId! NatGatewayId SnatTableId SnatEntryId SourceCIDR SnatIp PageNumber:n PageSize:n",
    describeSnatEntries,
  ),
  "vpc:DescribeHaVips": read("RegionId! PageNumber:n PageSize:n", describeVirtualIps),
  "vpc:UnassociateHaVip": write("RegionId! HaVipId! InstanceId! InstanceType Force ClientToken", unassociateVirtualIp),
};
