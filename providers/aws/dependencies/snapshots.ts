import { type Finding, findingsOf } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import type { AwsCall } from "../call.js";
import { type Copy, copyOf } from "../copies.js";
import { filterLimit, pageLimit } from "../instances.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByDisk } from "./holders.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const source = "ec2:DescribeSnapshots";

/** Snapshots of the disks, finished and under way. */
export const snapshotSources: readonly AwsSource[] = [
  {
    kind: "snapshot",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(source, await perHolder(survey, snapshotFinding)),
  },
  {
    kind: "pending-operation",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) =>
      findingsOf(
        source,
        await perHolder(survey, (snapshot, instanceId) =>
          snapshot.state === "pending" ? pendingFinding(snapshot, instanceId) : undefined,
        ),
      ),
  },
];

/** Snapshots of these volumes that belong to this account. Others' copies of shared ones are not among them. */
export async function readSnapshotsOf(call: AwsCall, volumeIds: readonly string[]): Promise<readonly Copy[]> {
  const whole = { OwnerIds: ["self"], MaxResults: pageLimit };
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeSnapshots",
      list: "Snapshots",
      whole,
      some: (ids) => ({ ...whole, Filters: [{ Name: "volume-id", Values: [...ids] }] }),
      batch: filterLimit,
      keysOf: (snapshot) => [snapshot.text("VolumeId") ?? ""],
    },
    volumeIds,
  );
  return items.map(copyOf);
}

async function perHolder(
  { instances, reads }: AwsSurvey,
  finding: (snapshot: Copy, instanceId: string) => Finding | undefined,
): Promise<readonly Finding[]> {
  const holders = holdersByDisk(instances);
  return (await reads.snapshots()).flatMap((snapshot) =>
    (holders.get(snapshot.diskId) ?? []).flatMap((instanceId) => finding(snapshot, instanceId) ?? []),
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

function pendingFinding(snapshot: Copy, instanceId: string): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id: snapshot.id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The snapshot ${snapshot.id} of ${snapshot.diskId} is still being copied, and can still fail.`,
      unblock: "Wait until it is completed.",
    },
  };
}
