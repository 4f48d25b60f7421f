import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { AliyunCall } from "./call.js";
import { readInterfaces } from "./instances.js";
import type { InterfaceFacts } from "./interface-facts.js";

/** One interface as it is now; `undefined` where it is gone. */
export async function readInterface(call: AliyunCall, id: string): Promise<InterfaceFacts | undefined> {
  return (await readInterfaces(call, [id])).find((one) => one.id === id);
}

/** Whether two lists name the same groups, in any order. */
export function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}

/** What is moved into groups: an interface, and the instance that a primary one is part of. */
export interface GroupPlace {
  readonly networkInterfaceId: string;
  readonly instanceId: string;
  readonly primary: boolean;
}

/**
 * Sets the groups of one interface. Those of a primary one are its instance's (ModifyInstanceAttribute,
 * `SecurityGroupIds`); ModifyNetworkInterfaceAttribute is documented for secondary ones.
 */
export async function setGroups(
  call: AliyunCall,
  { networkInterfaceId, instanceId, primary }: GroupPlace,
  groupIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: primary ? "ModifyInstanceAttribute" : "ModifyNetworkInterfaceAttribute",
    parameters: primary
      ? { InstanceId: instanceId, SecurityGroupIds: [...groupIds] }
      : { NetworkInterfaceId: networkInterfaceId, SecurityGroupId: [...groupIds] },
    instanceIds: [instanceId],
    effects,
    confirm: confirmByReading(call.requests, async () => {
      const now = await readInterface(call, networkInterfaceId);
      return now !== undefined && sameGroups(now.securityGroupIds, groupIds);
    }),
  });
}

/**
 * Ids of what is in a group. Two listings: DescribeNetworkInterfaces finds secondary interfaces by group, and primary
 * ones are found through their instances (DescribeNetworkInterfacesRequest, SecurityGroupId).
 */
export async function groupMembers(call: AliyunCall, groupId: string): Promise<readonly string[]> {
  const [instances, interfaces] = await Promise.all([
    call.pages("ecs", "DescribeInstances", { SecurityGroupId: groupId }),
    call.pages("ecs", "DescribeNetworkInterfaces", { SecurityGroupId: groupId }),
  ]);
  return [
    ...instances.map((row) => row.need("InstanceId")),
    ...interfaces.map((row) => row.need("NetworkInterfaceId")),
  ];
}
