import type { JsonObject } from "../../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { among, amongIds, checkForm, is, isFlag, isOneOf, matching, tagged, tagList } from "../lists.js";
import { addressOf } from "../network.js";
import type { AliyunActions, AliyunRequestContext, AliyunState, NetworkInterface } from "../state.js";
import { change } from "../state.js";
import { timings } from "../timings.js";
import { ecsPage } from "../wire/pages.js";
import { flag, need, text, texts } from "../wire/read.js";
import { seconds } from "../wire/times.js";

const statuses = ["Available", "Attaching", "InUse", "Detaching", "Deleting", "CreateFailed", "Linked", "Unlinking"];

function namedInterface({ state, input }: AliyunRequestContext): NetworkInterface {
  const id = need(input, "NetworkInterfaceId");
  checkForm("network-interface", id, "InvalidParams.EniId");
  const found = state.interfaces.get(id);
  if (!found) throw refusal("InvalidEniId.NotFound", `The specified eniId ${id} is not found.`, 404);
  return found;
}

/** `SecurityGroupId` finds secondary interfaces alone: "To query information about a primary ENI … DescribeInstances". */
function describeInterfaces({ state, input, scope }: AliyunRequestContext): JsonObject {
  const found = matching<NetworkInterface>(state.interfaces.values(), input, {
    NetworkInterfaceId: amongIds("network-interface", "InvalidParams.EniId", ({ id }) => id),
    InstanceId: is(({ instanceId }) => instanceId),
    SecurityGroupId: (_input, name) => {
      const wanted = text(input, name);
      return wanted ? ({ type, groupIds }) => type === "Secondary" && groupIds.includes(wanted) : undefined;
    },
    VpcId: is(({ vpcId }) => vpcId),
    VSwitchId: is(({ switchId }) => switchId),
    Type: isOneOf(["Primary", "Secondary"], "InvalidParameter", 400, ({ type }) => type),
    Status: isOneOf(statuses, "InvalidParameter", 400, ({ status }) => status),
    PrimaryIpAddress: is(({ privateIps }) => privateIps[0] ?? ""),
    PrivateIpAddress: among(({ privateIps }) => privateIps),
    ServiceManaged: isFlag(({ serviceManaged }) => serviceManaged),
    Tag: tagged(({ tags }) => tags),
  });
  const { rows, fields } = ecsPage(input, found, 500);
  return {
    ...fields,
    NetworkInterfaceSets: { NetworkInterfaceSet: rows.map((each) => interfaceRow(state, each, scope.accountId)) },
  };
}

function interfaceRow(state: AliyunState, each: NetworkInterface, OwnerId: string): JsonObject {
  const holder = each.type === "Primary" ? each.instanceId : each.id;
  const address = holder === "" ? undefined : addressOf(state, holder);
  const AssociatedPublicIp = address ? { AllocationId: address.id, PublicIpAddress: address.ip } : {};
  return {
    NetworkInterfaceId: each.id,
    OwnerId,
    NetworkInterfaceName: "",
    Description: each.description,
    Type: each.type,
    Status: each.status,
    InstanceId: each.instanceId,
    VpcId: each.vpcId,
    VSwitchId: each.switchId,
    ZoneId: each.zone,
    MacAddress: "00:16:3e:00:00:01",
    PrivateIpAddress: each.privateIps[0] ?? "",
    PrivateIpSets: {
      PrivateIpSet: each.privateIps.map((PrivateIpAddress, index) => ({
        PrivateIpAddress,
        Primary: index === 0,
        ...(index === 0 ? { AssociatedPublicIp } : {}),
      })),
    },
    AssociatedPublicIp,
    Ipv6Sets: { Ipv6Set: [] },
    SecurityGroupIds: { SecurityGroupId: each.groupIds },
    DeleteOnRelease: each.deleteOnRelease,
    ServiceManaged: each.serviceManaged,
    ServiceID: each.serviceManaged ? 26842 : 0,
    CreationTime: seconds(each.createdAt),
    ResourceGroupId: "",
    Tags: tagList(each.tags),
  };
}

function checkUnmanaged({ id, serviceManaged }: NetworkInterface): void {
  if (serviceManaged)
    throw refusal("InvalidOperation.EniServiceManaged", `The network interface ${id} is managed by a service.`, 403);
}

function modifyInterface(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const each = namedInterface(context);
  checkUnmanaged(each);
  const groupIds = texts(input, "SecurityGroupId");
  const deleteOnRelease = flag(input, "DeleteOnRelease");
  if (groupIds && (groupIds.length === 0 || groupIds.some((id) => !state.groups.has(id))))
    throw refusal("InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.", 404);
  if (groupIds?.some((id) => state.groups.get(id)?.vpcId !== each.vpcId))
    throw refusal("InvalidOperation.VpcMismatch", "The security groups must belong to the VPC of the interface.", 403);
  if (each.type === "Primary" && deleteOnRelease === false) throw wrongType();
  change(state.interfaces, each.id, {
    ...(groupIds ? { groupIds } : {}),
    ...(deleteOnRelease === undefined ? {} : { deleteOnRelease }),
  });
  context.effect(each.id);
}

function wrongType(): CloudRefusal {
  return refusal("InvalidOperation.InvalidEniType", "The type of the network interface does not allow this.", 403);
}

function wrongState(): CloudRefusal {
  return refusal("InvalidOperation.InvalidEniState", "The state of the network interface does not allow this.");
}

function detachInterface(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const each = namedInterface(context);
  checkUnmanaged(each);
  const instance = state.instances.get(need(input, "InstanceId"));
  if (!instance) throw refusal("InvalidEcsId.NotFound", "The specified instance does not exist.", 404);
  if (each.type === "Primary")
    throw refusal("InvalidOperation.DetachPrimaryEniNotAllowed", "The primary interface cannot be detached.");
  if (instance.status !== "Running" && instance.status !== "Stopped")
    throw refusal("InvalidOperation.InvalidEcsState", "The state of the instance does not allow this.");
  if (each.status !== "InUse" || each.instanceId !== instance.id) throw wrongState();
  change(state.interfaces, each.id, { instanceId: "", status: "Detaching" });
  context.later(timings.letGoMs, () => {
    if (context.state.interfaces.get(each.id)?.status === "Detaching")
      change(context.state.interfaces, each.id, { status: "Available" });
  });
  context.effect(each.id);
}

function deleteInterface(context: AliyunRequestContext): undefined {
  const { state } = context;
  const each = namedInterface(context);
  checkUnmanaged(each);
  if (each.type === "Primary") throw wrongType();
  if (each.status !== "Available") throw wrongState();
  state.interfaces.delete(each.id);
  context.effect(each.id);
}

/** Network interfaces. */
export const interfaces: AliyunActions = {
  "ecs:DescribeNetworkInterfaces": read(
    `RegionId! NetworkInterfaceId[100] InstanceId SecurityGroupId VpcId VSwitchId Type Status PrimaryIpAddress
     PrivateIpAddress[100] ServiceManaged:b Tag[20]{Key! Value} MaxResults:n NextToken PageNumber:n PageSize:n`,
    describeInterfaces,
  ),
  "ecs:ModifyNetworkInterfaceAttribute": write(
    "RegionId! NetworkInterfaceId! SecurityGroupId[5] DeleteOnRelease:b",
    modifyInterface,
  ),
  "ecs:DetachNetworkInterface": write("RegionId! NetworkInterfaceId! InstanceId!", detachInterface),
  "ecs:DeleteNetworkInterface": write("RegionId! NetworkInterfaceId!", deleteInterface),
};
