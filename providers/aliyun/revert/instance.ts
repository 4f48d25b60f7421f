import { pollUntil } from "../../../src/poll.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import { diskFlag, readRenewal, setDiskFlag, setProtection, setRenewal, setTimer } from "../attributes.js";
import type { AliyunCall } from "../call.js";
import { readDisks } from "../instances.js";
import { changePower } from "../power.js";
import { caughtUp, gone, readState, type Undo } from "./undo.js";

/** Switches release protection to what it was. */
export async function revertProtection(call: AliyunCall, effect: Undo<"set-protection">): Promise<RevertResult> {
  const { instanceId, which, value } = effect.undo;
  if (which !== "termination") {
    return { status: "not-reverted", cause: "impossible", why: "ECS knows release protection alone." };
  }
  const seen = await caughtUp(
    call,
    () => readState(call, instanceId),
    (now) => !now || now.record.protection.termination === effect.left,
  );
  if (!seen) return gone(instanceId);
  const now = seen.record.protection.termination;
  if (now === value) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`The protection of ${instanceId} could not be read.`);
  return resultOf(await setProtection(call, instanceId, value, [givingBack(effect)]));
}

/** How long a start or stop is waited for. */
const powerPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** Starts or stops an instance, whichever it was before. */
export async function revertPower(call: AliyunCall, effect: Undo<"set-power">): Promise<RevertResult> {
  const { instanceId, power } = effect.undo;
  const stateOf = async () => (await readState(call, instanceId))?.record.state.unified ?? "gone";
  // ECS refuses to start what is still stopping, and to stop what is still starting.
  const atRest = async () =>
    (await pollUntil(call.requests, powerPace, stateOf, (now) => now !== "stopping" && now !== "pending")).last;
  const state = await caughtUp(call, atRest, (now) => now === "gone" || now === effect.left);
  if (state === "gone") return gone(instanceId);
  if (state === power) return { status: "already-reverted" };
  if (state !== effect.left) return changedSince(`${instanceId} is ${state} by now.`);
  const seen = await readState(call, instanceId);
  if (!seen) return gone(instanceId);
  const action = power === "running" ? "StartInstances" : "StopInstances";
  const verdict = (await changePower(call, [seen], { action, effectsOf: () => [givingBack(effect)] })).get(instanceId);
  if (verdict?.kind === "unclear") return { status: "unknown", problem: verdict.problem };
  if (verdict && verdict.kind !== "accepted") return { status: "failed", problem: verdict.problem };
  await pollUntil(call.requests, powerPace, stateOf, (now) => now === power);
  return { status: "reverted" };
}

/** Sets whether a disk goes with its instance to what it was. */
export async function revertFlag(call: AliyunCall, effect: Undo<"set-flag">): Promise<RevertResult> {
  const { resource, instanceId, flag, value } = effect.undo;
  if (flag !== diskFlag || typeof value !== "boolean" || instanceId === undefined) {
    return { status: "not-reverted", cause: "impossible", why: `ECS has no flag ${flag} that could be set back.` };
  }
  const disk = await caughtUp(
    call,
    async () => (await readDisks(call, [resource.id])).get(resource.id),
    (now) => !now || now.deleteWithInstance === effect.left,
  );
  if (!disk) return resourceGone(`${resource.id} is gone.`);
  if (!disk.attachments.some((holder) => holder.instanceId === instanceId)) {
    return resourceGone(`${resource.id} is not attached to ${instanceId} any more.`);
  }
  if (disk.deleteWithInstance === value) return { status: "already-reverted" };
  if (disk.deleteWithInstance !== effect.left) return changedSince(`${flag} of ${resource.id} could not be read.`);
  return resultOf(await setDiskFlag(call, instanceId, [resource.id], value, [givingBack(effect)]));
}

/** Renews a subscription at its end as it was to be renewed before. */
export async function revertRenewal(call: AliyunCall, effect: Undo<"set-renewal">): Promise<RevertResult> {
  const { instanceId, mode } = effect.undo;
  if (!(await readState(call, instanceId))) return gone(instanceId);
  const now = await caughtUp(
    call,
    () => readRenewal(call, instanceId),
    (value) => value === effect.left,
  );
  if (now === mode) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`${instanceId} is renewed by ${now ?? "nothing that is told"} now.`);
  return resultOf(await setRenewal(call, instanceId, mode, [givingBack(effect)]));
}

/** Takes our release timer off, or sets the former one. Which one is ours is told by its moment. */
export async function revertTimer(call: AliyunCall, effect: Undo<"set-timer">): Promise<RevertResult> {
  const { instanceId, releaseAt } = effect.undo;
  const seen = await caughtUp(
    call,
    () => readState(call, instanceId),
    (now) => !now || now.record.scheduledReleaseAt === effect.left,
  );
  if (!seen) return gone(instanceId);
  const now = seen.record.scheduledReleaseAt ?? null;
  if (now === releaseAt) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`${instanceId} is due to be released at ${now ?? "no time"} now.`);
  return resultOf(await setTimer(call, instanceId, releaseAt, [givingBack(effect)]));
}
