import type { Disk, Instance, Snapshot } from "./records.js";
import { change, leave, type TencentContext } from "./state.js";
import { timings } from "./timings.js";

/** What kind of snapshot to begin. */
export interface NewSnapshot {
  readonly disk: Disk;
  readonly name: string;
  readonly tags: Snapshot["tags"];
  readonly deadline?: number | undefined;
  readonly policyId?: string | undefined;
  readonly durationMs?: number;
}

/** Begins a snapshot. What becomes of it is the disk's seeded behaviour: there is no failed state, only absence. */
export function beginSnapshot(context: TencentContext, { disk, name, tags, ...more }: NewSnapshot): Snapshot {
  const { state, ids, now } = context;
  const { deadline, policyId, durationMs = timings.snapshotMs } = more;
  const id = ids.assign("snapshot");
  const sizeGiB = disk.snapshots === "too-small" ? Math.max(1, Math.floor(disk.sizeGiB / 2)) : disk.sizeGiB;
  const snapshot: Snapshot = {
    id,
    name,
    diskId: disk.id,
    zone: disk.zone,
    usage: disk.usage,
    sizeGiB,
    keyId: disk.keyId,
    state: "CREATING",
    percent: 0,
    createdAt: now,
    imageIds: [],
    policyId,
    tags,
    ...(disk.snapshots === "vanishes" ? { vanishes: true } : {}),
  };
  state.snapshots.set(id, snapshot);
  if (deadline !== undefined) setDeadline(context, id, deadline);
  context.later(durationMs / 2, () => change(state.snapshots, id, { percent: 50 }));
  if (disk.snapshots === "stuck") return snapshot;
  context.later(durationMs, () => {
    if (disk.snapshots === "fails") state.snapshots.delete(id);
    else change(state.snapshots, id, { state: "NORMAL", percent: 100 });
  });
  if (disk.snapshots === "vanishes") context.later(durationMs + 1_000, () => void state.snapshots.delete(id));
  return snapshot;
}

/** Lets the cloud delete a snapshot at a time, unless that is changed again. */
export function setDeadline({ state, clock }: TencentContext, id: string, deadline: number | undefined): void {
  change(state.snapshots, id, { deadline });
  if (deadline === undefined) return;
  clock.at(deadline, () => {
    if (state.snapshots.get(id)?.deadline === deadline) state.snapshots.delete(id);
  });
}

/** Takes a disk from one holder; a shared disk stays attached to the others. */
export function takeFrom({ state }: TencentContext, disk: Disk, instanceId: string): void {
  const holders = disk.holders.filter((holder) => holder !== instanceId);
  const free = holders.length === 0 ? ({ state: "UNATTACHED" } as const) : {};
  change(state.disks, disk.id, { holders, lastHolder: instanceId, ...free });
  const instance = state.instances.get(instanceId);
  if (instance)
    change(state.instances, instanceId, { diskIds: instance.diskIds.filter((diskId) => diskId !== disk.id) });
}

/** Attaches a disk to an instance. */
export function giveTo({ state }: TencentContext, disk: Disk, instance: Instance): void {
  const holders = [...new Set([...disk.holders, instance.id])];
  change(state.disks, disk.id, { holders, lastHolder: instance.id, state: "ATTACHED" });
  change(state.instances, instance.id, { diskIds: [...new Set([...instance.diskIds, disk.id])] });
}

/**
 * The end of a disk: its backup points go with it, as does a snapshot that was not finished, its place in policies
 * and, where its flag says so, each snapshot that is not permanent.
 */
export function destroyDisk(context: TencentContext, id: string, deleteSnapshots = false): void {
  const { state } = context;
  const disk = state.disks.get(id);
  if (!disk) return;
  for (const holder of disk.holders) takeFrom(context, state.disks.get(id) ?? disk, holder);
  state.disks.delete(id);
  for (const snapshot of [...state.snapshots.values()].filter(({ diskId }) => diskId === id)) {
    const goes = snapshot.deadline !== undefined && (deleteSnapshots || disk.deleteSnapshot);
    if (goes || snapshot.state === "CREATING") state.snapshots.delete(snapshot.id);
  }
  for (const backup of [...state.diskBackups.values()].filter(({ diskId }) => diskId === id)) {
    state.diskBackups.delete(backup.id);
    leave(state, "backup", backup.id, id);
  }
  for (const policy of state.snapshotPolicies.values()) {
    if (!policy.diskIds.includes(id)) continue;
    change(state.snapshotPolicies, policy.id, { diskIds: policy.diskIds.filter((diskId) => diskId !== id) });
    leave(state, "backup-policy", policy.id, id);
  }
}

/** Says what becomes of the snapshots of a disk that are not permanent. */
export function setDeletesSnapshots({ state }: TencentContext, id: string, deleteSnapshot: boolean): void {
  if (deleteSnapshot) change(state.disks, id, { deleteSnapshot });
}

/** Puts a prepaid disk into the bin of disks, which keeps it for seven days. */
export function recycleDisk(context: TencentContext, id: string): void {
  const { state, now } = context;
  const disk = state.disks.get(id);
  if (!disk) return;
  for (const holder of disk.holders) takeFrom(context, state.disks.get(id) ?? disk, holder);
  const returningUntil = now + timings.diskReturnMs;
  change(state.disks, id, { state: "TORECYCLE", returningUntil });
  context.later(timings.diskBinMs, () => {
    const kept = state.disks.get(id);
    if (kept?.state === "TORECYCLE" && kept.returningUntil === returningUntil) destroyDisk(context, id);
  });
}

/** Whether a disk shares the fate of its instance, whatever its flag says, or by its flag. */
export function diesWithInstance({
  usage,
  portable,
  deleteWithInstance,
}: Pick<Disk, "usage" | "portable" | "deleteWithInstance">): boolean {
  return usage === "SYSTEM_DISK" || !portable || deleteWithInstance;
}

/** What becomes of a disk whose instance ends: it dies, stays with others who hold it, or is left over. */
export function releaseDisk(context: TencentContext, id: string, instanceId: string): void {
  const disk = context.state.disks.get(id);
  if (!disk) return;
  const isHeldByOthers = disk.holders.some((holder) => holder !== instanceId);
  if (diesWithInstance(disk) && !isHeldByOthers) destroyDisk(context, id);
  else takeFrom(context, disk, instanceId);
}
