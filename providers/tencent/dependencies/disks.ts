import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import { diskFinding, doubtfulDisks, hostDiskFindings, keyFinding } from "../../../src/disk-findings.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { incomplete } from "../../../src/preconditions.js";
import type { DiskFacts } from "../record.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const source = "cbs:DescribeDisks";
const instances = "cvm:DescribeInstances";

/** Cloud disks, the disks of hosts, and the keys that disks are encrypted with. */
export const diskSources: readonly TencentSource[] = [
  {
    kind: "disk",
    source,
    gate: "required",
    // The instance lists its disks as well: what one of the two hides shows as a difference.
    hidesRows: false,
    read: async (survey) => ({ ...findingsOf(source, cloudDisks(readOr(survey))), ...unconfirmed(survey) }),
  },
  {
    kind: "disk",
    source: instances,
    gate: "required",
    hidesRows: false,
    read: async (survey) => findingsOf(instances, localDisks(survey)),
  },
  {
    kind: "encryption-key",
    source,
    gate: "report",
    hidesRows: false,
    read: async (survey) => findingsOf(source, keysOf(readOr(survey))),
  },
];

function readOr(survey: TencentSurvey): TencentSurvey {
  if (survey.seen.unread.disks) throw new DecommissionError(survey.seen.unread.disks);
  return survey;
}

function cloudDisks({ instances }: TencentSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    record.disks
      .filter(({ id }) => !facts.localDiskIds.has(id))
      .map((disk) => {
        const known = facts.disks.get(disk.id);
        const words = [`It is the ${disk.role} disk.`, fateInWords(disk, known), snapshotsInWords(known)];
        const telling = { fate: fateOf(disk), why: words.join(" ").trimEnd() };
        return diskFinding(record.id, disk, { ...telling, name: known?.name, since: known?.createdAt });
      }),
  );
}

function fateOf(disk: InstanceDisk): DependencyEdge["atTermination"] {
  // A disk attached to others as well goes with the last of them, if at all.
  if (disk.sharedWith !== undefined || disk.deletedWithInstance === "unknown") return "unknown";
  return disk.deletedWithInstance ? "deleted" : "kept";
}

function fateInWords(disk: InstanceDisk, facts: DiskFacts | undefined): string {
  if (disk.sharedWith !== undefined) return `It is also attached to ${disk.sharedWith.join(", ")}.`;
  if (disk.deletedWithInstance === "unknown") return "Whether it dies with the instance could not be read.";
  if (disk.deletedWithInstance) {
    const bound = disk.role === "data" && facts !== undefined && !facts.portable;
    return bound ? "It cannot be detached, and is deleted with the instance." : "It is deleted with the instance.";
  }
  if (facts?.chargeType === "PREPAID") return "It is prepaid: it is kept, and renews itself where it is set to.";
  return "It is kept, and bills until it is deleted.";
}

/** "DeleteSnapshot" of a disk: its snapshots that are not permanent go with it. */
function snapshotsInWords(facts: DiskFacts | undefined): string {
  return facts?.deletesSnapshots === true ? "Its snapshots that are not permanent go with it." : "";
}

/** S02: both the instance and CBS must tell the same set of disks, with a system disk among them. */
function unconfirmed({ instances }: TencentSurvey): Pick<Findings, "partial"> {
  return doubtfulDisks(
    "DescribeInstances and DescribeDisks do not show the same disks, or no system disk is among them.",
    instances.filter(({ record, facts }) => facts.disputedDiskIds.length > 0 || incomplete(record)),
  );
}

function localDisks({ instances }: TencentSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) => hostDiskFindings(record, ({ id }) => facts.localDiskIds.has(id)));
}

function keysOf({ instances }: TencentSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    unique([...facts.disks.values()].flatMap(({ kmsKeyId }) => kmsKeyId ?? [])).map((id) => keyFinding(record.id, id)),
  );
}
