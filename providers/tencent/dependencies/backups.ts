import { chunk } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { idLimit } from "../instances.js";
import { momentOf } from "../times.js";
import { hidesRows } from "./controls.js";
import { holdersByDisk } from "./holders.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const backupSource = "cbs:DescribeDiskBackups";
const policySource = "cbs:DescribeAutoSnapshotPolicies";

/** Backup points, which die with their disk, and the policies that snapshot disks by the clock. */
export const backupSources: readonly TencentSource[] = [
  {
    kind: "backup",
    source: backupSource,
    gate: "report",
    // Only disks that say they have backup points are asked about: an empty answer then is a contradiction.
    hidesRows: false,
    read: async (survey) => {
      if (survey.seen.unread.disks) throw new DecommissionError(survey.seen.unread.disks);
      return await backupPoints(survey);
    },
  },
  {
    kind: "backup-policy",
    source: policySource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(policySource, await policiesOf(survey)),
  },
];

async function backupPoints({ call, instances }: TencentSurvey) {
  const disks = instances.flatMap(({ facts }) =>
    [...facts.disks.values()].filter(({ backupCount }) => backupCount > 0),
  );
  const ids = [...new Set(disks.map(({ id }) => id))];
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) => {
      const Filters = [{ Name: "disk-id", Values: [...piece] }];
      return call.pages("cbs", "DescribeDiskBackups", { Filters }, { field: "DiskBackupSet", id: "DiskBackupId" });
    }),
  );
  const rows = pieces.flat();
  const holders = holdersByDisk(instances);
  const findings = rows.flatMap((row) => {
    const diskId = row.need("DiskId");
    return (holders.get(diskId) ?? []).map(
      (instanceId): Finding => ({
        instanceId,
        node: {
          kind: "backup",
          id: row.need("DiskBackupId"),
          sizeGiB: row.number("DiskSize") ?? 0,
          ...sinceOf(row.text("CreateTime")),
          billing: "stops",
        },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "deleted",
          why: `It is a backup point of ${diskId}: it goes with its disk, and proves nothing about what is kept.`,
        },
      }),
    );
  });
  const told = new Set(rows.map((row) => row.need("DiskId")));
  const silent = ids.filter((id) => !told.has(id));
  if (silent.length === 0) return findingsOf(backupSource, findings);
  const reason = `Disks that say they have backup points show none: ${silent.join(", ")}.`;
  return { ...findingsOf(backupSource, findings), partial: { reason } };
}

function sinceOf(text: string | undefined) {
  const since = momentOf(text);
  return since === undefined ? {} : { since };
}

async function policiesOf({ call, instances }: TencentSurvey): Promise<readonly Finding[]> {
  const list = { field: "AutoSnapshotPolicySet", id: "AutoSnapshotPolicyId" };
  const rows = await call.pages("cbs", "DescribeAutoSnapshotPolicies", {}, list);
  const byDisk = holdersByDisk(instances);
  const asked = new Set(instances.map(({ record }) => record.id));
  return rows.flatMap((row) => {
    const id = row.need("AutoSnapshotPolicyId");
    const name = row.text("AutoSnapshotPolicyName");
    const bound = [
      ...row.texts("DiskIdSet").flatMap((diskId) => byDisk.get(diskId) ?? []),
      ...row.texts("InstanceIdSet").filter((instanceId) => asked.has(instanceId)),
    ];
    return [...new Set(bound)].map(
      (instanceId): Finding => ({
        instanceId,
        node: { kind: "backup-policy", id, ...(name === undefined ? {} : { name }), billing: "none" },
        edge: {
          relation: "member",
          effect: "report",
          atTermination: "detached",
          why: "It snapshots its disks by the clock. What it made stays, and the policy makes no more.",
        },
      }),
    );
  });
}
