import type { Effect } from "../../../effects.js";
import { type Problem, problemOf } from "../../../errors.js";
import { pollUntil, settleByReading } from "../../../poll.js";
import type { LostAnswer, MutationAnswer } from "../../../requests.js";
import type { TerminateOptions, TerminateOutcome } from "../../../termination.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, service } from "./call.js";
import { effectFor, terminationEffect } from "./effects.js";
import { readInstances, readStates, type Seen } from "./record.js";
import type { Decided } from "./wishes.js";
import { problemFor } from "./wishes.js";

/** What became of one instance. */
export type Ended =
  | { readonly kind: "done"; readonly outcome: TerminateOutcome }
  | { readonly kind: "refused"; readonly problem: Problem; readonly sent: boolean }
  | { readonly kind: "unclear"; readonly problem: Problem; readonly effects: readonly Effect[] };

/** Milliseconds within which the bin is believed to show what it took. */
const binPace = { firstDelayMs: 1_000, longestDelayMs: 5_000, giveUpAfterMs: 60_000 };
const conversionPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 30 * 60_000 };

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
async function outcomeOf(
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

/** Ends one instance in a way that moves money, empties a bin or sets a timer. */
export async function endOne(call: MemoryCall, decided: Decided, options: TerminateOptions): Promise<Ended> {
  try {
    switch (decided.how) {
      case "schedule":
        return await schedule(call, decided.seen, options.releaseAt ?? "");
      case "let-expire":
        return await letExpire(call, decided.seen);
      case "convert-and-release":
        return await convertAndRelease(call, decided);
      case "unsubscribe":
        return (await quoteProblem(call, decided.seen, options)) ?? (await costly(call, decided, "Unsubscribe"));
      default:
        return await costly(call, decided, "Purge");
    }
  } catch (error) {
    return { kind: "refused", problem: problemOf(error), sent: false };
  }
}

async function quoteProblem(
  call: MemoryCall,
  { record }: Seen,
  { minimumRefund }: TerminateOptions,
): Promise<Ended | undefined> {
  if (!minimumRefund) return undefined;
  const { id } = record;
  if (!call.features.capabilities.refundQuote) {
    const problem = problemFor(id, "unsupported", "has no quoted refund here.", "Leave `minimumRefund` out.");
    return { kind: "refused", problem, sent: true };
  }
  const { body } = await call.read(service, "QuoteRefund", { id });
  const enough = Number(body.need("amount")) >= Number(minimumRefund.amount);
  if (enough && body.text("currency") === minimumRefund.currency) return undefined;
  const message = `would give back ${body.need("amount")} ${body.need("currency")}.`;
  return {
    kind: "refused",
    problem: problemFor(id, "prepaid", message, "Ask for less, or let it expire."),
    sent: true,
  };
}

/** A request that is never sent again in this call: what became of it is read, or not known. */
async function costly(call: MemoryCall, decided: Decided, action: "Unsubscribe" | "Purge"): Promise<Ended> {
  const { record } = decided.seen;
  const { id } = record;
  const present = (await readStates(call, [id])).get(id);
  if (present !== record.state.unified) {
    return {
      kind: "refused",
      problem: problemFor(id, "drifted", "has changed meanwhile.", "Look at it again."),
      sent: true,
    };
  }
  const effect =
    action === "Purge"
      ? effectFor(call, id, {
          kind: "instance-purged",
          resource: { kind: "instance", id },
          undo: { impossible: "What leaves the bin this way is gone." },
        })
      : terminationEffect(call, decided.seen, true);
  const answer = await call.requests.mutate({
    service,
    action,
    parameters: { id },
    instanceIds: [id],
    effects: [effect],
    createdIds: (body) => [new Wire(body, action).text("orderId") ?? []].flat(),
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        const state = (await readStates(call, [id])).get(id);
        return state === undefined || state === "terminating" || (action === "Unsubscribe" && state === "recycled");
      }),
    }),
  });
  if (answer.effect === "unknown") return { kind: "unclear", problem: answer.problem, effects: [effect] };
  if (answer.effect === "not-applied") return { kind: "refused", problem: answer.problem, sent: answer.sent };
  const outcome = await outcomeOf(call, decided, answer, [effect]);
  const orderIds = answer.ids ?? [];
  const withOrders = outcome.status === "accepted" || outcome.status === "recycled";
  return { kind: "done", outcome: withOrders && orderIds.length > 0 ? { ...outcome, orderIds } : outcome };
}

