import type { JsonObject } from "../../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { isLocal, removeSnapshot } from "../disks.js";
import { amongIds, checkForm, is, isFlag, isOneOf, isWord, matching, sentTags, tagged, tagList } from "../lists.js";
import type {
  AliyunActions,
  AliyunContext,
  AliyunRequestContext,
  AliyunState,
  Disk,
  Snapshot,
  Tags,
} from "../state.js";
import { accountOf, change } from "../state.js";
import { timings } from "../timings.js";
import { ecsPage } from "../wire/pages.js";
import { need, number, text } from "../wire/read.js";
import { seconds } from "../wire/times.js";
import { namedDisk } from "./disks.js";
import { demand, restricted, securityLocked } from "./refusals.js";

const day = 24 * 3_600_000;
/** Manual snapshots of one disk (ECS limits). */
const usualQuota = 256;

/** Why no copy of a disk can be made now. The order is that of the error table of CreateSnapshot. */
export function whyNotCopied(state: AliyunState, disk: Disk): CloudRefusal | undefined {
  const holders = disk.attachments.map(({ instanceId }) => state.instances.get(instanceId));
  if (holders.some((holder) => holder?.locks.includes("security"))) return securityLocked();
  if (isLocal(disk))
    return refusal(
      "DiskCategory.OperationNotSupported",
      "The operation is not supported to the specified disk due to its disk category",
    );
  if (!disk.everAttached)
    return refusal(
      "IncorrectDiskStatus.NeverAttached",
      "The specified disk has never been attached to any instance.",
      403,
    );
  if (holders.some((holder) => holder?.status !== "Running" && holder?.status !== "Stopped"))
    return refusal("IncorrectInstanceStatus", "The current status of the resource does not support this operation.");
  if (disk.status === "Detaching")
    return refusal("IncorrectDiskStatus", "The current disk status does not support this operation.", 403);
  return whyNoRoom(state, disk) ?? whyItFails(state, disk);
}

function whyNoRoom(state: AliyunState, { id }: Disk): CloudRefusal | undefined {
  const own = [...state.snapshots.values()].filter(({ diskId, type }) => diskId === id && type === "user");
  if (own.some(({ status }) => status === "progressing"))
    return refusal("IncorrectDiskStatus.CreatingSnapshot", "A previous snapshot creation is in process.", 403);
  if (own.length < (accountOf(state).snapshotsPerDisk ?? usualQuota)) return undefined;
  return refusal("QuotaExceed.Snapshot", "The snapshot quota exceeds.", 403);
}

function whyItFails(state: AliyunState, { snapshots, keyId }: Disk): CloudRefusal | undefined {
  const key = state.keys.get(keyId);
  if (key !== undefined && key !== "Enabled")
    return refusal("InvalidParameter.KMSKeyId.CMKNotEnabled", "The CMK needs to be enabled.", 403);
  if (snapshots === "refused")
    return refusal("CreateSnapshot.Failed", "The process of creating snapshot is failed.", 403);
  return undefined;
}

/** What a copy is called and how long it is kept. */
export interface CopySpec {
  readonly name: string;
  readonly description: string;
  readonly retentionDays: number;
  readonly groupId: string;
  readonly tags: Tags;
}

/** Starts a copy of a disk. What becomes of it is the seed's word. */
export function copyDisk(context: AliyunContext, disk: Disk, spec: CopySpec): Snapshot {
  const { id: diskId, role, encrypted, keyId, snapshots: behaviour } = disk;
  const now = context.clock.now();
  const made: Snapshot = {
    ...spec,
    id: context.ids.assign("snapshot"),
    diskId,
    role,
    encrypted,
    keyId,
    sizeGiB: behaviour === "too-small" ? Math.max(1, disk.sizeGiB - 1) : disk.sizeGiB,
    type: "user",
    status: "progressing",
    createdAt: now,
    doneAt: behaviour === "stuck" ? Number.POSITIVE_INFINITY : now + timings.snapshotMs,
  };
  context.state.snapshots.set(made.id, made);
  if (behaviour !== "stuck") context.later(timings.snapshotMs, () => finish(context, made.id, behaviour));
  expireSnapshot(context, made.id);
  return made;
}

function finish({ state }: AliyunContext, id: string, behaviour: Disk["snapshots"]): void {
  if (state.snapshots.get(id)?.status !== "progressing") return;
  if (behaviour === "vanishes") removeSnapshot(state, id);
  else change(state.snapshots, id, { status: behaviour === "fails" ? "failed" : "accomplished" });
}

/** Retention counts from the creation; the cloud deletes what is over it, unless it is locked. */
export function expireSnapshot(context: AliyunContext, id: string): void {
  const { retentionDays, createdAt } = context.state.snapshots.get(id) ?? { retentionDays: 0, createdAt: 0 };
  if (retentionDays === 0) return;
  context.later(createdAt + retentionDays * day - context.clock.now(), () => {
    const snapshot = context.state.snapshots.get(id);
    if (snapshot?.retentionDays === retentionDays && !isLocked(snapshot, context.clock.now()))
      removeSnapshot(context.state, id);
  });
}

