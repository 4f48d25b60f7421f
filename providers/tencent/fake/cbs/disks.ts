import type { JsonObject } from "../../../../src/common.js";
import { flag, need, number, record, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { monthlyDiskPrice, order } from "../lifecycle.js";
import { list, usualPages } from "../list.js";
import type { Disk } from "../records.js";
import { cbs } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext } from "../state.js";
import { destroyDisk, giveTo, recycleDisk, setDeletesSnapshots, takeFrom } from "../storage.js";
import { beijing, monthsLater, tagList } from "../times.js";
import { timings } from "../timings.js";

const day = 24 * 3_600_000;
const renewFlags = "NOTIFY_AND_AUTO_RENEW|NOTIFY_AND_MANUAL_RENEW|DISABLE_NOTIFY_AND_MANUAL_RENEW";
const prepaid = `Period:n! RenewFlag=${renewFlags} CurInstanceDeadline`;

/** Disks. CBS decides each batch as a whole: one disk that cannot, and nothing is done ("Description" of each call). */
export const diskActions: TencentActions = {
  "cbs:DescribeDisks": list<Disk>(cbs, {
    parameters:
      "Filters[]{Name! Values[]!} Limit:n OrderField Offset:n ReturnBindAutoSnapshotPolicy:b DiskIds[100] Order",
    set: "DiskSet",
    things: ({ disks }) => disks,
    ids: { parameter: "DiskIds", path: "DiskId", form: "disk", malformed: "InvalidParameterValue" },
    item: diskItem,
    filters: {
      "disk-usage": "DiskUsage",
      "disk-charge-type": "DiskChargeType",
      portable: "Portable",
      "project-id": "Placement.ProjectId",
      "disk-id": "DiskId",
      "disk-name": "DiskName",
      "disk-type": "DiskType",
      "disk-state": "DiskState",
      "instance-id": "InstanceIdList",
      zone: "Placement.Zone",
    },
    filterValues: 100,
    tags: "Tags",
    pages: usualPages,
  }),
  "cbs:DescribeInstancesDiskNum": cbs.read("InstanceIds[]!", ({ state, parameters }) => ({
    AttachDetail: texts(parameters, "InstanceIds").flatMap((id) => {
      const instance = state.instances.get(id);
      return instance ? [{ InstanceId: id, AttachedDiskCount: instance.diskIds.length, MaxAttachCount: 20 }] : [];
    }),
  })),
  "cbs:TerminateDisks": cbs.write("DiskIds[100]! DeleteSnapshot:n", terminateDisks),
  "cbs:ModifyDiskAttributes": cbs.write(
    "DiskIds[]! DiskName Portable:b ProjectId:n DeleteWithInstance:b DiskType BurstPerformanceOperation=CREATE|CANCEL",
    (context) => {
      const { state, parameters, effect } = context;
      const disks = disksFor(context);
      for (const disk of disks) checkChange(disk, parameters);
      const name = text(parameters, "DiskName");
      for (const disk of disks) {
        const changes: Partial<Disk> = {
          portable: flag(parameters, "Portable") ?? disk.portable,
          deleteWithInstance: flag(parameters, "DeleteWithInstance") ?? disk.deleteWithInstance,
          type: text(parameters, "DiskType") ?? disk.type,
          name: name ?? disk.name,
        };
        if (JSON.stringify({ ...disk, ...changes }) !== JSON.stringify(disk)) effect(disk.id);
        change(state.disks, disk.id, changes);
      }
      return {};
    },
  ),
  "cbs:DetachDisks": cbs.write("DiskIds[10]! InstanceId", (context) => {
    const disks = disksFor(context);
    const instanceId = text(context.parameters, "InstanceId");
    for (const disk of disks) checkDetach(disk, instanceId);
    for (const disk of disks) {
      const holder = instanceId ?? disk.holders[0] ?? "";
      context.effect(disk.id);
      if (disk.holders.length === 1) change(context.state.disks, disk.id, { state: "DETACHING" });
      context.later(timings.detachMs, () => takeFrom(context, context.state.disks.get(disk.id) ?? disk, holder));
    }
    return {};
  }),
  "cbs:AttachDisks": cbs.write("InstanceId! DiskIds[10]! DeleteWithInstance:b AttachMode=PF|VF", (context) => {
    const { state, parameters, effect } = context;
    const disks = disksFor(context);
    const id = need(parameters, "InstanceId");
    const instance = existing(state.instances, id, "InvalidInstanceId.NotFound", "instance");
    if (!["RUNNING", "STOPPED"].includes(instance.state))
      throw refusal("InvalidInstance.NotSupported", `The instance \`${id}\` is ${instance.state}.`);
    for (const disk of disks) {
      if (disk.state !== "UNATTACHED") throw refusal("ResourceUnavailable.Attached", `\`${disk.id}\` is not free.`);
      if (!disk.portable) throw refusal("InvalidDisk.NotPortable", `\`${disk.id}\` is not elastic.`);
      if (disk.zone !== instance.zone) throw refusal("ResourceUnavailable.ZoneNotMatch", "Zones differ.");
    }
    for (const disk of disks) {
      effect(disk.id);
      const deleteWithInstance = flag(parameters, "DeleteWithInstance") ?? disk.deleteWithInstance;
      change(state.disks, disk.id, {
        state: "ATTACHING",
        ...(disk.chargeType === "PREPAID" ? {} : { deleteWithInstance }),
      });
      context.later(timings.attachMs, () => giveTo(context, state.disks.get(disk.id) ?? disk, instance));
    }
    return {};
  }),
  "cbs:ModifyDisksRenewFlag": cbs.write(`DiskIds[]! RenewFlag=${renewFlags}! AutoRenewPeriod:n`, (context) => {
    const disks = disksFor(context);
    for (const { id, chargeType } of disks)
      if (chargeType !== "PREPAID") throw refusal("InvalidParameterValue", `\`${id}\` is not prepaid.`);
    for (const { id } of disks) {
      context.effect(id);
      change(context.state.disks, id, { renewFlag: need(context.parameters, "RenewFlag") });
    }
    return {};
  }),
  "cbs:RenewDisk": cbs.write(`DiskChargePrepaid{${prepaid}}! DiskId!`, (context) => {
    const { state, parameters, effect, now } = context;
    const disk = existing(state.disks, need(parameters, "DiskId"), "InvalidDiskId.NotFound", "disk");
    checkRenewable(disk);
    if (state.account.get("overdue"))
      throw refusal("InvalidAccount.InsufficientBalance", "The balance is insufficient.");
    const months = number(record(parameters, "DiskChargePrepaid"), "Period") ?? 1;
    effect(disk.id);
    const expiresAt = monthsLater(Math.max(now, disk.expiresAt ?? now), months);
    change(state.disks, disk.id, { expiresAt, ...(disk.state === "TORECYCLE" ? { state: "UNATTACHED" } : {}) });
    order(context, "renewal", disk.id, { amount: (months * monthlyDiskPrice).toFixed(2), currency: "CNY" });
    return {};
  }),
  "cbs:InquiryPriceRenewDisks": cbs.read(
    `DiskIds[]! DiskChargePrepaids[]{${prepaid}} NewDeadline ProjectId:n`,
    (context) => {
      const disks = disksFor(context);
      for (const disk of disks) checkRenewable(disk);
      const periods = records(context.parameters, "DiskChargePrepaids");
      if (periods.length !== disks.length)
        throw refusal("InvalidParameterValue", "`DiskChargePrepaids` must name a period for each disk.");
      const amount = periods.reduce((sum, one) => sum + (number(one, "Period") ?? 0) * monthlyDiskPrice, 0);
      return { DiskPrice: { OriginalPrice: amount, DiscountPrice: amount } };
    },
  ),
};

