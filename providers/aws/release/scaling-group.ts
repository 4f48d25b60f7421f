import type { DependencyRef } from "../../../src/dependencies.js";
import { lazy } from "../../../src/lazy.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { releaseMembers, type ScalingCloud } from "../../../src/release/scaling-group.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";
import {
  readScalingGroups,
  readScalingMembers,
  type ScalingGroup,
  type ScalingMember,
} from "../dependencies/scaling-groups.js";

/** From where a group lets an instance go ("DetachInstances"). */
const detachable: ReadonlySet<string> = new Set(["InService", "Standby"]);

/**
 * Detaches instances from their scaling groups, with the desired capacity lowered, so that nothing is launched in their
 * place. A group at its minimum size keeps them.
 */
export async function releaseFromScalingGroups(
  context: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseMembers(context, items, scalingOf(context.call));
}

type Member = ScalingMember & { readonly groupId: string };

function scalingOf(call: AwsCall): ScalingCloud<Member> {
  const groups = lazy(() => readScalingGroups(call));
  return {
    // Auto Scaling API reference, InstanceIds of DetachInstances.
    batchSize: 20,
    pace: { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 },
    consistencyWindowMs: awsCapabilities.consistencyWindowMs,
    readMembers: async (_, ids) => {
      const members = (await readScalingMembers(call, ids)).filter(
        ({ lifecycleState }) => lifecycleState !== "Detached",
      );
      return members.map((member) => ({ ...member, groupId: member.groupName }));
    },
    isLeaving: ({ lifecycleState }) => lifecycleState.startsWith("Detach"),
    judge: async (name, leaving) => {
      const inService = leaving.filter(({ member }) => member.lifecycleState === "InService").length;
      const group = (await groups()).find((one) => one.name === name);
      const isShort = group && inService > 0 && group.desiredCapacity - inService < group.minSize;
      return ({ item, member }) => {
        if (!detachable.has(member.lifecycleState)) return notDetachable(item, member);
        return isShort ? atMinimum(item, group, inService) : undefined;
      };
    },
    request: (name, ids) => ({
      service: "autoscaling",
      action: "DetachInstances",
      parameters: { AutoScalingGroupName: name, InstanceIds: ids, ShouldDecrementDesiredCapacity: true },
    }),
    // ValidationError, the code of any bad request.
    mayHaveLeft: ({ code }) => code === "invalid-request",
    detail: ({ lifecycleState, protectedFromScaleIn }) => ({ lifecycleState, protectedFromScaleIn }),
  };
}

function notDetachable(item: DependencyRef, { lifecycleState }: ScalingMember) {
  const message = `${item.instanceId} is ${lifecycleState} in ${item.id}, from where it cannot be detached.`;
  return itemProblem(item, "wrong-state", message, "Wait until it is in service, then try again.");
}

function atMinimum(item: DependencyRef, { name, minSize, desiredCapacity }: ScalingGroup, leaving: number) {
  const message = `${name} keeps at least ${minSize}: ${leaving} of ${desiredCapacity} cannot leave.`;
  return itemProblem(item, "dependency", message, "Lower the group's minimum size, or name fewer of its instances.");
}
