import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import {
  type AwsAction,
  type AwsRequestContext,
  isLive,
  iso,
  resourcesOf,
  type ScalingGroup,
  type ScalingMember,
} from "../state.js";
import { need, records, text, texts } from "../wire/read.js";
import {
  attachInstances,
  detachInstances,
  enterStandby,
  isWarm,
  namedGroup,
  setProtection,
  terminateMembers,
} from "./members.js";

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
  SetInstanceProtection: "InstanceIds[]! AutoScalingGroupName! ProtectedFromScaleIn:b!",
  EnterStandby: "InstanceIds[] AutoScalingGroupName! ShouldDecrementDesiredCapacity:b!",
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
  SetInstanceProtection: { mutating: true, handle: setProtection },
  EnterStandby: { mutating: true, handle: enterStandby },
};
