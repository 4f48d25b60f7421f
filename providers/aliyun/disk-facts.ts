import type { Tristate } from "../../src/common.js";
import type { Wire } from "../../src/wire.js";
import { innerList, tagsOf } from "./listings.js";

/** What DescribeDisks says of one disk. */
export interface DiskFacts {
  readonly id: string;
  readonly name?: string;
  readonly role: "system" | "data";
  /** `cloud_essd`, `cloud_auto`, `local_ssd_pro` … */
  readonly category: string;
  readonly sizeGiB: number | "unknown";
  readonly encrypted: Tristate;
  readonly kmsKeyId?: string;
  readonly status: string;
  readonly chargeType: string;
  readonly createdAt?: string;
  readonly detachedAt?: string;
  readonly attachments: readonly { readonly instanceId: string; readonly device?: string }[];
  readonly multiAttach: boolean;
  readonly deleteWithInstance: Tristate;
  /** Whether automatic snapshots go with the disk. */
  readonly deleteAutoSnapshot: Tristate;
  /** False: it belongs to its instance and cannot live without it. */
  readonly portable: Tristate;
  readonly autoSnapshotPolicyId?: string;
  readonly sourceSnapshotId?: string;
  readonly locks: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads one element of DescribeDisks. */
export function diskFacts(wire: Wire): DiskFacts {
  const name = wire.text("DiskName");
  const kmsKeyId = wire.text("KMSKeyId");
  const createdAt = wire.date("CreationTime");
  const detachedAt = wire.date("DetachedTime");
  const policyId = wire.text("AutoSnapshotPolicyId");
  const sourceSnapshotId = wire.text("SourceSnapshotId");
  return {
    id: wire.need("DiskId"),
    ...(name === undefined ? {} : { name }),
    role: wire.text("Type") === "system" ? "system" : "data",
    category: wire.text("Category") ?? "",
    sizeGiB: wire.number("Size") ?? "unknown",
    encrypted: wire.flag("Encrypted") ?? "unknown",
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    status: wire.text("Status") ?? "unknown",
    chargeType: wire.text("DiskChargeType") ?? "unknown",
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(detachedAt === undefined ? {} : { detachedAt }),
    attachments: attachmentsOf(wire),
    multiAttach: wire.text("MultiAttach") === "Enabled",
    deleteWithInstance: wire.flag("DeleteWithInstance") ?? "unknown",
    deleteAutoSnapshot: wire.flag("DeleteAutoSnapshot") ?? "unknown",
    portable: wire.flag("Portable") ?? "unknown",
    ...(policyId === undefined ? {} : { autoSnapshotPolicyId: policyId }),
    ...(sourceSnapshotId === undefined ? {} : { sourceSnapshotId }),
    // Another inner key than that of instances.
    locks: innerList(wire, "OperationLocks.OperationLock").map((lock) => lock.text("LockReason") ?? "unknown"),
    tags: tagsOf(wire),
  };
}

/** `Attachments` is newer than `InstanceId`, which stays empty for a disk that several instances share. */
function attachmentsOf(wire: Wire): DiskFacts["attachments"] {
  const holders = [wire, ...innerList(wire, "Attachments.Attachment")].flatMap((row) => {
    const instanceId = row.text("InstanceId");
    const device = row.text("Device");
    return instanceId === undefined ? [] : [{ instanceId, ...(device === undefined ? {} : { device }) }];
  });
  return [...new Map(holders.map((holder) => [holder.instanceId, holder])).values()];
}

/** Disks of the host, elastic ephemeral ones included: they go with the instance, and no snapshot saves them. */
export function isLocalDisk({ category }: Pick<DiskFacts, "category">): boolean {
  return /^(local_|ephemeral|elastic_ephemeral)/.test(category);
}
