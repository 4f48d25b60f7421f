import type { JsonObject } from "../../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import { read, write } from "../action.js";
import { isLocal, letGo, removeDisk } from "../disks.js";
import { amongIds, checkForm, is, isFlag, isOneOf, matching, tagged, tagList } from "../lists.js";
import type { AliyunActions, AliyunRequestContext, Disk } from "../state.js";
import { change } from "../state.js";
import { timings } from "../timings.js";
import { ecsPage, numberedPage } from "../wire/pages.js";
import { flag, need, text, texts } from "../wire/read.js";
import { seconds } from "../wire/times.js";
import { demand, restricted, securityLocked, wrongStatus } from "./refusals.js";

/** The disk a request names. */
export function namedDisk({ state }: AliyunRequestContext, id: string): Disk {
  checkForm("disk", id, "InvalidDiskId.Malformed");
  const disk = state.disks.get(id);
  if (!disk) throw refusal("InvalidDiskId.NotFound", "The specified disk does not exist.", 404);
  return disk;
}

function wrongDiskStatus(): CloudRefusal {
  return refusal("IncorrectDiskStatus", "The operation is not supported in this status.", 403);
}

function describeDisks({ state, input, scope }: AliyunRequestContext): JsonObject {
  const found = matching<Disk>(state.disks.values(), input, {
    DiskIds: amongIds("disk", "InvalidDiskIds.ValueNotSupported", ({ id }) => id),
    InstanceId: (input, name) => {
      const wanted = text(input, name);
      return wanted ? ({ attachments }) => attachments.some(({ instanceId }) => instanceId === wanted) : undefined;
    },
    ZoneId: is(({ zone }) => zone),
    Category: isOneOf(categories, "InvalidCategory.ValueNotSupported", 400, ({ category }) => category),
    DiskType: isOneOf(["system", "data"], "InvalidDiskType.ValueNotSupported", 400, ({ role }) => role),
    DiskChargeType: isOneOf(
      ["PrePaid", "PostPaid"],
      "InvalidDiskChargeType.NotFound",
      404,
      ({ chargeType }) => chargeType,
    ),
    Status: isOneOf(diskStatuses, "InvalidStatus.ValueNotSupported", 400, ({ status }) => status),
    DeleteWithInstance: isFlag(({ deleteWithInstance }) => deleteWithInstance),
    DeleteAutoSnapshot: isFlag(({ deleteAutoSnapshot }) => deleteAutoSnapshot),
    Portable: isFlag(({ portable }) => portable),
    MultiAttach: is(multiAttach),
    Tag: tagged(({ tags }) => tags),
  });
  const { rows, fields } = ecsPage(input, found, 500);
  return { ...fields, Disks: { Disk: rows.map((disk) => diskRow(disk, scope.region)) } };
}

const diskStatuses = ["In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting"];
const categories = [
  "cloud",
  "cloud_efficiency",
  "cloud_ssd",
  "cloud_essd",
  "cloud_auto",
  "cloud_essd_entry",
  "local_ssd_pro",
  "local_hdd_pro",
  "ephemeral",
  "ephemeral_ssd",
];

function multiAttach(disk: Disk): string {
  return disk.multiAttach ? "Enabled" : "Disabled";
}

