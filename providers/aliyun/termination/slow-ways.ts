import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { TerminateOutcome } from "../../../src/termination.js";
import { readRenewal, renewalEffect, setRenewal, setTimer, timerEffect } from "../attributes.js";
import type { AliyunCall } from "../call.js";
import { readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { tokenFor } from "../tokens.js";
import { expiryMarginMs } from "./path.js";

/** Lets ECS release an instance later: its own time to think again. Seconds are cut off. */
export async function schedule(
  call: AliyunCall,
  { record }: SeenInstance,
  releaseAt: string,
): Promise<TerminateOutcome> {
  const { id, scheduledReleaseAt = null } = record;
  const minute = 60_000;
  const due = new Date(Math.floor(Date.parse(releaseAt) / minute) * minute).toISOString();
  const scheduled = { status: "scheduled", instanceId: id, at: due, bypassesBin: true } as const;
  if (scheduledReleaseAt === due) return { ...scheduled, effects: [] };
  const effects = [timerEffect(call, id, scheduledReleaseAt, due)];
  const answer = await setTimer(call, id, due, effects);
  return outcomeOf(id, answer, effects, { ...scheduled, effects });
}

/** The word for "is not renewed, and nobody is told" (ModifyInstanceAutoRenewAttribute, RenewalStatus). */
const notRenewed = "NotRenewal";

/** Switches renewal off, so that a subscription ends by itself: stopped when it expires, released about 15 days later. */
export async function letExpire(call: AliyunCall, { record }: SeenInstance): Promise<TerminateOutcome> {
  const { id } = record;
  const at = record.billing.expiresAt;
  const former = await readRenewal(call, id);
  if (at === undefined || former === undefined) return blocked(id, unreadRenewal(id));
  const scheduled = { status: "scheduled", instanceId: id, at, bypassesBin: true } as const;
  if (former === notRenewed) return { ...scheduled, effects: [] };
  const effects = [renewalEffect(call, id, former, notRenewed)];
  const answer = await setRenewal(call, id, notRenewed, effects);
  return outcomeOf(id, answer, effects, { ...scheduled, effects });
}

/** "wait until it reads PostPaid": Terraform allows five minutes for it. */
const conversionPace = { firstDelayMs: 5_000, longestDelayMs: 20_000, giveUpAfterMs: 10 * 60_000 };
/** The very same conversion is under way: its token says so. */
const underWay = "IdempotentProcessing";

/** What became of a conversion. */
export type Conversion =
  | { readonly effect: Effect; readonly orderId?: string }
  | { readonly outcome: TerminateOutcome };

/**
 * Makes a subscription pay-as-you-go, which gives the rest of its price back and cannot be undone here. Answers the effect
 * once the instance reads as PostPaid, or the outcome that ends it. Sent once: a lost answer is settled by reading alone.
 */
export async function convert(call: AliyunCall, { record }: SeenInstance): Promise<Conversion> {
  const { id, billing } = record;
  const effect: Effect = {
    ...call.scope,
    kind: "billing-converted",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { impossible: "Paying in advance again is a new order." },
  };
  const isPostPaid = async () => (await readStates(call, [id])).byId.get(id)?.record.billing.unified === "on-demand";
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "ModifyInstanceChargeType",
    parameters: {
      InstanceIds: JSON.stringify([id]),
      // Left out, it would buy a subscription: that is the default.
      InstanceChargeType: "PostPaid",
      ClientToken: moneyToken(call, "convert", id, billing.expiresAt),
    },
    instanceIds: [id],
    effects: [effect],
    justBefore: () => whyNotMoved(call, id, billing.expiresAt),
    confirm: async (lost) => {
      const { effect: seen } = await confirmByReading(call.requests, isPostPaid)(lost);
      // It may still land and give money back: a lost conversion is never taken for none.
      return { effect: seen === "applied" ? seen : "unknown" };
    },
  });
  const taken = answer.effect === "applied" || answer.problem.cloudCode === underWay;
  if (!taken) return { outcome: outcomeOf(id, answer, [effect], undetermined(id, stillConverting(id), [effect])) };
  try {
    const { done } = await pollUntil(call.requests, conversionPace, isPostPaid, (postPaid) => postPaid);
    if (done) return { effect };
  } catch {
    // The cloud has taken it; that it cannot be watched takes nothing from that.
  }
  return { outcome: undetermined(id, call.requests.stopped() ?? stillConverting(id), [effect]) };
}

/** A token of its own for each subscription's term: the same in any process, so that no repeat moves money twice. */
export function moneyToken({ scope }: AliyunCall, act: string, id: string, expiresAt: string | undefined): string {
  return tokenFor(scope.accountId, scope.region, act, id, expiresAt ?? "");
}

/** S05: the last look, as the request leaves. Only what is as it was judged is given back or converted. */
export async function whyNotMoved(
  call: AliyunCall,
  id: string,
  expiresAt: string | undefined,
): Promise<Problem | undefined> {
  const now = (await readStates(call, [id])).byId.get(id)?.record;
  const problem = (what: string): Problem => ({
    code: "wrong-state",
    message: `${id} changed right before the request: ${what}.`,
    hint: "Look at it again, then decide anew.",
    cloud: "aliyun",
    instanceIds: [id],
  });
  if (!now) return problem("it is not listed");
  if (now.billing.unified !== "prepaid") return problem(`it is ${now.billing.raw}`);
  if (now.billing.expiresAt !== expiresAt)
    return problem(`it expires at ${now.billing.expiresAt ?? "a time not told"}`);
  if (!(Date.parse(expiresAt ?? "") - call.requests.clock.now() > expiryMarginMs)) return problem("it expires soon");
  if (now.state.unified !== "running" && now.state.unified !== "stopped") return problem(`it is ${now.state.raw}`);
  const lock = now.protection.locks.find(({ unified }) => unified !== "overdue");
  return lock && problem(`it is locked (${lock.raw})`);
}

/** What the answer to a request means for its instance; `done` where it took effect. */
export function outcomeOf(
  id: string,
  answer: MutationAnswer,
  effects: readonly Effect[],
  done: TerminateOutcome,
): TerminateOutcome {
  if (answer.effect === "applied") return done;
  if (answer.effect === "unknown") return undetermined(id, answer.problem, effects);
  return answer.sent ? refused(id, answer.problem) : blocked(id, answer.problem);
}

function unreadRenewal(id: string): Problem {
  return {
    code: "wrong-state",
    message: `Nothing tells when ${id} expires, or whether it is renewed.`,
    hint: "Look at it in the console.",
    cloud: "aliyun",
  };
}

function stillConverting(id: string): Problem {
  return {
    code: "wrong-state",
    message: `The conversion of ${id} was taken and does not show yet.`,
    hint: "Wait until it reads as pay-as-you-go, then terminate it.",
    cloud: "aliyun",
  };
}
