import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { untilIdle } from "../attributes.js";
import type { TencentCall } from "../call.js";

/** An interface and its groups as they are now. A primary one has those of its instance. */
export interface InterfaceGroups {
  readonly id: string;
  readonly primary: boolean;
  readonly instanceId?: string;
  readonly groupIds: readonly string[];
}

/**
 * Sets the groups of one interface. Those of a primary one are its instance's and are set there
 * ("ModifyNetworkInterfaceAttribute", vpc 2017-03-12: secondary interfaces only).
 */
export async function setGroups(
  call: TencentCall,
  networkInterface: Pick<InterfaceGroups, "id" | "primary">,
  instanceId: string,
  groupIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const { id, primary } = networkInterface;
  const isSo = async () => {
    const now = await readInterface(call, id);
    return now !== undefined && sameGroups(now.groupIds, groupIds);
  };
  const request = primary
    ? {
        service: "cvm",
        action: "ModifyInstancesAttribute",
        parameters: { InstanceIds: [instanceId], SecurityGroups: [...groupIds] },
      }
    : {
        service: "vpc",
        action: "ModifyNetworkInterfaceAttribute",
        parameters: { NetworkInterfaceId: id, SecurityGroupIds: [...groupIds] },
      };
  if (primary) await untilIdle(call, instanceId);
  return await call.requests.mutate({
    ...request,
    instanceIds: [instanceId],
    effects,
    // The whole list is set: twice is once.
    token: true,
    confirm: confirmByReading(call.requests, isSo),
  });
}

/** One interface; `undefined` where it is gone. */
export async function readInterface(call: TencentCall, id: string): Promise<InterfaceGroups | undefined> {
  const list = { field: "NetworkInterfaceSet", id: "NetworkInterfaceId" } as const;
  const parameters = { Filters: [{ Name: "network-interface-id", Values: [id] }] };
  const [row] = await call.pages("vpc", "DescribeNetworkInterfaces", parameters, list);
  const instanceId = row?.object("Attachment")?.text("InstanceId");
  return (
    row && {
      id,
      primary: row.flag("Primary") ?? false,
      ...(instanceId === undefined ? {} : { instanceId }),
      groupIds: row.needTexts("GroupSet"),
    }
  );
}

/** Whether two lists name the same groups, in any order. */
export function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}
