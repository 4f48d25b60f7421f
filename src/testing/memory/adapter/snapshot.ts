import { mapConcurrent } from "../../../batch.js";
import type { Effect } from "../../../effects.js";
import { type Problem, problemOf } from "../../../errors.js";
import type { InstanceDisk, InstanceTarget } from "../../../instances.js";
import { blocked, refused } from "../../../outcomes.js";
import { pollUntil, settleByReading } from "../../../poll.js";
import { checkSnapshotOptions, type SnapshotRequest, snapshotRequest } from "../../../snapshot-options.js";
import type { SnapshotOptions, SnapshotOutcome } from "../../../snapshots.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, type OpenMemoryCall, service } from "./call.js";
import { artifactOf, type Copy, markTags, ownDescription, ownPrefix, proofOf, readOwnCopies } from "./copies.js";
import { effectFor } from "./effects.js";
import { cameBack, lookAt, targetsOf } from "./look.js";
import type { Seen } from "./record.js";

const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 6 * 3_600_000 };

/** The saving of one instance's disks. */
interface Job {
  readonly seen: Seen;
  readonly wanted: readonly InstanceDisk[];
  problem?: { readonly problem: Problem; readonly sent: boolean };
  effects: readonly Effect[];
  /** When a copy was last asked for: until the window has passed, a listing may not show it yet. */
  askedAt: number;
}

/** Saves disks and proves it. */
export async function snapshot(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  options: SnapshotOptions = {},
): Promise<readonly SnapshotOutcome[]> {
  checkSnapshotOptions(options, { methods: [], cloudOptions: [], reservedTags: [ownPrefix] });
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return [];
  const call = await open("all", options);
  const request = snapshotRequest(options, call.requests.clock.now());
  const outcomes = new Map<string, SnapshotOutcome>();
  const jobs: Job[] = [];
  for (const [id, sight] of await lookAt(call, ids, sightings)) {
    if (sight.kind === "elsewhere") outcomes.set(id, blocked(id, sight.problem));
    else if (sight.kind === "absent") {
      const { kind } = sight.verdict;
      outcomes.set(
        id,
        kind === "present" ? blocked(id, cameBack(id)) : { status: "not-found", instanceId: id, effects: [] },
      );
    } else {
      const early = withoutCopies(sight.seen, request);
      if (early) outcomes.set(id, early);
      else jobs.push(jobOf(sight.seen));
    }
  }
  await save(call, jobs, request, outcomes);
  return ids.map((id) => outcomes.get(id) ?? { status: "not-found", instanceId: id, effects: [] });
}

function jobOf(seen: Seen): Job {
  return { seen, wanted: seen.record.disks.filter((disk) => !disk.ephemeral), effects: [], askedAt: 0 };
}

/** The outcome where nothing is to be copied, or must not be. */
function withoutCopies({ record, facts }: Seen, request: SnapshotRequest): SnapshotOutcome | undefined {
  const { id } = record;
  if (facts.disputed)
    return blocked(id, problem(id, "data-loss", "shows not all of its disks.", "Grant the listing of disks."));
  if (record.state.unified !== "running" && record.state.unified !== "stopped") {
    return blocked(id, problem(id, "wrong-state", `is ${record.state.unified}.`, "Wait until it runs or is stopped."));
  }
  const wanted = record.disks.filter((disk) => !disk.ephemeral);
  if (wanted.length === 0)
    return { status: "nothing-to-snapshot", instanceId: id, why: "Every disk lives on the host.", effects: [] };
  const open = wanted.filter((disk) => disk.encrypted !== true);
  if (!request.encryptionRequired || open.length === 0) return undefined;
  const names = open.map((disk) => disk.id).join(", ");
  return blocked(
    id,
    problem(id, "unsupported", `has disks whose copies would not be encrypted: ${names}.`, "Leave `encryption` out."),
  );
}

async function save(
  call: MemoryCall,
  jobs: readonly Job[],
  request: SnapshotRequest,
  outcomes: Map<string, SnapshotOutcome>,
): Promise<void> {
  if (jobs.length === 0) return;
  const known = await readOwnCopies(call, request);
  await mapConcurrent(jobs, 4, (job) => create(call, job, request, known));
  let copies: readonly Copy[] = known;
  try {
    const done = (found: readonly Copy[]) =>
      jobs.every((job) => job.problem || job.wanted.every((disk) => ended(call, job, found, disk)));
    const read = () => readOwnCopies(call, request);
    copies = request.wait ? (await pollUntil(call.requests, pace, read, done)).last : await read();
  } catch (error) {
    for (const job of jobs) job.problem ??= { problem: problemOf(error), sent: true };
  }
  for (const job of jobs) outcomes.set(job.seen.record.id, outcomeOf(call, job, copies, request));
}

function ended(call: MemoryCall, job: Job, copies: readonly Copy[], disk: InstanceDisk): boolean {
  const copy = copies.find((one) => one.diskId === disk.id);
  if (copy) return copy.status !== "pending";
  return call.requests.clock.now() - job.askedAt > call.features.capabilities.consistencyWindowMs;
}

