import { groupBy, mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import type { InstanceNetworkInterface } from "../../../src/instances.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import type { OwnMark } from "../../../src/own-tags.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { QuarantineOutcome } from "../../../src/reversal.js";
import { readShutdownBehavior, setShutdownBehavior, shutdownFlag } from "../attributes.js";
import type { AwsCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { findGroup, type IsolationGroup, isolationGroup, type NoGroup } from "./isolation-group.js";
import { refusal } from "./judge.js";
import { groupName } from "./own-group.js";

/** Instances being moved at a time. */
const concurrency = 4;

/**
 * Moves every interface of the instances into a group without rules. Connections that EC2 tracks can go on for a while
 * ("Untracked connections", EC2 User Guide).
 */
export async function isolateInstances(
  call: AwsCall,
  instances: readonly SeenInstance[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  const byNetwork = groupBy(instances, ({ record }) => record.vpcId);
  const outcomes: QuarantineOutcome[] = [];
  for (const [vpcId, members] of byNetwork) {
    if (vpcId === undefined)
      outcomes.push(...members.map(({ record }) => blocked(record.id, withoutNetwork(record.id))));
    else outcomes.push(...(await isolateInNetwork(call, vpcId, members, runId)));
  }
  return outcomes;
}

async function isolateInNetwork(
  call: AwsCall,
  vpcId: string,
  members: readonly SeenInstance[],
  runId: string,
): Promise<readonly QuarantineOutcome[]> {
  let there: Awaited<ReturnType<typeof findGroup>>;
  try {
    there = await findGroup(call, vpcId, groupName(runId));
  } catch (error) {
    return members.map(({ record }) => blocked(record.id, problemOf(error)));
  }
  const groupId = there?.id ?? "";
  const isIn = ({ record }: SeenInstance) =>
    record.networkInterfaces.every(({ securityGroupIds }) => isOnly(securityGroupIds, groupId));
  const moving = members.filter((seen) => !isIn(seen));
  const ready = await judgeShutdown(call, moving);
  const outcomes: QuarantineOutcome[] = members
    .filter((seen) => !moving.includes(seen))
    .map(({ record }) => ({ ...isolated(record.id, []), already: true }));
  outcomes.push(...ready.flatMap(({ seen, problem }) => (problem ? [blocked(seen.record.id, problem)] : [])));
  const going = ready.filter(({ problem }) => !problem);
  if (going.length === 0) return outcomes;
  const group = await groupFor(
    call,
    vpcId,
    markOf(
      going.map(({ seen }) => seen),
      runId,
    ),
  );
  if ("problem" in group) return [...outcomes, ...withoutGroup(going, group)];
  const moved = await mapConcurrent(going, concurrency, (one) => moveIn(call, one, group));
  return [...outcomes, ...shareGroup(moved, group)];
}

/** What a shutdown by the guest would do to an instance. */
interface Ready {
  readonly seen: SeenInstance;
  readonly endsOnShutdown: boolean;
  readonly problem?: Problem;
}

/** An instance that loses its network may shut itself down: where that means its end, it is set to stop first (S17). */
async function judgeShutdown(call: AwsCall, moving: readonly SeenInstance[]): Promise<readonly Ready[]> {
  return await mapConcurrent(moving, concurrency, async (seen) => {
    try {
      const behavior = await readShutdownBehavior(call, seen.record.id);
      if (behavior === "stop" || behavior === "terminate") return { seen, endsOnShutdown: behavior === "terminate" };
    } catch (error) {
      return { seen, endsOnShutdown: false, problem: problemOf(error) };
    }
    const message = "could end itself: what a shutdown by its guest means is not told.";
    const hint = `Set ${shutdownFlag} to stop first.`;
    return { seen, endsOnShutdown: false, problem: refusal(seen.record.id, "wrong-state", message, hint) };
  });
}

async function groupFor(call: AwsCall, vpcId: string, mark: OwnMark): Promise<IsolationGroup | NoGroup> {
  try {
    return await isolationGroup(call, vpcId, mark);
  } catch (error) {
    return { problem: problemOf(error), effects: [], unsent: true };
  }
}

function markOf(members: readonly SeenInstance[], runId: string): OwnMark {
  const instanceIds = members.map(({ record }) => record.id);
  return { runId, attempt: 1, instanceIds, diskIds: [], takenFrom: "unknown" };
}

function withoutGroup(going: readonly Ready[], { problem, effects, unsent }: NoGroup): readonly QuarantineOutcome[] {
  return going.map(({ seen }, index) => {
    const { id } = seen.record;
    // The group is one thing; it is told with the first of its instances.
    const standing = index === 0 ? effects : [];
    return unsent ? blocked(id, problem) : { ...refused(id, problem), effects: standing };
  });
}

async function moveIn(
  call: AwsCall,
  { seen, endsOnShutdown }: Ready,
  group: IsolationGroup,
): Promise<QuarantineOutcome> {
  const { id, networkInterfaces } = seen.record;
  const effects: Effect[] = [];
  if (endsOnShutdown) {
    const effect = shutdownEffect(call, id);
    const answer = await setShutdownBehavior(call, id, "stop", [effect]);
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect !== "applied") return troubled(id, answer, effects);
  }
  for (const networkInterface of networkInterfaces) {
    if (isOnly(networkInterface.securityGroupIds, group.artifact.id)) continue;
    const effect = groupsEffect(call, id, networkInterface, group.artifact.id);
    const answer = await setGroups(call, networkInterface.id, [group.artifact.id], [id], [effect]);
    if (answer.effect !== "not-applied") effects.push(effect);
    if (answer.effect !== "applied") return troubled(id, answer, effects);
  }
  return { ...isolated(id, effects), artifacts: [group.artifact] };
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

/** Sets the groups of one interface. */
export async function setGroups(
  call: AwsCall,
  networkInterfaceId: string,
  groupIds: readonly string[],
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ec2",
    action: "ModifyNetworkInterfaceAttribute",
    parameters: { NetworkInterfaceId: networkInterfaceId, Groups: [...groupIds] },
    instanceIds,
    effects,
    confirm: confirmByReading(call.requests, async () => {
      const now = await readGroupsOf(call, networkInterfaceId);
      return now !== undefined && sameGroups(now, groupIds);
    }),
  });
}

/** The groups of one interface now; `undefined` where it is gone. */
export async function readGroupsOf(call: AwsCall, networkInterfaceId: string): Promise<readonly string[] | undefined> {
  const Filters = [{ Name: "network-interface-id", Values: [networkInterfaceId] }];
  const { body } = await call.read("ec2", "DescribeNetworkInterfaces", { Filters, IncludeManagedResources: true });
  const [row] = body.needList("NetworkInterfaces");
  return row?.list("Groups").map((group) => group.need("GroupId"));
}

/** Whether two lists name the same groups, in any order. */
export function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}

function isOnly(groupIds: readonly string[], id: string): boolean {
  return groupIds.length === 1 && groupIds[0] === id;
}

function groupsEffect(
  call: AwsCall,
  instanceId: string,
  { id, securityGroupIds }: InstanceNetworkInterface,
  isolationGroupId: string,
): Effect {
  return {
    ...call.scope,
    kind: "groups-changed",
    resource: { kind: "network-interface", id },
    instanceIds: [instanceId],
    undo: { action: "set-groups", networkInterfaceId: id, securityGroupIds },
    left: [isolationGroupId],
  };
}

function shutdownEffect(call: AwsCall, id: string): Effect {
  const resource = { kind: "instance", id } as const;
  return {
    ...call.scope,
    kind: "flag-changed",
    resource,
    instanceIds: [id],
    undo: { action: "set-flag", resource, instanceId: id, flag: shutdownFlag, value: "terminate" },
    left: "stop",
  };
}

function isolated(instanceId: string, effects: readonly Effect[]) {
  return { status: "quarantined", instanceId, mode: "isolate", already: false, artifacts: [], effects } as const;
}

function withoutNetwork(id: string): Problem {
  return refusal(id, "unsupported", "is in no VPC, so its groups cannot be changed.", "Stop it instead.");
}
