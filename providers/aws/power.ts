import type { Effect } from "../../src/effects.js";
import type { Problem, ProblemCode } from "../../src/errors.js";
import type { InstanceState } from "../../src/instances.js";
import { settleByReading } from "../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../src/requests.js";
import { Wire } from "../../src/wire.js";
import type { AwsCall } from "./call.js";
import { readStates } from "./instances.js";
import type { SeenInstance } from "./record.js";
import type { Verdict } from "./splitting.js";

/** A change of state that EC2 is asked for, of several instances at once. */
export interface StateChange {
  readonly action: "StartInstances" | "StopInstances" | "TerminateInstances";
  readonly options?: Readonly<Record<string, unknown>>;
  readonly effectsOf: (instanceId: string) => readonly Effect[];
}

/** The field of a success that names the members, and the states that show that the change was taken. */
const shapes: Readonly<
  Record<StateChange["action"], { readonly list: string; readonly reached: readonly InstanceState[] }>
> = {
  StartInstances: { list: "StartingInstances", reached: ["pending", "running"] },
  StopInstances: { list: "StoppingInstances", reached: ["stopping", "stopped"] },
  TerminateInstances: { list: "TerminatingInstances", reached: ["terminating", "gone"] },
};

/** Sends one change of state. After anything but a plain success it reads what became of each member. */
export async function changeState(
  call: AwsCall,
  batch: readonly SeenInstance[],
  { action, options = {}, effectsOf }: StateChange,
): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const answer = await call.requests.mutate({
    service: "ec2",
    action,
    parameters: { InstanceIds: ids, ...options },
    instanceIds: ids,
    effects: ids.flatMap(effectsOf),
    // As good as a token: what is changing already is left as it is, and the request succeeds (EC2 API reference,
    // "Terminates … This operation is idempotent"; stopping and starting likewise).
    token: true,
    // These three take a token of their own for each instance ("Request throttling for the Amazon EC2 API").
    cost: ids.length,
    partial: true,
    confirm: (lost) => confirmStates(call, ids, shapes[action].reached, lost),
  });
  return verdictsOf(ids, answer, shapes[action].list);
}

/** What the answer means for each member. */
function verdictsOf(ids: readonly string[], answer: MutationAnswer, list: string): ReadonlyMap<string, Verdict> {
  const { requestId } = answer;
  const accepted: Verdict = { kind: "accepted", ...(requestId === undefined ? {} : { requestId }) };
  const effects = new Map((answer.instances ?? []).map(({ instanceId, effect }) => [instanceId, effect]));
  const hasBody = answer.effect === "applied" && answer.body !== undefined;
  const named = hasBody ? namedIn(answer.body, list) : undefined;
  return new Map(
    ids.map((id): [string, Verdict] => {
      const effect = effects.get(id) ?? (named && !named.has(id) ? "unknown" : answer.effect);
      const problem = answer.problem ?? notMentioned(id);
      if (effect === "applied") return [id, accepted];
      if (effect === "unknown") return [id, { kind: "unclear", problem }];
      const unsent = answer.effect === "not-applied" && !answer.sent;
      return [id, { kind: unsent ? "unsent" : "refused", problem }];
    }),
  );
}

/** The instances a success names. */
function namedIn(body: unknown, list: string): ReadonlySet<string> {
  try {
    return new Set(new Wire(body, "The answer").list(list).flatMap((row) => row.text("InstanceId") ?? []));
  } catch {
    return new Set();
  }
}

function notMentioned(id: string): Problem {
  return {
    code: "service",
    message: `EC2 took the request and does not mention ${id} in its answer.`,
    hint: "Read it again to see what became of it.",
    cloud: "aws",
  };
}

/** Codes of refusals before EC2 looked at any instance: nothing of the batch can have happened. */
const refusedWhole: ReadonlySet<ProblemCode> = new Set([
  "access-denied",
  "authentication",
  "invalid-request",
  "not-found",
  "throttled",
]);

/** Reads which members are changing, until all are or until one that is not can be believed. */
async function confirmStates(
  call: AwsCall,
  ids: readonly string[],
  reached: readonly InstanceState[],
  { problem, notBefore, refused }: LostAnswer,
) {
  const changing = new Set<string>();
  let listed: ReadonlySet<string> = new Set();
  const read = async () => {
    const { byId } = await readStates(call, ids);
    listed = new Set(byId.keys());
    for (const [id, { record }] of byId) if (reached.includes(record.state.unified)) changing.add(id);
    return ids.every((id) => changing.has(id));
  };
  const believeFrom = refused && refusedWhole.has(problem.code) ? call.requests.clock.now() : notBefore;
  await settleByReading(call.requests, believeFrom, read);
  // What is not listed at all may be gone or not: absence alone shows nothing.
  const effectOf = (id: string) => (changing.has(id) ? "applied" : listed.has(id) ? "not-applied" : "unknown");
  const instances = ids.map((instanceId) => ({ instanceId, effect: effectOf(instanceId) }) as const);
  const [first] = instances;
  const same = instances.every(({ effect }) => effect === first?.effect);
  return { effect: same && first ? first.effect : ("unknown" as const), instances };
}
