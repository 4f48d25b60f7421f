import { groupBy, mapConcurrent } from "../batch.js";
import type { Scope } from "../common.js";
import type { Effect } from "../effects.js";
import { type Problem, problemOf } from "../errors.js";
import type { InstanceNetworkInterface } from "../instances.js";
import type { Seen } from "../look.js";
import { blocked, refused, undetermined } from "../outcomes.js";
import type { OwnMark } from "../own-tags.js";
import type { MutationAnswer } from "../requests.js";
import type { QuarantineOutcome } from "../reversal.js";
import type { Artifact } from "../snapshots.js";

/** Instances being moved at a time. */
const concurrency = 4;

/** A group without any rule, made for one run in one network. */
export interface IsolationGroup {
  readonly artifact: Artifact;
  /** What making it has changed; empty where it was there already. */
  readonly effects: readonly Effect[];
}

/** Why there is no such group. */
export interface NoGroup {
  readonly problem: Problem;
  /** Whether anything may have been changed on the way. */
  readonly effects: readonly Effect[];
  readonly unsent: boolean;
}

/** A change that one instance needs before it loses its network. */
export interface FirstChange {
  readonly effect: Effect;
  send(effects: readonly Effect[]): Promise<MutationAnswer>;
}

/** How one cloud moves the interfaces of instances into another group. */
export interface IsolatingCloud<One extends Seen> {
  readonly scope: Scope;
  /** The run's isolation group of a network, where there is one. */
  findGroup(networkId: string): Promise<Artifact | undefined>;
  /** Finds that group, or makes it. */
  group(networkId: string, mark: OwnMark): Promise<IsolationGroup | NoGroup>;
  /** What keeps an instance from being isolated, or what has to be changed first. Default: nothing. */
  judge?(seen: One): Promise<{ readonly problem: Problem } | { readonly first?: FirstChange }>;
  /** Sets the groups of one interface. */
  setGroups(
    seen: One,
    networkInterface: InstanceNetworkInterface,
    groupIds: readonly string[],
    effects: readonly Effect[],
  ): Promise<MutationAnswer>;
  /** Why an instance outside any network cannot be isolated. */
  withoutNetwork(id: string): Problem;
}

