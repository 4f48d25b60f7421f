import { chunk, groupBy } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { pollUntil } from "../../../src/poll.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";

/** Instances of one DetachInstances. The reference gives no number; the console takes 20. */
const batchSize = 20;
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
  const { call } = context;
  const members = await readMembers(
    call,
    items.map(({ instanceId }) => instanceId),
  );
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  for (const [groupId, wanted] of groupBy(items, ({ id }) => id)) {
    const ours = members.filter((member) => member.groupId === groupId);
    for (const outcome of await releaseFromGroup(context, groupId, ours, wanted)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item that can be detached. */
interface Leaving {
  readonly item: DependencyRef;
  readonly member: ScalingMember;
}

async function releaseFromGroup(
  { call, options }: ReleaseContext<TencentCall>,
  groupId: string,
  members: readonly ScalingMember[],
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Leaving[] = [];
  for (const item of items) {
    const member = members.find(({ instanceId }) => instanceId === item.instanceId);
    if (!member) outcomes.push(told(item, "already-released"));
    else if (member.state !== "IN_SERVICE") outcomes.push(kept(item, notDetachable(item, member)));
    else leaving.push({ item, member });
  }
  if (leaving.length === 0) return outcomes;
  const group = await readGroup(call, groupId);
  if (group && group.inService - leaving.length < group.minSize) {
    return [...outcomes, ...leaving.map(({ item }) => kept(item, atMinimum(item, group, leaving.length)))];
  }
  if (options.dryRun) return [...outcomes, ...leaving.map(({ item }) => told(item, "would-release"))];
  for (const batch of chunk(leaving, batchSize)) outcomes.push(...(await detach(call, groupId, batch)));
  return outcomes;
}

async function detach(
  call: TencentCall,
  groupId: string,
  batch: readonly Leaving[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const ids = batch.map(({ item }) => item.instanceId);
  const left = async () => (await readMembers(call, ids)).filter((member) => member.groupId === groupId);
  await waitWhileActive(call, groupId);
  const answer = await call.requests.mutate({
    service: "as",
    action: "DetachInstances",
    parameters: { AutoScalingGroupId: groupId, InstanceIds: ids },
    instanceIds: ids,
    effects: batch.map((one) => detachEffect(call, one)),
    confirm: confirmByReading(call.requests, async () =>
      (await left()).every(({ state }) => state.startsWith("DETACH")),
    ),
  });
  if (answer.effect === "applied") await waitUntilOut(call, left);
  return batch.map((one) => answered(one.item, answer, [detachEffect(call, one)]));
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

async function waitUntilOut(call: TencentCall, left: () => Promise<readonly ScalingMember[]>): Promise<void> {
  try {
    await pollUntil(call.requests, pace, left, (members) => members.length === 0);
  } catch {
    // The group has taken the request; that its end could not be watched takes nothing from that.
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

function detachEffect(call: TencentCall, { item, member }: Leaving): Effect {
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
      detail: { protectedFromScaleIn: member.isProtected },
    },
  };
}

function notDetachable(item: DependencyRef, { state }: ScalingMember) {
  const message = `${item.instanceId} is ${state} in ${item.id}, from where it cannot be detached.`;
  return itemProblem(item, "wrong-state", message, "Wait until it is in service, then try again.");
}

function atMinimum(item: DependencyRef, { id, minSize, inService }: ScalingGroup, leaving: number) {
  const message = `${id} keeps at least ${minSize}: ${leaving} of ${inService} cannot leave.`;
  return itemProblem(item, "dependency", message, "Lower the group's least size, or name fewer of its instances.");
}
