import type { JsonObject } from "../../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { disksOf, removeSnapshot } from "../disks.js";
import { amongIds, checkForm, is, matching, plainTagList, sentTags, tagged } from "../lists.js";
import type { AliyunActions, AliyunRequestContext, AliyunState, Disk, Snapshot, SnapshotGroup } from "../state.js";
import { tokenPage } from "../wire/pages.js";
import { need, text, texts } from "../wire/read.js";
import { seconds } from "../wire/times.js";
import { namedDisk } from "./disks.js";
import { existingInstance } from "./instances.js";
import { demand, restricted } from "./refusals.js";
import { checkDescription, copyDisk, progressOf, whyNotCopied, whySnapshotStays } from "./snapshots.js";

/*
 * The SDK's comments speak of 128 disks and 256 TiB, the user guide of 16 and 32. The smaller limits hold here, since
 * a group that fits them fits both.
 */
const maxDisks = 16;
const maxGiB = 32 * 1024;

const essd = ["cloud_essd", "cloud_auto", "cloud_essd_entry"];

/** The disks of a request: those of an instance, less the excluded, or those that are named. */
function wantedDisks(context: AliyunRequestContext): readonly Disk[] {
  const { input, state } = context;
  const instanceId = text(input, "InstanceId");
  const named = texts(input, "DiskId");
  const excluded = texts(input, "ExcludeDiskId");
  if (named && excluded)
    throw refusal("InvalidParameter", "DiskId.N and ExcludeDiskId.N cannot be specified at the same time.");
  if (instanceId === undefined && !named)
    throw refusal("MissingParameter.InstanceId", "Either InstanceId or DiskId.N must be specified.");
  if (instanceId !== undefined) existingInstance(state, instanceId);
  if (!named) return disksOf(state, instanceId ?? "").filter(({ id }) => !excluded?.includes(id));
  const disks = named.map((id) => namedDisk(context, id));
  const elsewhere = ({ attachments }: Disk) => !attachments.some((each) => each.instanceId === instanceId);
  if (instanceId !== undefined && disks.some(elsewhere))
    throw refusal("InvalidDiskId.NotFound", "The specified DiskId does not exist.", 404);
  return disks;
}

function whyNoGroup(disks: readonly Disk[]): CloudRefusal | undefined {
  const unfit = disks.find(({ category, multiAttach }) => multiAttach || !essd.includes(category));
  if (unfit)
    return refusal(
      "DiskCategory.OperationNotSupported",
      `The operation is not supported to the specified disk ${unfit.id} due to its disk category`,
    );
  const total = disks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  if (disks.length === 0 || disks.length > maxDisks || total > maxGiB)
    return refusal("InvalidParameter", "The number or the size of the disks is out of range.");
  if (new Set(disks.map(({ zone }) => zone)).size > 1)
    return refusal("InvalidParameter", "The disks are not in the same zone.");
  return undefined;
}

/**
 * All or nothing: one disk that cannot be copied, and there is no group. Retention is set afterwards, per snapshot. The
 * tags are the group's; no page says that its snapshots get them, so here they do not.
 */
function createSnapshotGroup(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  const name = text(input, "Name");
  if (name !== undefined && !/^(?!auto|https?:\/\/)\p{L}[\p{L}\p{N}:_.-]{1,127}$/u.test(name))
    throw refusal("InvalidParameter.Name", "The specified Name is invalid.");
  checkDescription(input);
  const tags = sentTags(input);
  const disks = wantedDisks(context);
  demand(restricted(state) ?? whyNoGroup(disks));
  for (const disk of disks) demand(whyNotCopied(state, disk));
  const id = context.ids.assign("snapshot-group");
  const snapshots = disks.map((disk) => {
    context.effect(disk.id);
    return copyDisk(context, disk, { name: name ?? "", description: "", retentionDays: 0, groupId: id, tags: {} });
  });
  state.snapshotGroups.set(id, {
    id,
    name: name ?? "",
    description: text(input, "Description") ?? "",
    instanceId: text(input, "InstanceId") ?? "",
    snapshotIds: snapshots.map((snapshot) => snapshot.id),
    createdAt: context.now,
    tags,
  });
  return { SnapshotGroupId: id };
}

