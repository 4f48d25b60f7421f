import type { Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked } from "../../src/outcomes.js";
import { ownPrefix } from "../../src/own-tags.js";
import { incomplete } from "../../src/preconditions.js";
import { saveDisks, type Wanting } from "../../src/saving/save.js";
import type { SavingCloud } from "../../src/saving/saving.js";
import { checkSnapshotOptions, type SnapshotRequest, snapshotRequest } from "../../src/snapshot-options.js";
import type { SnapshotOptions, SnapshotOutcome } from "../../src/snapshots.js";
import { collapseTargets } from "../../src/targets.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { awsCapabilities } from "./capabilities.js";
import type { OwnCopy } from "./copies.js";
import { instanceIdForm } from "./instances.js";
import { lookAt, type Sight } from "./look.js";
import { proofsOf } from "./proofs.js";
import type { SeenInstance } from "./record.js";
import { createSet, passingLimits } from "./snapshots/create.js";
import { findOwnCopies } from "./snapshots/find.js";

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
  const wanting: Wanting<SeenInstance>[] = [];
  for (const [id, sight] of sights) {
    const outcome = withoutCopies(id, sight, request);
    if (outcome) outcomes.set(id, outcome);
    else if (sight.kind === "seen") wanting.push(wantingOf(sight.seen));
  }
  for (const outcome of await saveDisks(savingCloud(call), wanting, request)) outcomes.set(outcome.instanceId, outcome);
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

/** How EC2 copies the disks of an instance: all volumes in one crash-consistent set. */
function savingCloud(call: AwsCall): SavingCloud<SeenInstance, OwnCopy> {
  return {
    requests: call.requests,
    consistencyWindowMs: awsCapabilities.consistencyWindowMs,
    findCopies: (request, instanceId) => findOwnCopies(call, request, instanceId),
    nextDisks: (missing) => missing,
    create: (job, disks, request) => createSet(call, job, disks, request),
    passes: ({ cloudCode }) => passingLimits.has(cloudCode),
    standingOf: ({ state }) => (state === "completed" ? "completed" : state === "error" ? "failed" : "pending"),
    proofsOf: (copies) => proofsOf(call, copies),
    // All copies of one set have the same start time (EC2 API reference, CreateSnapshots).
    consistentSets: true,
  };
}

/** All volumes are saved, also those that outlive the instance; what lives on the host cannot be. */
function wantingOf(seen: SeenInstance): Wanting<SeenInstance> {
  const { disks } = seen.record;
  return {
    seen,
    wanted: disks.filter(({ ephemeral }) => !ephemeral),
    unprotected: disks
      .filter(({ ephemeral }) => ephemeral)
      .map(({ id }) => ({ diskId: id, why: "It lives on the host: no snapshot can save it." })),
  };
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
