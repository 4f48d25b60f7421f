import { confirmByReading } from "../../../src/confirm.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { pollUntil } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { TencentCall } from "../call.js";
import { readInstances } from "../instances.js";
import { type BalancerAct, changeRegistrations } from "../release/balancer-requests.js";
import {
  type Pool,
  type Registration,
  readPool,
  readRegistrations,
  registrationFrom,
  sameRegistration,
} from "../release/registrations.js";
import { readGroup, readMembers, waitWhileActive } from "../release/scaling-group.js";
import { caughtUp, type Undo } from "./undo.js";

/** Registers an instance with its load balancer or scaling group again, as it was. */
export async function revertMembership(call: TencentCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId } = effect.undo;
  const record = (await readInstances(call, [instanceId])).byId.get(instanceId)?.record;
  const state = record?.state.unified;
  if (!record || state === "terminating" || state === "recycled") {
    return resourceGone(`${instanceId} is not in service any more.`);
  }
  if (node.kind === "load-balancer-target") return await register(call, effect, record);
  if (node.kind === "auto-scaling-group") return await attach(call, effect);
  return { status: "not-reverted", cause: "impossible", why: `Nothing is known about rejoining a ${node.kind}.` };
}

async function register(call: TencentCall, effect: Undo<"rejoin">, record: InstanceRecord): Promise<RevertResult> {
  const { node, detail } = effect.undo;
  const wanted = registrationFrom(detail);
  const pool = await readPool(call, node.id);
  if (!pool) return resourceGone(`${node.id} is gone.`);
  // An address may be a stranger's by now (S25).
  if (wanted.instanceId === undefined && !record.privateIps.includes(wanted.ip)) {
    return { status: "not-restored", cause: "address-released", why: `${record.id} does not hold ${wanted.ip} now.` };
  }
  const find = async () => (await readRegistrations(call, pool)).find((one) => sameRegistration(one, wanted));
  const present = await caughtUp(call, find, (found) => !found || found.weight !== wanted.weight);
  if (present?.weight === wanted.weight) return { status: "already-reverted" };
  if (!present) return await send(call, effect, pool, "register", wanted);
  // Weight 0 is what a drain of ours left; any other is somebody's decision.
  if (present.weight === 0) return await send(call, effect, pool, "weigh", wanted);
  return {
    status: "not-reverted",
    cause: "changed-since",
    why: `${record.id} has the weight ${present.weight} there now.`,
  };
}

async function send(
  call: TencentCall,
  effect: Undo<"rejoin">,
  pool: Pool,
  act: BalancerAct,
  wanted: Registration,
): Promise<RevertResult> {
  const [sent] = await changeRegistrations(call, pool, act, [wanted], {
    instanceIdsOf: () => effect.instanceIds,
    effectsOf: () => [givingBack(effect)],
  });
  return sent ? resultOf(sent.answer) : resourceGone(`${pool.id} took no request.`);
}

/** A new member is in service within a few minutes. */
const pace = { firstDelayMs: 3_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

async function attach(call: TencentCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId, detail } = effect.undo;
  if (!(await readGroup(call, node.id))) return resourceGone(`The scaling group ${node.id} is gone.`);
  const member = async () => (await readMembers(call, [instanceId])).find(({ state }) => !state.startsWith("DETACH"));
  const present = await caughtUp(call, member, (found) => found === undefined);
  if (present?.groupId === node.id) return { status: "already-reverted" };
  if (present) {
    return { status: "not-reverted", cause: "changed-since", why: `${instanceId} is in ${present.groupId} now.` };
  }
  await waitWhileActive(call, node.id);
  const joined = await change(call, effect, "AttachInstances", {}, async () => (await member()) !== undefined);
  if (joined.effect !== "applied") return resultOf(joined);
  await pollUntil(call.requests, pace, member, (found) => found?.state === "IN_SERVICE");
  await waitWhileActive(call, node.id);
  if (detail.protectedFromScaleIn !== true) return { status: "reverted" };
  const isProtected = async () => (await member())?.isProtected === true;
  const options = { ProtectedFromScaleIn: true };
  return resultOf(await change(call, effect, "SetInstancesProtection", options, isProtected));
}

async function change(
  call: TencentCall,
  effect: Undo<"rejoin">,
  action: string,
  options: Readonly<Record<string, unknown>>,
  isSo: () => Promise<boolean>,
): Promise<MutationAnswer> {
  const { node, instanceId } = effect.undo;
  return await call.requests.mutate({
    service: "as",
    action,
    parameters: { AutoScalingGroupId: node.id, InstanceIds: [instanceId], ...options },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    confirm: confirmByReading(call.requests, isSo),
  });
}
