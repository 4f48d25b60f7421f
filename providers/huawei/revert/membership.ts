import { confirmByReading } from "../../../src/confirm.js";
import { pollUntil } from "../../../src/poll.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { HuaweiCall } from "../call.js";
import { readPools } from "../dependencies/balancers.js";
import { readScalingGroups, readScalingMembers } from "../dependencies/scaling-groups.js";
import type { SeenInstance } from "../record.js";
import { addMember, registered, setWeight } from "../release/members.js";
import { caughtUp, liveInstance, serverGone, type Undo } from "./undo.js";

/** Registers a server with its load balancer or scaling group again, as it was. */
export async function revertMembership(call: HuaweiCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId } = effect.undo;
  const seen = await liveInstance(call, instanceId);
  if (!seen) return serverGone(instanceId);
  if (node.kind === "load-balancer-target") return await register(call, effect, seen);
  if (node.kind === "auto-scaling-group") return await join(call, effect);
  return { status: "not-reverted", cause: "impossible", why: `Nothing is known about rejoining a ${node.kind}.` };
}

async function register(call: HuaweiCall, effect: Undo<"rejoin">, { record }: SeenInstance): Promise<RevertResult> {
  const { node, detail } = effect.undo;
  if (!(await readPools(call)).has(node.id)) return resourceGone(`The backend group ${node.id} is gone.`);
  // An address may be a stranger's by now (S25).
  if (!record.privateIps.includes(String(detail.address))) {
    const why = `${record.id} does not hold ${String(detail.address)} now.`;
    return { status: "not-restored", cause: "address-released", why };
  }
  const present = await caughtUp(
    call,
    () => registered(call, node.id, detail.address, detail.port),
    (member) => member === undefined,
  );
  if (present) {
    // A drain left it without weight, and it was not taken out after that.
    const { weight } = detail;
    if (present.weight !== 0 || typeof weight !== "number" || weight === 0) {
      return { status: "already-reverted", newId: present.id };
    }
    return resultOf(await setWeight(call, present, record.id, weight, givingBack(effect)), present.id);
  }
  const answer = await addMember(call, node.id, record.id, detail, [givingBack(effect)]);
  return resultOf(answer, answer.ids?.[0]);
}

/** A new member is in service within a few minutes. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

async function join(call: HuaweiCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId, detail } = effect.undo;
  const groups = await readScalingGroups(call);
  if (!groups.some(({ id }) => id === node.id)) return resourceGone(`The scaling group ${node.id} is gone.`);
  const member = async () =>
    (await readScalingMembers(call, await readScalingGroups(call))).find(
      (one) => one.instanceId === instanceId && !one.lifecycleState.startsWith("REMOV"),
    );
  const present = await caughtUp(call, member, (found) => found === undefined);
  if (present?.groupId === node.id) return { status: "already-reverted" };
  if (present) {
    return { status: "not-reverted", cause: "changed-since", why: `${instanceId} is in ${present.groupId} now.` };
  }
  const joined = await send(call, effect, "ADD", async () => (await member()) !== undefined);
  if (joined.effect !== "applied") return resultOf(joined);
  const inService = async () => (await member())?.lifecycleState === "INSERVICE";
  await pollUntil(call.requests, pace, inService, (done) => done);
  if (detail.protectedFromScaleIn !== true) return { status: "reverted" };
  // Who joins is unprotected; what it was besides is set again.
  return resultOf(await send(call, effect, "PROTECT", async () => (await member())?.protectedFromScaleIn === true));
}

async function send(call: HuaweiCall, effect: Undo<"rejoin">, action: "ADD" | "PROTECT", isSo: () => Promise<boolean>) {
  const { node, instanceId } = effect.undo;
  return await call.requests.mutate({
    service: "as",
    action: "POST /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/action",
    parameters: { path: { scaling_group_id: node.id }, body: { action, instances_id: [instanceId] } },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    confirm: confirmByReading(call.requests, isSo),
  });
}
