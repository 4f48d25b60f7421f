import { chunk, groupBy } from "../batch.js";
import type { Call } from "../calls.js";
import type { JsonObject } from "../common.js";
import { confirmByReading } from "../confirm.js";
import type { DependencyRef } from "../dependencies.js";
import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import { type PollPace, pollUntil, settleByReading } from "../poll.js";
import type { Mutation } from "../request-types.js";
import type { MutationAnswer } from "../requests.js";
import type { DependencyReleaseOutcome } from "../reversal.js";
import { answered, kept, keptOnTrouble, type ReleaseContext, told } from "./item.js";

/** An instance's place in a scaling group. */
export interface GroupMember {
  readonly instanceId: string;
  readonly groupId: string;
}

/** An item that is a member, and may be let go. */
export interface Leaving<Member extends GroupMember> {
  readonly item: DependencyRef;
  readonly member: Member;
}

/** How one cloud lets members of its scaling groups go, in one call. */
export interface ScalingCloud<Member extends GroupMember> {
  /** Instances of one request. */
  readonly batchSize: number;
  readonly pace: PollPace;
  readonly consistencyWindowMs: number;
  /** The members of these groups, at least those of these instances. One that is out is none. */
  readMembers(groupIds: readonly string[], instanceIds: readonly string[]): Promise<readonly Member[]>;
  /** Whether the group has begun to let it go. */
  isLeaving(member: Member): boolean;
  /** Why members stay: their state, or the least size of the group with all of them gone. `members` are as read before. */
  judge(
    groupId: string,
    leaving: readonly Leaving<Member>[],
    members: readonly Member[],
  ): Promise<(one: Leaving<Member>) => Problem | undefined>;
  /** The request that takes members out, keeps their instances, and lowers what the group wants. */
  request(
    groupId: string,
    instanceIds: readonly string[],
  ): Pick<Mutation, "service" | "action" | "parameters" | "token">;
  /** Whether a refusal can mean that one of the batch has left already. Default: that something was not found. */
  mayHaveLeft?(problem: Problem): boolean;
  /** What a member needs to come back as it was. */
  detail(member: Member): JsonObject;
  /** Sends once the group takes a change, where it takes one at a time. Default: at once. */
  whenFree?(groupId: string, send: () => Promise<MutationAnswer>): Promise<MutationAnswer>;
}

