import { confirmByReading } from "../../../src/confirm.js";
import type { Problem } from "../../../src/errors.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import { setDiskFlags } from "../attributes.js";
import type { AwsCall } from "../call.js";
import { readInstances, readVolumes } from "../instances.js";
import { caughtUp, type Undo } from "./undo.js";

/** Attaches a volume to the instance it was on, with the flag it had. */
export async function revertAttachment(call: AwsCall, effect: Undo<"attach-disk">): Promise<RevertResult> {
  const { instanceId, diskId, device, deleteWithInstance } = effect.undo;
  const volume = await caughtUp(
    call,
    () => readVolume(call, diskId),
    (seen) => !seen || seen.attachments.length === 0,
  );
  if (!volume) return resourceGone(`${diskId} is gone.`);
  const [holder] = volume.attachments;
  if (holder?.instanceId === instanceId) return { status: "already-reverted" };
  if (holder) return changedSince(`${diskId} is attached to ${holder.instanceId} by now.`);
  if (device === undefined)
    return { status: "not-reverted", cause: "impossible", why: `The device of ${diskId} is not known.` };
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "AttachVolume",
    parameters: { VolumeId: diskId, InstanceId: instanceId, Device: device },
    instanceIds: effect.instanceIds,
    effects: [givingBack(effect)],
    partial: true,
    confirm: confirmByReading(
      call.requests,
      async () => (await readVolume(call, diskId))?.attachments.some((one) => one.instanceId === instanceId) === true,
    ),
  });
  // A volume attached by hand stays when its instance goes, unless it is told otherwise ("AttachVolume", EC2 API).
  if (answer.effect !== "applied" || deleteWithInstance !== true) return resultOf(answer);
  const disk = await caughtUp(
    call,
    async () =>
      (await readInstances(call, [instanceId])).byId.get(instanceId)?.record.disks.find(({ id }) => id === diskId),
    (found) => found !== undefined,
  );
  if (!disk) return { status: "failed", problem: unflagged(instanceId, diskId) };
  return resultOf(
    await setDiskFlags(call, instanceId, [{ disk, device, deleteWithInstance: true }], [givingBack(effect)]),
  );
}

function unflagged(instanceId: string, diskId: string): Problem {
  return {
    code: "wrong-state",
    message: `${diskId} is attached to ${instanceId} again, and is not yet shown there.`,
    hint: "Once it is, set it to be deleted with the instance, as it was before.",
    cloud: "aws",
    instanceIds: [instanceId],
  };
}

async function readVolume(call: AwsCall, diskId: string) {
  const volumes = await readVolumes(call, [{ Name: "volume-id", Values: [diskId] }]);
  return volumes.find(({ id, state }) => id === diskId && state !== "deleting" && state !== "deleted");
}