function diskRow(disk: Disk, region: string): JsonObject {
  const { attachments, detachedAt, chargeType, locks, tags } = disk;
  const first = disk.multiAttach ? undefined : attachments[0];
  return {
    DiskId: disk.id,
    DiskName: disk.name,
    Description: "",
    RegionId: region,
    ZoneId: disk.zone,
    Type: disk.role,
    Category: disk.category,
    Size: disk.sizeGiB,
    Status: disk.status,
    InstanceId: first?.instanceId ?? "",
    Device: first?.device ?? "",
    AttachedTime: first ? seconds(first.at) : "",
    DetachedTime: detachedAt === undefined ? "" : seconds(detachedAt),
    CreationTime: seconds(disk.createdAt),
    ExpiredTime: "2999-09-08T16:00Z",
    DeleteWithInstance: disk.deleteWithInstance,
    DeleteAutoSnapshot: disk.deleteAutoSnapshot,
    EnableAutoSnapshot: true,
    AutoSnapshotPolicyId: disk.policyId,
    EnableAutomatedSnapshotPolicy: disk.policyId !== "",
    Portable: disk.portable,
    DiskChargeType: chargeType,
    Encrypted: disk.encrypted,
    KMSKeyId: disk.keyId,
    MultiAttach: multiAttach(disk),
    PerformanceLevel: disk.category === "cloud_essd" ? "PL1" : "",
    SerialNumber: disk.id.replace("d-", ""),
    BdfId: "",
    StorageSetId: "",
    SourceSnapshotId: "",
    ImageId: "",
    ProductCode: "",
    ResourceGroupId: "",
    Attachments: {
      Attachment: attachments.map(({ instanceId, device, at }) => ({
        InstanceId: instanceId,
        Device: device,
        AttachedTime: seconds(at),
      })),
    },
    MountInstances: { MountInstance: [] },
    // Another inner key than that of instances.
    OperationLocks: { OperationLock: locks.map((LockReason) => ({ LockReason })) },
    Tags: tagList(tags),
  };
}

