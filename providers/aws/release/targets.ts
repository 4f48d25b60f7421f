import { groupBy } from "../../../src/batch.js";
import type { JsonObject } from "../../../src/common.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import { heirProblem, unknownAddresses } from "../../../src/release/heir.js";
import { answered, kept, keptOnTrouble, type ReleaseContext, told } from "../../../src/release/item.js";
import type { LostAnswer } from "../../../src/requests.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { isTargetGroup, meaning, readTargets, type Target, type TargetGroup } from "../dependencies/target-groups.js";
import { readInstances } from "../instances.js";
import { readHolders } from "../rules/addresses.js";
import { releaseFromClassic } from "./classic-balancers.js";

const service = "elasticloadbalancing";
/** Targets of one DeregisterTargets. The reference gives no limit; a group holds up to 1,000. */
const defaultDrainMs = 300_000;
/** Reported a little after the delay has ended. */
const drainSlackMs = 30_000;
const drainPace = { firstDelayMs: 5_000, longestDelayMs: 15_000 };

/**
 * Takes instances out of target groups, each with the port it is registered with, since without it nothing is found and
 * the request succeeds all the same ("DeregisterTargets", Elastic Load Balancing API), and out of load balancers of the
 * first generation, which have a name where a target group has an ARN. Waits until they are drained.
 */
export async function releaseTargets(
  context: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const { byId } = await readInstances(
    context.call,
    items.map(({ instanceId }) => instanceId),
  );
  const now = new Map([...byId].map(([id, { record }]) => [id, record]));
  const outcomes = new Map<DependencyRef, DependencyReleaseOutcome>();
  for (const [arn, members] of groupBy(items, ({ id }) => id)) {
    const release = async () =>
      isTargetGroup(arn)
        ? await releaseFrom(context, arn, members, now)
        : await releaseFromClassic(context, arn, members);
    for (const outcome of await keptOnTrouble(context, members, release)) outcomes.set(outcome.item, outcome);
  }
  return items.flatMap((item) => outcomes.get(item) ?? []);
}

/** An item with its registrations in the group. */
interface Registered {
  readonly item: DependencyRef;
  readonly targets: readonly Target[];
}

async function releaseFrom(
  context: ReleaseContext<AwsCall>,
  arn: string,
  items: readonly DependencyRef[],
  now: ReadonlyMap<string, InstanceRecord>,
): Promise<readonly DependencyReleaseOutcome[]> {
  const { call, options } = context;
  const group = await readGroup(call, arn);
  if (!group) return items.map((item) => ({ item, status: "not-found", instanceId: item.instanceId, effects: [] }));
  const listed = await readTargets(call, arn);
  const outcomes: DependencyReleaseOutcome[] = [];
  const leaving: Registered[] = [];
  // Somebody else's deregistration, or one of ours before this process was started anew: no less to be waited for.
  const draining: Target[] = [];
  for (const item of items) {
    const targets = await targetsOf(context, group, listed, item, now);
    if ("code" in targets) outcomes.push(kept(item, targets));
    else if (targets.every(isLeaving)) {
      outcomes.push(told(item, "already-released"));
      draining.push(...targets);
    } else if (options.dryRun) outcomes.push(told(item, "would-release"));
    else leaving.push({ item, targets: targets.filter((target) => !isLeaving(target)) });
  }
  if (leaving.length > 0) outcomes.push(...(await deregister(context, group, leaving)));
  if (draining.length > 0 && !options.dryRun) await waitForDrain(call, arn, draining, options.drainTimeoutMs);
  return outcomes;
}

/** The registrations of an item's instance; a problem where its address may be somebody else's by now (S25). */
async function targetsOf(
  { call, sightings }: ReleaseContext<AwsCall>,
  group: TargetGroup,
  listed: readonly Target[],
  item: DependencyRef,
  now: ReadonlyMap<string, InstanceRecord>,
): Promise<readonly Target[] | Problem> {
  const present = now.get(item.instanceId);
  const alive = present !== undefined && present.state.unified !== "gone";
  const record = alive ? present : sightings.get(item.instanceId);
  if (group.targetType !== "ip") return listed.filter(({ id }) => id === item.instanceId);
  if (!record) return unknownAddresses(item);
  const mine = listed.filter((target) => meaning(group, target, record) === "yes");
  if (alive || mine.length === 0) return mine;
  const holders = await readHolders(
    call,
    mine.map(({ id }) => id),
  );
  return heirProblem(item, holders, record) ?? mine;
}

