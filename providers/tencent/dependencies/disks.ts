import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
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
      .map((disk) => diskFinding(record.id, disk, facts.disks.get(disk.id))),
  );
}

function diskFinding(instanceId: string, disk: InstanceDisk, facts: DiskFacts | undefined): Finding {
  const fate = fateOf(disk);
  return {
    instanceId,
    node: {
      kind: "disk",
      id: disk.id,
      ...(facts === undefined || facts.name === "" ? {} : { name: facts.name }),
      ...(disk.sizeGiB === "unknown" ? {} : { sizeGiB: disk.sizeGiB }),
      ...(facts?.createdAt === undefined ? {} : { since: facts.createdAt }),
      billing: fate === "deleted" ? "stops" : fate === "unknown" ? "unknown" : "continues",
    },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: fate,
      why: [`It is the ${disk.role} disk.`, fateInWords(disk, facts), snapshotsInWords(facts)].join(" ").trimEnd(),
    },
  };
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
  const doubtful = instances.filter(({ record, facts }) => facts.disputedDiskIds.length > 0 || incomplete(record));
  if (doubtful.length === 0) return {};
  return {
    partial: {
      reason: "DescribeInstances and DescribeDisks do not show the same disks, or no system disk is among them.",
      instanceIds: doubtful.map(({ record }) => record.id),
    },
  };
}

function localDisks({ instances }: TencentSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    record.disks
      .filter(({ id }) => facts.localDiskIds.has(id))
      .map(
        (disk): Finding => ({
          instanceId: record.id,
          node: {
            kind: "disk",
            id: disk.id,
            ...(disk.sizeGiB === "unknown" ? {} : { sizeGiB: disk.sizeGiB }),
            billing: "stops",
          },
          edge: {
            relation: "attached",
            effect: "report",
            atTermination: "deleted",
            why: `It is a ${disk.role} disk of the host: its data goes with the instance, and no snapshot can save it.`,
          },
        }),
      ),
  );
}

function keysOf({ instances }: TencentSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    unique([...facts.disks.values()].flatMap(({ kmsKeyId }) => kmsKeyId ?? [])).map(
      (id): Finding => ({
        instanceId: record.id,
        node: { kind: "encryption-key", id, billing: "continues" },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: "Its disks are encrypted with it, and so are their snapshots: they need the key for as long as they are kept.",
        },
      }),
    ),
  );
}
