import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import { diskFinding, doubtfulDisks, hostDiskFindings, keyFinding } from "../../../src/disk-findings.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { incomplete } from "../../../src/preconditions.js";
import type { VolumeFacts } from "../facts.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const source = "evs:ListVolumes";
const flavorSource = "ecs:ListFlavors";

/** Disks, disks of the host, and the keys that disks are encrypted with. */
export const diskSources: readonly HuaweiSource[] = [
  {
    kind: "disk",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      if (survey.seen.unread.volumes) throw new DecommissionError(survey.seen.unread.volumes);
      return { ...findingsOf(source, volumesOf(survey)), ...unconfirmed(survey) };
    },
  },
  {
    kind: "disk",
    source: flavorSource,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      if (survey.seen.unread.localDisks) throw new DecommissionError(survey.seen.unread.localDisks);
      return {
        ...findingsOf(
          flavorSource,
          survey.instances.flatMap(({ record }) => hostDiskFindings(record)),
        ),
        ...undescribedFlavors(survey),
      };
    },
  },
  {
    kind: "encryption-key",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      if (survey.seen.unread.volumes) throw new DecommissionError(survey.seen.unread.volumes);
      return findingsOf(source, keysOf(survey));
    },
  },
];

function volumesOf({ instances }: HuaweiSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    record.disks
      .filter(({ ephemeral }) => !ephemeral)
      .map((disk) => {
        const volume = facts.volumes.get(disk.id);
        const why = `It is a ${disk.role} disk. ${fateInWords(disk, volume)}`;
        return diskFinding(record.id, disk, { fate: fateOf(disk), why, name: volume?.name, since: volume?.createdAt });
      }),
  );
}

function fateOf(disk: InstanceDisk): DependencyEdge["atTermination"] {
  if (disk.deletedWithInstance === "unknown") return "unknown";
  if (disk.deletedWithInstance) return "deleted";
  return disk.sharedWith === undefined ? "kept" : "detached";
}

function fateInWords(disk: InstanceDisk, volume: VolumeFacts | undefined): string {
  if (disk.sharedWith !== undefined) return `It is also attached to ${disk.sharedWith.join(", ")}, and only detached.`;
  if (disk.deletedWithInstance === "unknown") return "Whether it dies with the server could not be read.";
  if (disk.deletedWithInstance) return "It is deleted with the server, and its snapshots of the old kind with it.";
  if (volume?.orderId !== undefined) return "It is paid in advance and kept, until it is unsubscribed by itself.";
  return "It is kept, and bills until it is deleted.";
}

/** S02: both the server and EVS must tell the same set of disks, with a system disk among them. */
function unconfirmed({ instances }: HuaweiSurvey): Pick<Findings, "partial"> {
  return doubtfulDisks(
    "ECS and EVS do not show the same disks, or no system disk is among them.",
    instances.filter(({ record, facts }) => facts.disputedDiskIds.length > 0 || incomplete(record)),
  );
}

function undescribedFlavors({ instances }: HuaweiSurvey): Pick<Findings, "partial"> {
  const unknown = instances.filter(({ facts }) => !facts.localDisksKnown);
  const flavors = unique(unknown.map(({ facts }) => facts.flavorId)).join(", ");
  return doubtfulDisks(`The region does not describe ${flavors}: such servers may have disks of the host.`, unknown);
}

function keysOf({ instances }: HuaweiSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    unique([...facts.volumes.values()].flatMap(({ keyId }) => keyId ?? [])).map((id) => keyFinding(record.id, id)),
  );
}
