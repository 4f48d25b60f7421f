import { addLike } from "./build.js";
import { launch, release } from "./lifecycle.js";
import type { AliyunContext, Instance } from "./state.js";
import { change } from "./state.js";
import { timings } from "./timings.js";

/*
 * Auto Scaling: "ECS instances that are not in the Running state are considered unhealthy"; unhealthy ones are removed,
 * those it made itself are released, and others come in their place (DescribeScalingInstances, HealthStatus).
 */

/** Tells the groups of an instance that it stops or goes. `last` is what it was, where it is gone already. */
export function noticeLoss(context: AliyunContext, id: string, last?: Instance): void {
  const lost = last ?? context.state.instances.get(id);
  if (!lost) return;
  for (const { id: groupId, members } of context.state.scalingGroups.values())
    if (members.some(({ instanceId }) => instanceId === id))
      context.later(timings.replacementMs, () => dropMember(context, groupId, lost));
}

function dropMember(context: AliyunContext, groupId: string, lost: Instance): void {
  const { scalingGroups, instances } = context.state;
  const group = scalingGroups.get(groupId);
  const member = group?.members.find(({ instanceId }) => instanceId === lost.id);
  const status = instances.get(lost.id)?.status;
  if (!group || !member || status === "Running" || status === "Starting") return;
  const members = group.members.filter(({ instanceId }) => instanceId !== lost.id);
  change(scalingGroups, groupId, { members });
  if (status !== undefined && member.creation === "AutoCreated") release(context, lost.id);
  fillGroup(context, groupId, lost);
}

/** Launches what a group lacks, if it replaces what it loses. */
export function fillGroup(context: AliyunContext, groupId: string, like: Instance): void {
  const { scalingGroups } = context.state;
  const group = scalingGroups.get(groupId);
  if (!group?.replaces || group.lifecycle !== "Active") return;
  const missing = Math.max(0, group.desired - group.members.length);
  const fresh = Array.from({ length: missing }, () => {
    const made = addLike(context, like, group.groupIds);
    launch(context, made.id);
    return { instanceId: made.id, creation: "AutoCreated", state: "InService", since: context.clock.now() } as const;
  });
  change(scalingGroups, groupId, { members: [...group.members, ...fresh] });
}
