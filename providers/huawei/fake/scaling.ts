import { launchLike } from "./launch.js";
import { change, type HuaweiContext, join, leave } from "./state.js";
import { timings } from "./timings.js";

/** Takes a server that ended out of its scaling group, which launches another unless it is disabled. */
export function memberLost(context: HuaweiContext, serverId: string): void {
  const { state } = context;
  for (const group of state.scalingGroups.values()) {
    if (!group.members.some((member) => member.serverId === serverId)) continue;
    change(state.scalingGroups, group.id, {
      members: group.members.filter((member) => member.serverId !== serverId),
    });
    leave(state, "auto-scaling-group", group.id, serverId);
    if (group.isEnabled) context.later(timings.replacementMs, () => replace(context, group.id));
  }
}

function replace(context: HuaweiContext, groupId: string): void {
  const { state, now } = context;
  const group = state.scalingGroups.get(groupId);
  if (!group || group.members.length >= group.desired) return;
  const name = `as-config-${groupId.slice(0, 4)}`;
  const { id: serverId } = launchLike(context, group.vpcId, name, {});
  const member = { serverId, name, state: "INSERVICE", isProtected: false, since: now } as const;
  change(state.scalingGroups, groupId, { members: [...group.members, member] });
  join(state, "auto-scaling-group", groupId, serverId);
}
