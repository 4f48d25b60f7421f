import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { AliyunCall } from "../call.js";
import { type Copy, copyOf } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { holdersByDisk } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "ecs:DescribeSnapshots";

/** Snapshots of the disks, finished and under way. */
export const snapshotSources: readonly AliyunSource[] = [
  listing("snapshot", source, "report", async (survey) => findingsOf(source, await perHolder(survey, snapshotFinding))),
  listing("pending-operation", source, "required", async (survey) =>
    findingsOf(
      source,
      await perHolder(survey, (snapshot, instanceId) =>
        snapshot.state === "pending" ? pendingFinding(snapshot, instanceId) : undefined,
      ),
    ),
  ),
];

/** `InstanceId` takes one id. From this many on, all snapshots of the region cost fewer requests. */
const askOneByOne = 20;
const concurrency = 5;

/** Snapshots of the disks of these instances. */
export async function readSnapshotsOf(call: AliyunCall, instances: readonly SeenInstance[]): Promise<readonly Copy[]> {
  const rows =
    instances.length > askOneByOne
      ? await call.pages("ecs", "DescribeSnapshots")
      : (
          await mapConcurrent(instances, concurrency, ({ record }) =>
            call.pages("ecs", "DescribeSnapshots", { InstanceId: record.id }),
          )
        ).flat();
  return [...new Map(rows.map(copyOf).map((copy) => [copy.id, copy])).values()];
}

async function perHolder(
  { instances, reads }: AliyunSurvey,
  finding: (snapshot: Copy, instanceId: string) => Finding | undefined,
): Promise<readonly Finding[]> {
  const holders = holdersByDisk(instances);
  const dying = new Set(
    instances.flatMap(({ facts }) =>
      facts.disks.filter((disk) => disk.deleteAutoSnapshot !== false).map(({ id }) => id),
    ),
  );
  return (await reads.snapshots()).flatMap((snapshot) =>
    (holders.get(snapshot.diskId) ?? []).flatMap((instanceId) => {
      const found = finding(snapshot, instanceId);
      if (!found) return [];
      return [snapshot.isAutomatic && dying.has(snapshot.diskId) ? goingWithItsDisk(found, snapshot) : found];
    }),
  );
}

function snapshotFinding(snapshot: Copy, instanceId: string): Finding {
  return {
    instanceId,
    node: {
      kind: "snapshot",
      id: snapshot.id,
      ...(snapshot.description === "" ? {} : { name: snapshot.description }),
      sizeGiB: snapshot.sizeGiB,
      ...(snapshot.startedAt === "" ? {} : { since: snapshot.startedAt }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `It is a snapshot of ${snapshot.diskId}: it stays, and bills until it is deleted.`,
    },
  };
}

/** `DeleteAutoSnapshot` of a disk takes its automatic snapshots with it (ModifyDiskAttribute). */
function goingWithItsDisk(found: Finding, { id, diskId }: Copy): Finding {
  if (found.node.kind !== "snapshot") return found;
  return {
    ...found,
    node: { ...found.node, billing: "unknown" },
    edge: { ...found.edge, atTermination: "unknown", why: `${id} is automatic: it goes when ${diskId} is deleted.` },
  };
}

function pendingFinding(snapshot: Copy, instanceId: string): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id: snapshot.id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The snapshot ${snapshot.id} of ${snapshot.diskId} is still being copied, and is lost with its disk.`,
      unblock: "Wait until it is accomplished.",
    },
  };
}