/** Moves every interface of the instances into a group without rules, one group for each network. */
export async function isolateBy<One extends Seen>(
  cloud: IsolatingCloud<One>,
  instances: readonly One[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  const outcomes: QuarantineOutcome[] = [];
  for (const [networkId, members] of groupBy(instances, ({ record }) => record.vpcId)) {
    if (networkId !== undefined) outcomes.push(...(await isolateInNetwork(cloud, networkId, members, runId)));
    else outcomes.push(...members.map(({ record: { id } }) => blocked(id, cloud.withoutNetwork(id))));
  }
  return outcomes;
}

/** An instance that is to be moved, and what has to be changed before. */
interface Going<One extends Seen> {
  readonly seen: One;
  readonly first?: FirstChange;
}

async function isolateInNetwork<One extends Seen>(
  cloud: IsolatingCloud<One>,
  networkId: string,
  members: readonly One[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  let there: Artifact | undefined;
  try {
    there = await cloud.findGroup(networkId);
  } catch (error) {
    return members.map(({ record }) => blocked(record.id, problemOf(error)));
  }
  const isIn = ({ record }: One) =>
    record.networkInterfaces.length > 0 &&
    record.networkInterfaces.every(({ securityGroupIds }) => isOnly(securityGroupIds, there?.id ?? ""));
  const outcomes: QuarantineOutcome[] = members
    .filter(isIn)
    .map(({ record }) => ({ ...isolated(record.id, []), already: true }));
  const going: Going<One>[] = [];
  await mapConcurrent(
    members.filter((seen) => !isIn(seen)),
    concurrency,
    async (seen) => {
      const verdict = await judged(cloud, seen);
      if ("problem" in verdict) outcomes.push(blocked(seen.record.id, verdict.problem));
      else going.push({ seen, ...verdict });
    },
  );
  if (going.length === 0) return outcomes;
  const instanceIds = going.map(({ seen }) => seen.record.id);
  const group = await groupFor(cloud, networkId, {
    runId,
    attempt: 1,
    instanceIds,
    diskIds: [],
    takenFrom: "unknown",
  });
  if ("problem" in group) return [...outcomes, ...withoutGroup(instanceIds, group)];
  const moved = await mapConcurrent(going, concurrency, (one) => moveIn(cloud, one, group));
  return [...outcomes, ...shareGroup(moved, group)];
}

async function judged<One extends Seen>(cloud: IsolatingCloud<One>, seen: One) {
  try {
    return (await cloud.judge?.(seen)) ?? {};
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

async function groupFor<One extends Seen>(
  cloud: IsolatingCloud<One>,
  networkId: string,
  mark: OwnMark,
): Promise<IsolationGroup | NoGroup> {
  try {
    return await cloud.group(networkId, mark);
  } catch (error) {
    return { problem: problemOf(error), effects: [], unsent: true };
  }
}

function withoutGroup(ids: readonly string[], { problem, effects, unsent }: NoGroup): readonly QuarantineOutcome[] {
  // The group is one thing; it is told with the first of its instances.
  return ids.map((id, index) =>
    unsent ? blocked(id, problem) : { ...refused(id, problem), effects: index === 0 ? effects : [] },
  );
}

async function moveIn<One extends Seen>(
  cloud: IsolatingCloud<One>,
  { seen, first }: Going<One>,
  { artifact }: IsolationGroup,
): Promise<QuarantineOutcome> {
  const { id, networkInterfaces } = seen.record;
  const effects: Effect[] = [];
  if (first) {
    const answer = await first.send([first.effect]);
    if (answer.effect !== "not-applied") effects.push(first.effect);
    if (answer.effect !== "applied") return troubled(id, answer, effects);
  }
  for (const one of networkInterfaces) {
    if (isOnly(one.securityGroupIds, artifact.id)) continue;
    const effect = groupsEffect(cloud.scope, id, one, artifact.id);
    const answer = await cloud.setGroups(seen, one, [artifact.id], [effect]);
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect !== "applied") return troubled(id, answer, effects);
  }
  return { ...isolated(id, effects), artifacts: [artifact] };
}

function troubled(
  id: string,
  answer: Exclude<MutationAnswer, { readonly effect: "applied" }>,
  effects: readonly Effect[],
): QuarantineOutcome {
  if (answer.effect === "unknown") return undetermined(id, answer.problem, effects);
  if (!answer.sent) return { ...blocked(id, answer.problem), effects };
  return refused(id, answer.problem, effects);
}

/** Adds what making the group has changed to the first outcome of those that are in it now. */
function shareGroup(outcomes: readonly QuarantineOutcome[], { effects }: IsolationGroup): readonly QuarantineOutcome[] {
  return outcomes.map((outcome, index) =>
    index === 0 && effects.length > 0 && outcome.status !== "not-found"
      ? { ...outcome, effects: [...effects, ...outcome.effects] }
      : outcome,
  );
}

function isOnly(groupIds: readonly string[], id: string): boolean {
  return groupIds.length === 1 && groupIds[0] === id;
}

function groupsEffect(
  scope: Scope,
  instanceId: string,
  { id, securityGroupIds }: InstanceNetworkInterface,
  isolationGroupId: string,
): Effect {
  return {
    ...scope,
    kind: "groups-changed",
    resource: { kind: "network-interface", id },
    instanceIds: [instanceId],
    undo: { action: "set-groups", networkInterfaceId: id, securityGroupIds },
    left: [isolationGroupId],
  };
}

function isolated(instanceId: string, effects: readonly Effect[]) {
  return { status: "quarantined", instanceId, mode: "isolate", already: false, artifacts: [], effects } as const;
}
