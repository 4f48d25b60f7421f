import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { deregister } from "../elasticloadbalancing/targets.js";
import { fillGroup, terminate } from "../lifecycle.js";
import {
  type AwsRequestContext,
  change,
  type Instance,
  isLive,
  iso,
  type ScalingGroup,
  type ScalingMember,
} from "../state.js";
import { timings } from "../timings.js";
import { flag, need, text, texts } from "../wire/read.js";

/** The group that a request names. */
export function namedGroup({ state, parameters }: AwsRequestContext): ScalingGroup {
  const name = need(parameters, "AutoScalingGroupName");
  const group = state.scalingGroups.get(name);
  if (!group) throw refusal("ValidationError", `AutoScalingGroup name not found - null`);
  return group;
}

/** What waits in a warm pool. */
export function isWarm({ lifecycle }: ScalingMember): boolean {
  return lifecycle.startsWith("Warmed");
}

function memberIds({ parameters }: AwsRequestContext, group: ScalingGroup, most: number): readonly string[] {
  const single = text(parameters, "InstanceId");
  const ids = [...new Set([...texts(parameters, "InstanceIds"), ...(single === undefined ? [] : [single])])];
  if (ids.length === 0 || ids.length > most)
    throw refusal("ValidationError", `The number of instance ids must be between 1 and ${most}.`);
  for (const id of ids) {
    const member = group.members.find(({ instanceId }) => instanceId === id);
    if (!member)
      throw refusal("ValidationError", `The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    if (isWarm(member))
      throw refusal("ValidationError", `The instance ${id} is in the warm pool of Auto Scaling group ${group.name}.`);
  }
  return ids;
}

/** Below the minimum is refused, all of it (DetachInstances, TerminateInstanceInAutoScalingGroup). */
function decrement({ parameters }: AwsRequestContext, group: ScalingGroup, by: number): number {
  if (flag(parameters, "ShouldDecrementDesiredCapacity") !== true) return group.desired;
  const desired = group.desired - by;
  if (desired < group.min)
    throw refusal(
      "ValidationError",
      `Currently, desiredSize equals minSize (${group.min}). Terminating instance without replacement will violate group's min size constraint.`,
    );
  return desired;
}

/** "Detaching": leaves the target groups as well, and the group after a while. Without decrement it is replaced. */
export function detachInstances(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const ids = memberIds(context, group, 20);
  const counted = group.members.filter((one) => ids.includes(one.instanceId) && one.lifecycle === "InService");
  const desired = decrement(context, group, counted.length);
  change(context.state.scalingGroups, group.name, { desired, members: marked(group, ids, "Detaching") });
  leaveTargetGroups(context, group, ids);
  for (const id of ids) context.effect(id);
  context.later(timings.detachFromGroupMs, (_now, { scalingGroups, instances }) => {
    const members = scalingGroups.get(group.name)?.members.filter(({ instanceId }) => !ids.includes(instanceId)) ?? [];
    change(scalingGroups, group.name, { members });
    const like = instances.get(ids[0] ?? "");
    if (like) fillGroup(context, group.name, like, groupsOf(context, like));
  });
  return { Activities: ids.map((id) => activity(context, group, `Detaching EC2 instance: ${id}`)) };
}

/** In service still, and not counted: "EnteringStandby" for a moment, then "Standby" (EnterStandby). */
export function enterStandby(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const ids = memberIds(context, group, 20);
  const resting = group.members.find((one) => ids.includes(one.instanceId) && one.lifecycle !== "InService");
  if (resting) throw refusal("ValidationError", `The instance ${resting.instanceId} is not in InService.`);
  const desired = decrement(context, group, ids.length);
  change(context.state.scalingGroups, group.name, { desired, members: marked(group, ids, "EnteringStandby") });
  leaveTargetGroups(context, group, ids);
  for (const id of ids) context.effect(id);
  context.later(timings.detachFromGroupMs, (_now, { scalingGroups, instances }) => {
    const now = scalingGroups.get(group.name);
    if (now) change(scalingGroups, group.name, { members: marked(now, ids, "Standby") });
    const like = instances.get(ids[0] ?? "");
    if (like) fillGroup(context, group.name, like, groupsOf(context, like));
  });
  return { Activities: ids.map((id) => activity(context, group, `Moving EC2 instance to Standby: ${id}`)) };
}

/** Protection from scale-in: it hinders neither a detach nor a termination by hand (SetInstanceProtection). */
export function setProtection(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const ids = memberIds(context, group, 50);
  const protectedFromScaleIn = flag(context.parameters, "ProtectedFromScaleIn") === true;
  const members = group.members.map((one) => (ids.includes(one.instanceId) ? { ...one, protectedFromScaleIn } : one));
  change(context.state.scalingGroups, group.name, { members });
  for (const id of ids) context.effect(id);
  return {};
}

function marked(group: ScalingGroup, ids: readonly string[], lifecycle: ScalingMember["lifecycle"]) {
  return group.members.map((member) => (ids.includes(member.instanceId) ? { ...member, lifecycle } : member));
}

function leaveTargetGroups(context: AwsRequestContext, group: ScalingGroup, ids: readonly string[]): void {
  for (const arn of group.targetGroupArns) {
    const targets = context.state.targetGroups.get(arn);
    if (targets) deregister(context, targets, ({ id }) => ids.includes(id));
  }
}

function groupsOf({ state }: AwsRequestContext, instance: Instance): readonly string[] {
  return state.interfaces.get(instance.interfaceIds[0] ?? "")?.groupIds ?? [];
}

function activity({ scope, now }: AwsRequestContext, group: ScalingGroup, description: string): JsonObject {
  return {
    ActivityId: `activity-${scope.accountId}-${group.name}`,
    AutoScalingGroupName: group.name,
    Cause: `At ${iso(now)} instance was taken out of service in response to a user request.`,
    Description: description,
    StartTime: iso(now),
    StatusCode: "InProgress",
    Progress: 50,
  };
}

/** Running instances in a zone of the group join it and raise its desired capacity (AttachInstances). */
export function attachInstances(context: AwsRequestContext): JsonObject {
  const { state, parameters } = context;
  const group = namedGroup(context);
  const ids = texts(parameters, "InstanceIds");
  if (ids.length > 20) throw refusal("ValidationError", "At most 20 instances can be attached at once.");
  for (const id of ids) {
    const instance = state.instances.get(id);
    if (!isLive(instance)) throw refusal("ValidationError", `Invalid Instance ID(s): ${id} provided`);
    if (instance.state !== "running") throw refusal("ValidationError", `The instance ${id} is not in correct state.`);
    if ([...state.scalingGroups.values()].some(({ members }) => members.some(({ instanceId }) => instanceId === id)))
      throw refusal("ValidationError", `The instance ${id} is already part of an Auto Scaling group.`);
  }
  const desired = group.desired + ids.length;
  if (desired > group.max) throw refusal("ValidationError", "AutoScalingGroup would exceed its maximum size.");
  const joining = ids.map(
    (instanceId) => ({ instanceId, lifecycle: "InService", protectedFromScaleIn: false }) as const,
  );
  change(state.scalingGroups, group.name, { desired, members: [...group.members, ...joining] });
  for (const arn of group.targetGroupArns) joinTargetGroup(context, arn, ids);
  for (const id of ids) context.effect(id);
  return {};
}

function joinTargetGroup({ state }: AwsRequestContext, arn: string, ids: readonly string[]): void {
  const group = state.targetGroups.get(arn);
  if (!group) return;
  const others = group.targets.filter(({ id }) => !ids.includes(id));
  change(state.targetGroups, arn, { targets: [...others, ...ids.map((id) => ({ id, port: group.port }))] });
}

/** Terminates members. Termination protection does not hinder a group ("Change instance termination protection"). */
export function terminateMembers(context: AwsRequestContext): JsonObject {
  const { state, parameters } = context;
  const single = text(parameters, "InstanceId") ?? texts(parameters, "InstanceIds")[0];
  const name = text(parameters, "AutoScalingGroupName");
  const group = [...state.scalingGroups.values()].find(
    (one) => (name === undefined || one.name === name) && one.members.some(({ instanceId }) => instanceId === single),
  );
  if (!group)
    throw refusal("ValidationError", `Instance Id not found - No managed instance found for instance ID: ${single}`);
  const ids = memberIds(context, group, 100);
  const desired = decrement(context, group, ids.length);
  const members = group.members.filter(({ instanceId }) => !ids.includes(instanceId));
  const like = state.instances.get(ids[0] ?? "");
  const cards = like ? groupsOf(context, like) : [];
  change(state.scalingGroups, group.name, { desired, members });
  leaveTargetGroups(context, group, ids);
  for (const id of ids) if (terminate(context, id)) context.effect(id);
  context.later(timings.replacementMs, () => {
    if (like) fillGroup(context, group.name, like, cards);
  });
  const activities = ids.map((id) => activity(context, group, `Terminating EC2 instance: ${id}`));
  return text(parameters, "InstanceId") === undefined
    ? { Activities: activities }
    : { Activity: activities[0] ?? null };
}
