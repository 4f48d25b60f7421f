import type { JsonObject } from "../../../../src/common.js";
import { flag, need, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, usualPages } from "../list.js";
import type { Disk, DiskBackup, Snapshot, SnapshotGroup, Tags } from "../records.js";
import { cbs } from "../service.js";
import {
  change,
  existing,
  leave,
  type TencentActions,
  type TencentRequestContext,
  type TencentState,
} from "../state.js";
import { beginSnapshot, setDeadline } from "../storage.js";
import { beijing, tagList, utc } from "../times.js";
import { timings } from "../timings.js";

/** "Restrictions": snapshots one disk can have. */
const snapshotsPerDisk = 64;

/** Snapshots, groups of them, and backup points. */
export const snapshotActions: TencentActions = {
  "cbs:CreateSnapshot": cbs.write(
    "DiskId SnapshotName Deadline DiskBackupId Tags[]{Key! Value!} LocalSnap:b DiskUsage=SYSTEM_DISK|DATA_DISK",
    createSnapshot,
  ),
  "cbs:CreateSnapshotGroup": cbs.write("DiskIds[]! SnapshotGroupName Tags[]{Key! Value!}", createGroup),
  "cbs:DescribeSnapshots": list<Snapshot>(cbs, {
    parameters: "SnapshotIds[100] Filters[]{Name! Values[]!} Limit:n OrderField Offset:n Order",
    set: "SnapshotSet",
    things: ({ snapshots }) => snapshots,
    ids: { parameter: "SnapshotIds", path: "SnapshotId", form: "snapshot", malformed: "InvalidParameterValue" },
    item: (snapshot, context) => {
      if (snapshot.vanishes && snapshot.state === "NORMAL")
        context.later(0, () => void context.state.snapshots.delete(snapshot.id));
      return snapshotItem(snapshot, context.state);
    },
    filters: {
      "snapshot-id": "SnapshotId",
      "snapshot-name": "SnapshotName",
      "snapshot-state": "SnapshotState",
      "disk-usage": "DiskUsage",
      "project-id": "Placement.ProjectId",
      "disk-id": "DiskId",
      zone: "Placement.Zone",
      encrypt: "Encrypt",
      "snapshot-type": "SnapshotType",
    },
    filterValues: { "disk-id": 10 },
    tags: "Tags",
    pages: usualPages,
  }),
  "cbs:DescribeSnapshotGroups": list<SnapshotGroup>(cbs, {
    parameters: "Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "SnapshotGroupSet",
    things: ({ snapshotGroups }) => snapshotGroups,
    item: (group, { state }) => groupItem(group, state),
    filters: {
      "snapshot-group-id": "SnapshotGroupId",
      "snapshot-group-state": "SnapshotGroupState",
      "snapshot-group-name": "SnapshotGroupName",
      "snapshot-id": "SnapshotIdSet",
    },
    filterValues: 100,
    pages: usualPages,
  }),
  "cbs:ModifySnapshotAttribute": cbs.write("SnapshotId! IsPermanent:b SnapshotName Deadline", modifySnapshot),
  "cbs:DeleteSnapshots": cbs.write("SnapshotIds[]! DeleteBindImages:b", (context) => {
    deleteSnapshots(context, texts(context.parameters, "SnapshotIds"));
    return {};
  }),
  "cbs:DeleteSnapshotGroup": cbs.write("SnapshotGroupId SnapshotGroupIds[] DeleteBindImages:b", (context) => {
    const { state, parameters, effect } = context;
    const one = text(parameters, "SnapshotGroupId");
    const ids = new Set([...(one === undefined ? [] : [one]), ...texts(parameters, "SnapshotGroupIds")]);
    if (ids.size === 0) throw refusal("MissingParameter", "The request names no snapshot group.");
    const groups = [...ids].map((id) => existing(state.snapshotGroups, id, "InvalidSnapshotId.NotFound", "group"));
    deleteSnapshots(
      context,
      groups.flatMap(({ snapshotIds }) => snapshotIds.filter((id) => state.snapshots.has(id))),
    );
    for (const { id } of groups) {
      effect(id);
      state.snapshotGroups.delete(id);
    }
    return {};
  }),
  "cbs:DescribeDiskBackups": list<DiskBackup>(cbs, {
    parameters: "DiskBackupIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n Order OrderField",
    set: "DiskBackupSet",
    things: ({ diskBackups }) => diskBackups,
    ids: { parameter: "DiskBackupIds", path: "DiskBackupId" },
    item: ({ id, diskId, sizeGiB, createdAt }, { state }) => ({
      DiskBackupId: id,
      DiskId: diskId,
      DiskSize: sizeGiB,
      DiskUsage: state.disks.get(diskId)?.usage ?? "DATA_DISK",
      DiskBackupName: id,
      DiskBackupState: "NORMAL",
      Percent: 100,
      CreateTime: utc(createdAt).replace("Z", "+00:00"),
      Encrypt: false,
    }),
    filters: { "disk-backup-id": "DiskBackupId", "disk-id": "DiskId", "disk-usage": "DiskUsage" },
    filterValues: 100,
    pages: usualPages,
  }),
};

