import type { AliyunContext, AliyunState, Disk, Instance } from "./state.js";
import { change } from "./state.js";
import { timings } from "./timings.js";

/** Disks of the host: they live and die with the instance and cannot be copied. */
export function isLocal({ category }: Pick<Disk, "category">): boolean {
  return category.startsWith("local_") || category.startsWith("ephemeral");
}

/** The disks of an instance, the system disk first. */
export function disksOf(state: AliyunState, instanceId: string): readonly Disk[] {
  return (state.attached.get(instanceId) ?? [])
    .flatMap((id) => state.disks.get(id) ?? [])
    .filter((disk) => disk.attachments.some((attachment) => attachment.instanceId === instanceId))
    .sort((one, other) => Number(other.role === "system") - Number(one.role === "system"));
}

/**
 * Whether a disk goes with its instance as things stand. A security lock overrides the flag (DeleteInstance: "this
 * attribute is ignored and the disk is released along with the instance"); a disk that others hold as well stays.
 */
export function diesWith(disk: Disk, instance: Instance | undefined): boolean {
  if (disk.multiAttach) return false;
  if (instance?.locks.includes("security")) return true;
  return disk.deleteWithInstance || !disk.portable || isLocal(disk);
}

/** Lets go of the disks of an instance that is gone: some die, the others become pay-as-you-go and free. */
export function releaseDisks(context: AliyunContext, instance: Instance): void {
  for (const disk of disksOf(context.state, instance.id)) {
    if (diesWith(disk, instance)) removeDisk(context, disk);
    else letGo(context, disk, instance.id, timings.letGoMs);
  }
}

/** Detaches a disk: `Detaching` for a while, then `Available`, unless another instance holds it too. */
export function letGo(context: AliyunContext, { id, attachments }: Disk, instanceId: string, afterMs: number): void {
  const { disks } = context.state;
  const others = attachments.filter((attachment) => attachment.instanceId !== instanceId);
  if (others.length > 0) {
    change(disks, id, { attachments: others });
    return;
  }
  change(disks, id, { attachments: [], status: "Detaching", chargeType: "PostPaid", portable: true });
  context.later(afterMs, () => {
    const detachedAt = context.clock.now();
    if (context.state.disks.get(id)?.status === "Detaching")
      change(context.state.disks, id, { status: "Available", detachedAt });
  });
}

/**
 * Removes a disk. A copy that is still being made goes with it, and so do automatic snapshots where the disk says so
 * (CreateSnapshot: "the snapshot in the Creating state is also deleted"; ModifyDiskAttribute).
 */
export function removeDisk({ state }: AliyunContext, { id, deleteAutoSnapshot }: Disk): void {
  state.disks.delete(id);
  for (const { id: snapshotId, diskId, status, type } of [...state.snapshots.values()]) {
    if (diskId !== id) continue;
    if (status === "progressing" || (type === "auto" && deleteAutoSnapshot)) removeSnapshot(state, snapshotId);
  }
}

/** Removes a snapshot, also from its group. */
export function removeSnapshot(state: AliyunState, id: string): void {
  const groupId = state.snapshots.get(id)?.groupId;
  state.snapshots.delete(id);
  const group = groupId ? state.snapshotGroups.get(groupId) : undefined;
  if (!group) return;
  const snapshotIds = group.snapshotIds.filter((member) => member !== id);
  if (snapshotIds.length > 0) change(state.snapshotGroups, group.id, { snapshotIds });
  else state.snapshotGroups.delete(group.id);
}

/** A change of power while a copy is being made spoils the copy (CreateSnapshot). */
export function spoilSnapshots({ state }: AliyunContext, instanceId: string): void {
  const ids = new Set(disksOf(state, instanceId).map(({ id }) => id));
  for (const { id, diskId, status } of [...state.snapshots.values()])
    if (ids.has(diskId) && status === "progressing") change(state.snapshots, id, { status: "failed" });
}