/** Whether a snapshot cannot be deleted by anybody. */
export function isLocked({ lockedUntil }: Snapshot, now: number): boolean {
  return lockedUntil !== undefined && lockedUntil > now;
}

/** `auto` in front is for the cloud's own (CreateSnapshotRequest, SnapshotName). */
function checkNames({ input }: AliyunRequestContext): void {
  const name = text(input, "SnapshotName");
  if (name !== undefined && !/^(?!auto|https?:\/\/)\p{L}[\p{L}\p{N}:_.-]{1,127}$/u.test(name))
    throw refusal("InvalidSnapshotName.Malformed", "The specified parameter SnapshotName is wrongly formed.");
  checkDescription(input);
}

/** 2 to 256 characters, no URL. */
export function checkDescription(input: JsonObject): void {
  const description = text(input, "Description");
  if (description === undefined) return;
  if (description.length < 2 || description.length > 256 || /^https?:\/\//.test(description))
    throw refusal("InvalidDescription.Malformed", "The specified description is wrongly formed.", 404);
}

function createSnapshot(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  checkNames(context);
  const tags = sentTags(input);
  const disk = namedDisk(context, need(input, "DiskId"));
  demand(restricted(state) ?? whyNotCopied(state, disk));
  const made = copyDisk(context, disk, {
    name: text(input, "SnapshotName") ?? "",
    description: text(input, "Description") ?? "",
    retentionDays: number(input, "RetentionDays") ?? 0,
    groupId: "",
    tags,
  });
  context.effect(disk.id);
  return { SnapshotId: made.id };
}

/** How far a copy is, as `12%`. */
export function progressOf({ status, createdAt, doneAt }: Snapshot, now: number): string {
  if (status === "accomplished") return "100%";
  if (!Number.isFinite(doneAt)) return "47%";
  return `${Math.min(99, Math.max(0, Math.floor(((now - createdAt) / (doneAt - createdAt)) * 100)))}%`;
}

function describeSnapshots({ state, input, now, scope }: AliyunRequestContext): JsonObject {
  const disksOfInstance = (instanceId: string) =>
    [...state.disks.values()].filter((disk) => disk.attachments.some((each) => each.instanceId === instanceId));
  const found = matching<Snapshot>(state.snapshots.values(), input, {
    SnapshotIds: amongIds("snapshot", "InvalidSnapshotIds.Malformed", ({ id }) => id),
    DiskId: is(({ diskId }) => diskId),
    // By the disks that are attached now: nothing is found for an instance that is gone.
    InstanceId: (_input, name) => {
      const wanted = text(input, name);
      if (!wanted) return undefined;
      const ids = new Set(disksOfInstance(wanted).map(({ id }) => id));
      return ({ diskId }) => ids.has(diskId);
    },
    SnapshotName: is(({ name }) => name),
    SnapshotType: isOneOf(["auto", "user"], "InvalidSnapshotType.NotFound", 404, ({ type }) => type),
    Status: isOneOf(["progressing", "accomplished", "failed"], "InvalidStatus.NotFound", 404, ({ status }) => status),
    SourceDiskType: isWord(({ role }) => role),
    Encrypted: isFlag(({ encrypted }) => encrypted),
    Tag: tagged(({ tags }) => tags),
  });
  const { rows, fields } = ecsPage(input, found, 100);
  const images = new Set([...state.images.values()].flatMap(({ snapshotIds }) => snapshotIds));
  return {
    ...fields,
    Snapshots: {
      Snapshot: rows.map((row) => snapshotRow(row, { now, region: scope.region, used: images.has(row.id) })),
    },
  };
}

interface Reading {
  readonly now: number;
  readonly region: string;
  readonly used: boolean;
}

/** A snapshot as the list shows it; its size is a text. */
function snapshotRow(snapshot: Snapshot, { now, region, used }: Reading): JsonObject {
  const { status, doneAt, retentionDays } = snapshot;
  const done = status === "accomplished";
  return {
    SnapshotId: snapshot.id,
    SnapshotName: snapshot.name,
    Description: snapshot.description,
    SourceDiskId: snapshot.diskId,
    SourceDiskType: snapshot.role,
    SourceStorageType: "disk",
    SnapshotSN: "",
    SourceDiskSize: String(snapshot.sizeGiB),
    SnapshotType: snapshot.type,
    Category: "standard",
    Status: status,
    Progress: progressOf(snapshot, now),
    RemainTime: done || !Number.isFinite(doneAt) ? 0 : Math.max(0, Math.ceil((doneAt - now) / 1000)),
    // Usable at once on ESSD, long before the copy is whole.
    Available: status !== "failed",
    InstantAccess: false,
    ...(retentionDays === 0 ? {} : { RetentionDays: retentionDays }),
    Usage: used ? "image" : "none",
    Encrypted: snapshot.encrypted,
    KMSKeyId: snapshot.keyId,
    CreationTime: seconds(snapshot.createdAt),
    LastModifiedTime: seconds(snapshot.createdAt),
    RegionId: region,
    ProductCode: "",
    ResourceGroupId: "",
    Tags: tagList(snapshot.tags),
  };
}

/** "The snapshot retention period can only be extended." */
function modifySnapshotAttribute(context: AliyunRequestContext): undefined {
  const { input, state } = context;
  checkNames(context);
  const snapshot = namedSnapshot(context);
  const retentionDays = number(input, "RetentionDays");
  const name = text(input, "SnapshotName");
  const description = text(input, "Description");
  if (retentionDays === undefined && name === undefined && description === undefined)
    throw refusal("NoAttributeToModify", "No attribute to be modified in this request.");
  const shortened =
    retentionDays !== undefined && snapshot.retentionDays !== 0 && retentionDays < snapshot.retentionDays;
  if (shortened) throw refusal("InvalidRetentionDays.Malformed", "The specified RetentionDays can only be extended.");
  change(state.snapshots, snapshot.id, {
    ...(retentionDays === undefined ? {} : { retentionDays }),
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
  });
  if (retentionDays !== undefined) expireSnapshot(context, snapshot.id);
  context.effect(snapshot.id);
}

function namedSnapshot({ state, input }: AliyunRequestContext): Snapshot {
  const id = need(input, "SnapshotId");
  checkForm("snapshot", id, "InvalidSnapshotId.Malformed");
  const snapshot = state.snapshots.get(id);
  if (!snapshot) throw refusal("InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist.", 404);
  return snapshot;
}

/** Why a snapshot cannot be deleted. */
export function whySnapshotStays(state: AliyunState, snapshot: Snapshot, now: number): CloudRefusal | undefined {
  if ([...state.images.values()].some(({ snapshotIds }) => snapshotIds.includes(snapshot.id)))
    return refusal("SnapshotCreatedImage", "The snapshot has been used to create user defined image(s).", 403);
  // The code of a locked snapshot is not published.
  if (isLocked(snapshot, now)) return refusal("InvalidOperation.SnapshotLocked", "The snapshot is locked.", 403);
  return undefined;
}

/** "If the specified snapshot ID does not exist, the request is ignored." A copy that is being made is cancelled. */
function deleteSnapshot(context: AliyunRequestContext): undefined {
  const { state, input, now } = context;
  const id = need(input, "SnapshotId");
  checkForm("snapshot", id, "InvalidSnapshotId.Malformed");
  const snapshot = state.snapshots.get(id);
  if (!snapshot) return undefined;
  demand(whySnapshotStays(state, snapshot, now));
  removeSnapshot(state, id);
  context.effect(id);
}

function lockSnapshot(context: AliyunRequestContext): JsonObject {
  const { input, state, now } = context;
  if (need(input, "LockMode") !== "compliance")
    throw refusal("InvalidParameter", 'The specified parameter "LockMode" is not valid.');
  const { id } = namedSnapshot(context);
  const days = number(input, "LockDuration") ?? 0;
  change(state.snapshots, id, { lockedUntil: now + days * day });
  context.effect(id);
  const LockedSnapshotInfo = {
    SnapshotId: id,
    LockMode: "compliance",
    LockStatus: "compliance",
    LockDuration: days,
    CoolOffPeriod: number(input, "CoolOffPeriod") ?? 0,
    LockCreationTime: seconds(now),
    LockExpiredTime: seconds(now + days * day),
  };
  return { LockedSnapshotInfo };
}

const retention = { RetentionDays: ["InvalidRetentionDays.Malformed", 400] } as const;

/** Snapshots of single disks. */
export const snapshots: AliyunActions = {
  "ecs:CreateSnapshot": write(
    "DiskId! SnapshotName Description RetentionDays:n1-65536 Tag[20]{Key! Value} ClientToken",
    createSnapshot,
    { codes: retention },
  ),
  "ecs:DescribeSnapshots": read(
    `RegionId! SnapshotIds:j100 DiskId InstanceId SnapshotName SnapshotType Status SourceDiskType Encrypted:b
     Tag[20]{Key! Value} MaxResults:n NextToken PageNumber:n PageSize:n`,
    describeSnapshots,
    { codes: { SnapshotIds: ["InvalidSnapshotIds.Malformed", 403], Tag: ["InvalidTagCount", 400] } },
  ),
  "ecs:ModifySnapshotAttribute": write(
    "SnapshotId! SnapshotName Description RetentionDays:n1-65536",
    modifySnapshotAttribute,
    { codes: retention },
  ),
  "ecs:DeleteSnapshot": write("SnapshotId! Force:b", deleteSnapshot),
  "ecs:LockSnapshot": write(
    "RegionId! SnapshotId! LockMode! LockDuration:n1-36500! CoolOffPeriod:n0-72 ClientToken DryRun:b",
    lockSnapshot,
  ),
};
