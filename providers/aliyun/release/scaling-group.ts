import { chunk, groupBy } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { pollUntil } from "../../../src/poll.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import {
  memberFinding,
  readScalingGroups,
  readScalingMembers,
  type ScalingGroup,
  type ScalingMember,
} from "../dependencies/scaling-groups.js";

/** Instances of one DetachInstances (DetachInstancesRequest, InstanceIds.N). */
const batchSize = 20;
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };
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
  const { call } = context;
  const [members, groups] = await Promise.all([
    readScalingMembers(
      call,
      items.map(({ instanceId }) => instanceId),
    ),
    readScalingGroups(call),
  ]);
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  for (const [id, wanted] of groupBy(items, (item) => item.id)) {
    const ours = members.filter(({ groupId }) => groupId === id);
    for (const outcome of await releaseFromGroup(context, groups.get(id), ours, wanted))
      outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item that can be detached. */
interface Leaving {
  readonly item: DependencyRef;
  readonly member: ScalingMember;
}

async function releaseFromGroup(
  { call, options }: ReleaseContext<AliyunCall>,
  group: ScalingGroup | undefined,
  members: readonly ScalingMember[],
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Leaving[] = [];
  const going: string[] = [];
  const count = items.filter(({ instanceId }) => members.some((member) => member.instanceId === instanceId)).length;
  for (const item of items) {
    const member = members.find(({ instanceId }) => instanceId === item.instanceId);
    if (!member || isLeaving(member)) {
      outcomes.push(told(item, "already-released"));
      if (member) going.push(item.instanceId);
      continue;
    }
    const { edge } = memberFinding(member, count, group);
    if (edge.effect === "blocks") outcomes.push(kept(item, notDetachable(item, edge.why, edge.unblock)));
    else if (options.dryRun) outcomes.push(told(item, "would-release"));
    else leaving.push({ item, member });
  }
  for (const batch of chunk(leaving, batchSize)) outcomes.push(...(await detach(call, batch)));
  // A detachment that was under way already is no less to be waited for.
  if (going.length > 0 && !options.dryRun) await waitUntilOut(call, going);
  return outcomes;
}

/** Whether a group has begun to let an instance go. */
export function isLeaving({ lifecycleState }: ScalingMember): boolean {
  return lifecycleState.startsWith("Removing") || lifecycleState.startsWith("Detach");
}

async function detach(call: AliyunCall, batch: readonly Leaving[]): Promise<readonly DependencyReleaseOutcome[]> {
  const answer = await whileGroupActs(call, () => sendDetach(call, batch));
  if (answer.effect === "applied") {
    await waitUntilOut(
      call,
      batch.map(({ item }) => item.instanceId),
    );
  }
  return batch.map((one) => answered(one.item, answer, [detachEffect(call, one)]));
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

async function sendDetach(call: AliyunCall, batch: readonly Leaving[]): Promise<MutationAnswer> {
  const ids = batch.map(({ item }) => item.instanceId);
  return await call.requests.mutate({
    service: "ess",
    action: "DetachInstances",
    parameters: {
      ScalingGroupId: batch[0]?.item.id,
      InstanceIds: ids,
      DecreaseDesiredCapacity: true,
      DetachOption: "Both",
      ClientToken: crypto.randomUUID(),
    },
    instanceIds: ids,
    effects: batch.map((one) => detachEffect(call, one)),
    token: true,
    confirm: confirmByReading(call.requests, async () => (await readScalingMembers(call, ids)).every(isLeaving)),
  });
}

async function waitUntilOut(call: AliyunCall, ids: readonly string[]): Promise<void> {
  try {
    await pollUntil(
      call.requests,
      pace,
      () => readScalingMembers(call, ids),
      (members) => members.length === 0,
    );
  } catch {
    // The group has taken the request; that its end could not be watched takes nothing from that.
  }
}

function detachEffect(call: AliyunCall, { item, member }: Leaving): Effect {
  const node = { kind: item.kind, id: item.id };
  return {
    ...call.scope,
    kind: "membership-removed",
    resource: node,
    instanceIds: [item.instanceId],
    undo: {
      action: "rejoin",
      node,
      instanceId: item.instanceId,
      detail: { lifecycleState: member.lifecycleState, creationType: member.creationType },
    },
  };
}

function notDetachable(item: DependencyRef, why: string, unblock = "Look at the scaling group.") {
  return itemProblem(item, "dependency", `${item.instanceId}: ${why}`, unblock);
}
