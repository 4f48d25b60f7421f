import { launchLike } from "./launch.js";
import { change, join, leave, type TencentContext } from "./state.js";
import { timings } from "./timings.js";

/** Takes an instance that ended or was isolated out of its scaling group, which launches another unless it is disabled. */
export function memberLost(context: TencentContext, instanceId: string): void {
  const { state } = context;
  for (const group of state.scalingGroups.values()) {
    if (!group.members.some((member) => member.instanceId === instanceId)) continue;
    change(state.scalingGroups, group.id, {
      members: group.members.filter((member) => member.instanceId !== instanceId),
    });
    leave(state, "auto-scaling-group", group.id, instanceId);
    if (group.isEnabled) context.later(timings.replacementMs, () => replace(context, group.id));
  }
}

function replace(context: TencentContext, groupId: string): void {
  const { state, now } = context;
  const group = state.scalingGroups.get(groupId);
  if (!group || group.members.length >= group.desired) return;
  const instance = launchLike(context, group.vpcId, `as-${groupId}`, {
    "tencentcloud:autoscaling:auto-scaling-group-id": groupId,
  });
  change(state.scalingGroups, groupId, {
    members: [...group.members, { instanceId: instance.id, lifecycle: "IN_SERVICE", addedAt: now }],
  });
  join(state, "auto-scaling-group", groupId, instance.id);
}
