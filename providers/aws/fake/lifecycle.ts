import { addSuccessor } from "./build.js";
import { addressesOn, releaseInterfaces } from "./interfaces.js";
import { freePublicIp } from "./network.js";
import type { AwsContext, Instance, InstanceStateName } from "./state.js";
import { change, isLive } from "./state.js";
import { timings } from "./timings.js";
import { releaseVolumes } from "./volumes.js";

/** Codes of the states ("InstanceState" in the EC2 API reference). */
export const stateCodes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** Puts an instance into a state, and into the next one when its time has come, unless something else came first. */
function enter(
  context: AwsContext,
  id: string,
  state: InstanceStateName,
  then?: { readonly afterMs: number; readonly run: () => void },
): void {
  const before = context.state.instances.get(id);
  if (!before) return;
  const turn = before.turn + 1;
  change(context.state.instances, id, { state, turn });
  if (!then) return;
  context.later(then.afterMs, () => {
    if (context.state.instances.get(id)?.turn === turn) then.run();
  });
}

/** `pending`, and `running` a while later. */
export function launch(context: AwsContext, id: string, afterMs: number = timings.launchMs): void {
  enter(context, id, "pending", { afterMs, run: () => enter(context, id, "running") });
}

/** Starts a stopped instance. An address from AWS's pool is another one than before. */
export function start(context: AwsContext, id: string): void {
  const { instances, interfaces } = context.state;
  for (const interfaceId of instances.get(id)?.interfaceIds ?? [])
    if (interfaces.get(interfaceId)?.takesEphemeralIp && addressesOn(context, interfaceId).length === 0)
      change(interfaces, interfaceId, { ephemeralIp: freePublicIp(context.state) });
  change(context.state.instances, id, { launchTime: context.now, stateReason: undefined });
  launch(context, id, timings.startMs);
}

/** Stops an instance: `stopping`, then `stopped`. Its ephemeral address goes back to AWS. */
export function stop(context: AwsContext, id: string): void {
  change(context.state.instances, id, { stateReason: "Client.UserInitiatedShutdown" });
  enter(context, id, "stopping", { afterMs: timings.stopMs, run: () => becomeStopped(context, id) });
}

/** What is left of an instance once it has stopped. */
export function becomeStopped(context: AwsContext, id: string): void {
  enter(context, id, "stopped");
  for (const interfaceId of context.state.instances.get(id)?.interfaceIds ?? [])
    change(context.state.interfaces, interfaceId, { ephemeralIp: undefined });
  noticeLoss(context, id);
}

/** Terminates an instance: `shutting-down`, `terminated`, and an hour later no trace. False if it was on its way. */
export function terminate(context: AwsContext, id: string, reason = "Client.UserInitiatedShutdown"): boolean {
  const instance = context.state.instances.get(id);
  if (!instance || instance.state === "shutting-down" || instance.state === "terminated") return false;
  const afterMs = instance.state === "stopped" ? timings.shutDownStoppedMs : timings.shutDownMs;
  change(context.state.instances, id, { stateReason: reason });
  enter(context, id, "shutting-down", { afterMs, run: () => becomeTerminated(context, id) });
  noticeLoss(context, id);
  return true;
}

/**
 * The tombstone. It no longer names disks, interfaces, groups, addresses or tags; what it held is freed some seconds
 * later ("Terminate Your Instance" in the EC2 user guide; "IncorrectState" and "VolumeInUse" until then).
 */
export function becomeTerminated(context: AwsContext, id: string, releaseAfterMs: number = timings.releaseMs): void {
  const { state } = context;
  const instance = state.instances.get(id);
  if (!instance) return;
  enter(context, id, "terminated");
  change(state.instances, id, { volumeIds: [], interfaceIds: [], tags: {}, profileArn: undefined });
  for (const resource of [...state.resources.values()])
    if (resource.kind === "profile-association" && resource.wire.instanceId === id)
      state.resources.delete(`${resource.kind}/${resource.id}`);
  const release = () => {
    releaseVolumes(context, instance);
    releaseInterfaces(context, instance);
  };
  if (releaseAfterMs === 0) release();
  else context.later(releaseAfterMs, release);
  context.later(timings.tombstoneMs, () => state.instances.delete(id));
}

/** Puts an instance into a state as a seed asks, with what follows from it. */
export function putInto(context: AwsContext, id: string, state: InstanceStateName): void {
  if (state === "pending") launch(context, id);
  else if (state === "stopping") stop(context, id);
  else if (state === "stopped") becomeStopped(context, id);
  else if (state === "shutting-down") terminate(context, id);
  else if (state === "terminated") becomeTerminated(context, id, 0);
  else enter(context, id, state);
}

/** The state of an instance as EC2 writes it. */
export function stateElement(instance: Pick<Instance, "state">): { readonly code: number; readonly name: string } {
  return { code: stateCodes[instance.state], name: instance.state };
}

/*
 * What launches again what it lost: Auto Scaling groups (a stopped member fails its health check as well), fleets of
 * type maintain, persistent Spot requests.
 */

/** Tells everything that counts on an instance that it stops or goes. */
function noticeLoss(context: AwsContext, id: string): void {
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
  // What is on standby does not count ("Temporarily remove instances from your Auto Scaling group").
  const missing = group.desired - group.members.filter(({ lifecycle }) => !lifecycle.endsWith("Standby")).length;
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
