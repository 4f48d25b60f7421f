import { mapConcurrent } from "../batch.js";
import { problemOf } from "../errors.js";
import type { InstanceDisk } from "../instances.js";
import type { Seen } from "../look.js";
import { pollUntil } from "../poll.js";
import type { SnapshotRequest } from "../snapshot-options.js";
import type { SnapshotOutcome } from "../snapshots.js";
import { type CopiesSeen, conclude, seeCopies, settledDisks } from "./conclude.js";
import { createCopies } from "./create.js";
import { idsByDisk, type OwnCopy, type SavingCloud, type SavingJob } from "./saving.js";

/** Instances whose copies are being started at a time. */
const concurrency = 8;
/** Copies complete in minutes to hours. One listing tells of all, so it is asked a little more often than needed. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 20_000, giveUpAfterMs: 48 * 3_600_000 };

/** An instance with the disks that can be saved and those that cannot. */
export interface Wanting<One extends Seen> {
  readonly seen: One;
  readonly wanted: readonly InstanceDisk[];
  readonly unprotected: SavingJob<One, OwnCopy>["unprotected"];
}

/** Saves disks: finds what this run and attempt have made, asks for the rest, waits, and answers proofs read afterwards. */
export async function saveDisks<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  wanting: readonly Wanting<One>[],
  request: SnapshotRequest,
): Promise<readonly SnapshotOutcome[]> {
  if (wanting.length === 0) return [];
  const before = await seeCopies(cloud, request);
  const jobs = await mapConcurrent(wanting, concurrency, (one) => createCopies(cloud, jobOf(one, before), request));
  try {
    const after = await waitForCopies(cloud, jobs, request);
    return await conclude(cloud, jobs, after, request);
  } catch (error) {
    // Without any request that changed something the call as a whole could not run.
    if (jobs.every((job) => job.made.length === 0 && !job.trouble?.sent)) throw error;
    cloud.requests.emit({ type: "warning", problem: problemOf(error) });
    return await conclude(cloud, jobs, before, request);
  }
}

function jobOf<One extends Seen, Copy extends OwnCopy>(
  one: Wanting<One>,
  before: CopiesSeen<Copy>,
): SavingJob<One, Copy> {
  const found = before.byInstance.get(one.seen.record.id) ?? [];
  return { ...one, known: idsByDisk(found), made: [], askedAt: before.at, effects: [] };
}

async function waitForCopies<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  jobs: readonly SavingJob<One, Copy>[],
  request: SnapshotRequest,
): Promise<CopiesSeen<Copy>> {
  const { requests } = cloud;
  const patience = request.wait ? pace : { ...pace, giveUpAfterMs: 0 };
  const { last } = await pollUntil(
    requests,
    patience,
    () => seeCopies(cloud, request),
    (seen) => {
      const { done, total } = settledDisks(cloud, jobs, seen);
      requests.emit({ type: "progress", operation: "snapshot", done, total, waitingFor: "copies to complete" });
      return done === total;
    },
  );
  return last;
}
