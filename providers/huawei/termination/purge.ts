import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { settleByReading } from "../../../src/poll.js";
import type { TerminateOutcome } from "../../../src/termination.js";
import type { HuaweiCall } from "../call.js";
import { readStates } from "../instances.js";
import { followJob, jobIdIn } from "../jobs.js";
import { acceptedOutcome, purgeEffect } from "./outcomes.js";

/**
 * Destroys one server that waits in the bin. Looked at right before; where the answer is lost it is never sent again, and
 * only a server that is seen gone is believed.
 */
export async function purgeFromBin(call: HuaweiCall, id: string): Promise<TerminateOutcome> {
  const effects = [purgeEffect(call, id)];
  const stateOf = async () => (await readStates(call, [id])).byId.get(id)?.record.state.unified;
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "DELETE /v1/{project_id}/recycle-bin/cloudservers/{server_id}",
    parameters: { path: { server_id: id } },
    instanceIds: [id],
    effects,
    justBefore: async () => {
      const state = await stateOf();
      return state === "recycled" ? undefined : notInBin(id, state);
    },
    confirm: async ({ notBefore }) => {
      const settled = await settleByReading(call.requests, notBefore, async () => {
        const state = await stateOf();
        return state === undefined || state === "terminating";
      });
      return { effect: settled === "applied" ? "applied" : "unknown" };
    },
  });
  if (answer.effect === "unknown") return undetermined(id, answer.problem, effects);
  if (answer.effect === "not-applied") {
    return answer.sent ? refused(id, answer.problem) : blocked(id, answer.problem);
  }
  const jobId = jobIdIn(answer.body);
  const job = jobId === undefined ? undefined : await followJob(call, "ecs", jobId);
  if (job?.status === "failed" && job.problem && (await stateOf()) === "recycled") return refused(id, job.problem);
  const { requestId } = answer;
  return acceptedOutcome(id, effects, requestId === undefined ? {} : { requestId });
}

function notInBin(id: string, state: string | undefined) {
  return {
    code: "wrong-state",
    message: `${id} is ${state ?? "not listed"}, not in the recycle bin.`,
    hint: "Look at it again, then decide anew.",
    cloud: "huawei",
    instanceIds: [id],
  } as const;
}
