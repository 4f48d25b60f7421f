import { addSuccessor } from "./build.js";
import { launch, terminate } from "./lifecycle.js";
import type { AwsContext, Instance } from "./state.js";
import { change, isLive } from "./state.js";
import { timings } from "./timings.js";

/*
 * What launches again what it lost: Auto Scaling groups (a stopped member fails its health check as well), fleets of
 * type maintain, persistent Spot requests.
 */

/** Tells everything that counts on an instance that it stops or goes. */
export function noticeLoss(context: AwsContext, id: string): void {
  const lost = context.state.instances.get(id);
  if (!lost) return;
  const groupIds = context.state.interfaces.get(lost.interfaceIds[0] ?? "")?.groupIds ?? [];
  for (const { name, members } of context.state.scalingGroups.values())
    if (members.some(({ instanceId }) => instanceId === id))
      context.later(timings.replacementMs, () => replaceMember(context, name, lost, groupIds));
  if (lost.state === "stopped") return;
  for (const { id: fleetId, instanceIds } of context.state.fleets.values())
    if (instanceIds.includes(id))
      context.later(timings.replacementMs, () => refillFleet(context, fleetId, lost, groupIds));
  if (lost.spotRequestId) endSpotRun(context, lost.spotRequestId, lost, groupIds);
}

function replaceMember(context: AwsContext, name: string, lost: Instance, groupIds: readonly string[]): void {
  const { scalingGroups, instances } = context.state;
  const group = scalingGroups.get(name);
  const now = instances.get(lost.id);
  const healthy = isLive(now) && now.state !== "stopped" && now.state !== "stopping";
  if (!group?.members.some(({ instanceId }) => instanceId === lost.id) || healthy) return;
  const members = group.members.filter(({ instanceId }) => instanceId !== lost.id);
  change(scalingGroups, name, { members });
  if (now) terminate(context, lost.id, "Server.InternalError");
  fillGroup(context, name, lost, groupIds);
}

/** Launches what a group lacks of its desired capacity. */
export function fillGroup(context: AwsContext, name: string, like: Instance, groupIds: readonly string[]): void {
  const { scalingGroups } = context.state;
  const group = scalingGroups.get(name);
  if (!group || group.suspended.includes("Launch")) return;
  const missing = group.desired - group.members.length;
  const fresh = Array.from({ length: Math.max(0, missing) }, () => {
    const made = addSuccessor(context, like, groupIds, { tags: { "aws:autoscaling:groupName": name } });
    launch(context, made.id);
    return { instanceId: made.id, lifecycle: "InService", protectedFromScaleIn: false } as const;
  });
  change(scalingGroups, name, { members: [...group.members, ...fresh] });
}

function refillFleet(context: AwsContext, fleetId: string, lost: Instance, groupIds: readonly string[]): void {
  const { fleets } = context.state;
  const fleet = fleets.get(fleetId);
  if (!fleet?.instanceIds.includes(lost.id)) return;
  const made = addSuccessor(context, lost, groupIds, { tags: lost.tags });
  launch(context, made.id);
  change(fleets, fleetId, { instanceIds: [...fleet.instanceIds.filter((id) => id !== lost.id), made.id] });
}

/** A one-time request is over with its instance; a persistent one that was not cancelled opens again. */
function endSpotRun(context: AwsContext, requestId: string, lost: Instance, groupIds: readonly string[]): void {
  const { spotRequests } = context.state;
  const request = spotRequests.get(requestId);
  if (request?.state !== "active") return;
  if (request.type === "one-time") {
    change(spotRequests, requestId, { state: "closed" });
    return;
  }
  change(spotRequests, requestId, { state: "open", instanceId: undefined });
  context.later(timings.replacementMs, () => {
    if (spotRequests.get(requestId)?.state !== "open") return;
    const made = addSuccessor(context, lost, groupIds, { spotRequestId: requestId });
    launch(context, made.id);
    change(spotRequests, requestId, { state: "active", instanceId: made.id });
  });
}
