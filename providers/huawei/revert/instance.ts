import { pollUntil } from "../../../src/poll.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import { diskFlag, isLocked, readDisk, setDiskFlag, setLock, setTimer } from "../attributes.js";
import type { HuaweiCall } from "../call.js";
import { readStates } from "../instances.js";
import { changePower } from "../power.js";
import { caughtUp, liveInstance, serverGone, type Undo } from "./undo.js";

/** Puts a user's lock back on. Servers have no other protection. */
export async function revertLock(call: HuaweiCall, effect: Undo<"set-protection">): Promise<RevertResult> {
  const { instanceId, which, value } = effect.undo;
  if (which !== "termination") {
    return { status: "not-reverted", cause: "impossible", why: "A server has no protection but its lock." };
  }
  if (!(await liveInstance(call, instanceId))) return serverGone(instanceId);
  const now = await caughtUp(
    call,
    () => isLocked(call, instanceId),
    (locked) => locked === undefined || locked === effect.left,
  );
  if (now === undefined) return serverGone(instanceId);
  if (now === value) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`Whether ${instanceId} is locked is not told.`);
  return resultOf(await setLock(call, instanceId, value, [givingBack(effect)]));
}

/** How long a start or stop is waited for: it takes a minute at most, as a rule. */
const powerPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** Starts or stops a server, whichever it was before. */
export async function revertPower(call: HuaweiCall, effect: Undo<"set-power">): Promise<RevertResult> {
  const { instanceId, power } = effect.undo;
  const stateOf = async () =>
    (await readStates(call, [instanceId])).byId.get(instanceId)?.record.state.unified ?? "gone";
  // ECS refuses to start what is still stopping, and to stop what is still starting.
  const atRest = async () =>
    (await pollUntil(call.requests, powerPace, stateOf, (now) => now !== "stopping" && now !== "pending")).last;
  const state = await caughtUp(call, atRest, (now) => now === effect.left);
  if (state === "gone" || state === "terminating" || state === "recycled") return serverGone(instanceId);
  if (state === power) return { status: "already-reverted" };
  if (state !== effect.left) return changedSince(`${instanceId} is ${state} by now.`);
  const action = power === "running" ? "start" : "stop";
  const verdict = (await changePower(call, [instanceId], action, [givingBack(effect)])).get(instanceId);
  if (verdict?.kind === "unclear") return { status: "unknown", problem: verdict.problem };
  if (verdict && verdict.kind !== "accepted") return { status: "failed", problem: verdict.problem };
  await pollUntil(call.requests, powerPace, stateOf, (now) => now === power);
  return { status: "reverted" };
}

/** Sets a disk's flag to what it was. */
export async function revertFlag(call: HuaweiCall, effect: Undo<"set-flag">): Promise<RevertResult> {
  const { flag, instanceId, value, resource } = effect.undo;
  if (flag !== diskFlag || typeof value !== "boolean" || instanceId === undefined) {
    return { status: "not-reverted", cause: "impossible", why: `ECS has no flag ${flag} that could be set back.` };
  }
  const now = await caughtUp(
    call,
    async () => (await liveInstance(call, instanceId)) && (await readDisk(call, instanceId, resource.id)),
    (disk) => !disk || disk.deletedWithInstance === effect.left,
  );
  if (!now) return resourceGone(`${resource.id} is not attached to ${instanceId} any more.`);
  if (now.deletedWithInstance === value) return { status: "already-reverted" };
  if (now.deletedWithInstance !== effect.left) return changedSince(`The flag of ${resource.id} is not as it was left.`);
  return resultOf(await setDiskFlag(call, instanceId, resource.id, value, [givingBack(effect)]));
}

/** Calls our deletion timer off, or sets the former one. Which one is ours its moment tells: somebody else's stays. */
export async function revertTimer(call: HuaweiCall, effect: Undo<"set-timer">): Promise<RevertResult> {
  const { instanceId, releaseAt } = effect.undo;
  const seen = await caughtUp(
    call,
    () => liveInstance(call, instanceId),
    (now) => !now || now.record.scheduledReleaseAt === effect.left,
  );
  if (!seen) return serverGone(instanceId);
  const now = seen.record.scheduledReleaseAt ?? null;
  if (now === releaseAt) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`${instanceId} is due to be deleted at ${now ?? "no time"} now.`);
  return resultOf(await setTimer(call, instanceId, releaseAt, [givingBack(effect)]));
}
