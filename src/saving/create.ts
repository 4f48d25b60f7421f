import { type Problem, problemOf } from "../errors.js";
import type { Seen } from "../look.js";
import type { SnapshotRequest } from "../snapshot-options.js";
import { idsByDisk, missingDisks, type OwnCopy, type SavingCloud, type SavingJob } from "./saving.js";

/** Milliseconds to wait before each further try of what passes by itself. After them the disk is not saved. */
const waitsMs: readonly number[] = [15_000, 30_000, 60_000, 60_000, 60_000];
/** Further tries after an answer was lost and look-ups across the window found nothing. */
const resends = 1;
/** Problems that leave it open whether a request was carried out; by then reads have shown that it was not. */
const lostAnswers: ReadonlySet<Problem["code"]> = new Set(["network", "timeout", "service"]);

/**
 * Asks for copies of an instance's disks, but for those that this run and attempt have copied already. Nothing is sent
 * again before it was looked for: few clouds have a token that makes a repeat harmless.
 */
export async function createCopies<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  job: SavingJob<One, Copy>,
  request: SnapshotRequest,
): Promise<SavingJob<One, Copy>> {
  let now = job;
  let waits = 0;
  let lost = 0;
  while (missingDisks(now).length > 0) {
    try {
      const { job: after, problem, sent, done } = await askOnce(cloud, now, request);
      now = after;
      if (done) return now;
      if (!problem) continue;
      const waitMs = sent && cloud.passes(problem) ? waitsMs[waits++] : undefined;
      if (waitMs !== undefined) await cloud.requests.wait(waitMs);
      else if (!sent || !lostAnswers.has(problem.code) || lost++ >= resends) return now;
      now = await lookAgain(cloud, now, request);
    } catch (error) {
      // After the first request a call answers outcomes, whatever happens.
      return { ...now, trouble: now.trouble ?? { problem: problemOf(error), sent: now.effects.length > 0 } };
    }
  }
  return now;
}

async function lookAgain<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  job: SavingJob<One, Copy>,
  request: SnapshotRequest,
): Promise<SavingJob<One, Copy>> {
  const found = await cloud.findCopies(request, job.seen.record.id);
  return { ...job, known: new Map([...idsByDisk(found), ...job.known]) };
}

/** One request. `problem` where it made nothing for sure, or nobody knows: then it is not sent again. */
async function askOnce<One extends Seen, Copy extends OwnCopy>(
  cloud: SavingCloud<One, Copy>,
  job: SavingJob<One, Copy>,
  request: SnapshotRequest,
): Promise<{
  readonly job: SavingJob<One, Copy>;
  readonly problem?: Problem;
  readonly sent: boolean;
  /** Nothing more may be asked for. */
  readonly done?: boolean;
}> {
  const asked = cloud.nextDisks(missingDisks(job));
  const { answer, made, named, effects } = await cloud.create(job, asked, request);
  const askedAt = cloud.requests.clock.now();
  if (answer.effect !== "applied") {
    const { problem } = answer;
    const sent = answer.effect === "unknown" || answer.sent;
    // An answer that stays lost ends the saving: what it made may still appear.
    return {
      job: { ...job, askedAt, trouble: { problem, sent } },
      problem,
      sent: sent && answer.effect === "not-applied",
    };
  }
  const known = new Map([...job.known, ...(named ?? []), ...idsByDisk(made)]);
  const { trouble: _passed, ...rest } = job;
  const after = { ...rest, known, made: [...job.made, ...made], askedAt, effects: [...job.effects, ...effects] };
  // What a success does not name is not asked for again: it may have been made and only show later.
  return { job: after, sent: true, done: asked.some(({ id }) => !known.has(id)) };
}
