import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { type OutlivingKind, releaseOutlived, undecidedData } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { readVolumes } from "../instances.js";
import type { VolumeFacts } from "../record.js";
import { standingInstances } from "./gone.js";

/** Deletes volumes that their instances left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, volumes);
}

const volumes: OutlivingKind<AwsCall, true, VolumeFacts> = {
  noun: "the volume",
  standing: standingInstances,
  was: ({ disks }, diskId) => disks.some(({ id }) => id === diskId) || undefined,
  readNow: readVolume,
  unfit: inUse,
  keptBecause: undecidedData,
  effect: "disk-deleted",
  noWayBack: () => "A deleted volume comes back only where a Recycle Bin rule of the account kept it: see `recover`.",
  request: (VolumeId) => ({ service: "ec2", action: "DeleteVolume", parameters: { VolumeId } }),
};

/** A volume that is not gone or going; `undefined` for one that is. */
async function readVolume(call: AwsCall, id: string): Promise<VolumeFacts | undefined> {
  const found = await readVolumes(call, [{ Name: "volume-id", Values: [id] }]);
  return found.find((volume) => volume.id === id && volume.state !== "deleting" && volume.state !== "deleted");
}

function inUse(item: DependencyRef, { state, attachments }: VolumeFacts): Problem | undefined {
  const [holder] = attachments;
  if (state === "available" && !holder) return undefined;
  const message = `${item.id} is ${state}${holder ? `, held by ${holder.instanceId}` : ""}.`;
  return itemProblem(item, "dependency", message, "It can go once nobody holds it.");
}
