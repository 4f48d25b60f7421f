import type { Problem } from "../../../src/errors.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import { readDisk, setDiskFlag } from "../attributes.js";
import type { HuaweiCall } from "../call.js";
import { attachDisk, readVolume } from "../disks.js";
import { caughtUp, liveInstance, serverGone, type Undo } from "./undo.js";

/** Attaches a disk to the server it was on, with the flag it had. */
export async function revertAttachment(call: HuaweiCall, effect: Undo<"attach-disk">): Promise<RevertResult> {
  const { instanceId, diskId, deleteWithInstance } = effect.undo;
  if (!(await liveInstance(call, instanceId))) return serverGone(instanceId);
  const volume = await caughtUp(
    call,
    () => readVolume(call, diskId),
    (seen) => !seen || seen.serverIds.length === 0,
  );
  if (!volume) return resourceGone(`${diskId} is gone.`);
  const [holder] = volume.serverIds;
  if (volume.serverIds.includes(instanceId)) return { status: "already-reverted" };
  if (holder !== undefined && !volume.shareable) return changedSince(`${diskId} is attached to ${holder} by now.`);
  const answer = await attachDisk(call, instanceId, diskId, [givingBack(effect)]);
  // A disk attached by hand stays when its server goes, unless it is told otherwise.
  if (answer.effect !== "applied" || deleteWithInstance !== true) return resultOf(answer);
  const disk = await caughtUp(
    call,
    () => readDisk(call, instanceId, diskId),
    (found) => found !== undefined,
  );
  if (!disk) return { status: "failed", problem: unflagged(instanceId, diskId) };
  if (disk.deletedWithInstance === true) return resultOf(answer);
  return resultOf(await setDiskFlag(call, instanceId, diskId, true, [givingBack(effect)]));
}

function unflagged(instanceId: string, diskId: string): Problem {
  return {
    code: "wrong-state",
    message: `${diskId} is attached to ${instanceId} again, and is not yet shown there.`,
    hint: "Once it is, set it to be deleted with the server, as it was before.",
    cloud: "huawei",
    instanceIds: [instanceId],
  };
}
