import type { JsonObject } from "../../../../src/common.js";
import { need, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, usualPages } from "../list.js";
import type { NetworkInterface } from "../records.js";
import { vpc } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext } from "../state.js";
import { beginTask } from "../tasks.js";
import { beijing, tagList } from "../times.js";
import { timings } from "../timings.js";

/** Elastic network interfaces. Their changes are tasks to be asked about by the id of the request. */
export const interfaceActions: TencentActions = {
  "vpc:DescribeNetworkInterfaces": list<NetworkInterface>(vpc, {
    parameters: "NetworkInterfaceIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "NetworkInterfaceSet",
    things: ({ interfaces }) => interfaces,
    ids: {
      parameter: "NetworkInterfaceIds",
      path: "NetworkInterfaceId",
      form: "interface",
      malformed: "InvalidParameterValue.Malformed",
      notFound: "ResourceNotFound",
    },
    item: interfaceItem,
    filters: {
      "vpc-id": "VpcId",
      "subnet-id": "SubnetId",
      "network-interface-id": "NetworkInterfaceId",
      "attachment.instance-id": "Attachment.InstanceId",
      "groups.security-group-id": "GroupSet",
      "network-interface-name": "NetworkInterfaceName",
      "network-interface-description": "NetworkInterfaceDescription",
      "address-ip": "PrivateIpAddressSet.PrivateIpAddress",
      "public-address-ip": "PrivateIpAddressSet.PublicIpAddress",
      "is-primary": "Primary",
    },
    filterValues: 100,
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DetachNetworkInterface": vpc.write("NetworkInterfaceId! InstanceId! ClientToken", (context) => {
    const { state, parameters } = context;
    const one = interfaceFor(context);
    const instanceId = need(parameters, "InstanceId");
    if (one.primary || one.instanceId !== instanceId || one.state !== "AVAILABLE") throw wrongState(one);
    const holders = [...state.virtualIps.values()].flatMap(({ associated }) => associated);
    if (holders.includes(one.id) || holders.includes(instanceId))
      throw refusal("UnsupportedOperation.InstanceAssociateHavip", `\`${one.id}\` is associated with a HAVIP.`);
    begin(context, one, "DETACHING", () => {
      change(state.interfaces, one.id, { state: "AVAILABLE", instanceId: undefined, attachedAt: undefined });
      const holder = state.instances.get(instanceId);
      if (holder)
        change(state.instances, instanceId, { interfaceIds: holder.interfaceIds.filter((id) => id !== one.id) });
      for (const address of state.addresses.values())
        if (address.interfaceId === one.id) change(state.addresses, address.id, { instanceId: undefined });
    });
    return {};
  }),
  "vpc:AttachNetworkInterface": vpc.write("NetworkInterfaceId! InstanceId! AttachType:n ClientToken", (context) => {
    const { state, parameters } = context;
    const one = interfaceFor(context);
    const instance = existing(state.instances, need(parameters, "InstanceId"), "ResourceNotFound", "instance");
    if (one.instanceId !== undefined) throw refusal("UnsupportedOperation.AttachmentAlreadyExists", "It is attached.");
    if (one.vpcId !== instance.vpcId) throw refusal("UnsupportedOperation.VpcMismatch", "The networks differ.");
    if (one.zone !== instance.zone) throw refusal("UnsupportedOperation.ZoneMismatch", "The zones differ.");
    begin(context, one, "ATTACHING", () => {
      const holder = state.instances.get(instance.id);
      if (!holder) return;
      change(state.interfaces, one.id, {
        state: "AVAILABLE",
        instanceId: holder.id,
        attachedAt: context.now,
      });
      change(state.instances, holder.id, { interfaceIds: [...holder.interfaceIds, one.id] });
    });
    return {};
  }),
  "vpc:DeleteNetworkInterface": vpc.write("NetworkInterfaceId!", (context) => {
    const { state } = context;
    const one = interfaceFor(context);
    if (one.instanceId !== undefined) throw refusal("ResourceInUse", `\`${one.id}\` is attached.`);
    if (one.state !== "AVAILABLE") throw wrongState(one);
    if ([...state.addresses.values()].some(({ interfaceId }) => interfaceId === one.id))
      throw refusal("ResourceInUse", `An elastic address is bound to \`${one.id}\`.`);
    begin(context, one, "DELETING", () => void state.interfaces.delete(one.id));
    return {};
  }),
  "vpc:ModifyNetworkInterfaceAttribute": vpc.write(
    "NetworkInterfaceId! NetworkInterfaceName NetworkInterfaceDescription SecurityGroupIds[] TrunkingFlag",
    (context) => {
      const { state, parameters, effect } = context;
      const one = interfaceFor(context);
      const groupIds = texts(parameters, "SecurityGroupIds");
      for (const id of groupIds) existing(state.groups, id, "ResourceNotFound", "security group");
      if (groupIds.length > 0 && one.primary)
        throw refusal("UnsupportedOperation", `\`${one.id}\` is a primary network interface.`);
      effect(one.id);
      change(state.interfaces, one.id, {
        name: text(parameters, "NetworkInterfaceName") ?? one.name,
        groupIds: groupIds.length > 0 ? groupIds : one.groupIds,
      });
      return {};
    },
  ),
  "vpc:DescribeVpcTaskResult": vpc.read("TaskId!", ({ state, parameters, now }) => {
    const task = state.tasks.get(need(parameters, "TaskId"));
    if (task?.service !== "vpc") throw refusal("ResourceNotFound", "There is no such task.");
    const Status = now < task.doneAt ? "RUNNING" : "SUCCESS";
    const Result = task.resourceIds.map((ResourceId) => ({ ResourceId, Status }));
    return { Status, Output: Status, Result };
  }),
};

