import type { JsonObject } from "../../../common.js";
import { refusal } from "../../fake-refusal.js";
import { timings } from "../lifecycle.js";
import { batchSize, type MemoryFeatures } from "../options.js";
import type { Disk, MemoryAction, MemoryActionContext, Snapshot } from "../state.js";
import { aboutInstance, assertFree, diskOf, instanceOf, mutates, paged, reads } from "./shared.js";

/** Disks and their copies. */
export function diskActions(features: MemoryFeatures): Readonly<Record<string, MemoryAction>> {
  return {
    "cloud:ListDisks": reads(({ state }, parameters) => {
      const ids = parameters.optionalTexts("ids", batchSize);
      const instanceIds = parameters.optionalTexts("instanceIds", batchSize);
      const rows = [...state.disks.values()]
        .filter((disk) => ids === undefined || ids.includes(disk.id))
        .filter(
          (disk) => instanceIds === undefined || disk.attachments.some((one) => instanceIds.includes(one.instanceId)),
        )
        .map(diskRow);
      return paged(rows, parameters);
    }),

    "cloud:SetDiskFlag": mutates((context, parameters) => {
      const disk = diskOf(context, parameters.text("id"));
      const instanceId = parameters.text("instanceId");
      const value = parameters.flag("deleteWithInstance");
      parameters.done();
      assertFree(context, instanceOf(context, instanceId));
      if (disk.tied && !value) throw refusal("DiskTied", `Disk ${disk.id} goes with its instance.`, 409);
      const attachment = disk.attachments.find((one) => one.instanceId === instanceId);
      if (!attachment) throw refusal("DiskNotAttached", `Disk ${disk.id} is not attached to ${instanceId}.`, 409);
      if (attachment.deleteWithInstance !== value) context.effect(disk.id);
      attachment.deleteWithInstance = value;
      return {};
    }),

    "cloud:DeleteDisk": mutates((context, parameters) => {
      const disk = diskOf(context, parameters.text("id"));
      parameters.done();
      if (disk.attachments.length > 0) throw refusal("DiskInUse", `Disk ${disk.id} is attached.`, 409);
      context.state.disks.delete(disk.id);
      context.effect(disk.id);
      return {};
    }),

    "cloud:ListSnapshots": reads(({ state }, parameters) => {
      const ids = parameters.optionalTexts("ids", batchSize);
      const tags = Object.entries(parameters.map("tags"));
      const rows = [...state.snapshots.values()]
        .filter((snapshot) => ids === undefined || ids.includes(snapshot.id))
        .filter((snapshot) => tags.every(([key, value]) => snapshot.tags[key] === value))
        .map(snapshotRow);
      return paged(rows, parameters);
    }),

    "cloud:CreateSnapshots": mutates((context, parameters) => {
      const instanceId = parameters.text("instanceId");
      const disks = parameters.texts("diskIds").map((id) => diskOf(context, id));
      const description = parameters.text("description");
      const tags = parameters.map("tags");
      const token = parameters.optionalText("token");
      parameters.done();
      const known = madeBefore(context, token, features);
      if (known.length > 0) return { items: known.map(snapshotRow) };
      if (features.capabilities.snapshotConsistency === "disk" && disks.length > 1) {
        throw refusal("LimitExceeded", "One disk at a time.");
      }
      const instance = instanceOf(context, instanceId);
      if (instance.busy && instance.busy.until > context.now) {
        throw aboutInstance("OperationInProgress", instanceId, `is in the middle of a ${instance.busy.operation}`);
      }
      for (const disk of disks) assertCanBeCopied(disk, instanceId);
      const made = disks.map((disk) => copyDisk(context, disk, { description, tags, token }));
      return { items: made.map(snapshotRow) };
    }),

    "cloud:DeleteSnapshot": mutates((context, parameters) => {
      const id = parameters.text("id");
      parameters.done();
      if (!context.state.snapshots.delete(id)) throw refusal("SnapshotNotFound", `Snapshot ${id} is not there.`, 404);
      context.effect(id);
      return {};
    }),
  };
}

function madeBefore(
  { state }: MemoryActionContext,
  token: string | undefined,
  { capabilities }: MemoryFeatures,
): readonly Snapshot[] {
  if (token === undefined || capabilities.repeat.snapshot !== "token") return [];
  return [...state.snapshots.values()].filter((snapshot) => snapshot.token === token);
}

function assertCanBeCopied(disk: Disk, instanceId: string): void {
  if (!disk.attachments.some((one) => one.instanceId === instanceId)) {
    throw refusal("DiskNotAttached", `Disk ${disk.id} is not attached to ${instanceId}.`, 409);
  }
  if (disk.medium === "local") throw refusal("Unsupported", `Disk ${disk.id} lives on the host.`);
  if (disk.snapshots === "refused") throw refusal("QuotaExceeded", `Disk ${disk.id} has too many snapshots.`);
}

function copyDisk(
  context: MemoryActionContext,
  disk: Disk,
  made: {
    readonly description: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly token: string | undefined;
  },
): Snapshot {
  const { state, ids, now } = context;
  const { description, tags, token } = made;
  const snapshot: Snapshot = {
    id: ids.assign("snapshot"),
    diskId: disk.id,
    sizeGiB: disk.snapshots === "too-small" ? Math.floor(disk.sizeGiB / 2) : disk.sizeGiB,
    encrypted: disk.encrypted,
    keyState: disk.keyState,
    status: "pending",
    startedAt: now,
    description,
    tags,
    ...(token === undefined ? {} : { token }),
  };
  state.snapshots.set(snapshot.id, snapshot);
  context.effect(disk.id);
  context.later(timings.snapshot, (then) => {
    if (disk.snapshots === "stuck") return;
    if (disk.snapshots === "vanishes") state.snapshots.delete(snapshot.id);
    snapshot.status = disk.snapshots === "fails" ? "failed" : "completed";
    snapshot.completedAt = then;
  });
  return snapshot;
}

function diskRow(disk: Disk): JsonObject {
  const { id, role, sizeGiB, encrypted, medium, tied, keyState } = disk;
  const attachments = disk.attachments.map(({ instanceId, deleteWithInstance }) => ({
    instanceId,
    deleteWithInstance,
  }));
  const detachedAt = disk.detachedAt === undefined ? {} : { detachedAt: new Date(disk.detachedAt).toISOString() };
  return { id, role, sizeGiB, encrypted, keyState, medium, tied, attachments, ...detachedAt };
}

function snapshotRow(snapshot: Snapshot): JsonObject {
  const { id, diskId, sizeGiB, encrypted, keyState, status, description, tags } = snapshot;
  const startedAt = new Date(snapshot.startedAt).toISOString();
  const completedAt =
    snapshot.completedAt === undefined ? {} : { completedAt: new Date(snapshot.completedAt).toISOString() };
  return { id, diskId, sizeGiB, encrypted, keyState, status, description, tags, startedAt, ...completedAt };
}
