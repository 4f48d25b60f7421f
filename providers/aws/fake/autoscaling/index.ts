import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { deregister } from "../elasticloadbalancing/targets.js";
import { fillGroup, terminate } from "../lifecycle.js";
import { page } from "../paging.js";
import {
  type AwsAction,
  type AwsRequestContext,
  change,
  type Instance,
  isLive,
  iso,
  resourcesOf,
  type ScalingGroup,
  type ScalingMember,
} from "../state.js";
import { timings } from "../timings.js";
import { flag, need, records, text, texts } from "../wire/read.js";

/** Parameters by action (client-auto-scaling 3.1169, request shapes). */
export const autoScalingParameters = {
  DescribeAutoScalingInstances: "InstanceIds[] IncludeManagedResources:b MaxRecords:n NextToken",
  DescribeAutoScalingGroups:
    "AutoScalingGroupNames[] IncludeInstances:b IncludeManagedResources:b NextToken MaxRecords:n Filters[]{Name Values[]}",
  DescribeLaunchConfigurations: "LaunchConfigurationNames[] NextToken MaxRecords:n",
  DescribeScalingActivities:
    "ActivityIds[] AutoScalingGroupName IncludeDeletedGroups:b IncludeManagedResources:b MaxRecords:n NextToken Filters[]{Name Values[]}",
  DescribeWarmPool: "AutoScalingGroupName! MaxRecords:n NextToken",
  AttachInstances: "AutoScalingGroupName! InstanceIds[]",
  DetachInstances: "AutoScalingGroupName! ShouldDecrementDesiredCapacity:b! InstanceIds[]",
  TerminateInstanceInAutoScalingGroup:
    "ShouldDecrementDesiredCapacity:b! InstanceId InstanceIds[] AutoScalingGroupName",
} as const;

const pages = { token: "NextToken", size: "MaxRecords", invalid: "ValidationError" } as const;

/** Ids of no member are left out, not an error. At most 50 ids in a call (DescribeAutoScalingInstances). */
function describeInstances(context: AwsRequestContext): JsonObject {
  const ids = texts(context.parameters, "InstanceIds");
  if (ids.length > 50) throw refusal("ValidationError", "The number of instance ids must not exceed 50.");
  const rows = [...context.state.scalingGroups.values()].flatMap((group) =>
    group.members
      .filter(({ instanceId }) => ids.length === 0 || ids.includes(instanceId))
      .map((member) => ({ ...memberItem(context, group, member), AutoScalingGroupName: group.name })),
  );
  const { things, next } = page(context, rows, { ...pages, usual: 50, most: 50 });
  return { AutoScalingInstances: things, ...next };
}

function memberItem({ state }: AwsRequestContext, group: ScalingGroup, member: ScalingMember): JsonObject {
  const instance = state.instances.get(member.instanceId);
  return {
    InstanceId: member.instanceId,
    InstanceType: instance?.type ?? null,
    AvailabilityZone: instance?.zone ?? "",
    LifecycleState: member.lifecycle,
    HealthStatus: isLive(instance) ? "HEALTHY" : "UNHEALTHY",
    ProtectedFromScaleIn: member.protectedFromScaleIn,
    ...sourceOf(group),
  };
}

function sourceOf({ launchTemplateId, launchConfiguration }: ScalingGroup): JsonObject {
  if (launchConfiguration !== undefined) return { LaunchConfigurationName: launchConfiguration };
  return launchTemplateId === undefined
    ? {}
    : { LaunchTemplate: { LaunchTemplateId: launchTemplateId, LaunchTemplateName: launchTemplateId, Version: "1" } };
}