function disksFor({ state, parameters }: TencentRequestContext): readonly Disk[] {
  const ids = [...new Set(texts(parameters, "DiskIds"))];
  return ids.map((id) => existing(state.disks, id, "InvalidDiskId.NotFound", "disk"));
}

/** A prepaid disk goes into the bin with a refund, and from there for good; any other goes at once. */
function terminateDisks(context: TencentRequestContext) {
  const { state, parameters, effect, now } = context;
  const disks = disksFor(context);
  for (const disk of disks) {
    if (disk.state === "TORECYCLE" && now < (disk.returningUntil ?? 0))
      throw refusal("ResourceUnavailable.RepeatRefund", `\`${disk.id}\` is being returned already.`);
    if (disk.state !== "TORECYCLE" && disk.state !== "UNATTACHED")
      throw refusal("ResourceUnavailable.NotSupported", `\`${disk.id}\` is ${disk.state}; detach it first.`);
    if ([...state.snapshots.values()].some((one) => one.diskId === disk.id && one.state === "CREATING"))
      throw refusal("ResourceBusy", `A snapshot of \`${disk.id}\` is being created.`);
  }
  const returned = disks.filter(({ chargeType, state: its }) => chargeType === "PREPAID" && its !== "TORECYCLE");
  const left = state.quotas.get("refunds");
  if (left !== undefined && returned.length > left)
    throw refusal("InsufficientRefundQuota", "The return quota has been used up.");
  if (left !== undefined) state.quotas.set("refunds", left - returned.length);
  for (const disk of disks) {
    effect(disk.id);
    if (returned.includes(disk)) {
      setDeletesSnapshots(context, disk.id, parameters.DeleteSnapshot === 1);
      recycleDisk(context, disk.id);
      order(context, "refund", disk.id, { amount: monthlyDiskPrice.toFixed(2), currency: "CNY" });
      continue;
    }
    if (disk.state === "TORECYCLE") effect(`${disk.id}/second-stage`);
    destroyDisk(context, disk.id, parameters.DeleteSnapshot === 1);
  }
  return {};
}