/** Takes instances out of their scaling groups, so that nothing is launched in their place. One outcome per item. */
export async function releaseMembers<OneCall extends Call, Member extends GroupMember>(
  context: ReleaseContext<OneCall>,
  items: readonly DependencyRef[],
  cloud: ScalingCloud<Member>,
): Promise<readonly DependencyReleaseOutcome[]> {
  const byGroup = groupBy(items, ({ id }) => id);
  const instanceIds = items.map(({ instanceId }) => instanceId);
  const members = await cloud.readMembers([...byGroup.keys()], instanceIds);
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  for (const [groupId, wanted] of byGroup) {
    const ours = members.filter((member) => member.groupId === groupId);
    const group = { groupId, members: ours };
    const release = () => releaseFromGroup(context, cloud, group, wanted);
    for (const outcome of await keptOnTrouble(context, wanted, release)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

async function releaseFromGroup<OneCall extends Call, Member extends GroupMember>(
  { call, options }: ReleaseContext<OneCall>,
  cloud: ScalingCloud<Member>,
  { groupId, members }: { readonly groupId: string; readonly members: readonly Member[] },
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const outcomes: DependencyReleaseOutcome[] = [];
  const candidates: Leaving<Member>[] = [];
  const going: string[] = [];
  for (const item of items) {
    const member = members.find(({ instanceId }) => instanceId === item.instanceId);
    if (member && !cloud.isLeaving(member)) candidates.push({ item, member });
    else outcomes.push(told(item, "already-released"));
    if (member && cloud.isLeaving(member)) going.push(item.instanceId);
  }
  const problemOf = candidates.length === 0 ? () => undefined : await cloud.judge(groupId, candidates, members);
  const leaving: Leaving<Member>[] = [];
  for (const one of candidates) {
    const problem = problemOf(one);
    if (problem) outcomes.push(kept(one.item, problem));
    else leaving.push(one);
  }
  if (options.dryRun) return [...outcomes, ...leaving.map(({ item }) => told(item, "would-release"))];
  for (const batch of chunk(leaving, cloud.batchSize)) outcomes.push(...(await takeOut(call, cloud, groupId, batch)));
  // What was under way already is no less to be waited for.
  if (going.length > 0) await untilOut(call, cloud, groupId, going);
  return outcomes;
}

async function takeOut<Member extends GroupMember>(
  call: Call,
  cloud: ScalingCloud<Member>,
  groupId: string,
  batch: readonly Leaving<Member>[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const ids = batch.map(({ item }) => item.instanceId);
  const send = async () =>
    await call.requests.mutate({
      ...cloud.request(groupId, ids),
      instanceIds: ids,
      effects: batch.map((one) => removal(call, cloud, one)),
      confirm: confirmByReading(call.requests, async () =>
        (await stillIn(cloud, groupId, ids)).every((member) => cloud.isLeaving(member)),
      ),
    });
  const answer = await (cloud.whenFree?.(groupId, send) ?? send());
  if (answer.effect === "applied") await untilOut(call, cloud, groupId, ids);
  const mayHaveLeft = cloud.mayHaveLeft ?? (({ code }) => code === "not-found");
  const refused = answer.effect === "not-applied" && answer.sent && mayHaveLeft(answer.problem);
  const out = refused ? await outMeanwhile(call, cloud, groupId, batch) : [];
  if (out.length === 0) return batch.map((one) => answered(one.item, answer, [removal(call, cloud, one)]));
  const others = batch.filter((one) => !out.includes(one));
  const gone = out.map(({ item }) => told(item, "already-released"));
  return others.length === 0 ? gone : [...gone, ...(await takeOut(call, cloud, groupId, others))];
}

/**
 * Members of a refused batch that have left: one alone gets all of it refused. The group knows of it before a list that
 * lags, such as after a run was killed and goes on at once.
 */
async function outMeanwhile<Member extends GroupMember>(
  call: Call,
  cloud: ScalingCloud<Member>,
  groupId: string,
  batch: readonly Leaving<Member>[],
): Promise<readonly Leaving<Member>[]> {
  const ids = batch.map(({ item }) => item.instanceId);
  let left: readonly Leaving<Member>[] = [];
  try {
    await settleByReading(call.requests, call.requests.clock.now() + cloud.consistencyWindowMs, async () => {
      const standing = new Set((await stillIn(cloud, groupId, ids)).map(({ instanceId }) => instanceId));
      left = batch.filter(({ item }) => !standing.has(item.instanceId));
      return left.length > 0;
    });
  } catch {
    // The refusal stands, and says what there is to say.
  }
  return left;
}

async function stillIn<Member extends GroupMember>(
  cloud: ScalingCloud<Member>,
  groupId: string,
  ids: readonly string[],
): Promise<readonly Member[]> {
  const members = await cloud.readMembers([groupId], ids);
  return members.filter((member) => member.groupId === groupId && ids.includes(member.instanceId));
}

async function untilOut<Member extends GroupMember>(
  call: Call,
  cloud: ScalingCloud<Member>,
  groupId: string,
  ids: readonly string[],
): Promise<void> {
  try {
    const read = () => stillIn(cloud, groupId, ids);
    await pollUntil(call.requests, cloud.pace, read, (members) => members.length === 0);
  } catch {
    // The group has taken the request; that its end could not be watched takes nothing from that.
  }
}

function removal<Member extends GroupMember>(
  call: Call,
  cloud: ScalingCloud<Member>,
  { item, member }: Leaving<Member>,
): Effect {
  const node = { kind: item.kind, id: item.id };
  return {
    ...call.scope,
    kind: "membership-removed",
    resource: node,
    instanceIds: [item.instanceId],
    undo: { action: "rejoin", node, instanceId: item.instanceId, detail: cloud.detail(member) },
  };
}
