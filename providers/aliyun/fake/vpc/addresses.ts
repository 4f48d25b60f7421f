import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { unassociate } from "../lifecycle.js";
import { is, isOneOf, matching } from "../lists.js";
import { addressOf, interfacesOf } from "../network.js";
import type { Address, AliyunActions, AliyunRequestContext } from "../state.js";
import { change } from "../state.js";
import { numberedPage } from "../wire/pages.js";
import { flag, need, text } from "../wire/read.js";
import { seconds } from "../wire/times.js";

const statuses = ["Associating", "Unassociating", "InUse", "Available", "Releasing"];

function namedAddress({ state, input }: AliyunRequestContext, name = "AllocationId"): Address {
  const address = state.addresses.get(need(input, name));
  if (!address?.ours) throw refusal("InvalidAllocationId.NotFound", "Specified allocation ID is not found.", 404);
  return address;
}

function wrongStatus() {
  return refusal("IncorrectEipStatus", "Current elastic IP status does not support this operation.");
}

/** Bandwidth is a text; what an address is bound to is empty when it is free. */
function describeAddresses({ state, input, scope }: AliyunRequestContext): JsonObject {
  const ours = [...state.addresses.values()].filter((address) => address.ours);
  const found = matching<Address>(ours, input, {
    AllocationId: is(({ id }) => id),
    EipAddress: is(({ ip }) => ip),
    Status: isOneOf(statuses, "InvalidParameter", 400, ({ status }) => status),
    ChargeType: is(({ chargeType }) => chargeType),
    AssociatedInstanceType: is(({ holder }) => holder?.type ?? ""),
    AssociatedInstanceId: is(({ holder }) => holder?.id ?? ""),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const row = ({ id, ip, status, holder, ...address }: Address): JsonObject => ({
    AllocationId: id,
    IpAddress: ip,
    Name: "",
    Description: "",
    Status: status,
    InstanceId: holder?.id ?? "",
    InstanceType: holder?.type ?? "",
    InstanceRegionId: holder ? scope.region : "",
    PrivateIpAddress: holder?.privateIp ?? "",
    Bandwidth: "5",
    EipBandwidth: "5",
    InternetChargeType: "PayByTraffic",
    ChargeType: address.chargeType,
    ExpiredTime: "",
    AllocationTime: seconds(address.createdAt),
    DeletionProtection: address.deletionProtection,
    ISP: "BGP",
    RegionId: scope.region,
    ServiceManaged: 0,
    OperationLocks: { LockReason: [] },
    ResourceGroupId: "",
    Tags: { Tag: [] },
  });
  return { ...fields, EipAddresses: { EipAddress: rows.map(row) } };
}

function namesIt(context: AliyunRequestContext, ip: string): boolean {
  const { forwardEntries, snatEntries } = context.state;
  return (
    [...forwardEntries.values()].some(({ externalIp }) => externalIp === ip) ||
    [...snatEntries.values()].some(({ snatIp }) => snatIp === ip)
  );
}

function unassociateAddress(context: AliyunRequestContext): undefined {
  const { input } = context;
  const address = namedAddress(context);
  if (address.status !== "InUse" || !address.holder) throw wrongStatus();
  const instanceId = text(input, "InstanceId");
  if (instanceId !== undefined && instanceId !== address.holder.id)
    throw refusal("InvalidBindingStatus", "The EIP is not bound to the specified instance.");
  if (namesIt(context, address.ip) && !flag(input, "Force"))
    throw refusal("InvalidIpStatus.HasBeenUsedByForwardEntry", "The EIP is used by a forward entry.");
  unassociate(context, address.id);
  context.effect(address.id);
}

function associateAddress(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const address = namedAddress(context);
  if (address.status !== "Available") throw wrongStatus();
  const id = need(input, "InstanceId");
  const type = text(input, "InstanceType") ?? "EcsInstance";
  if (type !== "EcsInstance" && type !== "NetworkInterface")
    throw refusal("InvalidInstanceType.ValueNotSupported", `The fake binds no address to a ${type}.`);
  const holder = type === "EcsInstance" ? interfacesOf(state, id)[0] : state.interfaces.get(id);
  if (!holder) throw refusal("InvalidInstanceId.NotFound", "The specified instance does not exist.");
  if (addressOf(state, id)) throw refusal("InvalidAssociation.Duplicated", "The instance has an EIP already.");
  change(state.addresses, address.id, {
    status: "InUse",
    holder: { type, id, privateIp: text(input, "PrivateIpAddress") ?? holder.privateIps[0] ?? "" },
  });
  context.effect(address.id);
}

/** Gone at once and for good: somebody else may have the address a moment later. */
function releaseAddress(context: AliyunRequestContext): undefined {
  const { state } = context;
  const { id, status, chargeType, deletionProtection } = namedAddress(context);
  if (status !== "Available") throw wrongStatus();
  if (chargeType === "PrePaid")
    throw refusal("Forbidden.ChargeTypeIsPrepaid", "The specified EIP is a subscription one.", 403);
  // That it refuses is documented; its code is not.
  if (deletionProtection)
    throw refusal("InvalidOperation.DeletionProtection", "The EIP is protected against deletion.");
  state.addresses.delete(id);
  context.effect(id);
}

function setProtection(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  if (need(input, "Type") !== "EIP") throw refusal("InvalidParameter", 'The specified parameter "Type" is not valid.');
  const address = namedAddress(context, "InstanceId");
  change(state.addresses, address.id, { deletionProtection: flag(input, "ProtectionEnable") ?? false });
  context.effect(address.id);
}

/** Elastic addresses. */
export const addresses: AliyunActions = {
  "vpc:DescribeEipAddresses": read(
    `RegionId! AllocationId EipAddress Status ChargeType AssociatedInstanceType AssociatedInstanceId PageNumber:n
     PageSize:n`,
    describeAddresses,
  ),
  "vpc:UnassociateEipAddress": write(
    "RegionId AllocationId! InstanceId InstanceType PrivateIpAddress Force:b ClientToken",
    unassociateAddress,
  ),
  "vpc:AssociateEipAddress": write(
    "RegionId AllocationId! InstanceId! InstanceType PrivateIpAddress ClientToken",
    associateAddress,
  ),
  "vpc:ReleaseEipAddress": write("RegionId AllocationId!", releaseAddress),
  "vpc:DeletionProtection": write("RegionId InstanceId! Type! ProtectionEnable:b! ClientToken", setProtection),
};
