import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge, DependencyNode } from "../../../src/dependencies.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { incomplete } from "../../../src/preconditions.js";
import type { VolumeFacts } from "../record.js";
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
      return { ...findingsOf(typesSource, hostDisksOf(survey)), ...undescribedTypes(survey) };
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
        const fate = fateOf(disk);
        const device = facts.devices.get(disk.id) ?? volumes.get(disk.id)?.attachments[0]?.device;
        return {
          instanceId: record.id,
          node: volumeNode(disk, volumes.get(disk.id), fate),
          edge: {
            relation: "attached",
            effect: "report",
            atTermination: fate,
            why: `It is the ${disk.role} disk${device === undefined ? "" : ` at ${device}`}. ${fateInWords(disk)}`,
          },
        };
      });
  });
}

function volumeNode(
  disk: InstanceDisk,
  volume: VolumeFacts | undefined,
  fate: DependencyEdge["atTermination"],
): DependencyNode {
  const name = volume?.tags.Name;
  return {
    kind: "disk",
    id: disk.id,
    ...(name === undefined ? {} : { name }),
    ...(disk.sizeGiB === "unknown" ? {} : { sizeGiB: disk.sizeGiB }),
    ...(volume?.createdAt === undefined ? {} : { since: volume.createdAt }),
    billing: fate === "deleted" ? "stops" : fate === "unknown" ? "unknown" : "continues",
  };
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
  const doubtful = instances.filter(({ record, facts }) => facts.disputedVolumeIds.length > 0 || incomplete(record));
  if (doubtful.length === 0) return {};
  return {
    partial: {
      reason: "DescribeInstances and DescribeVolumes do not show the same disks, or no system disk is among them.",
      instanceIds: doubtful.map(({ record }) => record.id),
    },
  };
}

function hostDisksOf({ instances }: AwsSurvey): readonly Finding[] {
  return instances.flatMap(({ record }) =>
    record.disks
      .filter(({ ephemeral }) => ephemeral)
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
            why: "It is a disk of the host: its data goes with the instance, and no snapshot can save it.",
          },
        }),
      ),
  );
}

function undescribedTypes({ instances }: AwsSurvey): Pick<Findings, "partial"> {
  const unknown = instances.filter(({ facts }) => !facts.instanceStoresKnown);
  if (unknown.length === 0) return {};
  const types = unique(unknown.map(({ facts }) => facts.instanceType));
  return {
    partial: {
      reason: `The region does not describe ${types.join(", ")}: such instances may have disks of the host.`,
      instanceIds: unknown.map(({ record }) => record.id),
    },
  };
}

function keysOf(survey: AwsSurvey): readonly Finding[] {
  return survey.instances.flatMap(({ record }) =>
    unique((survey.seen.volumesOf.get(record.id) ?? []).flatMap(({ kmsKeyId }) => kmsKeyId ?? [])).map(
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
