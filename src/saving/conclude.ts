import { groupBy } from "../batch.js";
import { scopeOf } from "../common.js";
import type { Problem } from "../errors.js";
import type { InstanceDisk } from "../instances.js";
import type { Seen } from "../look.js";
import { blocked } from "../outcomes.js";
import type { SnapshotRequest } from "../snapshot-options.js";
import type { Artifact, SnapshotOutcome, SnapshotProof } from "../snapshots.js";
import type { OwnCopy, SavingCloud, SavingJob } from "./saving.js";

/** What the cloud shows of all copies of one run and attempt, at one moment. */
export interface CopiesSeen<Copy extends OwnCopy> {
  readonly byInstance: ReadonlyMap<string, readonly Copy[]>;
  /** Milliseconds on the adapter's clock. */
  readonly at: number;
}

/** How one disk's saving stands. */
type DiskStanding<Copy extends OwnCopy> =
  | { readonly kind: "complete"; readonly copy: Copy }
  | { readonly kind: "pending"; readonly copy?: Copy }
  | { readonly kind: "lost"; readonly why: string };

/** Reads the copies of this run and attempt, of all instances at once. */
export async function seeCopies<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  request: SnapshotRequest,
): Promise<CopiesSeen<Copy>> {
  const at = cloud.requests.clock.now();
  const copies = await cloud.findCopies(request);
  return { byInstance: groupBy(copies, ({ mark }) => mark.instanceIds[0] ?? ""), at };
}

/** How many of the jobs' disks nothing more has to be waited for. */
export function settledDisks<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  jobs: readonly SavingJob<One, Copy>[],
  seen: CopiesSeen<Copy>,
): { readonly done: number; readonly total: number } {
  const standings = jobs.flatMap((job) => job.wanted.map((disk) => standingOf(cloud, job, disk, seen)));
  return { done: standings.filter(({ kind }) => kind !== "pending").length, total: standings.length };
}

function standingOf<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  job: SavingJob<One, Copy>,
  disk: InstanceDisk,
  seen: CopiesSeen<Copy>,
): DiskStanding<Copy> {
  const copies = (seen.byInstance.get(job.seen.record.id) ?? []).filter(({ diskId }) => diskId === disk.id);
  const complete = copies.find((copy) => cloud.standingOf(copy) === "completed");
  if (complete) return sizeChecked(complete, disk);
  const failed = copies.find((copy) => cloud.standingOf(copy) === "failed");
  if (failed && copies.every((copy) => cloud.standingOf(copy) === "failed")) {
    return { kind: "lost", why: `the copy ${failed.id} of ${disk.id} failed` };
  }
  const underWay = copies.find((copy) => cloud.standingOf(copy) === "pending");
  if (underWay) return { kind: "pending", copy: underWay };
  const knownId = job.known.get(disk.id);
  if (knownId === undefined && job.trouble) return { kind: "lost", why: `${disk.id} was not copied` };
  // Listings lag behind answers; after the window what is not listed is not there.
  if (seen.at < job.askedAt + cloud.consistencyWindowMs) return { kind: "pending" };
  return { kind: "lost", why: knownId === undefined ? `${disk.id} has no copy` : `the copy ${knownId} has vanished` };
}

function sizeChecked<Copy extends OwnCopy>(copy: Copy, disk: InstanceDisk): DiskStanding<Copy> {
  if (disk.sizeGiB !== "unknown" && copy.sizeGiB >= disk.sizeGiB) return { kind: "complete", copy };
  return { kind: "lost", why: `the copy ${copy.id} is smaller than ${disk.id}` };
}