/** "DeleteWithInstance: pay-as-you-go data disks only"; "Portable: from not elastic to elastic only". */
function checkChange(disk: Disk, parameters: JsonObject): void {
  if (parameters.DeleteWithInstance !== undefined && (disk.chargeType === "PREPAID" || disk.usage === "SYSTEM_DISK"))
    throw refusal("InvalidDisk.NotSupported", `\`${disk.id}\` is no pay-as-you-go data disk.`);
  if (parameters.Portable === false && disk.portable)
    throw refusal("InvalidParameterValue", `\`${disk.id}\` is elastic and stays so.`);
  if (parameters.Portable === true && disk.usage === "SYSTEM_DISK")
    throw refusal("InvalidDisk.NotSupported", `\`${disk.id}\` is a system disk.`);
  if (disk.state === "TORECYCLE") throw refusal("ResourceUnavailable.NotSupported", `\`${disk.id}\` is in the bin.`);
}

function checkDetach(disk: Disk, instanceId: string | undefined): void {
  if (!disk.portable) throw refusal("InvalidDisk.NotPortable", `\`${disk.id}\` is not elastic.`);
  if (disk.state !== "ATTACHED") throw refusal("ResourceUnavailable.NotSupported", `\`${disk.id}\` is ${disk.state}.`);
  if (instanceId !== undefined && !disk.holders.includes(instanceId))
    throw refusal("InvalidInstance.NotSupported", `\`${disk.id}\` is not attached to \`${instanceId}\`.`);
  if (instanceId === undefined && disk.holders.length > 1)
    throw refusal("InvalidParameterValue", `\`${disk.id}\` is shared: say from which instance to take it.`);
}

function checkRenewable({ id, chargeType, portable }: Disk): void {
  if (chargeType !== "PREPAID") throw refusal("InvalidDisk.NotSupported", `\`${id}\` is not prepaid.`);
  if (!portable) throw refusal("InvalidDisk.NotPortable", `\`${id}\` is renewed with its instance.`);
}

function diskItem(disk: Disk, { state, parameters, now }: TencentRequestContext): JsonObject {
  const snapshots = [...state.snapshots.values()].filter(({ diskId }) => diskId === disk.id);
  const backups = [...state.diskBackups.values()].filter(({ diskId }) => diskId === disk.id);
  const policies = [...state.snapshotPolicies.values()].filter(({ diskIds }) => diskIds.includes(disk.id));
  const withPolicies = flag(parameters, "ReturnBindAutoSnapshotPolicy") && policies.length > 0;
  const isHeld = disk.holders.length > 0;
  const [holder = ""] = disk.holders;
  return {
    DeleteWithInstance: disk.deleteWithInstance,
    RenewFlag: disk.renewFlag,
    LatestOperationState: "",
    DiskType: disk.type,
    DiskBackupQuota: backups.length,
    DiskState: disk.state,
    SnapshotCount: snapshots.length,
    DiskBackupCount: backups.length,
    AutoRenewFlagError: false,
    Rollbacking: false,
    InstanceIdList: disk.holders,
    Encrypt: disk.keyId !== undefined,
    KmsKeyId: disk.keyId ?? "",
    Tags: tagList(disk.tags),
    DiskName: disk.name,
    BackupDisk: false,
    DeleteSnapshot: disk.deleteSnapshot ? 1 : 0,
    InstanceId: disk.shareable ? "" : holder,
    DifferDaysOfDeadline: disk.expiresAt === undefined ? null : Math.floor((disk.expiresAt - now) / day),
    ThroughputPerformance: 0,
    Migrating: false,
    InstanceType: isHeld ? "CVM" : "",
    DiskId: disk.id,
    LastAttachInsId: disk.lastHolder ?? null,
    SnapshotSize: snapshots.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
    Placement: {
      CageId: "",
      CdcId: "",
      Zone: disk.zone,
      ProjectName: "Default Project",
      ProjectId: 0,
      CdcName: "",
      DedicatedClusterId: null,
    },
    IsReturnable: disk.state === "UNATTACHED",
    DeadlineTime: disk.expiresAt === undefined ? "" : beijing(disk.expiresAt),
    Attached: isHeld,
    ReturnFailCode: isHeld ? 10 : 0,
    DiskSize: disk.sizeGiB,
    MigratePercent: 0,
    DiskUsage: disk.usage,
    ErrorPrompt: "",
    Portable: disk.portable,
    DiskChargeType: disk.chargeType,
    SnapshotAbility: true,
    DeadlineError: false,
    LatestOperationRequestId: "",
    RollbackPercent: 0,
    AutoSnapshotPolicyIds: withPolicies ? policies.map(({ id }) => id) : null,
    LatestOperation: "",
    Shareable: disk.shareable,
    CreateTime: beijing(disk.createdAt),
  };
}