function createSnapshot(context: TencentRequestContext): JsonObject {
  const { state, parameters, effect } = context;
  const backupId = text(parameters, "DiskBackupId");
  const backup = backupId === undefined ? undefined : state.diskBackups.get(backupId);
  if (backupId !== undefined && !backup) throw refusal("ResourceNotFound.NotFound", `\`${backupId}\` does not exist.`);
  const diskId = text(parameters, "DiskId") ?? backup?.diskId;
  if (diskId === undefined) throw refusal("MissingParameter", "The request is missing parameter `DiskId`.");
  const disk = existing(state.disks, diskId, "InvalidDiskId.NotFound", "disk");
  const deadline = deadlineOf(context, text(parameters, "Deadline"));
  checkSnapshot(context, disk);
  useQuota(context, 1);
  const name = text(parameters, "SnapshotName") ?? "Unnamed";
  const snapshot = beginSnapshot(context, { disk, name, deadline, tags: tagsOf(parameters) });
  effect(snapshot.id);
  if (backup) {
    // "A backup point turned into a snapshot does not remain."
    state.diskBackups.delete(backup.id);
    leave(state, "backup", backup.id, diskId);
  }
  return { SnapshotId: snapshot.id };
}

/** Members are named after the group; its tags are the group's own. */
function createGroup(context: TencentRequestContext): JsonObject {
  const { state, ids, parameters, effect, now } = context;
  const disks = [...new Set(texts(parameters, "DiskIds"))].map((id) =>
    existing(state.disks, id, "InvalidDiskId.NotFound", "disk"),
  );
  const [first] = disks;
  const holders = first?.holders.filter((holder) => disks.every((disk) => disk.holders.includes(holder))) ?? [];
  if (holders.length === 0) throw refusal("InvalidParameterValue", "The disks are not attached to one instance.");
  for (const disk of disks) checkSnapshot(context, disk);
  useQuota(context, disks.length);
  const id = ids.assign("snapshot-group");
  const name = text(parameters, "SnapshotGroupName") ?? id;
  const snapshots = disks.map((disk, index) => beginSnapshot(context, { disk, name: `${name}_${index}`, tags: {} }));
  for (const snapshot of snapshots) effect(snapshot.id);
  effect(id);
  state.snapshotGroups.set(id, {
    id,
    name,
    snapshotIds: snapshots.map((snapshot) => snapshot.id),
    createdAt: now,
    tags: tagsOf(parameters),
  });
  return { SnapshotGroupId: id };
}

function checkSnapshot({ state }: TencentRequestContext, disk: Disk): void {
  const own = [...state.snapshots.values()].filter(({ diskId }) => diskId === disk.id);
  if (state.account.get("overdue")) throw refusal("InvalidAccount.InsufficientBalance", "The balance is insufficient.");
  if (disk.snapshots === "refused")
    throw refusal("ResourceUnavailable.NotSupported", `\`${disk.id}\` cannot be snapshotted.`);
  if (disk.state !== "ATTACHED" && disk.state !== "UNATTACHED")
    throw refusal("InvalidDisk.Busy", `\`${disk.id}\` is ${disk.state}.`);
  if (own.some((snapshot) => snapshot.state === "CREATING"))
    throw refusal("InvalidDisk.SnapshotCreating", `A snapshot of \`${disk.id}\` is being created.`);
  if (own.length >= snapshotsPerDisk)
    throw refusal("ResourceInsufficient.OverQuota", `\`${disk.id}\` has ${snapshotsPerDisk} snapshots already.`);
}

function useQuota({ state }: TencentRequestContext, number: number): void {
  const left = state.quotas.get("snapshots");
  if (left === undefined) return;
  if (number > left) throw refusal("InsufficientSnapshotQuota", "The quota of snapshots has been used up.");
  state.quotas.set("snapshots", left - number);
}

/** "Deadline": ISO 8601 with an offset, at least one day ahead. */
function deadlineOf({ now }: TencentRequestContext, deadline: string | undefined): number | undefined {
  if (deadline === undefined) return undefined;
  const time = Date.parse(deadline);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(deadline) || Number.isNaN(time))
    throw refusal("InvalidParameterValue", `The time \`${deadline}\` is not of the form 2022-01-08T09:47:55+00:00.`);
  if (time < now + timings.snapshotDeadlineMs)
    throw refusal("InvalidParameterValue", "The deadline must be at least one day ahead.");
  return time;
}

