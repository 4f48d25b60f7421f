import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedName, SeedOwner } from "../../../../src/testing/seed.js";
import type { AliyunContext, Disk, Snapshot } from "../state.js";
import { change } from "../state.js";
import { membersOf } from "./members.js";

const day = 24 * 3_600_000;

function diskOf({ ids, state }: AliyunContext, name: SeedName): Disk {
  const disk = state.disks.get(ids.find(name));
  if (!disk) throw unsupportedSeed("aliyun", "owners.members", `"${name}" is no disk.`);
  return disk;
}

function addSnapshot(context: AliyunContext, disk: Disk, spec: Partial<Snapshot>): Snapshot {
  const made: Snapshot = {
    id: context.ids.assign("snapshot"),
    name: "",
    description: "",
    diskId: disk.id,
    role: disk.role,
    sizeGiB: disk.sizeGiB,
    type: "user",
    status: "accomplished",
    createdAt: context.now - day,
    doneAt: context.now - day,
    retentionDays: 0,
    encrypted: disk.encrypted,
    keyId: disk.keyId,
    groupId: "",
    tags: {},
    ...spec,
  };
  context.state.snapshots.set(made.id, made);
  return made;
}

/** Finished snapshots of disks, made by somebody; with the variant `auto` by the cloud's own schedule. */
export function seedSnapshots(context: AliyunContext, owner: SeedOwner): void {
  const type = owner.variant === "auto" ? "auto" : "user";
  for (const [index, name] of owner.members.entries()) {
    const id = context.ids.assign("snapshot", index === 0 ? owner.id : undefined);
    addSnapshot(context, diskOf(context, name), { id, type, name: type === "auto" ? "auto" : owner.id });
  }
}

/** A custom image with a snapshot of each disk. */
export function seedImage(context: AliyunContext, owner: SeedOwner): void {
  const snapshotIds = owner.members.map((name) => addSnapshot(context, diskOf(context, name), {}).id);
  const id = context.ids.assign("image", owner.id);
  context.state.images.set(id, { id, name: owner.id, createdAt: context.now - day, snapshotIds });
}

/** One key for all the disks named. */
export function setKey(context: AliyunContext, owner: SeedOwner): void {
  const keyId = context.ids.assign("key", owner.id);
  context.state.keys.set(keyId, "Enabled");
  for (const name of owner.members) change(context.state.disks, diskOf(context, name).id, { encrypted: true, keyId });
}

/**
 * Copies in Cloud Backup, each with the job that made it; of files with the variant `file`. `inUse`: the job still runs,
 * under the status that `detail.status` says.
 */
export function seedBackup(context: AliyunContext, owner: SeedOwner): void {
  const { ids, state, now } = context;
  const status = typeof owner.detail?.status === "string" ? owner.detail.status : owner.inUse ? "RUNNING" : "COMPLETE";
  for (const [index, instanceId] of membersOf(context, owner).entries()) {
    state.backupJobs.set(ids.assign("backup-job", index === 0 ? owner.id : undefined), {
      sourceType: owner.variant === "file" ? "ECS_FILE" : "UDM_ECS",
      instanceId,
      status,
      createdAt: now - day,
      ...(owner.inUse ? {} : { endedAt: now - day / 2 }),
    });
  }
}
