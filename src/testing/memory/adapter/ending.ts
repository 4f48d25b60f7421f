import type { Effect } from "../../../effects.js";
import { type Problem, problemOf } from "../../../errors.js";
import { pollUntil, settleByReading } from "../../../poll.js";
import type { LostAnswer, MutationAnswer } from "../../../requests.js";
import type { TerminateOutcome } from "../../../termination.js";
import { type MemoryCall, service } from "./call.js";
import { terminationEffect } from "./effects.js";
import { readInstances, readStates } from "./record.js";
import type { Decided } from "./wishes.js";
import { problemFor } from "./wishes.js";

/** What became of one instance. */
export type Ended =
  | { readonly kind: "done"; readonly outcome: TerminateOutcome }
  | { readonly kind: "refused"; readonly problem: Problem; readonly sent: boolean }
  | { readonly kind: "unclear"; readonly problem: Problem; readonly effects: readonly Effect[] };

/** Milliseconds within which the bin is believed to show what it took. */
const binPace = { firstDelayMs: 1_000, longestDelayMs: 5_000, giveUpAfterMs: 60_000 };

/** Ends a batch of instances with one request; without those the cloud refuses, as often as it names one. */
export async function releaseBatch(call: MemoryCall, batch: readonly Decided[]): Promise<ReadonlyMap<string, Ended>> {
  const results = new Map<string, Ended>();
  let rest = batch;
  let resends = 0;
  while (rest.length > 0) {
    const answer = await sendRelease(call, rest);
    const named = answer.effect === "not-applied" ? (answer.problem.instanceIds ?? []) : [];
    const guilty = rest.filter(({ seen }) => named.includes(seen.record.id));
    if (answer.effect === "not-applied" && guilty.length > 0) {
      for (const { seen } of guilty)
        results.set(seen.record.id, { kind: "refused", problem: answer.problem, sent: true });
      rest = rest.filter((one) => !guilty.includes(one));
      continue;
    }
    const again =
      answer.effect === "not-applied" && answer.sent && lost.has(answer.problem.code) && mayRepeat(call, rest);
    if (again && resends++ === 0) continue;
    for (const decided of rest) results.set(decided.seen.record.id, await endedOf(call, decided, answer));
    break;
  }
  return results;
}

/** Problems that leave it open whether a request was carried out; by then reads have shown that it was not. */
const lost: ReadonlySet<Problem["code"]> = new Set(["network", "timeout", "service"]);

function mayRepeat({ features }: MemoryCall, batch: readonly Decided[]): boolean {
  const { terminate } = features.capabilities.repeat;
  return batch.every(({ seen }) => {
    const mode = seen.record.billing.unified;
    const effect = typeof terminate === "string" || mode === "unknown" ? terminate : terminate[mode];
    return effect === "safe" || effect === "token";
  });
}

async function sendRelease(call: MemoryCall, batch: readonly Decided[]): Promise<MutationAnswer> {
  const ids = batch.map(({ seen }) => seen.record.id);
  return await call.requests.mutate({
    service,
    action: "TerminateInstances",
    parameters: { ids },
    instanceIds: ids,
    effects: batch.map(({ seen, how }) => terminationEffect(call, seen, how === "recycle")),
    confirm: (answer) => confirmEnds(call, ids, answer),
  });
}

/** Reads who is on the way out. Who is not by the time the request can no longer land was not reached by it. */
async function confirmEnds(call: MemoryCall, ids: readonly string[], { notBefore }: LostAnswer) {
  let ended: ReadonlySet<string> = new Set();
  await settleByReading(call.requests, notBefore, async () => {
    ended = await endedAmong(call, ids);
    return ended.size === ids.length;
  });
  const instances = ids.map((instanceId) => {
    return { instanceId, effect: ended.has(instanceId) ? ("applied" as const) : ("not-applied" as const) };
  });
  if (ended.size === ids.length) return { effect: "applied" as const };
  return ended.size === 0 ? { effect: "not-applied" as const } : { effect: "unknown" as const, instances };
}

async function endedAmong(call: MemoryCall, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const states = await readStates(call, ids);
  return new Set(ids.filter((id) => ["terminating", "recycled", undefined].includes(states.get(id))));
}

async function endedOf(call: MemoryCall, decided: Decided, answer: MutationAnswer): Promise<Ended> {
  const { id } = decided.seen.record;
  const own = answer.instances?.find((one) => one.instanceId === id)?.effect ?? answer.effect;
  const effect = terminationEffect(call, decided.seen, decided.how === "recycle");
  if (own === "applied") return { kind: "done", outcome: await outcomeOf(call, decided, answer, [effect]) };
  const problem = answer.problem ?? problemFor(id, "unexpected", "got no answer.", "Report this.");
  if (own === "unknown") return { kind: "unclear", problem, effects: [effect] };
  const sent = answer.effect !== "not-applied" || answer.sent;
  return { kind: "refused", problem, sent };
}

/** Accepted, or recycled where a bin took it: looked for where one may have. */
export async function outcomeOf(
  call: MemoryCall,
  { seen, how }: Decided,
  answer: Pick<MutationAnswer, "requestId" | "ids">,
  effects: readonly Effect[],
): Promise<TerminateOutcome> {
  const { id } = seen.record;
  const { requestId } = answer;
  const base = { instanceId: id, effects, ...(requestId === undefined ? {} : { requestId }) };
  const mode = seen.record.billing.unified;
  const binned = mode !== "unknown" && call.features.capabilities.retention[mode].bin !== "none";
  if (how === "release" || how === "purge" || !binned) return { ...base, status: "accepted" };
  const record = await recycledRecord(call, id);
  if (!record?.recycled) return { ...base, status: "accepted" };
  return {
    ...base,
    status: "recycled",
    recoverableUntil: record.recycled.until,
    restore: "Call `recover` with its id.",
  };
}

async function recycledRecord(call: MemoryCall, id: string) {
  try {
    const read = async () => (await readInstances(call, [id])).byId.get(id)?.record;
    const { last } = await pollUntil(call.requests, binPace, read, (record) => {
      const state = record?.state.unified;
      return state === undefined || state === "recycled" || state === "terminating";
    });
    return last;
  } catch (error) {
    call.requests.emit({ type: "warning", problem: problemOf(error) });
    return undefined;
  }
}
