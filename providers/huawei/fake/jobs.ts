import type { JsonObject } from "../../../src/common.js";
import type { CloudRefusal } from "../../../src/testing/fake-refusal.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import type { Job, JobPart } from "./records.js";
import { type Asked, ecs, evs, type Handler } from "./service.js";
import { change, type HuaweiActions, type HuaweiContext } from "./state.js";
import { utcMillis } from "./times.js";
import { timings } from "./timings.js";

/** One thing a job works on. */
export interface JobWork {
  readonly entities: JsonObject;
  /** Refused before it began: the part fails, the others go on. */
  readonly refused?: CloudRefusal | undefined;
  /** Done when its time has come. */
  readonly done?: (() => void) | undefined;
  /** What it ends in when its time has come, where that is no success. */
  readonly fails?: CloudRefusal | undefined;
  readonly durationMs: number;
}

/** Starts a job and answers its id, as most of what changes a server or a disk does. */
export function startJob(
  context: HuaweiContext,
  service: Job["service"],
  type: string,
  work: readonly JobWork[],
  entities: JsonObject = {},
): string {
  const { state, ids, now } = context;
  const id = ids.assign("job");
  const parts = work.map(
    (one): JobPart => ({ id: ids.assign("job"), type, entities: one.entities, status: "RUNNING" }),
  );
  state.jobs.set(id, { id, service, type, beganAt: now, entities, parts });
  for (const [index, one] of work.entries()) {
    const ended = (values: Partial<JobPart>) => endPart(context, id, index, values);
    const trouble = one.refused ?? one.fails;
    if (trouble) {
      const { cloudCode: errorCode, message: failReason } = trouble;
      const end = () => ended({ status: "FAIL", errorCode, failReason });
      context.later(one.refused ? 1_000 : one.durationMs, end);
    } else if (Number.isFinite(one.durationMs)) {
      context.later(one.durationMs, () => {
        one.done?.();
        ended({ status: "SUCCESS" });
      });
    }
  }
  return id;
}

/** A part has ended; with the last one the job has, and is forgotten a day later. */
function endPart(context: HuaweiContext, jobId: string, index: number, values: Partial<JobPart>): void {
  const { state, now } = context;
  const job = state.jobs.get(jobId);
  if (!job) return;
  const parts = job.parts.map((part, at) => (at === index ? { ...part, ...values, endedAt: now } : part));
  const isOver = parts.every(({ status }) => status !== "RUNNING");
  change(state.jobs, jobId, { parts, ...(isOver ? { endedAt: now } : {}) });
  if (isOver) context.later(timings.jobKeptMs, () => state.jobs.delete(jobId));
}

/** A job with several parts shows them one by one, one with a single thing shows it itself. */
function showJob(service: Job["service"], isFlat: boolean): Handler {
  return ({ state, path }: Asked) => {
    const job = state.jobs.get(path.job_id ?? "");
    // After a day, and for the jobs of another service: no code is documented, the status says it.
    if (job?.service !== service) throw refusal("Common.0011", `The job ${path.job_id} could not be found.`, 404);
    const failed = job.parts.find(({ status }) => status === "FAIL");
    const status = job.endedAt === undefined ? "RUNNING" : failed ? "FAIL" : "SUCCESS";
    return {
      job_id: job.id,
      job_type: job.type,
      begin_time: utcMillis(job.beganAt),
      end_time: job.endedAt === undefined ? "" : utcMillis(job.endedAt),
      status,
      error_code: status === "FAIL" ? (failed?.errorCode ?? null) : null,
      fail_reason: status === "FAIL" ? (failed?.failReason ?? null) : null,
      entities: isFlat
        ? { ...job.entities, ...job.parts[0]?.entities }
        : { ...job.entities, sub_jobs_total: job.parts.length, sub_jobs: job.parts.map((part) => partOf(job, part)) },
    };
  };
}

function partOf(job: Job, part: JobPart): JsonObject {
  return {
    job_id: part.id,
    job_type: part.type,
    begin_time: utcMillis(job.beganAt),
    end_time: part.endedAt === undefined ? "" : utcMillis(part.endedAt),
    status: part.status,
    error_code: part.errorCode ?? null,
    fail_reason: part.failReason ?? null,
    entities: { ...part.entities, ...(part.failReason === undefined ? {} : { errorcode_message: part.failReason }) },
  };
}

/** "Querying Task Execution Status" of both services. The paths are the same: only the endpoint tells them apart. */
export const jobActions: HuaweiActions = {
  "ecs:GET /v1/{project_id}/jobs/{job_id}": ecs.read("", showJob("ecs", false)),
  "evs:GET /v1/{project_id}/jobs/{job_id}": evs.read("", showJob("evs", true)),
  "evs:GET /v2/{project_id}/jobs/{job_id}": evs.read("", showJob("evs", true)),
};
