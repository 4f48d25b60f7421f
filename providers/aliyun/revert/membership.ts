import { confirmByReading } from "../../../src/confirm.js";
import { pollUntil } from "../../../src/poll.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AliyunCall } from "../call.js";
import { readScalingGroups, readScalingMembers, type ScalingMember } from "../dependencies/scaling-groups.js";
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
  if (present?.groupId === node.id) return standing(present, effect);
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
  const isNow = (state: unknown) => async () => (await member())?.lifecycleState === state;
  await pollUntil(call.requests, pace, isNow("InService"), (done) => done);
  if (detail.lifecycleState === "InService") return { status: "reverted" };
  const back = backInto[String(detail.lifecycleState)];
  if (!back) return { status: "failed", problem: asItWas(effect) };
  const settled = await whileGroupActs(call, () =>
    call.requests.mutate({
      service: "ess",
      action: back.action,
      parameters: { ScalingGroupId: node.id, InstanceIds: [instanceId], ...back.parameters() },
      instanceIds: effect.instanceIds,
      effects: [givingBack(effect)],
      token: back.token,
      confirm: confirmByReading(call.requests, isNow(detail.lifecycleState)),
    }),
  );
  if (settled.effect !== "applied") return { status: "failed", problem: asItWas(effect) };
  await pollUntil(call.requests, pace, isNow(detail.lifecycleState), (done) => done);
  return { status: "reverted" };
}

/** How a member in service gets back into the state it was in (SetInstancesProtection, EnterStandby). From no other one. */
const backInto: Readonly<
  Record<
    string,
    { readonly action: string; readonly token: boolean; readonly parameters: () => Readonly<Record<string, unknown>> }
  >
> = {
  Protected: {
    action: "SetInstancesProtection",
    token: false,
    parameters: () => ({ ProtectedFromScaleIn: true }),
  },
  Standby: { action: "EnterStandby", token: true, parameters: () => ({ ClientToken: crypto.randomUUID() }) },
};

/** One that is in the group again, but in service where it was not, somebody else may have put there. */
function standing(present: ScalingMember, { undo: { detail } }: Undo<"rejoin">): RevertResult {
  const was = String(detail.lifecycleState);
  if (backInto[was] === undefined || present.lifecycleState === was) return { status: "already-reverted" };
  const why = `${present.instanceId} is in ${present.groupId} again, as ${present.lifecycleState}; it was ${was} before.`;
  return { status: "not-reverted", cause: "changed-since", why };
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