async function convertAndRelease(call: MemoryCall, decided: Decided): Promise<Ended> {
  const { id } = decided.seen.record;
  const effect = effectFor(call, id, {
    kind: "billing-converted",
    resource: { kind: "instance", id },
    undo: { impossible: "A subscription that was converted does not come back." },
  });
  const billing = async () => (await readInstances(call, [id])).byId.get(id);
  const answer = await call.requests.mutate({
    service,
    action: "ConvertBilling",
    parameters: { id },
    instanceIds: [id],
    effects: [effect],
    createdIds: (body) => [new Wire(body, "ConvertBilling").text("orderId") ?? []].flat(),
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        const seen = await billing();
        return seen?.record.billing.unified === "on-demand" || seen?.facts.busy === "conversion";
      }),
    }),
  });
  if (answer.effect === "unknown") return { kind: "unclear", problem: answer.problem, effects: [effect] };
  if (answer.effect === "not-applied") return { kind: "refused", problem: answer.problem, sent: answer.sent };
  const { last, done } = await pollUntil(call.requests, conversionPace, billing, (seen) => {
    return seen?.record.billing.unified === "on-demand" && seen.facts.busy === undefined;
  });
  if (!done || !last) {
    const problem =
      call.requests.stopped() ?? problemFor(id, "wrong-state", "is still being converted.", "Run again later.");
    return { kind: "unclear", problem, effects: [effect] };
  }
  const ended = (await releaseBatch(call, [{ ...decided, seen: last, how: "release" }])).get(id);
  if (ended?.kind !== "done") {
    const problem = ended?.problem ?? problemFor(id, "unexpected", "got no answer.", "Report this.");
    return { kind: "unclear", problem, effects: [effect] };
  }
  return { kind: "done", outcome: { ...ended.outcome, effects: [effect, ...ended.outcome.effects] } };
}

async function schedule(call: MemoryCall, { record, facts }: Seen, at: string): Promise<Ended> {
  const { id } = record;
  const effect = effectFor(call, id, {
    kind: "timer-set",
    resource: { kind: "schedule", id },
    undo: {
      action: "set-timer",
      instanceId: id,
      releaseAt: record.scheduledReleaseAt ?? null,
      ...(facts.timerId === undefined ? {} : { timerId: facts.timerId }),
    },
    left: new Date(at).toISOString(),
  });
  const answer = await call.requests.mutate({
    service,
    action: "ScheduleRelease",
    parameters: { id, at: new Date(at).toISOString() },
    instanceIds: [id],
    effects: [effect],
    createdIds: (body) => [new Wire(body, "ScheduleRelease").text("timerId") ?? []].flat(),
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        const seen = (await readInstances(call, [id])).byId.get(id);
        return Date.parse(seen?.record.scheduledReleaseAt ?? "") === Date.parse(at);
      }),
    }),
  });
  if (answer.effect === "unknown") return { kind: "unclear", problem: answer.problem, effects: [effect] };
  if (answer.effect === "not-applied") return { kind: "refused", problem: answer.problem, sent: answer.sent };
  const lead = call.features.capabilities.scheduledRelease;
  const bypassesBin = lead === false ? "unknown" : lead.bypassesBin;
  const outcome = {
    status: "scheduled",
    instanceId: id,
    at: new Date(at).toISOString(),
    bypassesBin,
    effects: [effect],
  } as const;
  return { kind: "done", outcome };
}

async function letExpire(call: MemoryCall, { record, facts }: Seen): Promise<Ended> {
  const { id } = record;
  const at = record.billing.expiresAt ?? "";
  const bypassesBin = call.features.capabilities.retention.prepaid.bin === "none";
  const scheduled = { status: "scheduled", instanceId: id, at, bypassesBin } as const;
  if (!facts.autoRenew) return { kind: "done", outcome: { ...scheduled, effects: [] } };
  const effect = effectFor(call, id, {
    kind: "renewal-changed",
    resource: { kind: "instance", id },
    undo: { action: "set-renewal", instanceId: id, mode: "auto" },
    left: "manual",
  });
  const answer = await call.requests.mutate({
    service,
    action: "SetAutoRenew",
    parameters: { id, value: false },
    instanceIds: [id],
    effects: [effect],
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        return (await readInstances(call, [id])).byId.get(id)?.facts.autoRenew === false;
      }),
    }),
  });
  if (answer.effect === "unknown") return { kind: "unclear", problem: answer.problem, effects: [effect] };
  if (answer.effect === "not-applied") return { kind: "refused", problem: answer.problem, sent: answer.sent };
  return { kind: "done", outcome: { ...scheduled, effects: [effect] } };
}
