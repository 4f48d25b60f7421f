import type { DependencyRef } from "../../../src/dependencies.js";
import { lazy } from "../../../src/lazy.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { releaseMembers, type ScalingCloud } from "../../../src/release/scaling-group.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import { aliyunCapabilities } from "../capabilities.js";
import {
  memberFinding,
  readScalingGroups,
  readScalingMembers,
  type ScalingMember,
} from "../dependencies/scaling-groups.js";

/** A group takes one change at a time ("Scaling activities", ESS API reference). */
const busy: ReadonlySet<string | undefined> = new Set(["ScalingActivityInProgress"]);
const busyMs = 15_000;
const tries = 8;

/**
 * Detaches instances from their scaling groups, with the desired capacity lowered, so that nothing is launched in their
 * place, and from what the group has attached them to as well. `RemoveInstances` would release them. A group at its minimum keeps
 * them.
 */
export async function releaseFromScalingGroups(
  context: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseMembers(context, items, scalingOf(context.call));
}

function scalingOf(call: AliyunCall): ScalingCloud<ScalingMember> {
  const groups = lazy(() => readScalingGroups(call));
  return {
    // DetachInstancesRequest, InstanceIds.N.
    batchSize: 20,
    pace: { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 },
    consistencyWindowMs: aliyunCapabilities.consistencyWindowMs,
    readMembers: (_, ids) => readScalingMembers(call, ids),
    isLeaving,
    judge: async (id, leaving) => {
      const group = (await groups()).get(id);
      return ({ item, member }) => {
        const {
          effect,
          why,
          unblock = "Look at the scaling group.",
        } = memberFinding(member, leaving.length, group).edge;
        if (effect !== "blocks") return undefined;
        return itemProblem(item, "dependency", `${item.instanceId}: ${why}`, unblock);
      };
    },
    request: (id, ids) => ({
      service: "ess",
      action: "DetachInstances",
      parameters: {
        ScalingGroupId: id,
        InstanceIds: ids,
        DecreaseDesiredCapacity: true,
        DetachOption: "Both",
        ClientToken: crypto.randomUUID(),
      },
      token: true,
    }),
    detail: ({ lifecycleState, creationType }) => ({ lifecycleState, creationType }),
    whenFree: (_, send) => whileGroupActs(call, send),
  };
}

/** Whether a group has begun to let an instance go. */
export function isLeaving({ lifecycleState }: ScalingMember): boolean {
  return lifecycleState.startsWith("Removing") || lifecycleState.startsWith("Detach");
}

/** Sends again while the group is busy with another change: it takes one at a time. */
export async function whileGroupActs(call: AliyunCall, send: () => Promise<MutationAnswer>): Promise<MutationAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send();
    const mayPass = answer.effect === "not-applied" && busy.has(answer.problem.cloudCode);
    if (!mayPass || attempt === tries) return answer;
    try {
      await call.requests.wait(busyMs);
    } catch {
      return answer;
    }
  }
}
