import type { Effect } from "../../../src/effects.js";
import type { Problem, ProblemCode } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer } from "../../../src/requests.js";
import type { HuaweiCall } from "../call.js";
import { readStates } from "../instances.js";
import { followJob, type JobSight, jobIdIn } from "../jobs.js";
import { sharedEffect, type Verdict, verdictOf } from "../power.js";
import type { SeenInstance } from "../record.js";

/**
 * Deletes servers in one request and follows its job. Read again right before it leaves: what has gone into the bin, or
 * is paid in advance by now, must not be met by it. Where the answer is lost it is never sent again.
 */
export async function deleteBatch(
  call: HuaweiCall,
  batch: readonly SeenInstance[],
  effectOf: (id: string) => Effect,
): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "POST /v1/{project_id}/cloudservers/delete",
    // Left out, each address's own flag decides; and one flag speaks for the disks of all. Both say "keep" (S13).
    parameters: { body: { servers: ids.map((id) => ({ id })), delete_publicip: false, delete_volume: false } },
    instanceIds: ids,
    effects: ids.map(effectOf),
    justBefore: () => unfit(call, batch),
    partial: true,
    confirm: (lost) => confirmDeleted(call, ids, lost),
  });
  const jobId = answer.effect === "applied" ? jobIdIn(answer.body) : undefined;
  const job = jobId === undefined ? undefined : await followJob(call, "ecs", jobId);
  const failures = new Map(ids.flatMap((id) => failureOf(job, id)));
  // A part that failed and left no server behind has done its work.
  const ended = failures.size === 0 ? new Set<string>() : await endedAmong(call, [...failures.keys()]);
  return new Map(
    ids.map((id): [string, Verdict] => {
      const problem = ended.has(id) ? undefined : failures.get(id);
      return [id, problem ? { kind: "refused", problem } : verdictOf(id, answer)];
    }),
  );
}

/** Why a job has not deleted a server, where it says so of that server, or of everything. */
function failureOf(job: JobSight | undefined, id: string): readonly (readonly [string, Problem])[] {
  const part = job?.parts.get(id) ?? job;
  if (part?.status !== "failed" || !part.problem) return [];
  return [[id, { ...part.problem, instanceIds: [id] }]];
}

/** S05: the last look, seconds before sending. One that is not as it was judged keeps the batch back and is named. */
async function unfit(call: HuaweiCall, batch: readonly SeenInstance[]): Promise<Problem | undefined> {
  const { byId } = await readStates(
    call,
    batch.map(({ record }) => record.id),
  );
  const strange = batch.flatMap(({ record }) => {
    const now = byId.get(record.id);
    const alive = now && ["running", "stopped"].includes(now.record.state.unified);
    if (alive && now.facts.busy === undefined && now.record.billing.unified === record.billing.unified) return [];
    return [{ id: record.id, as: now?.record.state.raw ?? "not listed" }];
  });
  const [first] = strange;
  if (!first) return undefined;
  return {
    code: "wrong-state",
    message: `${first.id} changed right before it was deleted: it is ${first.as}.`,
    hint: "Look at it again, then decide anew.",
    cloud: "huawei",
    instanceIds: strange.map(({ id }) => id),
  };
}

/** Codes of refusals before any server was looked at: nothing of the batch can have happened. */
const refusedWhole: ReadonlySet<ProblemCode> = new Set([
  "access-denied",
  "authentication",
  "invalid-request",
  "not-found",
  "locked",
  "throttled",
  "unsupported",
]);

/** Reads which members ended. A refusal that a settled read confirms stands; a lost answer is never called "nothing". */
async function confirmDeleted(call: HuaweiCall, ids: readonly string[], { problem, notBefore, refused }: LostAnswer) {
  const ended = new Set<string>();
  const believeFrom = refused && refusedWhole.has(problem.code) ? call.requests.clock.now() : notBefore;
  await settleByReading(call.requests, believeFrom, async () => {
    for (const id of await endedAmong(call, ids)) ended.add(id);
    return ended.size === ids.length;
  });
  return sharedEffect(ids, (id) => (ended.has(id) ? "applied" : refused ? "not-applied" : "unknown"));
}

/** The servers among these that are gone, on their way out, or in the bin. */
async function endedAmong(call: HuaweiCall, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { byId } = await readStates(call, ids);
  return new Set(ids.filter((id) => hasEnded(byId.get(id))));
}

/** Whether a server as it is seen now is gone, on its way out, or in the bin. */
export function hasEnded(seen: SeenInstance | undefined): boolean {
  return !seen || ["terminating", "recycled", "gone"].includes(seen.record.state.unified);
}
