import { chunk, groupBy } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { pollUntil } from "../../../src/poll.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import {
  readScalingGroups,
  readScalingMembers,
  type ScalingGroup,
  type ScalingMember,
} from "../dependencies/scaling-groups.js";

/** Servers of one batch removal ("Batch Removing Instances"). */
const batchSize = 10;
/** From where a group lets a server go. */
const removable: ReadonlySet<string> = new Set(["INSERVICE", "STANDBY"]);
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/**
 * Removes servers from their scaling groups without deleting them; the group expects that many fewer then, so nothing is
 * made in their place. A group at its minimum size keeps them.
 */
export async function releaseFromScalingGroups(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { call } = context;
  const wanted = new Set(items.map(({ id }) => id));
  const groups = (await readScalingGroups(call)).filter(({ id }) => wanted.has(id));
  const members = await readScalingMembers(call, groups);
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  for (const [id, mine] of groupBy(items, (item) => item.id)) {
    const group = groups.find((one) => one.id === id);
    const ours = members.filter(({ groupId }) => groupId === id);
    for (const outcome of await releaseFromGroup(context, group, ours, mine)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item that can be removed. */
interface Leaving {
  readonly item: DependencyRef;
  readonly member: ScalingMember;
}

async function releaseFromGroup(
  { call, options }: ReleaseContext<HuaweiCall>,
  group: ScalingGroup | undefined,
  members: readonly ScalingMember[],
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Leaving[] = [];
  for (const item of items) {
    const member = members.find(({ instanceId }) => instanceId === item.instanceId);
    if (!member) outcomes.push(told(item, "already-released"));
    else if (!removable.has(member.lifecycleState)) outcomes.push(kept(item, notRemovable(item, member)));
    else leaving.push({ item, member });
  }
  if (group && leaving.length > 0 && members.length - leaving.length < group.minSize) {
    return [...outcomes, ...leaving.map(({ item }) => kept(item, atMinimum(item, group, leaving.length)))];
  }
  if (options.dryRun) return [...outcomes, ...leaving.map(({ item }) => told(item, "would-release"))];
  for (const batch of chunk(leaving, batchSize)) outcomes.push(...(await remove(call, group, batch)));
  return outcomes;
}

async function remove(
  call: HuaweiCall,
  group: ScalingGroup | undefined,
  batch: readonly Leaving[],
): Promise<readonly DependencyReleaseOutcome[]> {
  if (!group) return [];
  const ids = batch.map(({ item }) => item.instanceId);
  const stillIn = async () =>
    (await readScalingMembers(call, [group])).filter(({ instanceId }) => ids.includes(instanceId));
  const answer = await call.requests.mutate({
    service: "as",
    action: "POST /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/action",
    parameters: {
      path: { scaling_group_id: group.id },
      // "no": the servers stay; without it they are removed from the group and deleted.
      body: { action: "REMOVE", instances_id: ids, instance_delete: "no" },
    },
    instanceIds: ids,
    effects: batch.map((one) => removalEffect(call, one)),
    confirm: confirmByReading(call.requests, async () =>
      (await stillIn()).every(({ lifecycleState }) => lifecycleState.startsWith("REMOV")),
    ),
  });
  if (answer.effect === "applied") await waitUntilOut(call, stillIn);
  return batch.map((one) => answered(one.item, answer, [removalEffect(call, one)]));
}

async function waitUntilOut(call: HuaweiCall, stillIn: () => Promise<readonly ScalingMember[]>): Promise<void> {
  try {
    await pollUntil(call.requests, pace, stillIn, (members) => members.length === 0);
  } catch {
    // The group has taken the request; that its end could not be watched takes nothing from that.
  }
}

function removalEffect(call: HuaweiCall, { item, member }: Leaving): Effect {
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
      detail: { lifecycleState: member.lifecycleState, protectedFromScaleIn: member.protectedFromScaleIn },
    },
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
