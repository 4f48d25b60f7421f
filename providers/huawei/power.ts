import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceState } from "../../src/instances.js";
import { settleByReading } from "../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../src/requests.js";
import type { HuaweiCall } from "./call.js";
import { readStates } from "./instances.js";
import { followJob, jobIdIn } from "./jobs.js";

/** Servers of one power action: 1,000 are taken ("Stopping ECSs in a Batch"); a smaller batch makes a refusal cost less. */
export const powerBatchSize = 100;

/** What is asked of servers. A hard stop is as if the plug were pulled. */
export type PowerAction = "start" | "stop" | "stop-hard";

/** What became of one member of a batch. */
export type Verdict =
  | { readonly kind: "accepted"; readonly requestId?: string }
  /** Refused, and a re-read shows it unchanged. */
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "unsent"; readonly problem: Problem }
  | { readonly kind: "unclear"; readonly problem: Problem };

const reached: Readonly<Record<PowerAction, readonly InstanceState[]>> = {
  start: ["pending", "running"],
  stop: ["stopping", "stopped"],
  "stop-hard": ["stopping", "stopped"],
};

/** Starts or stops servers in one request and follows its job. */
export async function changePower(
  call: HuaweiCall,
  ids: readonly string[],
  action: PowerAction,
  effects: readonly Effect[],
): Promise<ReadonlyMap<string, Verdict>> {
  const servers = ids.map((id) => ({ id }));
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "POST /v1/{project_id}/cloudservers/action",
    parameters: {
      body:
        action === "start"
          ? { "os-start": { servers } }
          : { "os-stop": { servers, type: action === "stop" ? "SOFT" : "HARD" } },
    },
    instanceIds: ids,
    effects,
    partial: true,
    confirm: (lost) => confirmPower(call, ids, reached[action], lost),
  });
  const jobId = answer.effect === "applied" ? jobIdIn(answer.body) : undefined;
  const parts = jobId === undefined ? undefined : (await followJob(call, "ecs", jobId)).parts;
  return new Map(
    ids.map((id): [string, Verdict] => {
      const failed = parts?.get(id);
      if (failed?.status === "failed" && failed.problem) return [id, { kind: "refused", problem: failed.problem }];
      return [id, verdictOf(id, answer)];
    }),
  );
}

/** What the answer to a batch means for one of its members. */
export function verdictOf(id: string, answer: MutationAnswer): Verdict {
  const { requestId, problem } = answer;
  const effect = answer.instances?.find(({ instanceId }) => instanceId === id)?.effect ?? answer.effect;
  if (effect === "applied" || !problem) {
    return { kind: "accepted", ...(requestId === undefined ? {} : { requestId }) };
  }
  if (effect === "unknown") return { kind: "unclear", problem };
  return { kind: answer.effect === "not-applied" && !answer.sent ? "unsent" : "refused", problem };
}

/** Reads which members are changing, until all are or until one that is not can be believed. */
async function confirmPower(
  call: HuaweiCall,
  ids: readonly string[],
  states: readonly InstanceState[],
  { notBefore }: LostAnswer,
) {
  const changing = new Set<string>();
  let listed: ReadonlySet<string> = new Set();
  await settleByReading(call.requests, notBefore, async () => {
    const { byId } = await readStates(call, ids);
    listed = new Set(byId.keys());
    for (const [id, { record }] of byId) if (states.includes(record.state.unified)) changing.add(id);
    return ids.every((id) => changing.has(id));
  });
  return sharedEffect(ids, (id) => (changing.has(id) ? "applied" : listed.has(id) ? "not-applied" : "unknown"));
}

/** One word for a batch where it is true of all members, and each member's own. */
export function sharedEffect(ids: readonly string[], effectOf: (id: string) => "applied" | "not-applied" | "unknown") {
  const instances = ids.map((instanceId) => ({ instanceId, effect: effectOf(instanceId) }));
  const [first] = instances;
  const same = first !== undefined && instances.every(({ effect }) => effect === first.effect);
  return { effect: same ? first.effect : ("unknown" as const), instances };
}
