import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import { diskFinding, doubtfulDisks, hostDiskFindings, keyFinding } from "../../../src/disk-findings.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { incomplete } from "../../../src/preconditions.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const source = "ec2:DescribeVolumes";
const typesSource = "ec2:DescribeInstanceTypes";

/** Volumes, the disks of hosts, and the keys that volumes are encrypted with. */
export const diskSources: readonly AwsSource[] = [
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
    source: typesSource,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      if (survey.seen.unread.instanceStores) throw new DecommissionError(survey.seen.unread.instanceStores);
      return {
        ...findingsOf(
          typesSource,
          survey.instances.flatMap(({ record }) => hostDiskFindings(record)),
        ),
        ...undescribedTypes(survey),
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

function volumesOf(survey: AwsSurvey): readonly Finding[] {
  return survey.instances.flatMap(({ record, facts }) => {
    const volumes = new Map((survey.seen.volumesOf.get(record.id) ?? []).map((volume) => [volume.id, volume]));
    return record.disks
      .filter(({ ephemeral }) => !ephemeral)
      .map((disk): Finding => {
        const volume = volumes.get(disk.id);
        const device = facts.devices.get(disk.id) ?? volume?.attachments[0]?.device;
        const place = device === undefined ? "" : ` at ${device}`;
        const why = `It is the ${disk.role} disk${place}. ${fateInWords(disk)}`;
        const telling = { fate: fateOf(disk), why, name: volume?.tags.Name, since: volume?.createdAt };
        return diskFinding(record.id, disk, telling);
      });
  });
}

function fateOf(disk: InstanceDisk): DependencyEdge["atTermination"] {
  // A volume attached to others as well goes with the last of them only.
  if (disk.sharedWith !== undefined || disk.deletedWithInstance === "unknown") return "unknown";
  return disk.deletedWithInstance ? "deleted" : "kept";
}

function fateInWords(disk: InstanceDisk): string {
  if (disk.sharedWith !== undefined) return `It is also attached to ${disk.sharedWith.join(", ")}.`;
  if (disk.deletedWithInstance === "unknown") return "Whether it dies with the instance could not be read.";
  return disk.deletedWithInstance ? "It is deleted with the instance." : "It is kept, and bills until it is deleted.";
}

/** S02: both the instance and the volumes must tell the same set of disks, with a system disk among them. */
function unconfirmed({ instances }: AwsSurvey): Pick<Findings, "partial"> {
  return doubtfulDisks(
    "DescribeInstances and DescribeVolumes do not show the same disks, or no system disk is among them.",
    instances.filter(({ record, facts }) => facts.disputedVolumeIds.length > 0 || incomplete(record)),
  );
}

function undescribedTypes({ instances }: AwsSurvey): Pick<Findings, "partial"> {
  const unknown = instances.filter(({ facts }) => !facts.instanceStoresKnown);
  const types = unique(unknown.map(({ facts }) => facts.instanceType)).join(", ");
  return doubtfulDisks(`The region does not describe ${types}: such instances may have disks of the host.`, unknown);
}

function keysOf(survey: AwsSurvey): readonly Finding[] {
  return survey.instances.flatMap(({ record }) => {
    const volumes = survey.seen.volumesOf.get(record.id) ?? [];
    return unique(volumes.flatMap(({ kmsKeyId }) => kmsKeyId ?? [])).map((id) => keyFinding(record.id, id));
  });
}
