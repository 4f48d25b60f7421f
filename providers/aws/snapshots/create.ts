import type { Effect } from "../../../src/effects.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { type OwnMark, ownDescription, ownTags } from "../../../src/own-tags.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { copyOf, type OwnCopy, ownCopies } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { findOwnCopies, idsByDisk, type SnapshotJob } from "./job.js";

/**
 * Limits that pass by themselves: snapshots of a volume that are under way, and one of a volume in about 15 s ("Error
 * codes for the Amazon EC2 API").
 */
const passing: ReadonlySet<string | undefined> = new Set([
  "ConcurrentSnapshotLimitExceeded",
  "SnapshotCreationPerVolumeRateExceeded",
]);
/** Milliseconds to wait before each further try. After them the disk is not saved, and the outcome says so. */
const waitsMs: readonly number[] = [15_000, 30_000, 60_000, 60_000, 60_000];
/** Further tries after an answer was lost and look-ups across the window found nothing. */
const resends = 1;

/**
 * Starts one crash-consistent set of copies of an instance's disks, but for those that this run and attempt have copied
 * already. There is no token that would make a repeat harmless, so nothing is sent again before it was looked for.
 */
export async function createCopies(call: AwsCall, job: SnapshotJob, request: SnapshotRequest): Promise<SnapshotJob> {
  let now = job;
  let lost = 0;
  for (let attempt = 0; missing(now).length > 0; attempt++) {
    try {
      if (attempt > 0) now = await lookAgain(call, now, request);
      if (missing(now).length === 0) return now;
      const sent = await send(call, now, request);
      if (sent.answer.effect === "applied") return sent.job;
      now = sent.job;
      const { problem } = sent.answer;
      if (sent.answer.effect === "not-applied" && sent.answer.sent) {
        const waitMs = passing.has(problem.cloudCode) ? waitsMs[attempt] : undefined;
        if (waitMs !== undefined) {
          await call.requests.wait(waitMs);
          continue;
        }
        const again = lostAnswers.has(problem.code) && lost++ < resends;
        if (again) continue;
      }
      return now;
    } catch (error) {
      // After the first request a call answers outcomes, whatever happens.
      return { ...now, trouble: now.trouble ?? { problem: problemOf(error), sent: now.effects.length > 0 } };
    }
  }
  return now;
}

/** Problems that leave it open whether a request was carried out; by now reads have shown that it was not. */
const lostAnswers: ReadonlySet<Problem["code"]> = new Set(["network", "timeout", "service"]);

function missing({ wanted, known }: SnapshotJob): readonly InstanceDisk[] {
  return wanted.filter(({ id }) => !known.has(id));
}

async function lookAgain(call: AwsCall, job: SnapshotJob, request: SnapshotRequest): Promise<SnapshotJob> {
  const found = await findOwnCopies(call, request, job.seen.record.id);
  return { ...job, known: new Map([...idsByDisk(found), ...job.known]) };
}

async function send(
  call: AwsCall,
  job: SnapshotJob,
  request: SnapshotRequest,
): Promise<{ readonly job: SnapshotJob; readonly answer: MutationAnswer }> {
  const { record } = job.seen;
  const disks = missing(job);
  const mark = markFor(job, request);
  const before = new Set(job.known.values());
  const foundNew = async () => (await findOwnCopies(call, request, record.id)).filter(({ id }) => !before.has(id));
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "CreateSnapshots",
    parameters: parametersOf(job.seen, disks, mark, request),
    instanceIds: [record.id],
    effects: disks.map(({ id }) => copyEffect(call, record.id, `${request.runId}/${request.attempt}/${id}`)),
    createdIds: (body) => rowsOf(body).map((row) => row.need("SnapshotId")),
    confirm: (lost) => lookUp(call, foundNew, lost),
  });
  const askedAt = call.requests.clock.now();
  if (answer.effect === "applied") {
    const made = answer.body === undefined ? await foundNew() : madeIn(call, answer.body);
    const known = new Map([...job.known, ...(made.length > 0 ? idsByDisk(made) : namedIn(answer.body))]);
    const effects = [...job.effects, ...(answer.ids ?? []).map((id) => copyEffect(call, record.id, id))];
    const { trouble: _trouble, ...rest } = job;
    return { job: { ...rest, known, made: [...job.made, ...made], askedAt, effects }, answer };
  }
  const sent = answer.effect === "unknown" || answer.sent;
  return { job: { ...job, askedAt, trouble: { problem: answer.problem, sent } }, answer };
}

/** Looks for what a request with a lost answer made, again and again until its absence can be believed. */
async function lookUp(call: AwsCall, foundNew: () => Promise<readonly OwnCopy[]>, { notBefore }: LostAnswer) {
  let found: readonly OwnCopy[] = [];
  const effect = await settleByReading(call.requests, notBefore, async () => {
    found = await foundNew();
    return found.length > 0;
  });
  return { effect, ids: found.map(({ id }) => id) };
}

function markFor({ seen, wanted }: SnapshotJob, request: SnapshotRequest): OwnMark {
  const { unified } = seen.record.state;
  return {
    runId: request.runId,
    attempt: request.attempt,
    instanceIds: [seen.record.id],
    diskIds: wanted.map(({ id }) => id),
    expiresAt: request.expiresAt,
    takenFrom: unified === "running" || unified === "stopped" ? unified : "unknown",
  };
}

function parametersOf(
  { record }: SeenInstance,
  disks: readonly InstanceDisk[],
  mark: OwnMark,
  request: SnapshotRequest,
): Readonly<Record<string, unknown>> {
  const copied = new Set(disks.map(({ id }) => id));
  const left = record.disks.filter((disk) => !disk.ephemeral && !copied.has(disk.id));
  const leftData = left.filter(({ role }) => role === "data").map(({ id }) => id);
  const tags = Object.entries({ ...request.tags, ...ownTags(mark) });
  return {
    InstanceSpecification: {
      InstanceId: record.id,
      // The root is left out by a switch of its own: named among the others, the request fails (InstanceSpecification).
      ExcludeBootVolume: left.some(({ role }) => role === "system"),
      ...(leftData.length === 0 ? {} : { ExcludeDataVolumeIds: leftData }),
    },
    Description: ownDescription(mark),
    TagSpecifications: [{ ResourceType: "snapshot", Tags: tags.map(([Key, Value]) => ({ Key, Value })) }],
  };
}

/** A copy that was made. It is data, so reverting never takes it away. */
function copyEffect(call: AwsCall, instanceId: string, id: string): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "snapshot", id },
    instanceIds: [instanceId],
    undo: { impossible: "A saved copy is data: `removeArtifacts` removes it, reverting does not." },
  };
}

/** The rows of a success. One that cannot be read tells nothing, and the listing by run tells the rest. */
function rowsOf(body: unknown): readonly Wire[] {
  try {
    return new Wire(body, "CreateSnapshots").list("Snapshots").filter((row) => row.has("SnapshotId"));
  } catch {
    return [];
  }
}

function madeIn(call: AwsCall, body: unknown): readonly OwnCopy[] {
  return ownCopies(rowsOf(body).map(copyOf), call.scope);
}

/** Ids by disk where the answer holds nothing else that could be checked. */
function namedIn(body: unknown): ReadonlyMap<string, string> {
  if (body === undefined) return new Map();
  return new Map(rowsOf(body).map((row) => [row.text("VolumeId") ?? "", row.need("SnapshotId")]));
}
