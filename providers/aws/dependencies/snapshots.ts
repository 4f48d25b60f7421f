import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";
import { type Finding, findingsOf } from "./findings.js";
import { type AwsSource, type AwsSurvey, hidesRows, holdersByDisk } from "./survey.js";

const source = "ec2:DescribeSnapshots";

/** A snapshot of this account. */
export interface OwnSnapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly state: string;
  readonly sizeGiB?: number;
  readonly startedAt?: string;
  readonly description?: string;
}

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
export async function readSnapshotsOf(call: AwsCall, volumeIds: readonly string[]): Promise<readonly OwnSnapshot[]> {
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
  return items.map(ownSnapshot);
}

function ownSnapshot(wire: Wire): OwnSnapshot {
  const sizeGiB = wire.number("VolumeSize");
  const startedAt = wire.date("StartTime");
  const description = wire.text("Description");
  return {
    id: wire.need("SnapshotId"),
    volumeId: wire.text("VolumeId") ?? "",
    state: wire.text("State") ?? "unknown",
    ...(sizeGiB === undefined ? {} : { sizeGiB }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(description === undefined ? {} : { description }),
  };
}

async function perHolder(
  { instances, reads }: AwsSurvey,
  finding: (snapshot: OwnSnapshot, instanceId: string) => Finding | undefined,
): Promise<readonly Finding[]> {
  const holders = holdersByDisk(instances);
  return (await reads.snapshots()).flatMap((snapshot) =>
    (holders.get(snapshot.volumeId) ?? []).flatMap((instanceId) => finding(snapshot, instanceId) ?? []),
  );
}

function snapshotFinding(snapshot: OwnSnapshot, instanceId: string): Finding {
  return {
    instanceId,
    node: {
      kind: "snapshot",
      id: snapshot.id,
      ...(snapshot.description === undefined ? {} : { name: snapshot.description }),
      ...(snapshot.sizeGiB === undefined ? {} : { sizeGiB: snapshot.sizeGiB }),
      ...(snapshot.startedAt === undefined ? {} : { since: snapshot.startedAt }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `It is a snapshot of ${snapshot.volumeId}: it stays, and bills until it is deleted.`,
    },
  };
}

function pendingFinding(snapshot: OwnSnapshot, instanceId: string): Finding {
  return {
    instanceId,
    node: { kind: "pending-operation", id: snapshot.id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The snapshot ${snapshot.id} of ${snapshot.volumeId} is still being copied, and can still fail.`,
      unblock: "Wait until it is completed.",
    },
  };
}
