import { chunk, groupBy } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";
import {
  readScalingGroups,
  readScalingMembers,
  type ScalingGroup,
  type ScalingMember,
} from "../dependencies/scaling-groups.js";

/** Instances of one DetachInstances (Auto Scaling API reference, InstanceIds). */
const batchSize = 20;
/** From where a group lets an instance go ("DetachInstances"). */
const detachable: ReadonlySet<string> = new Set(["InService", "Standby"]);
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/**
 * Detaches instances from their scaling groups, with the desired capacity lowered, so that nothing is launched in their
 * place. A group at its minimum size keeps them.
 */
export async function releaseFromScalingGroups(
  context: ReleaseContext<AwsCall>,
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
  for (const [name, wanted] of groupBy(items, ({ id }) => id)) {
    const group = groups.find((one) => one.name === name);
    const ours = members.filter(({ groupName }) => groupName === name);
    for (const outcome of await releaseFromGroup(context, group, ours, wanted)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item that can be detached. */
interface Leaving {
  readonly item: DependencyRef;
  readonly member: ScalingMember;
}

async function releaseFromGroup(
  { call, options }: ReleaseContext<AwsCall>,
  group: ScalingGroup | undefined,
  members: readonly ScalingMember[],
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Leaving[] = [];
  for (const item of items) {
    const member = members.find(({ instanceId }) => instanceId === item.instanceId);
    if (!member || member.lifecycleState === "Detached") outcomes.push(told(item, "already-released"));
    else if (!detachable.has(member.lifecycleState)) outcomes.push(kept(item, notDetachable(item, member)));
    else leaving.push({ item, member });
  }
  const inService = leaving.filter(({ member }) => member.lifecycleState === "InService").length;
  if (group && inService > 0 && group.desiredCapacity - inService < group.minSize) {
    return [...outcomes, ...leaving.map(({ item }) => kept(item, atMinimum(item, group, inService)))];
  }
  if (options.dryRun) return [...outcomes, ...leaving.map(({ item }) => told(item, "would-release"))];
  for (const batch of chunk(leaving, batchSize)) outcomes.push(...(await detach(call, batch)));
  return outcomes;
}

async function detach(call: AwsCall, batch: readonly Leaving[]): Promise<readonly DependencyReleaseOutcome[]> {
  const [first] = batch;
  if (!first) return [];
  const ids = batch.map(({ item }) => item.instanceId);
  const stillIn = async () =>
    (await readScalingMembers(call, ids)).filter(({ lifecycleState }) => lifecycleState !== "Detached");
  const answer = await call.requests.mutate({
    service: "autoscaling",
    action: "DetachInstances",
    parameters: { AutoScalingGroupName: first.item.id, InstanceIds: ids, ShouldDecrementDesiredCapacity: true },
    instanceIds: ids,
    effects: batch.map((one) => detachEffect(call, one)),
    confirm: confirmByReading(call.requests, async () =>
      (await stillIn()).every(({ lifecycleState }) => lifecycleState.startsWith("Detach")),
    ),
  });
  if (answer.effect === "applied") await waitUntilOut(call, stillIn);
  const refused = answer.effect === "not-applied" && answer.sent && answer.problem.code === "invalid-request";
  const out = refused ? await outMeanwhile(call, batch, stillIn) : new Set<Leaving>();
  if (out.size === 0) return batch.map((one) => answered(one.item, answer, [detachEffect(call, one)]));
  const others = await detach(
    call,
    batch.filter((one) => !out.has(one)),
  );
  return [...[...out].map(({ item }) => told(item, "already-released")), ...others];
}

/**
 * Members of a refused batch that have left: one alone gets all of it refused, with the code of any bad request
 * (ValidationError). The group knows of it before a list that lags, such as after a run was killed and goes on at once.
 */
async function outMeanwhile(
  call: AwsCall,
  batch: readonly Leaving[],
  stillIn: () => Promise<readonly ScalingMember[]>,
): Promise<ReadonlySet<Leaving>> {
  let left = batch;
  try {
    await settleByReading(call.requests, call.requests.clock.now() + awsCapabilities.consistencyWindowMs, async () => {
      const standing = new Set((await stillIn()).map(({ instanceId }) => instanceId));
      left = batch.filter(({ item }) => standing.has(item.instanceId));
      return left.length < batch.length;
    });
  } catch {
    // The refusal stands, and says what there is to say.
  }
  return new Set(batch.filter((one) => !left.includes(one)));
}

async function waitUntilOut(call: AwsCall, stillIn: () => Promise<readonly ScalingMember[]>): Promise<void> {
  try {
    await pollUntil(call.requests, pace, stillIn, (members) => members.length === 0);
  } catch {
    // The group has taken the request; that its end could not be watched takes nothing from that.
  }
}

function detachEffect(call: AwsCall, { item, member }: Leaving): Effect {
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

function notDetachable(item: DependencyRef, { lifecycleState }: ScalingMember) {
  const message = `${item.instanceId} is ${lifecycleState} in ${item.id}, from where it cannot be detached.`;
  return itemProblem(item, "wrong-state", message, "Wait until it is in service, then try again.");
}

function atMinimum(item: DependencyRef, { name, minSize, desiredCapacity }: ScalingGroup, leaving: number) {
  const message = `${name} keeps at least ${minSize}: ${leaving} of ${desiredCapacity} cannot leave.`;
  return itemProblem(item, "dependency", message, "Lower the group's minimum size, or name fewer of its instances.");
}
