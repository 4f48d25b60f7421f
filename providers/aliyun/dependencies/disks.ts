import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import { diskFinding, doubtfulDisks, goesWithHost, keyFinding } from "../../../src/disk-findings.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { incomplete } from "../../../src/preconditions.js";
import type { DiskFacts } from "../disk-facts.js";
import type { SeenInstance } from "../record.js";
import { listing, ownWord } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "ecs:DescribeDisks";
const opinion = "ecs:DescribeDisksFullStatus";

/** Disks by both listings, the keys they are encrypted with, and the policies that copy them. */
export const diskSources: readonly AliyunSource[] = [
  listing("disk", source, "required", async (survey) => {
    ensureRead(survey);
    return { ...findingsOf(source, disksOf(survey)), ...undecided(survey) };
  }),
  ownWord("disk", opinion, "required", async ({ instances, seen }) => {
    if (seen.unread.confirmation) throw new DecommissionError(seen.unread.confirmation);
    // Its word is part of the disks' own line.
    return { nodes: [], edges: [], ...unconfirmed(instances) };
  }),
  ownWord("encryption-key", source, "report", async (survey) => {
    ensureRead(survey);
    return findingsOf(
      source,
      perDisk(survey, ({ kmsKeyId }) => kmsKeyId, keyFinding),
    );
  }),
  ownWord("backup-policy", source, "report", async (survey) => {
    ensureRead(survey);
    return findingsOf(
      source,
      perDisk(survey, ({ autoSnapshotPolicyId }) => autoSnapshotPolicyId, policyFinding),
    );
  }),
];

function ensureRead({ seen }: AliyunSurvey): void {
  if (seen.unread.disks) throw new DecommissionError(seen.unread.disks);
}

function disksOf({ instances }: AliyunSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) => {
    const known = new Map(facts.disks.map((disk) => [disk.id, disk]));
    return record.disks.map((disk): Finding => {
      const told = known.get(disk.id);
      const why = `It is ${disk.role === "system" ? "the system disk" : "a data disk"}. ${fateInWords(disk, told)}`;
      return diskFinding(record.id, disk, { fate: fateOf(disk), why, name: told?.name, since: told?.createdAt });
    });
  });
}

function fateOf(disk: InstanceDisk): DependencyEdge["atTermination"] {
  if (disk.deletedWithInstance === "unknown") return "unknown";
  return disk.deletedWithInstance ? "deleted" : "kept";
}

function fateInWords(disk: InstanceDisk, facts: DiskFacts | undefined): string {
  if (disk.ephemeral) return goesWithHost;
  const shared = disk.sharedWith === undefined ? "" : ` ${disk.sharedWith.join(", ")} hold it as well.`;
  if (disk.deletedWithInstance === "unknown") return `Whether it goes with the instance could not be read.${shared}`;
  if (!disk.deletedWithInstance) return `It is kept, and bills until it is deleted.${shared}`;
  const copies =
    facts?.deleteAutoSnapshot === true
      ? " Its automatic snapshots go with it."
      : facts?.deleteAutoSnapshot === false
        ? " Its automatic snapshots stay."
        : "";
  return `It is deleted with the instance.${copies}`;
}

/** A record without a system disk is not complete, whatever the listings say. */
function undecided({ instances }: AliyunSurvey): Pick<Findings, "partial"> {
  return doubtfulDisks(
    "No system disk is listed for these instances, so the listing does not show everything.",
    instances.filter(({ record }) => incomplete(record)),
  );
}

/** S02: both listings must show the same disks. */
function unconfirmed(instances: readonly SeenInstance[]): Pick<Findings, "partial"> {
  const doubtful = instances.filter(({ facts }) => facts.disputedDiskIds.length > 0);
  const ids = unique(doubtful.flatMap(({ facts }) => facts.disputedDiskIds))
    .slice(0, 3)
    .join(", ");
  return doubtfulDisks(`DescribeDisks and DescribeDisksFullStatus do not show the same disks: ${ids}.`, doubtful);
}

function perDisk(
  { instances }: AliyunSurvey,
  idOf: (disk: DiskFacts) => string | undefined,
  finding: (instanceId: string, id: string) => Finding,
): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    unique(facts.disks.flatMap((disk) => idOf(disk) ?? [])).map((id) => finding(record.id, id)),
  );
}

function policyFinding(instanceId: string, id: string): Finding {
  return {
    instanceId,
    node: { kind: "backup-policy", id, billing: "none" },
    edge: {
      relation: "member",
      effect: "report",
      atTermination: "kept",
      why: "This policy makes automatic snapshots of its disks. It stays; such snapshots never count as a copy made here.",
    },
  };
}
