import type { Effect } from "../../../src/effects.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer } from "../../../src/requests.js";
import type { TerminateOptions, TerminateOutcome } from "../../../src/termination.js";
import { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { goneAmong } from "./gone.js";
import { belowMinimum, inquire } from "./quotes.js";
import { releaseEffect } from "./release.js";
import { moneyToken, outcomeOf, whyNotMoved } from "./slow-ways.js";

/**
 * Gives a subscription back; the cloud refunds it and releases the instance at once. State and quote are read again as the
 * request leaves. It is sent once: a lost answer is settled by reading alone, and the token, the same in any process, is
 * there in case somebody asks again.
 */
export async function unsubscribe(
  call: AliyunCall,
  { record }: SeenInstance,
  { minimumRefund }: TerminateOptions,
  standing: readonly Effect[],
): Promise<TerminateOutcome> {
  const { id, billing } = record;
  const effects = [...standing, releaseEffect(call, id)];
  const answer = await call.requests.mutate({
    service: "bss",
    action: "RefundInstance",
    parameters: {
      ProductCode: "ecs",
      // For servers the type is empty, and has to be sent all the same.
      ProductType: "",
      InstanceId: id,
      ImmediatelyRelease: "1",
      ClientToken: moneyToken(call, "unsubscribe", id, billing.expiresAt),
    },
    instanceIds: [id],
    effects: [releaseEffect(call, id)],
    justBefore: async () =>
      (await whyNotMoved(call, id, billing.expiresAt)) ?? (await quoteNow(call, id, minimumRefund)),
    createdIds: orderIn,
    confirm: (lost) => confirmReturned(call, id, lost),
  });
  const { requestId, ids: orderIds } = answer;
  return outcomeOf(id, answer, effects, {
    status: "accepted",
    instanceId: id,
    effects,
    ...(requestId === undefined ? {} : { requestId }),
    ...(orderIds === undefined || orderIds.length === 0 ? {} : { orderIds }),
  });
}

async function quoteNow(
  call: AliyunCall,
  id: string,
  minimumRefund: TerminateOptions["minimumRefund"],
): Promise<Problem | undefined> {
  try {
    return belowMinimum(await inquire(call, id), minimumRefund, id);
  } catch (error) {
    return problemOf(error);
  }
}

function orderIn(body: unknown): readonly string[] {
  const id = new Wire(body, "RefundInstance").object("Data")?.text("OrderId");
  return id === undefined ? [] : [id];
}

/**
 * A returned subscription is gone, or locked as refunded. Seeing neither proves nothing: an order is carried out when the
 * cloud comes to it, so a lost refund is never taken for none.
 */
async function confirmReturned(call: AliyunCall, id: string, { notBefore }: LostAnswer) {
  const effect = await settleByReading(call.requests, notBefore, async () => {
    const seen = (await readStates(call, [id])).byId.get(id);
    if (seen) return seen.record.protection.locks.some(({ unified }) => unified === "refunded");
    return (await goneAmong(call, [id])).has(id);
  });
  return { effect: effect === "applied" ? effect : ("unknown" as const) };
}