function modifySnapshot(context: TencentRequestContext): JsonObject {
  const { state, parameters, effect } = context;
  const id = need(parameters, "SnapshotId");
  const snapshot = existing(state.snapshots, id, "InvalidSnapshotId.NotFound", "snapshot");
  const isPermanent = flag(parameters, "IsPermanent");
  const deadline = deadlineOf(context, text(parameters, "Deadline"));
  if (snapshot.imageIds.length > 0 && deadline !== undefined)
    throw refusal("UnsupportedOperation.SnapshotHasBindedImage", `\`${id}\` belongs to an image.`);
  effect(id);
  change(state.snapshots, id, { name: text(parameters, "SnapshotName") ?? snapshot.name });
  // "Deadline takes effect only if IsPermanent is FALSE."
  if (isPermanent === true) setDeadline(context, id, undefined);
  else if (isPermanent === false && deadline !== undefined) setDeadline(context, id, deadline);
  return {};
}

/** All or none: "if one of them cannot be deleted, the operation is not performed". */
function deleteSnapshots({ state, parameters, effect }: TencentRequestContext, ids: readonly string[]): void {
  const snapshots = ids.map((id) => existing(state.snapshots, id, "InvalidSnapshotId.NotFound", "snapshot"));
  for (const { id, state: its, imageIds } of snapshots) {
    if (its !== "NORMAL") throw refusal("ResourceUnavailable.SnapshotCreating", `\`${id}\` is being created.`);
    if (imageIds.length > 0 && !flag(parameters, "DeleteBindImages"))
      throw refusal("UnsupportedOperation.SnapshotHasBindedImage", `\`${id}\` belongs to an image.`);
  }
  for (const { id, imageIds, diskId } of snapshots) {
    effect(id);
    for (const imageId of imageIds) state.images.delete(imageId);
    state.snapshots.delete(id);
    leave(state, "snapshot", id, diskId);
    for (const group of state.snapshotGroups.values()) {
      const left = group.snapshotIds.filter((member) => member !== id);
      if (left.length === 0) state.snapshotGroups.delete(group.id);
      else change(state.snapshotGroups, group.id, { snapshotIds: left });
    }
  }
}

function tagsOf(parameters: JsonObject): Tags {
  return Object.fromEntries(records(parameters, "Tags").map((tag) => [need(tag, "Key"), need(tag, "Value")]));
}

function imagesOf(state: TencentState, imageIds: readonly string[]) {
  return imageIds.map((id) => ({ ImageId: id, ImageName: state.images.get(id)?.name ?? "" }));
}

function snapshotItem(snapshot: Snapshot, state: TencentState): JsonObject {
  return {
    Placement: {
      Zone: snapshot.zone,
      ProjectId: 0,
      CageId: "",
      CdcName: "",
      CdcId: "",
      ProjectName: "",
      DedicatedClusterId: "",
    },
    CopyFromRemote: false,
    SnapshotState: snapshot.state,
    IsPermanent: snapshot.deadline === undefined,
    SnapshotName: snapshot.name,
    DeadlineTime: snapshot.deadline === undefined ? "" : beijing(snapshot.deadline),
    Percent: snapshot.percent,
    Images: imagesOf(state, snapshot.imageIds),
    ShareReference: 0,
    SnapshotType: "PRIVATE_SNAPSHOT",
    DiskSize: snapshot.sizeGiB,
    DiskId: snapshot.diskId,
    CopyingToRegions: [],
    Encrypt: snapshot.keyId !== undefined,
    CreateTime: beijing(snapshot.createdAt),
    ImageCount: snapshot.imageIds.length,
    DiskUsage: snapshot.usage,
    SnapshotId: snapshot.id,
    Tags: tagList(snapshot.tags),
    AutoSnapshotPolicyId: snapshot.policyId ?? "",
  };
}

/** Of the type NORMAL, which its page calls not consistent. */
function groupItem(group: SnapshotGroup, state: TencentState): JsonObject {
  const members = group.snapshotIds.flatMap((id) => state.snapshots.get(id) ?? []);
  const isDone = members.every((member) => member.state === "NORMAL");
  return {
    SnapshotGroupId: group.id,
    SnapshotGroupType: "NORMAL",
    ContainRootSnapshot: members.some(({ usage }) => usage === "SYSTEM_DISK"),
    SnapshotIdSet: members.map(({ id }) => id),
    SnapshotGroupState: isDone ? "NORMAL" : "CREATING",
    Percent: Math.min(100, ...members.map(({ percent }) => percent)),
    CreateTime: beijing(group.createdAt),
    ModifyTime: beijing(group.createdAt),
    Images: [],
    SnapshotGroupName: group.name,
    ImageCount: 0,
    IsPermanent: true,
    DeadlineTime: null,
    AutoSnapshotPolicyId: "",
  };
}