async function deregister(
  { call, options }: ReleaseContext<AwsCall>,
  group: TargetGroup,
  leaving: readonly Registered[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const effectsOf = ({ item, targets }: Registered) => targets.map((target) => leaveEffect(call, group, item, target));
  const targets = leaving.flatMap((one) => one.targets);
  const answer = await call.requests.mutate({
    service,
    action: "DeregisterTargets",
    parameters: { TargetGroupArn: group.arn, Targets: targets.map(descriptionOf) },
    instanceIds: leaving.map(({ item }) => item.instanceId),
    effects: leaving.flatMap(effectsOf),
    confirm: (lost) => confirmLeft(call, group.arn, targets, lost),
  });
  if (answer.effect === "applied") await waitForDrain(call, group.arn, targets, options.drainTimeoutMs);
  return leaving.map((one) => answered(one.item, answer, effectsOf(one)));
}

async function confirmLeft(call: AwsCall, arn: string, targets: readonly Target[], { notBefore }: LostAnswer) {
  const effect = await settleByReading(call.requests, notBefore, async () => {
    const listed = await readTargets(call, arn);
    return targets.every((target) => !listed.some((other) => sameTarget(other, target) && !isLeaving(other)));
  });
  return { effect };
}

async function waitForDrain(
  call: AwsCall,
  arn: string,
  targets: readonly Target[],
  drainTimeoutMs: number | undefined,
): Promise<void> {
  try {
    const giveUpAfterMs = drainTimeoutMs ?? (await readDrainMs(call, arn)) + drainSlackMs;
    const left = async () =>
      (await readTargets(call, arn)).filter((other) => targets.some((one) => sameTarget(one, other)));
    const { requests } = call;
    await pollUntil(requests, { ...drainPace, giveUpAfterMs }, left, (draining) => {
      const done = targets.length - draining.length;
      const progress = { operation: "releaseDependencies", done, total: targets.length } as const;
      requests.emit({ type: "progress", ...progress, waitingFor: "connections to drain" });
      return draining.length === 0;
    });
  } catch {
    // They are deregistered: new connections go elsewhere. That the rest of the wait failed takes nothing from that.
  }
}

/** How long a group lets connections end ("Deregistration delay", target group attributes). */
async function readDrainMs(call: AwsCall, arn: string): Promise<number> {
  const { body } = await call.read(service, "DescribeTargetGroupAttributes", { TargetGroupArn: arn });
  const delay = body.list("Attributes").find((row) => row.text("Key") === "deregistration_delay.timeout_seconds");
  const seconds = delay?.number("Value");
  return seconds === undefined ? defaultDrainMs : seconds * 1000;
}

/** One target group; `undefined` where it is gone. */
export async function readGroup(call: AwsCall, arn: string): Promise<TargetGroup | undefined> {
  try {
    const { body } = await call.read(service, "DescribeTargetGroups", { TargetGroupArns: [arn] });
    const [row] = body.needList("TargetGroups");
    const vpcId = row?.text("VpcId");
    return (
      row && {
        arn,
        name: row.text("TargetGroupName") ?? "",
        targetType: row.text("TargetType") ?? "instance",
        ...(vpcId === undefined ? {} : { vpcId }),
        loadBalancers: row.texts("LoadBalancerArns"),
      }
    );
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "not-found") return undefined;
    throw error;
  }
}

/** Whether a target takes no new connections: it drains, or is not registered any more. */
export function isLeaving({ state, reason }: Target): boolean {
  return state === "draining" || (state === "unused" && reason === "Target.NotRegistered");
}

/** Whether two descriptions name the same registration: one id can be registered with several ports. */
export function sameTarget(one: Target, other: Target): boolean {
  return one.id === other.id && one.port === other.port;
}

/** A target as requests name it. */
export function descriptionOf({ id, port, zone }: Pick<Target, "id" | "port" | "zone">): JsonObject {
  return {
    Id: id,
    ...(port === undefined ? {} : { Port: port }),
    // The zone is only taken for addresses from outside the group's network ("TargetDescription").
    ...(zone === "all" ? { AvailabilityZone: zone } : {}),
  };
}

function leaveEffect(call: AwsCall, group: TargetGroup, item: DependencyRef, target: Target): Effect {
  const node = { kind: item.kind, id: item.id };
  return {
    ...call.scope,
    kind: "registration-removed",
    resource: node,
    instanceIds: [item.instanceId],
    undo: {
      action: "rejoin",
      node,
      instanceId: item.instanceId,
      detail: {
        id: target.id,
        targetType: group.targetType,
        ...(target.port === undefined ? {} : { port: target.port }),
        ...(target.zone === undefined ? {} : { zone: target.zone }),
      },
    },
  };
}
