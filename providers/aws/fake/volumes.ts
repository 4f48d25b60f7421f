import { bin } from "./recycle-bin.js";
import type { AwsContext, Instance, Volume } from "./state.js";
import { change } from "./state.js";
import { timings } from "./timings.js";

/** Frees or deletes what a terminated instance held, each by its own flag. */
export function releaseVolumes(context: AwsContext, instance: Instance): void {
  for (const id of instance.volumeIds) {
    const attachment = context.state.volumes.get(id)?.attachments.find(({ instanceId }) => instanceId === instance.id);
    if (!attachment) continue;
    const remaining = detach(context, id, instance.id);
    // A Multi-Attach volume goes with its last holder only ("Multi-Attach considerations").
    if (remaining === 0 && attachment.deleteOnTermination) deleteVolume(context, id);
  }
}

/** Takes a volume off an instance. Answers how many hold it still. */
export function detach(context: AwsContext, volumeId: string, instanceId: string): number {
  const { volumes, instances } = context.state;
  const attachments = volumes.get(volumeId)?.attachments.filter((one) => one.instanceId !== instanceId) ?? [];
  change(volumes, volumeId, { attachments, status: attachments.length > 0 ? "in-use" : "available" });
  const instance = instances.get(instanceId);
  if (instance) change(instances, instanceId, { volumeIds: instance.volumeIds.filter((id) => id !== volumeId) });
  return attachments.length;
}

/** Attaches a volume. */
export function attach(
  context: AwsContext,
  volumeId: string,
  instanceId: string,
  how: { readonly device: string; readonly deleteOnTermination: boolean },
): void {
  const { volumes, instances } = context.state;
  const attachments = volumes.get(volumeId)?.attachments ?? [];
  change(volumes, volumeId, {
    status: "in-use",
    attachments: [...attachments, { ...how, instanceId, status: "attached", attachTime: context.now }],
  });
  const instance = instances.get(instanceId);
  if (instance) change(instances, instanceId, { volumeIds: [...instance.volumeIds, volumeId] });
}

/** `deleting`, then gone, or in the Recycle Bin where a rule keeps volumes. */
export function deleteVolume(context: AwsContext, id: string): void {
  const { volumes } = context.state;
  const volume = change(volumes, id, { status: "deleting" });
  if (!volume) return;
  context.later(timings.volumeDeletionMs, () => {
    volumes.delete(id);
    bin(context, { kind: "volume", id, thing: settled(volume) });
  });
}

/** The volume as it comes back out of the bin. */
function settled(volume: Volume): Volume {
  return { ...volume, status: "available", attachments: [] };
}
