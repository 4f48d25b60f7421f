import type { Problem } from "../../src/errors.js";
import type { InstanceDisk, InstanceTarget } from "../../src/instances.js";
import { blocked } from "../../src/outcomes.js";
import { ownPrefix } from "../../src/own-tags.js";
import { incomplete } from "../../src/preconditions.js";
import { saveDisks, type Wanting } from "../../src/saving/save.js";
import type { SavingCloud } from "../../src/saving/saving.js";
import { checkSnapshotOptions, type SnapshotRequest, snapshotRequest } from "../../src/snapshot-options.js";
import type { SnapshotOptions, SnapshotOutcome } from "../../src/snapshots.js";
import { collapseTargets } from "../../src/targets.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { aliyunCapabilities } from "./capabilities.js";
import type { AliyunCopy } from "./copies.js";
import { instanceIdForm } from "./instances.js";
import { lookAt, type Sight } from "./look.js";
import { proofsOf } from "./proofs.js";
import type { SeenInstance } from "./record.js";
import { createCopies, passesByItself } from "./snapshots/create.js";
import { findCopies } from "./snapshots/find.js";
import { withRetention } from "./snapshots/retention.js";
import { nextSet } from "./snapshots/sets.js";

/**
 * Saves the disks of each instance: those of the ESSD family in one set of one moment, others each by itself. Waits, and
 * answers proofs read after completion. A second call with the same run id and attempt finds what the first made.
 */
export async function snapshot(
  open: OpenAliyunCall,
  targets: readonly InstanceTarget[],
  options: SnapshotOptions = {},
): Promise<readonly SnapshotOutcome[]> {
  checkSnapshotOptions(options, { methods: [], cloudOptions: [], reservedTags: ["aliyun", "acs:", ownPrefix] });
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
  const cloud = savingCloud(call, wanting, request);
  for (const outcome of await saveDisks(cloud, wanting, request)) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

/** The outcome where no copy is to be made; `undefined` where there is something to save. */
function withoutCopies(id: string, sight: Sight, request: SnapshotRequest): SnapshotOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") return { status: "not-found", instanceId: id, effects: [] };
  const { record } = sight.seen;
  // "If an ECS instance is locked for security reasons, all operations are prohibited" (CreateSnapshotRequest).
  if (record.protection.locks.some(({ unified }) => unified === "security")) {
    const message = `${id} is locked for security, so its disks cannot be copied.`;
    return blocked(id, problem("locked", message, "Settle the lock with the cloud first."));
  }
  if (incomplete(record)) {
    const message = `${id} shows no system disk, so its list of disks is not complete.`;
    return blocked(id, problem("data-loss", message, "Grant the permission to list disks, then try again."));
  }
  const { wanted, unprotected } = wantingOf(sight.seen);
  if (wanted.length === 0) {
    const why = unprotected.map((disk) => disk.why).join(" ");
    return { status: "nothing-to-snapshot", instanceId: id, why, effects: [] };
  }
  const bare = wanted.filter(({ encrypted }) => encrypted !== true).map((disk) => disk.id);
  if (!request.encryptionRequired || bare.length === 0) return undefined;
  const message = `Copies of ${bare.join(", ")} would not be encrypted: a snapshot is as its disk.`;
  return blocked(id, problem("unsupported", message, "Leave `encryption` out, and copy the snapshot under a key."));
}

/** All disks are saved, also those that outlive the instance; what lives on the host cannot be. */
function wantingOf(seen: SeenInstance): Wanting<SeenInstance> {
  const { disks } = seen.record;
  const onHost = (disk: InstanceDisk) => disk.ephemeral;
  return {
    seen,
    wanted: disks.filter((disk) => !onHost(disk)),
    unprotected: disks
      .filter(onHost)
      .map(({ id }) => ({ diskId: id, why: "It lives on the host: no snapshot can save it." })),
  };
}

/** How ECS copies disks. */
function savingCloud(
  call: AliyunCall,
  wanting: readonly Wanting<SeenInstance>[],
  request: SnapshotRequest,
): SavingCloud<SeenInstance, AliyunCopy> {
  const facts = new Map(wanting.flatMap(({ seen }) => seen.facts.disks.map((disk) => [disk.id, disk])));
  return {
    requests: call.requests,
    consistencyWindowMs: aliyunCapabilities.consistencyWindowMs,
    findCopies: (wanted, instanceId) => findCopies(call, wanted, instanceId),
    nextDisks: (missing) => nextSet(missing, (id) => facts.get(id)),
    create: (job, disks, wanted) => createCopies(call, job, disks, wanted),
    passes: passesByItself,
    standingOf: ({ state }) => state,
    proofsOf: async (copies) => await proofsOf(call, await withRetention(call, copies, request)),
    // Two that were started in the same second are of one moment only if one request made them.
    consistentSets: (copies) => copies.every(({ groupId }) => groupId !== undefined && groupId === copies[0]?.groupId),
  };
}

function problem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "aliyun" };
}

const unanswered: Problem = problem(
  "unexpected",
  "This instance got no answer.",
  "Report this with the events of the call.",
);
