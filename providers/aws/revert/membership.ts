import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { pollUntil } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AwsCall } from "../call.js";
import { readScalingGroups, readScalingMembers } from "../dependencies/scaling-groups.js";
import { isTargetGroup, readTargets, type Target } from "../dependencies/target-groups.js";
import { readInstances } from "../instances.js";
import { descriptionOf, isLeaving, readGroup, sameTarget } from "../release/targets.js";
import { registerWithClassic } from "./classic-balancer.js";
import { caughtUp, type Undo } from "./undo.js";

/** Registers an instance with its load balancer or scaling group again, as it was. */
export async function revertMembership(call: AwsCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId } = effect.undo;
  const record = (await readInstances(call, [instanceId])).byId.get(instanceId)?.record;
  if (!record || record.state.unified === "terminating" || record.state.unified === "gone") {
    return resourceGone(`${instanceId} is gone or on its way out.`);
  }
  if (node.kind === "load-balancer-target") {
    return isTargetGroup(node.id) ? await register(call, effect, record) : await registerWithClassic(call, effect);
  }
  if (node.kind === "auto-scaling-group") return await attach(call, effect);
  return { status: "not-reverted", cause: "impossible", why: `Nothing is known about rejoining a ${node.kind}.` };
}

async function register(call: AwsCall, effect: Undo<"rejoin">, record: InstanceRecord): Promise<RevertResult> {
  const { node, detail } = effect.undo;
  const target = targetOf(detail);
  if (!(await readGroup(call, node.id))) return resourceGone(`The target group ${node.id} is gone.`);
  // An address may be a stranger's by now (S25).
  if (detail.targetType === "ip" && !record.privateIps.includes(target.id)) {
    return { status: "not-restored", cause: "address-released", why: `${record.id} does not hold ${target.id} now.` };
  }
  const isIn = async () => (await readTargets(call, node.id)).some((one) => sameTarget(one, target) && !isLeaving(one));
  if (await caughtUp(call, isIn, (registered) => !registered)) return { status: "already-reverted" };
  return resultOf(
    await call.requests.mutate({
      service: "elasticloadbalancing",
      action: "RegisterTargets",
      parameters: { TargetGroupArn: node.id, Targets: [descriptionOf(target)] },
      instanceIds: effect.instanceIds,
      effects: [givingBack(effect)],
      partial: true,
      confirm: confirmByReading(call.requests, isIn),
    }),
  );
}

function targetOf({ id, port, zone }: JsonObject): Target {
  return {
    id: String(id),
    ...(typeof port === "number" ? { port } : {}),
    ...(typeof zone === "string" ? { zone } : {}),
    state: "unused",
  };
}

/** A new member is in service within a few minutes ("Auto Scaling instance lifecycle"). */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

async function attach(call: AwsCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId, detail } = effect.undo;
  const group = (await readScalingGroups(call)).find(({ name }) => name === node.id);
  if (!group) return resourceGone(`The scaling group ${node.id} is gone.`);
  const member = async () =>
    (await readScalingMembers(call, [instanceId])).find(({ lifecycleState }) => !lifecycleState.startsWith("Detach"));
  const present = await caughtUp(call, member, (found) => found === undefined);
  if (present?.groupName === node.id) return { status: "already-reverted" };
  if (present)
    return { status: "not-reverted", cause: "changed-since", why: `${instanceId} is in ${present.groupName} now.` };
  const joined = await send(call, effect, "AttachInstances", {}, async () => (await member()) !== undefined);
  if (joined.effect !== "applied") return resultOf(joined);
  const inService = async () => (await member())?.lifecycleState === "InService";
  await pollUntil(call.requests, pace, inService, (done) => done);
  return await asBefore(call, effect, detail);
}

/** Attaching puts an instance into service, unprotected. What it was besides is set again. */
async function asBefore(call: AwsCall, effect: Undo<"rejoin">, detail: JsonObject): Promise<RevertResult> {
  const { instanceId } = effect.undo;
  const memberIs = async (is: (state: string, isProtected: boolean) => boolean) =>
    (await readScalingMembers(call, [instanceId])).some((one) => is(one.lifecycleState, one.protectedFromScaleIn));
  if (detail.protectedFromScaleIn === true) {
    const isSo = () => memberIs((_, isProtected) => isProtected);
    const answer = await send(call, effect, "SetInstanceProtection", { ProtectedFromScaleIn: true }, isSo);
    if (answer.effect !== "applied") return resultOf(answer);
  }
  if (detail.lifecycleState === "Standby") {
    const isSo = () => memberIs((state) => state === "Standby" || state === "EnteringStandby");
    const answer = await send(call, effect, "EnterStandby", { ShouldDecrementDesiredCapacity: true }, isSo);
    if (answer.effect !== "applied") return resultOf(answer);
  }
  return { status: "reverted" };
}

async function send(
  call: AwsCall,
  effect: Undo<"rejoin">,
  action: string,
  options: Readonly<Record<string, unknown>>,
  isSo: () => Promise<boolean>,
): Promise<MutationAnswer> {
  const { node, instanceId } = effect.undo;
  return await call.requests.mutate({
    service: "autoscaling",
    action,
    parameters: { AutoScalingGroupName: node.id, InstanceIds: [instanceId], ...options },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    // Refused is also what is so already and a list that lags does not show yet.
    partial: true,
    confirm: confirmByReading(call.requests, isSo),
  });
}
