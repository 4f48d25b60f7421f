import { problemOf } from "../../../errors.js";
import { pollUntil, settleByReading } from "../../../poll.js";
import type { TerminateOptions } from "../../../termination.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, service } from "./call.js";
import { effectFor, terminationEffect } from "./effects.js";
import { type Ended, outcomeOf, releaseBatch } from "./ending.js";
import { letExpire, schedule } from "./later.js";
import { readInstances, readStates, type Seen } from "./record.js";
import { type Decided, problemFor } from "./wishes.js";

const conversionPace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 30 * 60_000 };

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
