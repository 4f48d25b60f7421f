import type { SeedOwner } from "../../../../src/testing/seed.js";
import type { Disk, Snapshot } from "../records.js";
import { join, type TencentContext } from "../state.js";
import type { OwnerSeeder } from "./members.js";

const week = 7 * 86_400_000;

/** What hangs on disks: members are disks, or instances for all their disks. */
export const storageOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  snapshot: (context, owner) => {
    for (const [index, disk] of disksOf(context, owner.members).entries()) {
      const { id } = addSnapshot(context, disk, owner.id, index === 0 ? owner.id : undefined);
      join(context.state, "snapshot", id, disk.id);
    }
  },
  image: (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("image", owner.id);
    const disks = disksOf(context, owner.members);
    const snapshots = disks.map((disk) => addSnapshot(context, disk, owner.id));
    for (const snapshot of snapshots) state.snapshots.set(snapshot.id, { ...snapshot, imageIds: [id] });
    state.images.set(id, {
      id,
      name: owner.id,
      state: "NORMAL",
      sizeGiB: disks[0]?.sizeGiB ?? 50,
      snapshotIds: snapshots.map((snapshot) => snapshot.id),
      createdAt: now - week,
      tags: {},
    });
    for (const disk of disks) join(state, "image", id, disk.id);
  },
  backup: (context, owner) => {
    const { state, ids, now } = context;
    for (const [index, disk] of disksOf(context, owner.members).entries()) {
      const id = ids.assign("disk-backup", index === 0 ? owner.id : undefined);
      state.diskBackups.set(id, { id, diskId: disk.id, sizeGiB: disk.sizeGiB, createdAt: now - week });
      join(state, "backup", id, disk.id);
    }
  },
  "backup-policy": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("snapshot-policy", owner.id);
    const diskIds = disksOf(context, owner.members).map((disk) => disk.id);
    state.snapshotPolicies.set(id, { id, diskIds, instanceIds: [], createdAt: now - week });
    for (const diskId of diskIds) join(state, "backup-policy", id, diskId);
  },
};

function disksOf({ state, ids }: TencentContext, members: readonly string[]): readonly Disk[] {
  return members.flatMap((name) => {
    const id = ids.find(name);
    const found = state.instances.get(id)?.diskIds ?? [id];
    const disks = found.flatMap((diskId) => state.disks.get(diskId) ?? []);
    if (disks.length === 0) throw new Error(`"${name}" is neither a cloud disk nor an instance with one.`);
    return disks;
  });
}

/** A snapshot somebody else made a week ago. */
function addSnapshot({ state, ids, now }: TencentContext, disk: Disk, name: string, id?: string): Snapshot {
  const snapshot: Snapshot = {
    id: ids.assign("snapshot", id),
    name,
    diskId: disk.id,
    zone: disk.zone,
    usage: disk.usage,
    sizeGiB: disk.sizeGiB,
    keyId: disk.keyId,
    state: "NORMAL",
    percent: 100,
    createdAt: now - week,
    imageIds: [],
    tags: {},
  };
  state.snapshots.set(snapshot.id, snapshot);
  return snapshot;
}
