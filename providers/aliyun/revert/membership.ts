import { confirmByReading } from "../../../src/confirm.js";
import { pollUntil } from "../../../src/poll.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AliyunCall } from "../call.js";
import { readScalingGroups, readScalingMembers } from "../dependencies/scaling-groups.js";
import { isLeaving, whileGroupActs } from "../release/scaling-group.js";
import { register } from "./registration.js";
import { caughtUp, gone, readState, type Undo } from "./undo.js";

/** Registers an instance with its load balancer or scaling group again, as it was. */
export async function revertMembership(call: AliyunCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId } = effect.undo;
  const seen = await readState(call, instanceId);
  if (!seen) return gone(instanceId);
  if (node.kind === "load-balancer-target") return await register(call, effect, seen.record);
  if (node.kind === "auto-scaling-group") return await attach(call, effect);
  return { status: "not-reverted", cause: "impossible", why: `Nothing is known about rejoining a ${node.kind}.` };
}

/** A new member is in service within a few minutes. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

async function attach(call: AliyunCall, effect: Undo<"rejoin">): Promise<RevertResult> {
  const { node, instanceId, detail } = effect.undo;
  if (!(await readScalingGroups(call)).has(node.id)) return resourceGone(`The scaling group ${node.id} is gone.`);
  const member = async () => (await readScalingMembers(call, [instanceId])).find((one) => !isLeaving(one));
  const present = await caughtUp(call, member, (found) => found === undefined);
  if (present?.groupId === node.id) return { status: "already-reverted" };
  if (present)
    return { status: "not-reverted", cause: "changed-since", why: `${instanceId} is in ${present.groupId} now.` };
  const answer = await whileGroupActs(call, () =>
    call.requests.mutate({
      service: "ess",
      action: "AttachInstances",
      parameters: {
        ScalingGroupId: node.id,
        InstanceIds: [instanceId],
        // One that the group had made is the group's again: it releases it when it shrinks.
        ...(detail.creationType === "AutoCreated" ? { Entrusted: true } : {}),
        ClientToken: crypto.randomUUID(),
      },
      instanceIds: effect.instanceIds,
      effects: [givingBack(effect)],
      token: true,
      confirm: confirmByReading(call.requests, async () => (await member())?.groupId === node.id),
    }),
  );
  if (answer.effect !== "applied") return resultOf(answer);
  const inService = async () => (await member())?.lifecycleState === "InService";
  await pollUntil(call.requests, pace, inService, (done) => done);
  return detail.lifecycleState === "InService"
    ? { status: "reverted" }
    : { status: "failed", problem: asItWas(effect) };
}

/** Attaching puts an instance into service, and no more. */
function asItWas({ undo: { node, instanceId, detail } }: Undo<"rejoin">) {
  return {
    code: "wrong-state",
    message: `${instanceId} is in ${node.id} again, in service; it was ${String(detail.lifecycleState)} before.`,
    hint: "Set that in Auto Scaling.",
    cloud: "aliyun",
    instanceIds: [instanceId],
  } as const;
}
