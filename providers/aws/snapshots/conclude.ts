import { groupBy } from "../../../src/batch.js";
import { scopeOf } from "../../../src/common.js";
import type { Problem } from "../../../src/errors.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { blocked } from "../../../src/outcomes.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { Artifact, SnapshotOutcome, SnapshotProof } from "../../../src/snapshots.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";
import type { OwnCopy } from "../copies.js";
import { proofsOf } from "../proofs.js";
import { findOwnCopies, type SnapshotJob } from "./job.js";

/** What the cloud shows of all copies of one run and attempt, at one moment. */
export interface CopiesSeen {
  readonly byInstance: ReadonlyMap<string, readonly OwnCopy[]>;
  /** Milliseconds on the adapter's clock. */
  readonly at: number;
}

/** How one disk's saving stands. */
type DiskStanding =
  | { readonly kind: "complete"; readonly copy: OwnCopy }
  | { readonly kind: "pending"; readonly copy?: OwnCopy }
  | { readonly kind: "lost"; readonly why: string };

/** Reads the copies of this run and attempt, of all instances at once. */
export async function seeCopies(call: AwsCall, request: SnapshotRequest): Promise<CopiesSeen> {
  const at = call.requests.clock.now();
  const copies = await findOwnCopies(call, request);
  return { byInstance: groupBy(copies, ({ mark }) => mark.instanceIds[0] ?? ""), at };
}

/** How many of the jobs' disks nothing more has to be waited for. */
export function settledDisks(jobs: readonly SnapshotJob[], seen: CopiesSeen): { done: number; total: number } {
  const standings = jobs.flatMap((job) => job.wanted.map((disk) => standingOf(job, disk, seen)));
  return { done: standings.filter(({ kind }) => kind !== "pending").length, total: standings.length };
}

function standingOf(job: SnapshotJob, disk: InstanceDisk, seen: CopiesSeen): DiskStanding {
  const copies = (seen.byInstance.get(job.seen.record.id) ?? []).filter(({ diskId }) => diskId === disk.id);
  const complete = copies.find(({ state }) => state === "completed");
  if (complete) return sizeChecked(complete, disk);
  const failed = copies.find(({ state }) => state === "error");
  const [underWay] = copies;
  if (failed && copies.every(({ state }) => state === "error")) {
    return { kind: "lost", why: `the copy ${failed.id} of ${disk.id} failed` };
  }
  if (underWay) return { kind: "pending", copy: underWay };
  const knownId = job.known.get(disk.id);
  if (knownId === undefined && job.trouble) return { kind: "lost", why: `${disk.id} was not copied` };
  // Listings lag behind answers; after the window what is not listed is not there.
  const lagging = seen.at < job.askedAt + awsCapabilities.consistencyWindowMs;
  if (lagging) return { kind: "pending" };
  return { kind: "lost", why: knownId === undefined ? `${disk.id} has no copy` : `the copy ${knownId} has vanished` };
}

function sizeChecked(copy: OwnCopy, disk: InstanceDisk): DiskStanding {
  if (disk.sizeGiB !== "unknown" && copy.sizeGiB >= disk.sizeGiB) return { kind: "complete", copy };
  return { kind: "lost", why: `the copy ${copy.id} is smaller than ${disk.id}` };
}

/** The outcomes of all jobs, from what was read last. */
export async function conclude(
  call: AwsCall,
  jobs: readonly SnapshotJob[],
  seen: CopiesSeen,
  request: SnapshotRequest,
): Promise<readonly SnapshotOutcome[]> {
  const standings = jobs.map((job) => job.wanted.map((disk) => standingOf(job, disk, seen)));
  const complete = standings.flat().flatMap((standing) => (standing.kind === "complete" ? [standing.copy] : []));
  const proofs = new Map((await proofsOf(call, complete)).map((proof) => [proof.id, proof]));
  return jobs.map((job, index) => outcomeOf(job, standings[index] ?? [], proofs, seen, request));
}

function outcomeOf(
  job: SnapshotJob,
  standings: readonly DiskStanding[],
  proofsById: ReadonlyMap<string, SnapshotProof>,
  seen: CopiesSeen,
  request: SnapshotRequest,
): SnapshotOutcome {
  const { id: instanceId, disks } = job.seen.record;
  const { effects } = job;
  const proofs = standings.flatMap((standing) =>
    standing.kind === "complete" ? (proofsById.get(standing.copy.id) ?? []) : [],
  );
  const lost = standings.flatMap((standing) => (standing.kind === "lost" ? [standing.why] : []));
  if (lost.length > 0) {
    // Where nothing was sent because we were stopped, nothing has changed.
    if (job.trouble && !job.trouble.sent && proofs.length === 0) return blocked(instanceId, job.trouble.problem);
    return { status: "failed", instanceId, effects, proofs, problem: failure(instanceId, lost, job.trouble?.problem) };
  }
  if (standings.some(({ kind }) => kind === "pending")) {
    const copies = [...(seen.byInstance.get(instanceId) ?? []), ...job.made];
    const artifacts = [...new Map(copies.map((copy) => [copy.id, artifactOf(copy, job)])).values()];
    return { status: "pending", instanceId, effects, runId: request.runId, artifacts };
  }
  return {
    status: "completed",
    instanceId,
    effects,
    proofs,
    // All copies of one set have the same start time (EC2 API reference, CreateSnapshots).
    consistency: new Set(proofs.map(({ pointInTime }) => pointInTime)).size <= 1 ? "instance" : "disk",
    unprotected: disks
      .filter(({ ephemeral }) => ephemeral)
      .map(({ id }) => ({ diskId: id, why: "It lives on the host: no snapshot can save it." })),
  };
}

function failure(instanceId: string, lost: readonly string[], cause: Problem | undefined): Problem {
  const message = `Not all disks of ${instanceId} are saved: ${lost.join("; ")}.`;
  if (cause) return { ...cause, message: `${message} ${cause.message}`, instanceIds: [instanceId] };
  return {
    code: "missing-snapshot-proof",
    message,
    hint: "Find out why, then call again with the next `attempt`.",
    cloud: "aws",
    instanceIds: [instanceId],
  };
}

/** A copy as something we made and may remove again. */
function artifactOf(copy: OwnCopy, job: SnapshotJob): Artifact {
  const { mark } = copy;
  return {
    ...scopeOf(job.seen.record),
    kind: "disk-snapshot",
    id: copy.id,
    runId: mark.runId,
    attempt: mark.attempt,
    instanceIds: mark.instanceIds,
    diskIds: [copy.diskId],
    sizeGiB: copy.sizeGiB,
    createdAt: copy.startedAt,
    tags: copy.tags,
    ...(mark.expiresAt === undefined ? {} : { expiresAt: mark.expiresAt }),
  };
}