/** Asks for the copies that are not there yet, in as few requests as the cloud allows. */
async function create(call: MemoryCall, job: Job, request: SnapshotRequest, known: readonly Copy[]): Promise<void> {
  const missing = job.wanted.filter((disk) => !known.some((copy) => copy.diskId === disk.id));
  const together = call.features.capabilities.snapshotConsistency === "instance";
  const pieces = together ? [missing] : missing.map((disk) => [disk]);
  for (const disks of pieces) {
    if (disks.length === 0 || job.problem) continue;
    await createSet(call, job, request, disks);
  }
}

async function createSet(
  call: MemoryCall,
  job: Job,
  request: SnapshotRequest,
  disks: readonly InstanceDisk[],
): Promise<void> {
  const { record } = job.seen;
  const diskIds = disks.map((disk) => disk.id);
  const { runId, attempt, expiresAt } = request;
  const mark = { runId, attempt, expiresAt, instanceId: record.id, diskIds, takenFrom: record.state.unified };
  const token = call.features.capabilities.repeat.snapshot === "token";
  const found = async () => (await readOwnCopies(call, request)).filter((copy) => diskIds.includes(copy.diskId));
  // Without a token a lost answer is looked for across the window, and asked for once more only if nothing is found.
  for (let turn = 0; turn < 2; turn++) {
    const answer = await call.requests.mutate({
      service,
      action: "CreateSnapshots",
      parameters: {
        instanceId: record.id,
        diskIds,
        description: ownDescription(mark),
        tags: { ...request.tags, ...markTags(mark) },
        ...(token ? { token: `${runId}/${attempt}/${diskIds.join(",")}` } : {}),
      },
      instanceIds: [record.id],
      effects: diskIds.map((id) => copyEffect(call, record.id, id)),
      token,
      createdIds: (body) => new Wire(body, "CreateSnapshots").list("items").map((row) => row.need("id")),
      confirm: async ({ notBefore }) => {
        let copies: readonly Copy[] = [];
        const effect = await settleByReading(call.requests, notBefore, async () => {
          copies = await found();
          return copies.length > 0;
        });
        return { effect, ids: copies.map((copy) => copy.id) };
      },
    });
    job.askedAt = call.requests.clock.now();
    if (answer.effect === "applied") {
      job.effects = [...job.effects, ...diskIds.map((id) => copyEffect(call, record.id, id))];
      return;
    }
    const sent = answer.effect === "unknown" || answer.sent;
    const lost = answer.problem.code === "network" || answer.problem.code === "service";
    if (turn === 0 && lost && answer.effect === "not-applied") continue;
    job.problem = { problem: answer.problem, sent };
    return;
  }
}

function copyEffect(call: MemoryCall, instanceId: string, diskId: string): Effect {
  return effectFor(call, instanceId, {
    kind: "artifact-created",
    resource: { kind: "disk", id: diskId },
    undo: { impossible: "A saved copy is data: `removeArtifacts` removes it, reverting does not." },
  });
}

function outcomeOf(call: MemoryCall, job: Job, copies: readonly Copy[], request: SnapshotRequest): SnapshotOutcome {
  const { record } = job.seen;
  const mine = copies.filter((copy) => copy.instanceId === record.id);
  const whole = job.wanted.flatMap((disk) => {
    const copy = mine.find((one) => one.diskId === disk.id);
    const proof = copy && proofOf(call, copy);
    return proof && disk.sizeGiB !== "unknown" && proof.sizeGiB >= disk.sizeGiB ? [proof] : [];
  });
  const base = { instanceId: record.id, effects: job.effects };
  if (whole.length === job.wanted.length) {
    const consistency = call.features.capabilities.snapshotConsistency;
    const unprotected = record.disks
      .filter((disk) => disk.ephemeral)
      .map((disk) => ({ diskId: disk.id, why: "It lives on the host and cannot be copied." }));
    return { ...base, status: "completed", proofs: whole, consistency, unprotected };
  }
  const { problem: trouble } = job;
  if (trouble && !trouble.sent) return blocked(record.id, trouble.problem);
  if (trouble) return { ...refusedCopy(record.id, trouble.problem, base.effects), proofs: whole };
  const open = job.wanted.filter((disk) => !ended(call, job, mine, disk));
  if (open.length > 0) {
    const artifacts = mine.map((copy) => artifactOf(call, copy));
    return { ...base, status: "pending", runId: request.runId, artifacts };
  }
  const missing = problem(
    record.id,
    "service",
    "has a copy that failed, vanished or is too small.",
    "Snapshot it again with a new attempt.",
  );
  return { ...base, status: "failed", problem: missing, proofs: whole };
}

function refusedCopy(id: string, trouble: Problem, effects: readonly Effect[]) {
  return { ...refused(id, trouble, effects), status: "failed" as const };
}

function problem(id: string, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "memory", instanceIds: [id] };
}
