import { chunk } from "../../../src/batch.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import { pollUntil } from "../../../src/poll.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { releaseMembers, type ScalingCloud } from "../../../src/release/scaling-group.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import { tencentCapabilities } from "../capabilities.js";
import { idLimit } from "../instances.js";

const pace = { firstDelayMs: 3_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** A member of a scaling group. */
export interface ScalingMember {
  readonly groupId: string;
  readonly instanceId: string;
  readonly state: string;
  readonly isProtected: boolean;
}

/** A scaling group, as far as its size goes. */
export interface ScalingGroup {
  readonly id: string;
  readonly minSize: number;
  readonly inService: number;
  /** It takes no second activity while one is under way. */
  readonly isActive: boolean;
}

/**
 * Detaches instances from their scaling groups, which lowers what the group wants. Never RemoveInstances: that destroys
 * what the group made. A group at its least size keeps them.
 */
export async function releaseFromScalingGroups(
  context: ReleaseContext<TencentCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseMembers(context, items, scalingOf(context.call));
}

function scalingOf(call: TencentCall): ScalingCloud<ScalingMember> {
  return {
    // The reference gives no number; the console takes 20.
    batchSize: 20,
    pace,
    consistencyWindowMs: tencentCapabilities.consistencyWindowMs,
    readMembers: (_, ids) => readMembers(call, ids),
    isLeaving: ({ state }) => state.startsWith("DETACH"),
    judge: async (id, leaving) => {
      const count = leaving.filter(({ member }) => member.state === "IN_SERVICE").length;
      const group = count === 0 ? undefined : await readGroup(call, id);
      const isShort = group && group.inService - count < group.minSize;
      return ({ item, member }) => {
        if (member.state !== "IN_SERVICE") return notDetachable(item, member);
        return isShort ? atMinimum(item, group, count) : undefined;
      };
    },
    request: (id, ids) => ({
      service: "as",
      action: "DetachInstances",
      parameters: { AutoScalingGroupId: id, InstanceIds: ids },
    }),
    detail: ({ isProtected }) => ({ protectedFromScaleIn: isProtected }),
    whenFree: async (id, send) => {
      await waitWhileActive(call, id);
      return await send();
    },
  };
}

/** Waits for the activity of a group that is under way, since it refuses the next one meanwhile. */
export async function waitWhileActive(call: TencentCall, groupId: string): Promise<void> {
  try {
    await pollUntil(
      call.requests,
      pace,
      () => readGroup(call, groupId),
      (group) => group?.isActive !== true,
    );
  } catch {
    // The request itself will say what is wrong.
  }
}

/** The memberships of these instances in scaling groups. */
export async function readMembers(
  call: TencentCall,
  instanceIds: readonly string[],
): Promise<readonly ScalingMember[]> {
  const list = { field: "AutoScalingInstanceSet", id: "InstanceId" } as const;
  const pieces = await Promise.all(
    chunk(instanceIds, idLimit).map((piece) =>
      call.pages("as", "DescribeAutoScalingInstances", { InstanceIds: [...piece] }, list),
    ),
  );
  return pieces.flat().map((row) => ({
    groupId: row.need("AutoScalingGroupId"),
    instanceId: row.need("InstanceId"),
    state: row.text("LifeCycleState") ?? "",
    isProtected: row.flag("ProtectedFromScaleIn") ?? false,
  }));
}

/** One scaling group; `undefined` where it is gone. */
export async function readGroup(call: TencentCall, id: string): Promise<ScalingGroup | undefined> {
  const list = { field: "AutoScalingGroupSet", id: "AutoScalingGroupId" } as const;
  const [row] = await call.pages("as", "DescribeAutoScalingGroups", { AutoScalingGroupIds: [id] }, list);
  return (
    row && {
      id,
      minSize: row.number("MinSize") ?? 0,
      inService: row.number("InServiceInstanceCount") ?? 0,
      isActive: row.text("InActivityStatus") === "IN_ACTIVITY",
    }
  );
}

function notDetachable(item: DependencyRef, { state }: ScalingMember) {
  const message = `${item.instanceId} is ${state} in ${item.id}, from where it cannot be detached.`;
  return itemProblem(item, "wrong-state", message, "Wait until it is in service, then try again.");
}

function atMinimum(item: DependencyRef, { id, minSize, inService }: ScalingGroup, leaving: number) {
  const message = `${id} keeps at least ${minSize}: ${leaving} of ${inService} cannot leave.`;
  return itemProblem(item, "dependency", message, "Lower the group's least size, or name fewer of its instances.");
}