function describeGroups(context: AwsRequestContext): JsonObject {
  const { parameters, state } = context;
  const names = texts(parameters, "AutoScalingGroupNames");
  const chosen = [...state.scalingGroups.values()].filter(({ name }) => names.length === 0 || names.includes(name));
  for (const filter of records(parameters, "Filters"))
    throw refusal("ValidationError", `The fake does not filter groups by ${need(filter, "Name")}.`);
  const { things, next } = page(context, chosen, { ...pages, usual: 50, most: 100 });
  return { AutoScalingGroups: things.map((group) => groupItem(context, group)), ...next };
}

function groupItem(context: AwsRequestContext, group: ScalingGroup): JsonObject {
  const { accountId, region } = context.scope;
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:1:autoScalingGroupName/${group.name}`,
    ...sourceOf(group),
    MinSize: group.min,
    MaxSize: group.max,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: group.zones,
    LoadBalancerNames: [],
    TargetGroupARNs: group.targetGroupArns,
    HealthCheckType: "EC2",
    HealthCheckGracePeriod: 0,
    // The warm pool has a call of its own.
    Instances: group.members.filter((member) => !isWarm(member)).map((member) => memberItem(context, group, member)),
    CreatedTime: iso(group.createTime),
    SuspendedProcesses: group.suspended.map((ProcessName) => ({ ProcessName, SuspensionReason: "User suspended" })),
    Tags: [],
    TerminationPolicies: ["Default"],
    NewInstancesProtectedFromScaleIn: false,
  };
}

function isWarm({ lifecycle }: ScalingMember): boolean {
  return lifecycle.startsWith("Warmed");
}

function describeWarmPool(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const warm = group.members.filter(isWarm).map((member) => memberItem(context, group, member));
  const { things, next } = page(context, warm, { ...pages, usual: 50, most: 50 });
  const pool = warm.length === 0 ? {} : { WarmPoolConfiguration: { MinSize: 0, PoolState: "Stopped" } };
  return { ...pool, Instances: things, ...next };
}

/** The fake keeps no history: what a group did shows in its members. */
function describeActivities({ parameters, state }: AwsRequestContext): JsonObject {
  const name = text(parameters, "AutoScalingGroupName");
  if (name !== undefined && !state.scalingGroups.has(name))
    throw refusal("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup not found");
  return { Activities: [] };
}

function describeConfigurations(context: AwsRequestContext): JsonObject {
  const names = texts(context.parameters, "LaunchConfigurationNames");
  const all = resourcesOf(context.state, "launch-configuration").filter(
    ({ id }) => names.length === 0 || names.includes(id),
  );
  const { things, next } = page(context, all, { ...pages, usual: 50, most: 100 });
  return { LaunchConfigurations: things.map(({ wire }) => wire), ...next };
}

function namedGroup({ state, parameters }: AwsRequestContext): ScalingGroup {
  const name = need(parameters, "AutoScalingGroupName");
  const group = state.scalingGroups.get(name);
  if (!group) throw refusal("ValidationError", `AutoScalingGroup name not found - null`);
  return group;
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
function detachInstances(context: AwsRequestContext): JsonObject {
  const group = namedGroup(context);
  const ids = memberIds(context, group, 20);
  const desired = decrement(context, group, ids.length);
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
function attachInstances(context: AwsRequestContext): JsonObject {
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
function terminateMembers(context: AwsRequestContext): JsonObject {
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

/** Auto Scaling. */
export const autoScalingActions: Readonly<Record<keyof typeof autoScalingParameters, AwsAction>> = {
  DescribeAutoScalingInstances: { mutating: false, handle: describeInstances },
  DescribeAutoScalingGroups: { mutating: false, handle: describeGroups },
  DescribeLaunchConfigurations: { mutating: false, handle: describeConfigurations },
  DescribeScalingActivities: { mutating: false, handle: describeActivities },
  DescribeWarmPool: { mutating: false, handle: describeWarmPool },
  AttachInstances: { mutating: true, handle: attachInstances },
  DetachInstances: { mutating: true, handle: detachInstances },
  TerminateInstanceInAutoScalingGroup: { mutating: true, handle: terminateMembers },
};
