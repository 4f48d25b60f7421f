import type { JsonObject } from "../../../../src/common.js";
import { flag, need, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { terminate } from "../lifecycle.js";
import { checkForm, list, usualPages } from "../list.js";
import type { Resource, ScalingGroup, ScalingMember } from "../records.js";
import { autoScaling } from "../service.js";
import {
  change,
  existing,
  join,
  leave,
  resourcesOf,
  type TencentActions,
  type TencentRequestContext,
} from "../state.js";
import { utc } from "../times.js";
import { timings } from "../timings.js";

interface Listed {
  readonly group: ScalingGroup;
  readonly member: ScalingMember;
}

/** Auto Scaling: groups replace what they lose, and let go only what leaves them at their least size. */
export const scalingActions: TencentActions = {
  "as:DescribeAutoScalingInstances": list<Listed>(autoScaling, {
    parameters: "InstanceIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "AutoScalingInstanceSet",
    things: ({ scalingGroups }) =>
      new Map(
        [...scalingGroups.values()].flatMap((group) =>
          group.members.map((member) => [member.instanceId, { group, member }] as const),
        ),
      ),
    ids: {
      parameter: "InstanceIds",
      path: "InstanceId",
      form: "instance",
      malformed: "InvalidParameterValue.InvalidInstanceId",
    },
    item: ({ group, member }, { state }) => ({
      ProtectedFromScaleIn: member.isProtected ?? false,
      Zone: state.instances.get(member.instanceId)?.zone ?? "",
      LaunchConfigurationId: group.launchConfigurationId,
      LaunchConfigurationName: group.launchConfigurationId,
      InstanceId: member.instanceId,
      VersionNumber: 1,
      DisasterRecoverGroupIds: [],
      AddTime: utc(member.addedAt),
      CreationType: "AUTO_CREATION",
      AutoScalingGroupName: group.id,
      AutoScalingGroupId: group.id,
      HealthStatus: "HEALTHY",
      LifeCycleState: member.lifecycle,
      InstanceType: "SA2.MEDIUM4",
      WarmupStatus: "NO_NEED_WARMUP",
    }),
    filters: { "instance-id": "InstanceId", "auto-scaling-group-id": "AutoScalingGroupId" },
    pages: usualPages,
  }),
  "as:DescribeAutoScalingGroups": list<ScalingGroup>(autoScaling, {
    parameters: "AutoScalingGroupIds[100] Filters[]{Name! Values[]!} Limit:n Offset:n",
    set: "AutoScalingGroupSet",
    things: ({ scalingGroups }) => scalingGroups,
    ids: {
      parameter: "AutoScalingGroupIds",
      path: "AutoScalingGroupId",
      form: "scaling-group",
      malformed: "InvalidParameterValue.InvalidAutoScalingGroupId",
    },
    item: groupItem,
    filters: {
      "auto-scaling-group-id": "AutoScalingGroupId",
      "auto-scaling-group-name": "AutoScalingGroupName",
      "launch-configuration-id": "LaunchConfigurationId",
    },
    tags: "Tags",
    pages: usualPages,
  }),
  "as:DetachInstances": autoScaling.write("AutoScalingGroupId! InstanceIds[100]!", (context) => {
    const { group, instanceIds } = leaving(context);
    return activity(
      context,
      group,
      () => {
        for (const id of instanceIds) remove(context, group.id, id);
      },
      (members) =>
        members.map((one) => (instanceIds.includes(one.instanceId) ? { ...one, lifecycle: "DETACHING" } : one)),
    );
  }),
  // Destroys what the group launched: not a way to keep an instance.
  "as:RemoveInstances": autoScaling.write("AutoScalingGroupId! InstanceIds[100]!", (context) => {
    const { group, instanceIds } = leaving(context);
    return activity(context, group, () => {
      for (const id of instanceIds) {
        remove(context, group.id, id);
        const instance = context.state.instances.get(id);
        if (instance) terminate(context, instance);
      }
    });
  }),
  "as:AttachInstances": autoScaling.write("AutoScalingGroupId! InstanceIds[100]!", (context) => {
    const { state, parameters, effect, now } = context;
    const group = groupFor(context);
    const instanceIds = texts(parameters, "InstanceIds");
    for (const id of instanceIds) {
      existing(state.instances, id, "ResourceNotFound.InstancesNotFound", "instance");
      if ([...state.scalingGroups.values()].some(({ members }) => members.some((one) => one.instanceId === id)))
        throw refusal("ResourceUnavailable.InstancesAlreadyInAutoScalingGroup", `\`${id}\` is in a scaling group.`);
    }
    if (group.members.length + instanceIds.length > group.max)
      throw refusal("ResourceInsufficient.AutoScalingGroupAboveMaxSize", "The group would grow above its most.");
    for (const id of instanceIds) {
      effect(id);
      join(state, "auto-scaling-group", group.id, id);
    }
    const attached = instanceIds.map((instanceId) => ({ instanceId, lifecycle: "IN_SERVICE", addedAt: now }) as const);
    return activity(
      context,
      { ...group, desired: group.desired + instanceIds.length },
      () => undefined,
      (members) => [...members, ...attached],
    );
  }),
  // Keeps the group from choosing these when it shrinks; detaching them is not refused.
  "as:SetInstancesProtection": autoScaling.write(
    "AutoScalingGroupId! InstanceIds[100]! ProtectedFromScaleIn:b!",
    ({ state, parameters, effect }) => {
      const id = need(parameters, "AutoScalingGroupId");
      const group = existing(state.scalingGroups, id, "ResourceNotFound.AutoScalingGroupNotFound", "scaling group");
      const named = texts(parameters, "InstanceIds");
      for (const instanceId of named) {
        if (!group.members.some((one) => one.instanceId === instanceId))
          throw refusal("ResourceNotFound.InstancesNotInAutoScalingGroup", `\`${instanceId}\` is not in the group.`);
        effect(instanceId);
      }
      const isProtected = flag(parameters, "ProtectedFromScaleIn") ?? false;
      change(state.scalingGroups, group.id, {
        members: group.members.map((one) => (named.includes(one.instanceId) ? { ...one, isProtected } : one)),
      });
      return {};
    },
  ),
  "as:DescribeLaunchConfigurations": list<Resource>(autoScaling, {
    parameters: "LaunchConfigurationIds[100] Filters[]{Name! Values[]!} Limit:n Offset:n",
    set: "LaunchConfigurationSet",
    things: (state) => new Map(resourcesOf(state, "launch-configuration").map((one) => [one.id, one])),
    ids: { parameter: "LaunchConfigurationIds", path: "LaunchConfigurationId" },
    item: ({ wire }) => wire,
    filters: {
      "launch-configuration-id": "LaunchConfigurationId",
      "launch-configuration-name": "LaunchConfigurationName",
    },
    tags: "Tags",
    pages: usualPages,
  }),
  "as:DescribeAutoScalingActivities": list<Resource>(autoScaling, {
    parameters: "ActivityIds[100] Filters[]{Name! Values[]!} Limit:n Offset:n StartTime EndTime",
    set: "ActivitySet",
    things: (state) => new Map(resourcesOf(state, "activity").map((one) => [one.id, one])),
    ids: { parameter: "ActivityIds", path: "ActivityId" },
    item: ({ wire }, { now }) => {
      const isDone = now >= Number(wire.doneAt);
      const { doneAt: _doneAt, ...item } = wire;
      return {
        ...item,
        StatusCode: isDone ? "SUCCESSFUL" : "RUNNING",
        EndTime: isDone ? utc(Number(wire.doneAt)) : null,
      };
    },
    filters: { "auto-scaling-group-id": "AutoScalingGroupId", "activity-id": "ActivityId" },
    pages: usualPages,
  }),
};

function groupFor({ state, parameters }: TencentRequestContext): ScalingGroup {
  const id = need(parameters, "AutoScalingGroupId");
  checkForm("scaling-group", id, "InvalidParameterValue.InvalidAutoScalingGroupId");
  const group = existing(state.scalingGroups, id, "ResourceNotFound.AutoScalingGroupNotFound", "scaling group");
  if (group.inActivity)
    throw refusal("ResourceUnavailable.AutoScalingGroupInActivity", `An activity of \`${id}\` is under way.`);
  return group;
}

/** Members that are to go, if the group can spare them. */
function leaving(context: TencentRequestContext) {
  const group = groupFor(context);
  const instanceIds = [...new Set(texts(context.parameters, "InstanceIds"))];
  for (const id of instanceIds) {
    checkForm("instance", id, "InvalidParameterValue.InvalidInstanceId");
    if (!group.members.some((one) => one.instanceId === id))
      throw refusal("ResourceNotFound.InstancesNotInAutoScalingGroup", `\`${id}\` is not in the group.`);
    const operation = context.state.instances.get(id)?.operation;
    if (operation?.state === "OPERATING")
      throw refusal("ResourceUnavailable.InstanceInOperation", `\`${id}\` is in operation.`);
  }
  if (group.members.length - instanceIds.length < group.min)
    throw refusal("ResourceInsufficient.AutoScalingGroupBelowMinSize", "The group would shrink below its least.");
  for (const id of instanceIds) context.effect(id);
  return { group: { ...group, desired: group.desired - instanceIds.length }, instanceIds };
}

/** Runs an activity: until it ends the group takes no other. */
function activity(
  context: TencentRequestContext,
  group: ScalingGroup,
  end: () => void,
  meanwhile: (members: readonly ScalingMember[]) => readonly ScalingMember[] = (members) => members,
): JsonObject {
  const { state, ids, now } = context;
  const ActivityId = ids.assign("activity");
  const members = meanwhile(group.members);
  change(state.scalingGroups, group.id, { desired: group.desired, inActivity: true, members });
  state.resources.set(`activity/${ActivityId}`, {
    kind: "activity",
    id: ActivityId,
    wire: {
      ActivityId,
      AutoScalingGroupId: group.id,
      ActivityType: "DETACH_INSTANCES",
      StartTime: utc(now),
      CreatedTime: utc(now),
      doneAt: now + timings.scalingActivityMs,
    },
  });
  context.later(timings.scalingActivityMs, () => {
    end();
    change(state.scalingGroups, group.id, { inActivity: false });
  });
  return { ActivityId };
}

function remove({ state }: TencentRequestContext, groupId: string, instanceId: string): void {
  const members = state.scalingGroups.get(groupId)?.members ?? [];
  change(state.scalingGroups, groupId, { members: members.filter((one) => one.instanceId !== instanceId) });
  leave(state, "auto-scaling-group", groupId, instanceId);
}

function groupItem(group: ScalingGroup): JsonObject {
  return {
    AutoScalingGroupId: group.id,
    AutoScalingGroupName: group.id,
    AutoScalingGroupStatus: "NORMAL",
    CreatedTime: utc(group.createdAt),
    DefaultCooldown: 300,
    DesiredCapacity: group.desired,
    EnabledStatus: group.isEnabled ? "ENABLED" : "DISABLED",
    ForwardLoadBalancerSet: [],
    InstanceCount: group.members.length,
    InServiceInstanceCount: group.members.filter(({ lifecycle }) => lifecycle === "IN_SERVICE").length,
    LaunchConfigurationId: group.launchConfigurationId,
    LaunchConfigurationName: group.launchConfigurationId,
    LoadBalancerIdSet: [],
    MaxSize: group.max,
    MinSize: group.min,
    ProjectId: 0,
    SubnetIdSet: [],
    TerminationPolicySet: ["OLDEST_INSTANCE"],
    VpcId: group.vpcId,
    ZoneSet: [],
    RetryPolicy: "IMMEDIATE_RETRY",
    InActivityStatus: group.inActivity ? "IN_ACTIVITY" : "NOT_IN_ACTIVITY",
    Tags: [],
    HealthCheckType: "CVM",
  };
}
