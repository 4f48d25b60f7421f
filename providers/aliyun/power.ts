import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceState } from "../../src/instances.js";
import { settleByReading } from "../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../src/requests.js";
import type { ApiRequest } from "../../src/transport.js";
import { Wire } from "../../src/wire.js";
import type { AliyunCall } from "./call.js";
import { translate } from "./errors.js";
import { readStates } from "./instances.js";
import { innerList } from "./listings.js";
import type { SeenInstance } from "./record.js";
import type { Verdict } from "./verdicts.js";

/** A change of power that ECS is asked for, of several instances at once. */
export interface PowerChange {
  readonly action: "StartInstances" | "StopInstances";
  readonly effectsOf: (instanceId: string) => readonly Effect[];
}

/** States that show that the change was taken, and what is sent with it. */
const shapes: Readonly<
  Record<
    PowerChange["action"],
    { readonly reached: readonly InstanceState[]; readonly options: Readonly<Record<string, unknown>> }
  >
> = {
  StartInstances: { reached: ["pending", "running"], options: {} },
  // In economical mode the static public address would be given up (StopInstances, StoppedMode).
  StopInstances: { reached: ["stopping", "stopped"], options: { StoppedMode: "KeepCharging", ForceStop: false } },
};

/**
 * Sends one change of power, each member for itself: by default one failure would undo it for all (StopInstances,
 * BatchOptimization). The answer is a success as a whole and tells of each member.
 */
export async function changePower(
  call: AliyunCall,
  batch: readonly SeenInstance[],
  { action, effectsOf }: PowerChange,
): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const { reached, options } = shapes[action];
  const parameters = { InstanceId: ids, BatchOptimization: "SuccessFirst", ...options };
  const answer = await call.requests.mutate({
    service: "ecs",
    action,
    parameters,
    instanceIds: ids,
    effects: ids.flatMap(effectsOf),
    confirm: (lost) => confirmPower(call, ids, reached, lost),
  });
  return verdictsOf(ids, answer, { service: "ecs", action, parameters });
}

function verdictsOf(ids: readonly string[], answer: MutationAnswer, request: ApiRequest): ReadonlyMap<string, Verdict> {
  const { requestId } = answer;
  const accepted: Verdict = { kind: "accepted", ...(requestId === undefined ? {} : { requestId }) };
  const effects = new Map((answer.instances ?? []).map(({ instanceId, effect }) => [instanceId, effect]));
  const told = answer.effect === "applied" && answer.body !== undefined ? wordsIn(answer.body, request) : undefined;
  return new Map(
    ids.map((id): [string, Verdict] => {
      const word = told?.get(id);
      if (told) return [id, word === undefined ? { kind: "unclear", problem: notMentioned(id) } : (word ?? accepted)];
      const effect = effects.get(id) ?? answer.effect;
      const problem = answer.problem ?? notMentioned(id);
      if (effect === "applied") return [id, accepted];
      if (effect === "unknown") return [id, { kind: "unclear", problem }];
      const unsent = answer.effect === "not-applied" && !answer.sent;
      return [id, { kind: unsent ? "unsent" : "refused", problem }];
    }),
  );
}

/** What a success says of each member: `null` for one that was taken, else why it was not. */
function wordsIn(body: unknown, request: ApiRequest): ReadonlyMap<string, Verdict | null> {
  try {
    const rows = innerList(new Wire(body, request.action), "InstanceResponses.InstanceResponse");
    return new Map(
      rows.map((row) => {
        const code = row.text("Code") ?? "200";
        return [row.need("InstanceId"), code === "200" ? null : { kind: "refused", ...translate({ code }, request) }];
      }),
    );
  } catch {
    return new Map();
  }
}

function notMentioned(id: string): Problem {
  return {
    code: "service",
    message: `ECS took the request and does not mention ${id} in its answer.`,
    hint: "Read it again to see what became of it.",
    cloud: "aliyun",
  };
}

/** Reads which members are changing, until all are or until one that is not can be believed. */
async function confirmPower(
  call: AliyunCall,
  ids: readonly string[],
  reached: readonly InstanceState[],
  { notBefore }: LostAnswer,
) {
  const changing = new Set<string>();
  let listed: ReadonlySet<string> = new Set();
  await settleByReading(call.requests, notBefore, async () => {
    const { byId } = await readStates(call, ids);
    listed = new Set(byId.keys());
    for (const [id, { record }] of byId) if (reached.includes(record.state.unified)) changing.add(id);
    return ids.every((id) => changing.has(id));
  });
  const effectOf = (id: string) => (changing.has(id) ? "applied" : listed.has(id) ? "not-applied" : "unknown");
  const instances = ids.map((instanceId) => ({ instanceId, effect: effectOf(instanceId) }) as const);
  const [first] = instances;
  const same = instances.every(({ effect }) => effect === first?.effect);
  return { effect: same && first ? first.effect : ("unknown" as const), instances };
}
