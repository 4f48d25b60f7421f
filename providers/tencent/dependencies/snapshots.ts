import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { TencentCall } from "../call.js";
import { type Copy, readCopies } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./controls.js";
import { holdersByDisk } from "./holders.js";
import type { TencentSource, TencentSurvey } from "./survey.js";

const source = "cbs:DescribeSnapshots";
/** Values of the filter `disk-id` (cbs 2017-03-12, DescribeSnapshots); every other filter takes a hundred. */
const diskValues = 10;
const pageLimit = 100;

/** Snapshots of the disks, finished and under way. */
export const snapshotSources: readonly TencentSource[] = [
  {
    kind: "snapshot",
    source,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      const deletes = new Set(survey.instances.flatMap(disksThatTakeSnapshotsAlong));
      const found = perHolder(survey, await survey.reads.snapshots());
      return findingsOf(
        source,
        found.map(({ snapshot, instanceId }) => snapshotFinding(snapshot, instanceId, deletes)),
      );
    },
  },
  {
    kind: "pending-operation",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const pending = await readCopies(survey.call, [{ Name: "snapshot-state", Values: ["CREATING"] }]);
      return findingsOf(
        source,
        perHolder(survey, pending).map(({ snapshot, instanceId }) => pendingFinding(snapshot, instanceId)),
      );
    },
  },
];

/** Snapshots of these disks: by disk, or all of the region where that is cheaper. How many there are is asked first. */
export async function readSnapshotsOf(call: TencentCall, diskIds: readonly string[]): Promise<readonly Copy[]> {
  const pieces = chunk(diskIds, diskValues);
  if (pieces.length > 1 && (await pagesOfAll(call)) <= pieces.length) {
    const wanted = new Set(diskIds);
    return (await readCopies(call, [])).filter(({ diskId }) => wanted.has(diskId));
  }
  const found = await Promise.all(pieces.map((piece) => readCopies(call, [{ Name: "disk-id", Values: [...piece] }])));
  return found.flat();
}

async function pagesOfAll(call: TencentCall): Promise<number> {
  const { body } = await call.read("cbs", "DescribeSnapshots", { Offset: 0, Limit: 1 });
  return Math.ceil((body.number("TotalCount") ?? Number.POSITIVE_INFINITY) / pageLimit);
}

/** Disks that die and are set to take their snapshots along ("DeleteSnapshot"). */
function disksThatTakeSnapshotsAlong({ record, facts }: SeenInstance): readonly string[] {
  return record.disks
    .filter(({ id, deletedWithInstance }) => deletedWithInstance !== false && facts.disks.get(id)?.deletesSnapshots)
    .map(({ id }) => id);
}

function perHolder({ instances }: TencentSurvey, snapshots: readonly Copy[]) {
  const holders = holdersByDisk(instances);
  return snapshots.flatMap((snapshot) =>
    (holders.get(snapshot.diskId) ?? []).map((instanceId) => ({ snapshot, instanceId })),
  );
}

function snapshotFinding(snapshot: Copy, instanceId: string, deletes: ReadonlySet<string>): Finding {
  // A permanent one stays in any case.
  const goes = snapshot.deadline !== undefined && deletes.has(snapshot.diskId);
  const until = snapshot.deadline === undefined ? "until it is deleted" : `until ${snapshot.deadline}`;
  return {
    instanceId,
    node: {
      kind: "snapshot",
      id: snapshot.id,
      ...(snapshot.name === "" ? {} : { name: snapshot.name }),
      sizeGiB: snapshot.sizeGiB,
      ...(snapshot.startedAt === "" ? {} : { since: snapshot.startedAt }),
      billing: goes ? "stops" : "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: goes ? "deleted" : "kept",
      why: goes
        ? `It is a snapshot of ${snapshot.diskId}, which takes its snapshots along.`
        : `It is a snapshot of ${snapshot.diskId}: it stays, and bills ${until}.`,
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
      why: `The snapshot ${snapshot.id} of ${snapshot.diskId} is still being made, and can still fail.`,
      unblock: "Wait until it is completed.",
    },
  };
}
