import type { MemoryCall } from "./call.js";

/** Who uses groups, from every source there is. */
export interface GroupUsers {
  /** Why a group must not be emptied for these instances; `undefined` when nothing speaks against it. */
  objection(groupId: string, targetIds: ReadonlySet<string>): string | undefined;
  networkOf(groupId: string): string | undefined;
  readonly peered: readonly (readonly [string, string])[];
}

/** Reads all sources. One that fails throws: what was not looked at could be a user. */
export async function readGroupUsers(call: MemoryCall): Promise<GroupUsers> {
  const [groups, interfaces, others, peerings] = await Promise.all([
    call.pages("ListGroups"),
    call.pages("ListInterfaces"),
    call.pages("ListGroupUsers"),
    call.pages("ListPeerings"),
  ]);
  const byId = new Map(groups.map((row) => [row.need("id"), row]));
  return {
    networkOf: (groupId) => byId.get(groupId)?.text("networkId"),
    peered: peerings.map((row) => [row.need("one"), row.need("other")] as const),
    objection: (groupId, targetIds) => {
      const group = byId.get(groupId);
      if (!group) return "The group is not there.";
      if (group.flag("isDefault")) return "It is a default group.";
      if (group.flag("managed")) return "A service manages the group.";
      const foreign = others.find((row) => row.text("groupId") === groupId);
      if (foreign) return `A ${foreign.need("kind")} uses the group.`;
      const user = interfaces.find((row) => {
        const instanceId = row.text("instanceId");
        return row.texts("groupIds").includes(groupId) && (instanceId === undefined || !targetIds.has(instanceId));
      });
      return user && `The interface ${user.need("id")} of somebody else uses the group.`;
    },
  };
}
