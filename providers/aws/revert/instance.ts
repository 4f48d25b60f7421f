import type { JsonValue } from "../../../src/common.js";

import { DecommissionError } from "../../../src/errors.js";
import { pollUntil } from "../../../src/poll.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import {
  diskFlag,
  readShutdownBehavior,
  setDiskFlags,
  setProtection,
  setShutdownBehavior,
  shutdownFlag,
} from "../attributes.js";
import type { AwsCall } from "../call.js";
import { readInstances, readStates } from "../instances.js";
import { changeState } from "../power.js";
import { readProtection } from "../protection.js";
import type { SeenInstance } from "../record.js";
import { caughtUp, type Undo } from "./undo.js";

/** Switches a protection to what it was. */
export async function revertProtection(call: AwsCall, effect: Undo<"set-protection">): Promise<RevertResult> {
  const { instanceId, which, value } = effect.undo;
  if (which === "lock") return { status: "not-reverted", cause: "impossible", why: "EC2 instances have no locks." };
  const seen = await liveInstance(call, instanceId);
  if (!seen) return gone(instanceId);
  const now = await caughtUp(
    call,
    async () => {
      const reading = await readProtection(call, [seen]);
      const unread = reading.unread.get(instanceId);
      if (unread) throw new DecommissionError(unread);
      return reading.byId.get(instanceId)?.[which];
    },
    (value) => value === effect.left,
  );
  if (now === value) return { status: "already-reverted" };
  if (now !== effect.left) return changedSince(`The ${which} protection of ${instanceId} could not be read.`);
  return resultOf(await setProtection(call, seen, which, value, [givingBack(effect)]));
}

/** How long a start or stop is waited for. Most take a minute or two ("Stop and start", EC2 User Guide). */
const powerPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** Starts or stops an instance, whichever it was before. */
export async function revertPower(call: AwsCall, effect: Undo<"set-power">): Promise<RevertResult> {
  const { instanceId, power } = effect.undo;
  const stateOf = async () =>
    (await readStates(call, [instanceId])).byId.get(instanceId)?.record.state.unified ?? "gone";
  // EC2 refuses to start what is still stopping, and to stop what is still starting.
  const atRest = async () =>
    (await pollUntil(call.requests, powerPace, stateOf, (now) => now !== "stopping" && now !== "pending")).last;
  const state = await caughtUp(call, atRest, (now) => now === effect.left);
  if (state === "gone" || state === "terminating") return gone(instanceId);
  if (state === power) return { status: "already-reverted" };
  if (state !== effect.left) return changedSince(`${instanceId} is ${state} by now.`);
  const [seen] = (await readStates(call, [instanceId])).byId.values();
  if (!seen) return gone(instanceId);
  const action = power === "running" ? "StartInstances" : "StopInstances";
  const verdict = (await changeState(call, [seen], { action, effectsOf: () => [givingBack(effect)] })).get(instanceId);
  if (verdict?.kind === "unclear") return { status: "unknown", problem: verdict.problem };
  if (verdict && verdict.kind !== "accepted") return { status: "failed", problem: verdict.problem };
  await pollUntil(call.requests, powerPace, stateOf, (now) => now === power);
  return { status: "reverted" };
}

/** Sets a flag to what it was: a disk's end with its instance, or what the guest's own shutdown means. */
export async function revertFlag(call: AwsCall, effect: Undo<"set-flag">): Promise<RevertResult> {
  const { flag, instanceId, value } = effect.undo;
  if (instanceId === undefined) return unknownFlag(flag);
  if (flag === diskFlag && typeof value === "boolean") return await revertDiskFlag(call, effect, instanceId, value);
  if (flag === shutdownFlag && typeof value === "string") return await revertShutdown(call, effect, instanceId, value);
  return unknownFlag(flag);
}

async function revertDiskFlag(
  call: AwsCall,
  effect: Undo<"set-flag">,
  instanceId: string,
  value: boolean,
): Promise<RevertResult> {
  const diskOf = async () => {
    const seen = await liveInstance(call, instanceId);
    const disk = seen?.record.disks.find(({ id }) => id === effect.resource.id);
    const device = disk && seen?.facts.devices.get(disk.id);
    return disk && device !== undefined ? { disk, device } : undefined;
  };
  const attached = await caughtUp(call, diskOf, (now) => !now || now.disk.deletedWithInstance === effect.left);
  if (!attached) return resourceGone(`${effect.resource.id} is not attached to ${instanceId} any more.`);
  const { disk, device } = attached;
  const verdict = compare(disk.deletedWithInstance, value, effect.left, `The flag of ${disk.id}`);
  if (verdict) return verdict;
  return resultOf(
    await setDiskFlags(call, instanceId, [{ disk, device, deleteWithInstance: value }], [givingBack(effect)]),
  );
}

async function revertShutdown(
  call: AwsCall,
  effect: Undo<"set-flag">,
  instanceId: string,
  value: string,
): Promise<RevertResult> {
  if (!(await liveInstance(call, instanceId))) return gone(instanceId);
  const now = await caughtUp(
    call,
    () => readShutdownBehavior(call, instanceId),
    (value) => value === effect.left,
  );
  const verdict = compare(now, value, effect.left, `What a shutdown of ${instanceId} means`);
  return verdict ?? resultOf(await setShutdownBehavior(call, instanceId, value, [givingBack(effect)]));
}

/** `undefined` where the present value is the one we left, so that it may be set back. */
function compare(
  now: JsonValue,
  former: JsonValue,
  left: JsonValue | undefined,
  what: string,
): RevertResult | undefined {
  if (now === former) return { status: "already-reverted" };
  return now === left ? undefined : changedSince(`${what} is ${JSON.stringify(now)} by now.`);
}

async function liveInstance(call: AwsCall, id: string): Promise<SeenInstance | undefined> {
  const seen = (await readInstances(call, [id])).byId.get(id);
  const over = seen?.record.state.unified === "gone" || seen?.record.state.unified === "terminating";
  return over ? undefined : seen;
}

function gone(id: string): RevertResult {
  return resourceGone(`${id} is gone or on its way out.`);
}

function unknownFlag(flag: string): RevertResult {
  return { status: "not-reverted", cause: "impossible", why: `EC2 has no flag ${flag} that could be set back.` };
}