/** The outcomes of all jobs, from what was read last. */
export async function conclude<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  jobs: readonly SavingJob<One, Copy>[],
  seen: CopiesSeen<Copy>,
  request: SnapshotRequest,
): Promise<readonly SnapshotOutcome[]> {
  const standings = jobs.map((job) => job.wanted.map((disk) => standingOf(cloud, job, disk, seen)));
  const complete = standings.flat().flatMap((standing) => (standing.kind === "complete" ? [standing.copy] : []));
  const proofs = await cloud.proofsOf(complete);
  return jobs.map((job, index) => outcomeOf(cloud, job, standings[index] ?? [], proofs, seen, request));
}

function outcomeOf<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  job: SavingJob<One, Copy>,
  standings: readonly DiskStanding<Copy>[],
  allProofs: readonly SnapshotProof[],
  seen: CopiesSeen<Copy>,
  request: SnapshotRequest,
): SnapshotOutcome {
  const instanceId = job.seen.record.id;
  const { effects, unprotected } = job;
  const proofs = standings.flatMap((standing) => {
    if (standing.kind !== "complete") return [];
    const { id, diskId } = standing.copy;
    return allProofs.filter((proof) => proof.id === id && proof.diskId === diskId);
  });
  const lost = standings.flatMap((standing) => (standing.kind === "lost" ? [standing.why] : []));
  if (lost.length > 0) {
    // Where nothing was sent because we were stopped, nothing has changed.
    if (job.trouble && !job.trouble.sent && proofs.length === 0) return blocked(instanceId, job.trouble.problem);
    return { status: "failed", instanceId, effects, proofs, problem: failure(job, lost) };
  }
  if (standings.some(({ kind }) => kind === "pending")) {
    const copies = [...(seen.byInstance.get(instanceId) ?? []), ...job.made];
    const artifacts = [...groupBy(copies, ({ id }) => id).values()].flatMap((set) => artifactOf(cloud, set, job));
    return { status: "pending", instanceId, effects, runId: request.runId, artifacts };
  }
  const oneMoment = new Set(proofs.map(({ pointInTime }) => pointInTime)).size <= 1;
  const copies = standings.flatMap((standing) => (standing.kind === "complete" ? [standing.copy] : []));
  const { consistentSets } = cloud;
  const oneSet = typeof consistentSets === "function" ? consistentSets(copies) : consistentSets;
  const consistency = proofs.length <= 1 || (oneSet && oneMoment) ? "instance" : "disk";
  return { status: "completed", instanceId, effects, proofs, consistency, unprotected };
}

function failure<One extends Seen, Copy extends OwnCopy>(
  { seen, trouble }: SavingJob<One, Copy>,
  lost: readonly string[],
): Problem {
  const { id, cloud } = seen.record;
  const message = `Not all disks of ${id} are saved: ${lost.join("; ")}.`;
  if (trouble) return { ...trouble.problem, message: `${message} ${trouble.problem.message}`, instanceIds: [id] };
  return {
    code: "missing-snapshot-proof",
    message,
    hint: "Find out why, then call again with the next `attempt`.",
    cloud,
    instanceIds: [id],
  };
}

/** What we made under one id and may remove again: a copy, or a set of them. */
function artifactOf<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  copies: readonly Copy[],
  job: SavingJob<One, Copy>,
): readonly Artifact[] {
  const [copy] = copies;
  if (!copy) return [];
  const { mark } = copy;
  const byDisk = new Map(copies.map(({ diskId, sizeGiB }) => [diskId, sizeGiB]));
  const artifact: Artifact = {
    ...scopeOf(job.seen.record),
    kind: cloud.artifactKind?.(copy) ?? "disk-snapshot",
    id: copy.id,
    runId: mark.runId,
    attempt: mark.attempt,
    instanceIds: mark.instanceIds,
    diskIds: [...byDisk.keys()],
    sizeGiB: [...byDisk.values()].reduce((sum, sizeGiB) => sum + sizeGiB, 0),
    createdAt: copy.startedAt,
    tags: copy.tags,
    ...(mark.expiresAt === undefined ? {} : { expiresAt: mark.expiresAt }),
  };
  return [artifact];
}
