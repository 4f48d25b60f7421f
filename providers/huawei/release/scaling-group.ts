import type { DependencyRef } from "../../../src/dependencies.js";
import { lazy } from "../../../src/lazy.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { releaseMembers, type ScalingCloud } from "../../../src/release/scaling-group.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { huaweiCapabilities } from "../capabilities.js";
import {
  readScalingGroups,
  readScalingMembers,
  type ScalingGroup,
  type ScalingMember,
} from "../dependencies/scaling-groups.js";

/** From where a group lets a server go. */
const removable: ReadonlySet<string> = new Set(["INSERVICE", "STANDBY"]);

/**
 * Removes servers from their scaling groups without deleting them; the group expects that many fewer then, so nothing is
 * made in their place. A group at its minimum size keeps them.
 */
export async function releaseFromScalingGroups(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseMembers(context, items, scalingOf(context.call));
}

function scalingOf(call: HuaweiCall): ScalingCloud<ScalingMember> {
  const groups = lazy(() => readScalingGroups(call));
  return {
    // "Batch Removing Instances".
    batchSize: 10,
    pace: { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 },
    consistencyWindowMs: huaweiCapabilities.consistencyWindowMs,
    readMembers: async (ids) => {
      const wanted = (await groups()).filter(({ id }) => ids.includes(id));
      return await readScalingMembers(call, wanted);
    },
    isLeaving: ({ lifecycleState }) => lifecycleState.startsWith("REMOV"),
    judge: async (id, leaving, members) => {
      const group = (await groups()).find((one) => one.id === id);
      const count = leaving.filter(({ member }) => removable.has(member.lifecycleState)).length;
      const isShort = group && members.length - count < group.minSize;
      return ({ item, member }) => {
        if (!removable.has(member.lifecycleState)) return notRemovable(item, member);
        return isShort ? atMinimum(item, group, count) : undefined;
      };
    },
    request: (id, ids) => ({
      service: "as",
      action: "POST /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/action",
      parameters: {
        path: { scaling_group_id: id },
        // "no": the servers stay; without it they are removed from the group and deleted.
        body: { action: "REMOVE", instances_id: ids, instance_delete: "no" },
      },
    }),
    detail: ({ lifecycleState, protectedFromScaleIn }) => ({ lifecycleState, protectedFromScaleIn }),
  };
}

function notRemovable(item: DependencyRef, { lifecycleState }: ScalingMember) {
  const message = `${item.instanceId} is ${lifecycleState} in ${item.id}, from where it cannot be removed.`;
  return itemProblem(item, "wrong-state", message, "Wait until it is in service, then try again.");
}

function atMinimum(item: DependencyRef, { name, minSize }: ScalingGroup, leaving: number) {
  const message = `${name} keeps at least ${minSize}: ${leaving} of its servers cannot leave.`;
  return itemProblem(item, "dependency", message, "Lower the group's minimum size, or name fewer of its servers.");
}
