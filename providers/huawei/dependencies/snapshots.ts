import type { IsoDate } from "../../../src/common.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { volumePageLimit } from "../listings.js";
import { momentOf } from "../times.js";
import { hidesRows } from "./hides-rows.js";
import { holdersByDisk } from "./holders.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const legacySource = "evs:ListSnapshots";
const standardSource = "evs:ListSnapshotsV5";

/** Snapshots of the disks, of both kinds, finished and under way. */
export const snapshotSources: readonly HuaweiSource[] = [
  snapshots(legacySource, ({ reads }) => reads.legacySnapshots(), "goes"),
  pending(legacySource, ({ reads }) => reads.legacySnapshots()),
  snapshots(standardSource, ({ reads }) => reads.standardSnapshots(), "stays"),
  pending(standardSource, ({ reads }) => reads.standardSnapshots()),
];

/** A snapshot of one disk. */
export interface DiskSnapshot {
  readonly id: string;
  readonly name: string;
  readonly diskId: string;
  readonly sizeGiB?: number;
  readonly status: string;
  readonly createdAt?: IsoDate;
  /** The group of a standard one. */
  readonly groupId?: string;
}
/** One of the old kind, which is destroyed with its disk ("Deleting EVS disks", EVS user guide). */
export type LegacySnapshot = DiskSnapshot;
/** One of the standard kind, independent of its disk. */
export type StandardSnapshot = DiskSnapshot;

/** All snapshots of the old kind in the project. */
export async function readLegacySnapshots(call: HuaweiCall): Promise<readonly LegacySnapshot[]> {
  return await readSnapshots(call, "GET /v2/{project_id}/cloudsnapshots/detail");
}

/** All standard snapshots of the project. Regions without them do not know the API. */
export async function readStandardSnapshots(call: HuaweiCall): Promise<readonly StandardSnapshot[]> {
  return await readSnapshots(call, "GET /v5/{project_id}/snapshots/detail");
}

async function readSnapshots(call: HuaweiCall, action: string): Promise<readonly DiskSnapshot[]> {
  const list = { field: "snapshots", limit: volumePageLimit, by: "offset" } as const;
  return (await call.pages("evs", action, {}, list)).map(snapshotOf);
}

function snapshotOf(row: Wire): DiskSnapshot {
  const sizeGiB = row.number("size");
  const createdAt = momentOf(row.text("created_at"));
  const groupId = row.text("snapshot_group_id");
  return {
    id: row.need("id"),
    name: row.text("name") ?? "",
    diskId: row.text("volume_id") ?? "",
    ...(sizeGiB === undefined ? {} : { sizeGiB }),
    status: row.text("status") ?? "unknown",
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(groupId === undefined ? {} : { groupId }),
  };
}

type ReadSnapshots = (survey: HuaweiSurvey) => Promise<readonly DiskSnapshot[]>;

function snapshots(source: string, read: ReadSnapshots, withDisk: "goes" | "stays"): HuaweiSource {
  return {
    kind: "snapshot",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) =>
      findingsOf(source, await perHolder(survey, read, (each, id) => snapshotFinding(each, id, withDisk, survey))),
  };
}

function pending(source: string, read: ReadSnapshots): HuaweiSource {
  return {
    kind: "pending-operation",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(source, await perHolder(survey, read, pendingFinding)),
  };
}

async function perHolder(
  survey: HuaweiSurvey,
  read: ReadSnapshots,
  finding: (snapshot: DiskSnapshot, instanceId: string) => Finding | undefined,
): Promise<readonly Finding[]> {
  const holders = holdersByDisk(survey.instances);
  return (await read(survey)).flatMap((snapshot) =>
    (holders.get(snapshot.diskId) ?? []).flatMap((instanceId) => finding(snapshot, instanceId) ?? []),
  );
}

function snapshotFinding(
  { id, name, diskId, sizeGiB, createdAt }: DiskSnapshot,
  instanceId: string,
  withDisk: "goes" | "stays",
  { seen }: HuaweiSurvey,
): Finding {
  const disk = seen.byId.get(instanceId)?.record.disks.find((each) => each.id === diskId);
  const dies = withDisk === "goes" && disk?.deletedWithInstance !== false;
  return {
    instanceId,
    node: {
      kind: "snapshot",
      id,
      ...(name === "" ? {} : { name }),
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(createdAt === undefined ? {} : { since: createdAt }),
      billing: dies ? "stops" : "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: dies ? (disk?.deletedWithInstance === true ? "deleted" : "unknown") : "kept",
      why:
        withDisk === "goes"
          ? `It is a snapshot of the old kind of ${diskId}, and is destroyed with it, recycle bin or not.`
          : `It is a standard snapshot of ${diskId}: it stays, and bills until it is deleted.`,
    },
  };
}

function pendingFinding({ id, diskId, status }: DiskSnapshot, instanceId: string): Finding | undefined {
  if (!/^(creating|backing-up|rollbacking)$/.test(status)) return undefined;
  return {
    instanceId,
    node: { kind: "pending-operation", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The snapshot ${id} of ${diskId} is ${status}, and can still fail.`,
      unblock: "Wait until it is available.",
    },
  };
}