function interfaceFor({ state, parameters }: TencentRequestContext): NetworkInterface {
  return existing(state.interfaces, need(parameters, "NetworkInterfaceId"), "ResourceNotFound", "network interface");
}

function wrongState({ id, state }: NetworkInterface): Error {
  return refusal(
    "UnsupportedOperation.InvalidState",
    `The network interface \`${id}\` (${state}) does not permit that.`,
  );
}

function begin(
  context: TencentRequestContext,
  one: NetworkInterface,
  meanwhile: NetworkInterface["state"],
  end: () => void,
): void {
  context.effect(one.id);
  beginTask(context, "vpc", [one.id], timings.interfaceTaskMs);
  change(context.state.interfaces, one.id, { state: meanwhile });
  context.later(timings.interfaceTaskMs, () => {
    if (context.state.interfaces.get(one.id)?.state === meanwhile) end();
  });
}

function interfaceItem(one: NetworkInterface, { state }: TencentRequestContext): JsonObject {
  const holder = state.instances.get(one.instanceId ?? "");
  const publicOf = (ip: string) => {
    const elastic = [...state.addresses.values()].find(
      ({ interfaceId, privateIp }) => interfaceId === one.id && privateIp === ip,
    );
    return elastic?.ip ?? (one.primary && ip === one.privateIps[0] ? holder?.ordinaryAddress?.ip : undefined) ?? "";
  };
  return {
    NetworkInterfaceId: one.id,
    NetworkInterfaceName: one.name,
    NetworkInterfaceDescription: "",
    SubnetId: one.subnetId,
    VpcId: one.vpcId,
    GroupSet: one.primary ? (holder?.groupIds ?? []) : one.groupIds,
    Primary: one.primary,
    MacAddress: "20:90:6F:F5:34:C7",
    State: one.state,
    PrivateIpAddressSet: one.privateIps.map((ip, index) => ({
      PrivateIpAddress: ip,
      Primary: index === 0,
      PublicIpAddress: publicOf(ip),
      Description: "",
      IsWanIpBlocked: false,
      State: "AVAILABLE",
    })),
    Attachment:
      one.instanceId === undefined
        ? null
        : {
            InstanceId: one.instanceId,
            DeviceIndex: holder?.interfaceIds.indexOf(one.id) ?? 0,
            InstanceAccountId: state.accountId,
            AttachTime: beijing(one.attachedAt ?? one.createdAt),
          },
    Zone: one.zone,
    CreatedTime: beijing(one.createdAt),
    Ipv6AddressSet: [],
    TagSet: tagList(one.tags),
    // "0": secondary, "1": primary (filter `eni-type`).
    EniType: one.primary ? 1 : 0,
    Business: "cvm",
    CdcId: "",
    AttachType: 0,
  };
}
