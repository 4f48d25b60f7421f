import { mapConcurrent } from "../../src/batch.js";
import { type Problem, problemOf } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked } from "../../src/outcomes.js";
import { ownPrefix } from "../../src/own-tags.js";
import { pollUntil } from "../../src/poll.js";
import { incomplete } from "../../src/preconditions.js";
import { checkSnapshotOptions, type SnapshotRequest, snapshotRequest } from "../../src/snapshot-options.js";
import type { SnapshotOptions, SnapshotOutcome } from "../../src/snapshots.js";
import { collapseTargets } from "../../src/targets.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { lookAt, type Sight } from "./look.js";
import type { SeenInstance } from "./record.js";
import { type CopiesSeen, conclude, seeCopies, settledDisks } from "./snapshots/conclude.js";
import { createCopies } from "./snapshots/create.js";
import { idsByDisk, type SnapshotJob } from "./snapshots/job.js";

/** Sets being started at a time. */
const concurrency = 8;
/** Copies complete in minutes to hours. One listing tells of all, so it is asked a little more often than needed. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 20_000, giveUpAfterMs: 48 * 3_600_000 };

/**
 * Saves all volumes of each instance in one crash-consistent set, waits, and answers proofs read after completion. A
 * second call with the same run id and attempt finds what the first made.
 */
export async function snapshot(
  open: OpenAwsCall,
  targets: readonly InstanceTarget[],
  options: SnapshotOptions = {},
): Promise<readonly SnapshotOutcome[]> {
  checkSnapshotOptions(options, { methods: [], cloudOptions: [], reservedTags: ["aws:", ownPrefix] });
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open("all", options);
  const request = snapshotRequest(options, call.requests.clock.now());
  const { sights } = await lookAt(call, asked);
  const outcomes = new Map<string, SnapshotOutcome>();
  const wanting: SeenInstance[] = [];
  for (const [id, sight] of sights) {
    const outcome = withoutCopies(id, sight, request);
    if (outcome) outcomes.set(id, outcome);
    else if (sight.kind === "seen") wanting.push(sight.seen);
  }
  for (const outcome of await save(call, wanting, request)) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

/** The outcome where no copy is to be made; `undefined` where there is something to save. */
function withoutCopies(id: string, sight: Sight, request: SnapshotRequest): SnapshotOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") return { status: "not-found", instanceId: id, effects: [] };
  const { record } = sight.seen;
  const { unified, raw } = record.state;
  if (request.expiry === "cloud") return blocked(id, cannotExpire);
  if (unified === "gone" || unified === "terminating") {
    return blocked(
      id,
      problem("wrong-state", `${id} is ${raw}.`, "Its disks are gone or on their own: copy those by id."),
    );
  }
  if (incomplete(record)) {
    const message = `${id} shows no system disk, so its list of disks is not complete.`;
    return blocked(id, problem("data-loss", message, "Grant the permission to list volumes, then try again."));
  }
  const volumes = record.disks.filter(({ ephemeral }) => !ephemeral);
  if (volumes.length === 0) {
    return { status: "nothing-to-snapshot", instanceId: id, why: "All its disks live on the host.", effects: [] };
  }
  const bare = volumes.filter(({ encrypted }) => encrypted !== true).map((disk) => disk.id);
  if (!request.encryptionRequired || bare.length === 0) return undefined;
  const message = `Copies of ${bare.join(", ")} would not be encrypted: a snapshot is as its volume.`;
  return blocked(id, problem("unsupported", message, "Leave `encryption` out, and copy the snapshot under a key."));
}

async function save(
  call: AwsCall,
  wanting: readonly SeenInstance[],
  request: SnapshotRequest,
): Promise<readonly SnapshotOutcome[]> {
  if (wanting.length === 0) return [];
  const before = await seeCopies(call, request);
  const jobs = await mapConcurrent(wanting, concurrency, (seen) => createCopies(call, jobOf(seen, before), request));
  try {
    const after = await waitForCopies(call, jobs, request);
    return await conclude(call, jobs, after, request);
  } catch (error) {
    // Without any request that changed something the call as a whole could not run.
    if (jobs.every((job) => job.made.length === 0 && !job.trouble?.sent)) throw error;
    call.requests.emit({ type: "warning", problem: problemOf(error) });
    return await conclude(call, jobs, before, request);
  }
}

function jobOf(seen: SeenInstance, before: CopiesSeen): SnapshotJob {
  const found = before.byInstance.get(seen.record.id) ?? [];
  return {
    seen,
    wanted: seen.record.disks.filter(({ ephemeral }) => !ephemeral),
    known: idsByDisk(found),
    made: [],
    askedAt: before.at,
    effects: [],
  };
}

async function waitForCopies(
  call: AwsCall,
  jobs: readonly SnapshotJob[],
  request: SnapshotRequest,
): Promise<CopiesSeen> {
  const { requests } = call;
  const patience = request.wait ? pace : { ...pace, giveUpAfterMs: 0 };
  const { last } = await pollUntil(
    requests,
    patience,
    () => seeCopies(call, request),
    (seen) => {
      const { done, total } = settledDisks(jobs, seen);
      requests.emit({ type: "progress", operation: "snapshot", done, total, waitingFor: "copies to complete" });
      return done === total;
    },
  );
  return last;
}

function problem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "aws" };
}

const cannotExpire: Problem = problem(
  "unsupported",
  "EBS keeps a snapshot until somebody deletes it.",
  'Leave `expiry` at "sweep" and run a sweep, or use a lifecycle policy of your own.',
);

const unanswered: Problem = problem(
  "unexpected",
  "This instance got no answer.",
  "Report this with the events of the call.",
);
