import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem, problemOf } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import type { AliyunCall } from "../call.js";
import { dryRunPassed } from "../errors.js";
import { readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";
import type { Verdict } from "../verdicts.js";
import { goneAmong } from "./gone.js";

/** How instances are released. */
export interface ReleaseWay {
  /** Cuts the power instead of letting the guest shut down. */
  readonly forced: boolean;
  /** They are subscriptions that have run out: nothing else is released with that word. */
  readonly expired: boolean;
}

/** The effect of a release. */
export function releaseEffect(call: AliyunCall, id: string): Effect {
  return {
    ...call.scope,
    kind: "instance-terminated",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { impossible: "ECS keeps nothing of a released instance." },
  };
}

/**
 * The parameters of a release. `Force` lets a running instance go; without `ForceStop=false` its power is cut
 * (DeleteInstancesRequest), so it is always said which of the two is meant.
 */
function parametersOf(ids: readonly string[], { forced, expired }: ReleaseWay): Readonly<Record<string, unknown>> {
  return {
    InstanceId: [...ids],
    Force: true,
    ForceStop: forced,
    ...(expired ? { TerminateSubscription: true } : {}),
  };
}

/**
 * Sends one DeleteInstances. Its answer names no instance, and whether a refusal is for all of them is not documented:
 * after anything but a plain success each member is read again.
 */
export async function sendRelease(
  call: AliyunCall,
  batch: readonly SeenInstance[],
  way: ReleaseWay,
): Promise<ReadonlyMap<string, Verdict>> {
  const ids = batch.map(({ record }) => record.id);
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "DeleteInstances",
    parameters: { ...parametersOf(ids, way), ClientToken: crypto.randomUUID() },
    instanceIds: ids,
    effects: ids.map((id) => releaseEffect(call, id)),
    token: true,
    partial: true,
    confirm: (lost) => confirmRelease(call, batch, lost),
  });
  return verdictsOf(ids, answer);
}

/**
 * The cloud's own dry run: it looks at permission and parameters, not at the state of anything (DeleteInstancesRequest).
 * One that passes is answered as an error. Answers what it was refused for.
 */
export async function tryRelease(
  call: AliyunCall,
  batch: readonly SeenInstance[],
  way: ReleaseWay,
): Promise<Problem | undefined> {
  const ids = batch.map(({ record }) => record.id);
  return await dryRunProblem(call, "DeleteInstances", parametersOf(ids, way));
}

/** Sends a dry run of an ECS action; answers what it was refused for, `undefined` when it passed. */
export async function dryRunProblem(
  call: AliyunCall,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Problem | undefined> {
  try {
    await call.requests.tryOut("ecs", action, { ...parameters, DryRun: true });
    return undefined;
  } catch (error) {
    const { cloudCode } = problemOf(error);
    if (cloudCode !== undefined && dryRunPassed.has(cloudCode)) return undefined;
    if (DecommissionError.isInstance(error) && cloudCode !== undefined && !call.requests.stopped())
      return error.problem;
    throw error;
  }
}

function verdictsOf(ids: readonly string[], answer: MutationAnswer): ReadonlyMap<string, Verdict> {
  const { requestId } = answer;
  const accepted: Verdict = { kind: "accepted", ...(requestId === undefined ? {} : { requestId }) };
  const effects = new Map((answer.instances ?? []).map(({ instanceId, effect }) => [instanceId, effect]));
  return new Map(
    ids.map((id): [string, Verdict] => {
      const effect = effects.get(id) ?? answer.effect;
      if (effect === "applied" || !answer.problem) return [id, accepted];
      if (effect === "unknown") return [id, { kind: "unclear", problem: answer.problem }];
      const unsent = answer.effect === "not-applied" && !answer.sent;
      return [id, { kind: unsent ? "unsent" : "refused", problem: answer.problem }];
    }),
  );
}

/** Codes of refusals before any instance was looked at: nothing of the batch can have happened. */
const refusedWhole: ReadonlySet<Problem["code"]> = new Set([
  "access-denied",
  "authentication",
  "invalid-request",
  "not-found",
  "throttled",
]);

/**
 * Reads which members are on their way out: gone, or shutting down though they ran before. One that was stopped shows
 * nothing until it is gone; after a lost answer that is not known, after a refusal the next request for it tells.
 */
async function confirmRelease(
  call: AliyunCall,
  batch: readonly SeenInstance[],
  { problem, notBefore, refused }: LostAnswer,
) {
  const ids = batch.map(({ record }) => record.id);
  const ran = new Set(batch.flatMap(({ record }) => (record.state.unified === "running" ? [record.id] : [])));
  const leaving = new Set<string>();
  let standing = new Map<string, SeenInstance>();
  const look = async () => {
    standing = new Map((await readStates(call, ids)).byId);
    for (const id of ids) {
      const state = standing.get(id)?.record.state.unified;
      if (state === "stopping" && ran.has(id)) leaving.add(id);
    }
    const missing = ids.filter((id) => !standing.has(id) && !leaving.has(id));
    for (const id of missing.length > 0 ? await goneAmong(call, missing) : []) leaving.add(id);
    return ids.every((id) => leaving.has(id));
  };
  const believeFrom = refused && refusedWhole.has(problem.code) ? call.requests.clock.now() : notBefore;
  await settleByReading(call.requests, believeFrom, look);
  const effectOf = (id: string) => {
    if (leaving.has(id)) return "applied";
    const unchanged = standing.get(id)?.record.state.unified === "running";
    return unchanged || (refused && standing.has(id)) ? "not-applied" : "unknown";
  };
  const instances = ids.map((instanceId) => ({ instanceId, effect: effectOf(instanceId) }) as const);
  const [first] = instances;
  const same = instances.every(({ effect }) => effect === first?.effect);
  return { effect: same && first ? first.effect : ("unknown" as const), instances };
}