function membersOf(state: AliyunState, { snapshotIds }: SnapshotGroup): readonly Snapshot[] {
  return snapshotIds.flatMap((id) => state.snapshots.get(id) ?? []);
}

/** The worst of its members: failed, else still going on, else whole. */
function statusOf(members: readonly Snapshot[]): Snapshot["status"] {
  const statuses = members.map(({ status }) => status);
  return (
    statuses.find((status) => status === "failed") ??
    statuses.find((status) => status === "progressing") ??
    "accomplished"
  );
}

function describeSnapshotGroups({ state, input, now }: AliyunRequestContext): JsonObject {
  const found = matching<SnapshotGroup>(state.snapshotGroups.values(), input, {
    SnapshotGroupId: amongIds("snapshot-group", "InvalidParameter", ({ id }) => id),
    InstanceId: is(({ instanceId }) => instanceId),
    Name: is(({ name }) => name),
    Tag: tagged(({ tags }) => tags),
  });
  const wanted = texts(input, "Status") ?? [];
  for (const status of wanted)
    if (!["progressing", "accomplished", "failed"].includes(status))
      throw refusal("InvalidStatus.ValueNotSupported", `The specified Status ${status} is not supported.`, 403);
  const fitting = found.filter((group) => wanted.length === 0 || wanted.includes(statusOf(membersOf(state, group))));
  const { rows, fields } = tokenPage(input, fitting, { size: "MaxResults", usual: 10, most: 100 });
  return { ...fields, SnapshotGroups: { SnapshotGroup: rows.map((group) => groupRow(state, group, now)) } };
}

/** Tags here are `Key` and `Value`, those of its own list `TagKey` and `TagValue`. */
function groupRow(state: AliyunState, group: SnapshotGroup, now: number): JsonObject {
  const members = membersOf(state, group);
  const least = Math.min(100, ...members.map((member) => Number.parseInt(progressOf(member, now), 10)));
  return {
    SnapshotGroupId: group.id,
    InstanceId: group.instanceId,
    Name: group.name,
    Description: group.description,
    Status: statusOf(members),
    ProgressStatus: `${least}%`,
    CreationTime: seconds(group.createdAt),
    ResourceGroupId: "",
    Snapshots: {
      Snapshot: members.map((member) => ({
        SnapshotId: member.id,
        SourceDiskId: member.diskId,
        SourceDiskType: member.role,
        Progress: progressOf(member, now),
        Available: member.status !== "failed",
        InstantAccess: false,
        Tags: plainTagList(member.tags),
      })),
    },
    Tags: plainTagList(group.tags),
  };
}

/** Removes what can be removed of a group and says of each member what became of it. */
function deleteSnapshotGroup(context: AliyunRequestContext): JsonObject {
  const { state, input, now } = context;
  const id = need(input, "SnapshotGroupId");
  checkForm("snapshot-group", id, "InvalidParameter");
  const group = state.snapshotGroups.get(id);
  const progress = (group ? membersOf(state, group) : []).map((member) => {
    const why = whySnapshotStays(state, member, now);
    if (!why) {
      removeSnapshot(state, member.id);
      context.effect(member.id);
    }
    return {
      ErrorCode: why?.cloudCode ?? "",
      ErrorMsg: why?.message ?? "",
      OperationStatus: why ? "Failed" : "Success",
      RelatedItemSet: { RelatedItem: [{ Name: "SnapshotId", Value: member.id }] },
    };
  });
  return { OperationProgressSet: { OperationProgress: progress } };
}

/** Snapshots of several disks at one moment. */
export const snapshotGroups: AliyunActions = {
  "ecs:CreateSnapshotGroup": write(
    "RegionId! InstanceId DiskId[128] ExcludeDiskId[128] Name Description Tag[20]{Key! Value} ClientToken",
    createSnapshotGroup,
  ),
  "ecs:DescribeSnapshotGroups": read(
    "RegionId! SnapshotGroupId[10] InstanceId Name Status[3] Tag[20]{Key! Value} MaxResults:n NextToken",
    describeSnapshotGroups,
  ),
  "ecs:DeleteSnapshotGroup": write("RegionId! SnapshotGroupId!", deleteSnapshotGroup),
};
