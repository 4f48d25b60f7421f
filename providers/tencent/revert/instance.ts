import { pollUntil } from "../../../src/poll.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import { diskFlag, setDiskFlag, setProtection, setRenewal } from "../attributes.js";
import type { TencentCall } from "../call.js";
import { readDisk } from "../disks.js";
import { readStates, readTimers } from "../instances.js";
import { changePower } from "../power.js";
import { caughtUp, standing, type Undo } from "./undo.js";

/** Switches termination protection to what it was. */
export async function revertProtection(call: TencentCall, effect: Undo<"set-protection">): Promise<RevertResult> {
  const { instanceId, which, value } = effect.undo;
  if (which !== "termination") {
    return { status: "not-reverted", cause: "impossible", why: "CVM knows termination protection alone." };
  }
  const read = async () => (await standing(call, instanceId))?.record.protection.termination;
  const now = await caughtUp(call, read, (seen) => seen === effect.left);
  if (now === undefined) return gone(instanceId);
  if (now === value) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`The protection of ${instanceId} could not be read.`);
  return resultOf(await setProtection(call, instanceId, value, [givingBack(effect)]));
}

/** How long a start or stop is waited for. */
const powerPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** Starts or stops an instance, whichever it was before. */
export async function revertPower(call: TencentCall, effect: Undo<"set-power">): Promise<RevertResult> {
  const { instanceId, power } = effect.undo;
  const read = async () => {
    const seen = (await readStates(call, [instanceId])).byId.get(instanceId);
    const isMoving = seen?.facts.operationState === "OPERATING";
    return { state: seen?.record.state.unified ?? "gone", isMoving };
  };
  // What is on its way, and what an operation runs on, takes no other.
  const atRest = async () => {
    const { last } = await pollUntil(
      call.requests,
      powerPace,
      read,
      ({ state, isMoving }) => state !== "stopping" && state !== "pending" && !isMoving,
    );
    return last.state;
  };
  const state = await caughtUp(call, atRest, (now) => now === effect.left);
  if (state === "gone" || state === "terminating" || state === "recycled") return gone(instanceId);
  if (state === power) return { status: "already-reverted" };
  if (state !== effect.left) return changedSince(`${instanceId} is ${state} by now.`);
  const action = power === "running" ? "StartInstances" : "StopInstances";
  const verdict = (await changePower(call, [instanceId], action, () => [givingBack(effect)])).get(instanceId);
  if (verdict?.kind === "unclear") return { status: "unknown", problem: verdict.problem };
  if (verdict && verdict.kind !== "accepted") return { status: "failed", problem: verdict.problem };
  await pollUntil(call.requests, powerPace, read, (now) => now.state === power);
  return { status: "reverted" };
}

/** Sets a disk's end with its instance to what it was. */
export async function revertFlag(call: TencentCall, effect: Undo<"set-flag">): Promise<RevertResult> {
  const { resource, instanceId, flag, value } = effect.undo;
  if (flag !== diskFlag || typeof value !== "boolean" || instanceId === undefined) {
    return { status: "not-reverted", cause: "impossible", why: `CVM has no flag ${flag} to set back.` };
  }
  const disk = await caughtUp(
    call,
    () => readDisk(call, resource.id),
    (seen) => !seen || seen.deleteWithInstance === effect.left,
  );
  if (!disk) return resourceGone(`${resource.id} is not there any more.`);
  if (disk.deleteWithInstance === value) return { status: "already-reverted" };
  if (disk.deleteWithInstance !== effect.left) return changedSince(`${flag} of ${resource.id} could not be read.`);
  return resultOf(await setDiskFlag(call, instanceId, [resource.id], value, [givingBack(effect)]));
}

/** Sets how a prepaid instance is renewed to what it was. */
export async function revertRenewal(call: TencentCall, effect: Undo<"set-renewal">): Promise<RevertResult> {
  const { instanceId, mode } = effect.undo;
  const seen = await caughtUp(
    call,
    () => standing(call, instanceId),
    (now) => !now || now.facts.renewFlag === effect.left,
  );
  if (!seen) return gone(instanceId);
  if (seen.facts.renewFlag === mode) return { status: "already-reverted" };
  if (seen.facts.renewFlag !== effect.left)
    return changedSince(`${instanceId} is renewed by ${seen.facts.renewFlag ?? "nothing"} now.`);
  return resultOf(await setRenewal(call, instanceId, mode, [givingBack(effect)]));
}

/** Takes our release timer off. Which one is ours is told by its moment: somebody else's stays. */
export async function revertTimer(call: TencentCall, effect: Undo<"set-timer">): Promise<RevertResult> {
  const { instanceId } = effect.undo;
  const read = async () => (await readTimers(call, [instanceId])).get(instanceId);
  const timer = await caughtUp(call, read, (seen) => seen?.at === effect.left);
  if (!timer) return (await standing(call, instanceId)) ? { status: "already-reverted" } : gone(instanceId);
  if (timer.at !== effect.left) return changedSince(`${instanceId} is due to be released at ${timer.at} now.`);
  return resultOf(
    await call.requests.mutate({
      service: "cvm",
      action: "DeleteInstancesActionTimer",
      parameters: { ActionTimerIds: [timer.id] },
      instanceIds: [instanceId],
      effects: [givingBack(effect)],
      confirm: async () => ({ effect: (await read()) === undefined ? "applied" : "unknown" }),
    }),
  );
}

function gone(id: string): RevertResult {
  return resourceGone(`${id} is not in service any more.`);
}
