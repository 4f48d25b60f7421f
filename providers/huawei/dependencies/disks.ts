import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
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
      return { ...findingsOf(flavorSource, hostDisksOf(survey)), ...undescribedFlavors(survey) };
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
      .map((disk) => diskFinding(record.id, disk, facts.volumes.get(disk.id))),
  );
}

function diskFinding(instanceId: string, disk: InstanceDisk, volume: VolumeFacts | undefined): Finding {
  const fate = fateOf(disk);
  return {
    instanceId,
    node: {
      kind: "disk",
      id: disk.id,
      ...(volume === undefined || volume.name === "" ? {} : { name: volume.name }),
      ...(disk.sizeGiB === "unknown" ? {} : { sizeGiB: disk.sizeGiB }),
      ...(volume?.createdAt === undefined ? {} : { since: volume.createdAt }),
      billing: fate === "deleted" ? "stops" : fate === "unknown" ? "unknown" : "continues",
    },
    edge: {
      relation: "attached",
      effect: "report",
      atTermination: fate,
      why: `It is a ${disk.role} disk. ${fateInWords(disk, volume)}`,
    },
  };
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
  const doubtful = instances.filter(({ record, facts }) => facts.disputedDiskIds.length > 0 || incomplete(record));
  if (doubtful.length === 0) return {};
  return {
    partial: {
      reason: "ECS and EVS do not show the same disks, or no system disk is among them.",
      instanceIds: doubtful.map(({ record }) => record.id),
    },
  };
}

function hostDisksOf({ instances }: HuaweiSurvey): readonly Finding[] {
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
            why: "It is a disk of the host: its data goes with the server, and no snapshot or backup can save it.",
          },
        }),
      ),
  );
}

function undescribedFlavors({ instances }: HuaweiSurvey): Pick<Findings, "partial"> {
  const unknown = instances.filter(({ facts }) => !facts.localDisksKnown);
  if (unknown.length === 0) return {};
  const flavors = unique(unknown.map(({ facts }) => facts.flavorId));
  return {
    partial: {
      reason: `The region does not describe ${flavors.join(", ")}: such servers may have disks of the host.`,
      instanceIds: unknown.map(({ record }) => record.id),
    },
  };
}

function keysOf({ instances }: HuaweiSurvey): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    unique([...facts.volumes.values()].flatMap(({ keyId }) => keyId ?? [])).map(
      (id): Finding => ({
        instanceId: record.id,
        node: { kind: "encryption-key", id, billing: "continues" },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: "Its disks are encrypted with it, and so are their snapshots and backups: they need the key for as long as they are kept.",
        },
      }),
    ),
  );
}
