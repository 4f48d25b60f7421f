import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read, write } from "./action.js";
import { among, is, matching } from "./lists.js";
import type { ScalingActivity, ScalingGroup } from "./owners.js";
import { fillGroup } from "./replacement.js";
import type { AliyunActions, AliyunContext, AliyunRequestContext } from "./state.js";
import { change } from "./state.js";
import { timings } from "./timings.js";
import { numberedPage } from "./wire/pages.js";
import { flag, need, text, texts } from "./wire/read.js";
import { minutes } from "./wire/times.js";

/** The number of instance ids a call takes is not published; 20 holds for every other one of this service. */
const instanceIds = "InstanceIds[20]";

/** "Invalid InstanceId values are ignored in the query results." Lists are one deep here. */
function describeInstances({ state, input }: AliyunRequestContext): JsonObject {
  const all = [...state.scalingGroups.values()].flatMap((group) =>
    group.members.map((member) => ({ ...member, group })),
  );
  const found = matching<(typeof all)[number]>(all, input, {
    ScalingGroupId: is(({ group }) => group.id),
    InstanceIds: among(({ instanceId }) => instanceId),
    LifecycleState: is(({ state: lifecycle }) => lifecycle),
    CreationType: is(({ creation }) => creation),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const ScalingInstances = rows.map(({ instanceId, creation, state: lifecycle, since, group }) => ({
    InstanceId: instanceId,
    ScalingGroupId: group.id,
    ScalingConfigurationId: creation === "AutoCreated" ? group.configurationId : "",
    CreationType: creation,
    Entrusted: creation === "AutoCreated",
    LifecycleState: lifecycle,
    HealthStatus: state.instances.get(instanceId)?.status === "Running" ? "Healthy" : "Unhealthy",
    CreationTime: minutes(since),
    ZoneId: state.instances.get(instanceId)?.zone ?? "",
    SpotStrategy: "NoSpot",
    WarmupState: "NoNeedWarmup",
  }));
  return { ...fields, TotalSpotCount: 0, ScalingInstances };
}

function describeGroups({ state, input, scope }: AliyunRequestContext): JsonObject {
  const found = matching<ScalingGroup>(state.scalingGroups.values(), input, {
    ScalingGroupIds: among(({ id }) => id),
    ScalingGroupNames: among(({ name }) => name),
    ScalingGroupName: is(({ name }) => name),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const ScalingGroups = rows.map((group) => ({
    ScalingGroupId: group.id,
    ScalingGroupName: group.name,
    RegionId: scope.region,
    LifecycleState: group.lifecycle,
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    TotalCapacity: group.members.length,
    ActiveCapacity: group.members.filter((member) => member.state === "InService").length,
    ActiveScalingConfigurationId: group.configurationId,
    GroupDeletionProtection: false,
    HealthCheckType: group.replaces ? "ECS" : "NONE",
    LaunchTemplateId: "",
    SuspendedProcesses: [],
    VpcId: group.vpcId,
    CreationTime: minutes(group.createdAt),
    Tags: [],
  }));
  return { ...fields, ScalingGroups };
}

function describeConfigurations({ state, input }: AliyunRequestContext): JsonObject {
  const groups = [...state.scalingGroups.values()].map((group) => ({ ...group, groupId: group.id }));
  const found = matching<(typeof groups)[number]>(groups, input, {
    ScalingGroupId: is(({ id }) => id),
    ScalingConfigurationIds: among(({ configurationId }) => configurationId),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const ScalingConfigurations = rows.map((group) => ({
    ScalingConfigurationId: group.configurationId,
    ScalingConfigurationName: "",
    ScalingGroupId: group.id,
    LifecycleState: "Active",
    // One group alone stands in the older field, several in the newer.
    SecurityGroupId: group.groupIds.length === 1 ? (group.groupIds[0] ?? "") : "",
    SecurityGroupIds: group.groupIds.length === 1 ? [] : group.groupIds,
    InstanceType: "ecs.g7.large",
    CreationTime: minutes(group.createdAt),
  }));
  return { ...fields, ScalingConfigurations };
}

function describeActivities({ state, input, now }: AliyunRequestContext): JsonObject {
  const groupId = text(input, "ScalingGroupId");
  const ids = texts(input, "ScalingActivityIds");
  if ((groupId === undefined) === (ids === undefined))
    throw refusal("MissingParameter", "Exactly one of ScalingGroupId and ScalingActivityIds must be specified.");
  const found = matching<ScalingActivity>(state.scalingActivities.values(), input, {
    ScalingGroupId: is((activity) => activity.groupId),
    ScalingActivityIds: among(({ id }) => id),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  const ScalingActivities = rows.map((activity) => ({
    ScalingActivityId: activity.id,
    ScalingGroupId: activity.groupId,
    Cause: activity.cause,
    StatusCode: isRunning(activity, now) ? "InProgress" : "Successful",
    StatusMessage: "",
    Progress: isRunning(activity, now) ? 50 : 100,
    StartTime: minutes(activity.startedAt),
    EndTime: isRunning(activity, now) ? "" : minutes(activity.endsAt),
  }));
  return { ...fields, ScalingActivities };
}

function isRunning({ endsAt }: ScalingActivity, now: number): boolean {
  return endsAt > now;
}

/** "group must be enabled with no activity running". */
function readyGroup({ state, input, now }: AliyunRequestContext): ScalingGroup {
  const group = state.scalingGroups.get(need(input, "ScalingGroupId"));
  if (!group) throw refusal("InvalidScalingGroupId.NotFound", "The specified scaling group does not exist.", 404);
  if (group.lifecycle !== "Active")
    throw refusal(
      "IncorrectScalingGroupStatus",
      "The current status of the specified scaling group does not support this action.",
    );
  if (
    [...state.scalingActivities.values()].some((activity) => activity.groupId === group.id && isRunning(activity, now))
  )
    throw refusal(
      "ScalingActivityInProgress",
      "You cannot do this while there is a scaling activity in progress.",
      403,
    );
  return group;
}

function startActivity(context: AliyunContext, groupId: string, cause: string): ScalingActivity {
  const id = context.ids.assign("scaling-activity");
  const startedAt = context.clock.now();
  const activity = { id, groupId, cause, startedAt, endsAt: startedAt + timings.detachFromGroupMs };
  context.state.scalingActivities.set(id, activity);
  return activity;
}

/** Asynchronous. With `DecreaseDesiredCapacity=false` the group launches others in place of what it gave up. */
function detachInstances(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  const group = readyGroup(context);
  const ids = texts(input, "InstanceIds") ?? [];
  const members = group.members.filter(({ instanceId }) => ids.includes(instanceId));
  if (members.length < ids.length && !flag(input, "IgnoreInvalidInstance"))
    throw refusal("InvalidInstanceId.NotFound", "An instance does not exist in the specified scaling group.", 404);
  const decrease = flag(input, "DecreaseDesiredCapacity") ?? true;
  if (group.members.length - members.length < group.minSize)
    throw refusal(
      "IncorrectCapacity.MinSize",
      "To detach the instances, the total capacity will be lesser than the MinSize.",
    );
  const activity = startActivity(context, group.id, "A user requests to detach instances.");
  const marked = group.members.map((each) => (members.includes(each) ? { ...each, state: "Removing" as const } : each));
  change(state.scalingGroups, group.id, { members: marked });
  for (const { instanceId } of members) context.effect(`${group.id}/${instanceId}`);
  const gone = new Set(members.map(({ instanceId }) => instanceId));
  context.later(timings.detachFromGroupMs, () => finishDetach(context, group.id, gone, decrease));
  return { ScalingActivityId: activity.id };
}

function finishDetach(context: AliyunContext, groupId: string, gone: ReadonlySet<string>, decrease: boolean): void {
  const { scalingGroups, instances } = context.state;
  const group = scalingGroups.get(groupId);
  if (!group) return;
  const members = group.members.filter(({ instanceId }) => !gone.has(instanceId));
  change(scalingGroups, groupId, { members, desired: decrease ? group.desired - gone.size : group.desired });
  const [like] = [...gone].flatMap((id) => instances.get(id) ?? []);
  if (like && !decrease) context.later(timings.replacementMs, () => fillGroup(context, groupId, like));
}

function attachInstances(context: AliyunRequestContext): JsonObject {
  const { input, state, now } = context;
  const group = readyGroup(context);
  const ids = texts(input, "InstanceIds") ?? [];
  if (ids.some((id) => state.instances.get(id)?.status !== "Running"))
    throw refusal("InvalidInstanceId.NotFound", "An instance does not exist or is not running.", 404);
  if (
    [...state.scalingGroups.values()].some(({ members }) => members.some(({ instanceId }) => ids.includes(instanceId)))
  )
    throw refusal("InvalidInstanceId.InUse", "An instance is already added to a scaling group.");
  if (group.members.length + ids.length > group.maxSize)
    throw refusal(
      "IncorrectCapacity.MaxSize",
      "To attach the instances, the total capacity will be greater than the MaxSize.",
    );
  const fresh = ids.map(
    (instanceId) => ({ instanceId, creation: "Attached", state: "InService", since: now }) as const,
  );
  change(state.scalingGroups, group.id, { members: [...group.members, ...fresh], desired: group.desired + ids.length });
  for (const id of ids) context.effect(`${group.id}/${id}`);
  return { ScalingActivityId: startActivity(context, group.id, "A user requests to attach instances.").id };
}

/** The members that a request names, which must be in service. */
function setState(context: AliyunRequestContext, group: ScalingGroup, to: "Standby" | "Protected" | "InService"): void {
  const ids = texts(context.input, "InstanceIds") ?? [];
  for (const id of ids) {
    const member = group.members.find(({ instanceId }) => instanceId === id);
    if (!member) throw refusal("InvalidInstanceId.NotFound", `Instance ${id} is not in the scaling group.`, 404);
    if (!["InService", "Protected", to].includes(member.state))
      throw refusal("IncorrectInstanceStatus", `The current status of ${id} does not support this action.`);
  }
  const members = group.members.map((each) => (ids.includes(each.instanceId) ? { ...each, state: to } : each));
  change(context.state.scalingGroups, group.id, { members });
  for (const id of ids) context.effect(`${group.id}/${id}`);
}

function enterStandby(context: AliyunRequestContext): JsonObject {
  setState(context, readyGroup(context), "Standby");
  return {};
}

function setProtection(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  const group = state.scalingGroups.get(need(input, "ScalingGroupId"));
  if (!group) throw refusal("InvalidScalingGroupId.NotFound", "The specified scaling group does not exist.", 404);
  setState(context, group, flag(input, "ProtectedFromScaleIn") ? "Protected" : "InService");
  return {};
}

/** Auto Scaling. */
export const scaling: AliyunActions = {
  "ess:DescribeScalingInstances": read(
    `RegionId! ScalingGroupId ${instanceIds} LifecycleState CreationType PageNumber:n PageSize:n`,
    describeInstances,
  ),
  "ess:DescribeScalingGroups": read(
    "RegionId! ScalingGroupIds[20] ScalingGroupNames[20] ScalingGroupName PageNumber:n PageSize:n",
    describeGroups,
  ),
  "ess:DescribeScalingConfigurations": read(
    "RegionId! ScalingGroupId ScalingConfigurationIds[10] PageNumber:n PageSize:n",
    describeConfigurations,
  ),
  "ess:DescribeScalingActivities": read(
    "RegionId! ScalingGroupId ScalingActivityIds[20] PageNumber:n PageSize:n",
    describeActivities,
  ),
  "ess:DetachInstances": write(
    `RegionId ScalingGroupId! ${instanceIds}! DecreaseDesiredCapacity:b DetachOption IgnoreInvalidInstance:b
     LifecycleHook:b ClientToken`,
    detachInstances,
  ),
  "ess:AttachInstances": write(
    `RegionId ScalingGroupId! ${instanceIds}! Entrusted:b IgnoreInvalidInstance:b ClientToken`,
    attachInstances,
  ),
  "ess:EnterStandby": write(`RegionId ScalingGroupId! ${instanceIds}! Async:b ClientToken`, enterStandby),
  "ess:SetInstancesProtection": write(
    `RegionId ScalingGroupId! ${instanceIds}! ProtectedFromScaleIn:b!`,
    setProtection,
  ),
};
