import { DecommissionError, type Problem } from "../../src/errors.js";
import { pollUntil } from "../../src/poll.js";
import { Wire } from "../../src/wire.js";
import type { HuaweiCall } from "./call.js";
import { translate } from "./errors.js";

/** How the part of a job that is about one server stands. */
export interface JobPart {
  readonly status: "under-way" | "done" | "failed";
  readonly problem?: Problem;
}

/** What a job says of itself. */
export interface JobSight {
  /** `forgotten`: the cloud keeps finished jobs for a day; what became of it is read from the things it was about. */
  readonly status: "under-way" | "done" | "failed" | "forgotten";
  readonly problem?: Problem;
  /** By server. A success of the whole does not prove each part, so each is read. */
  readonly parts: ReadonlyMap<string, JobPart>;
}

/** Jobs take from seconds to minutes ("Querying Task Execution Status"). */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 20 * 60_000 };

/** The id of the job that a request has started. */
export function jobIdIn(body: unknown): string | undefined {
  try {
    return new Wire(body, "The answer").text("job_id");
  } catch {
    return undefined;
  }
}

/** Follows a job to its end, or as long as the call's budget allows. Never throws: the things themselves tell the rest. */
export async function followJob(call: HuaweiCall, service: "ecs" | "evs", jobId: string): Promise<JobSight> {
  const { last } = await pollUntil(
    call.requests,
    pace,
    () => readJob(call, service, jobId),
    ({ status }) => status !== "under-way",
  );
  return last;
}

/** Reads a job once. One that cannot be read counts as forgotten. */
export async function readJob(call: HuaweiCall, service: "ecs" | "evs", jobId: string): Promise<JobSight> {
  try {
    const { body } = await call.read(service, "GET /v1/{project_id}/jobs/{job_id}", { path: { job_id: jobId } });
    return jobSight(body);
  } catch (error) {
    if (DecommissionError.isInstance(error) && call.requests.stopped())
      return { status: "under-way", parts: new Map() };
    return { status: "forgotten", parts: new Map() };
  }
}

/** Reads the answer about a job: two levels, and each part names its server. */
export function jobSight(job: Wire): JobSight {
  const parts = new Map<string, JobPart>();
  const entities = job.object("entities");
  for (const part of [job, ...(entities?.list("sub_jobs") ?? [])]) {
    const serverId = part.object("entities")?.text("server_id");
    if (serverId !== undefined) parts.set(serverId, partOf(part));
  }
  return { ...partOf(job), parts };
}

function partOf(job: Wire): JobPart {
  const status = job.text("status");
  if (status === "SUCCESS") return { status: "done" };
  if (status !== "FAIL") return { status: "under-way" };
  const errorCode = job.text("error_code") ?? "";
  const request = { service: "ecs", action: `job ${job.text("job_type") ?? ""}`.trim(), parameters: {} };
  // A failed job carries the same codes as a refused request.
  return { status: "failed", problem: translate({ httpStatusCode: 400, errorCode }, request).problem };
}