/** Reads the same disks from another side: a second opinion on which an instance has. */
function describeDisksFullStatus({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching<Disk>(state.disks.values(), input, {
    DiskId: amongIds("disk", "InvalidParameter", ({ id }) => id),
    Status: isOneOf(diskStatuses, "InvalidStatus.ValueNotSupported", 400, ({ status }) => status),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const row = ({ id, status, attachments }: Disk): JsonObject => ({
    DiskId: id,
    InstanceId: attachments[0]?.instanceId ?? "",
    Device: attachments[0]?.device ?? "",
    Status: { Code: 0, Name: status },
    HealthStatus: { Code: 0, Name: "Ok" },
    DiskEventSet: { DiskEventType: [] },
  });
  return { ...fields, DiskFullStatusSet: { DiskFullStatusType: rows.map(row) } };
}

function modifyDiskAttribute(context: AliyunRequestContext): undefined {
  const { input, state } = context;
  const single = text(input, "DiskId");
  const many = texts(input, "DiskIds");
  if ((single === undefined) === (many === undefined))
    throw refusal("IncompleteParamter", "Exactly one of DiskId and DiskIds must be specified.");
  const deleteWithInstance = flag(input, "DeleteWithInstance");
  const deleteAutoSnapshot = flag(input, "DeleteAutoSnapshot");
  const name = text(input, "DiskName");
  const fields: Partial<Disk> = {
    ...(deleteWithInstance === undefined ? {} : { deleteWithInstance }),
    ...(deleteAutoSnapshot === undefined ? {} : { deleteAutoSnapshot }),
    ...(name === undefined ? {} : { name }),
  };
  if (Object.keys(fields).length === 0)
    throw refusal("NoAttributeToModify", "No attribute to be modified in this request.");
  const disks = (single === undefined ? (many ?? []) : [single]).map((id) => namedDisk(context, id));
  for (const disk of disks) demand(whyFlagStays(disk, deleteWithInstance));
  for (const { id } of disks) {
    change(state.disks, id, fields);
    context.effect(id);
  }
}

/** "Disks that have the multi-attach feature enabled do not support this parameter"; the rest as documented there. */
function whyFlagStays(disk: Disk, deleteWithInstance: boolean | undefined): CloudRefusal | undefined {
  if (deleteWithInstance === undefined) return undefined;
  if (disk.multiAttach)
    return refusal("InvalidParameter", "The parameter DeleteWithInstance is not supported by multi-attach disks.");
  if (!deleteWithInstance && (isLocal(disk) || !disk.portable))
    return refusal("DiskNotPortable", "The specified disk is not a portable disk.", 403);
  return disk.status === "Detaching" ? wrongDiskStatus() : undefined;
}

/** "If the disk with the specified ID does not exist, the request is ignored" (DeleteDisk). */
function deleteDisk(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const id = need(input, "DiskId");
  checkForm("disk", id, "InvalidDiskId.Malformed");
  const disk = state.disks.get(id);
  if (!disk) return undefined;
  if (disk.attachments.length > 0) throw refusal("DiskStillAttached", "The disk is still attached to the disk.", 403);
  if (disk.status !== "Available") throw wrongDiskStatus();
  if ([...state.snapshots.values()].some(({ diskId, status }) => diskId === id && status === "progressing"))
    throw refusal("DiskCreatingSnapshot", "The operation is denied due to a snapshot of the specified disk is", 403);
  if (disk.chargeType === "PrePaid")
    throw refusal("ChargeTypeViolation", "The operation is not permitted due to charge type of the disk.", 403);
  removeDisk(context, disk);
  context.effect(id);
}

function detachDisk(context: AliyunRequestContext): undefined {
  const { state, input } = context;
  const disk = namedDisk(context, need(input, "DiskId"));
  const instance = state.instances.get(need(input, "InstanceId"));
  if (!instance) throw refusal("InvalidInstanceId.NotFound", "The specified InstanceId does not exist.", 404);
  if (instance.locks.includes("security")) throw securityLocked();
  if (disk.status !== "In_use" || !disk.attachments.some(({ instanceId }) => instanceId === instance.id))
    throw wrongDiskStatus();
  if (isLocal(disk) || !disk.portable)
    throw refusal("DiskNotPortable", "The specified disk is not a portable disk.", 403);
  const rests = instance.status === "Stopped" || (instance.status === "Running" && disk.role === "data");
  if (!rests || instance.releasing) throw wrongStatus();
  const deleteWithInstance = flag(input, "DeleteWithInstance");
  if (deleteWithInstance !== undefined) change(state.disks, disk.id, { deleteWithInstance });
  letGo(context, disk, instance.id, timings.detachDiskMs);
  context.effect(disk.id);
}

/** The default target is a subscription here as well. */
function modifyDiskChargeType(context: AliyunRequestContext): JsonObject {
  const { input, state } = context;
  demand(restricted(state));
  const target = text(input, "DiskChargeType") ?? "PrePaid";
  if (target !== "PostPaid" && target !== "PrePaid")
    throw refusal("InvalidParameter", 'The specified parameter "DiskChargeType" is not valid.');
  const instanceId = need(input, "InstanceId");
  const disks = (texts(input, "DiskIds") ?? []).map((id) => namedDisk(context, id));
  if (disks.some(({ attachments }) => !attachments.some((each) => each.instanceId === instanceId)))
    throw refusal("InvalidInstanceId.NotFound", "Specified attached instance does not exist.", 404);
  if (disks.some(({ chargeType, role }) => chargeType === target || role === "system"))
    throw refusal("InvalidDiskChargeType.ValueNotSupported", "The disk does not support this charge type.");
  for (const { id } of disks) {
    change(state.disks, id, { chargeType: target, portable: target === "PostPaid" });
    context.effect(id);
  }
  return { OrderId: context.ids.assign("order") };
}

/** Disks. */
export const disks: AliyunActions = {
  "ecs:DescribeDisks": read(
    `RegionId! DiskIds:j100 InstanceId ZoneId Category DiskType DiskChargeType Status DeleteWithInstance:b
     DeleteAutoSnapshot:b Portable:b MultiAttach Tag[20]{Key! Value} AdditionalAttributes[] MaxResults:n NextToken
     PageNumber:n PageSize:n`,
    describeDisks,
    { codes: { DiskIds: ["InvalidDiskIds.Malformed", 403], Tag: ["InvalidTagCount", 400] } },
  ),
  "ecs:DescribeDisksFullStatus": read("RegionId! DiskId[100] Status PageNumber:n PageSize:n", describeDisksFullStatus),
  "ecs:ModifyDiskAttribute": write(
    "RegionId DiskId DiskIds[100] DeleteWithInstance:b DeleteAutoSnapshot:b DiskName",
    modifyDiskAttribute,
  ),
  "ecs:DeleteDisk": write("DiskId!", deleteDisk),
  "ecs:DetachDisk": write("DiskId! InstanceId! DeleteWithInstance:b", detachDisk),
  "ecs:ModifyDiskChargeType": write(
    "RegionId! InstanceId! DiskIds:j16! DiskChargeType AutoPay:b ClientToken",
    modifyDiskChargeType,
  ),
};
