import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { TerminateOutcome } from "../../../src/termination.js";
import { noRenewal, renewalEffect, setRenewal } from "../attributes.js";
import type { TencentCall } from "../call.js";
import { readStates, readTimers } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { expiresSoon } from "./path.js";

/** Sets a timer that releases a pay-as-you-go instance later: the only grace the API gives to those. */
export async function schedule(
  call: TencentCall,
  { record }: SeenInstance,
  releaseAt: string,
): Promise<TerminateOutcome> {
  const { id } = record;
  // The API wants whole seconds.
  const at = `${new Date(releaseAt).toISOString().slice(0, 19)}Z`;
  const due = new Date(at).toISOString();
  const effect: Effect = {
    ...call.scope,
    kind: "timer-set",
    resource: { kind: "schedule", id },
    instanceIds: [id],
    undo: { action: "set-timer", instanceId: id, releaseAt: null },
    left: due,
  };
  const answer = await call.requests.mutate({
    service: "cvm",
    action: "ImportInstancesActionTimer",
    parameters: {
      InstanceIds: [id],
      ActionTimer: { TimerAction: "TerminateInstances", ActionTime: at, Externals: { ReleaseAddress: false } },
    },
    instanceIds: [id],
    effects: [effect],
    createdIds: (body) => timerIdsIn(body),
    confirm: confirmByReading(call.requests, async () => (await readTimers(call, [id])).get(id)?.at === due),
  });
  return outcomeOf(id, answer, [effect], {
    status: "scheduled",
    instanceId: id,
    at: due,
    bypassesBin: true,
    effects: [effect],
  });
}

function timerIdsIn(body: unknown): readonly string[] {
  const ids: unknown = typeof body === "object" && body !== null && "ActionTimerIds" in body ? body.ActionTimerIds : [];
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
}

/** Switches renewal off, so that a prepaid instance goes to the bin at its end. */
export async function letExpire(call: TencentCall, { record, facts }: SeenInstance): Promise<TerminateOutcome> {
  const { id } = record;
  const at = record.billing.expiresAt;
  if (at === undefined) return undetermined(id, noExpiry(id));
  const scheduled = { status: "scheduled", instanceId: id, at, bypassesBin: false } as const;
  if (facts.renewFlag === noRenewal) return { ...scheduled, effects: [] };
  const effects = [renewalEffect(call, id, facts.renewFlag ?? "NOTIFY_AND_MANUAL_RENEW", noRenewal)];
  const answer = await setRenewal(call, id, noRenewal, effects);
  return outcomeOf(id, answer, effects, { ...scheduled, effects });
}

/** How long a conversion may take until the instance reads as postpaid. */
const conversionPace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 10 * 60_000 };

/**
 * Converts a prepaid instance to pay-as-you-go, which gives the rest of its price back and cannot be undone here. Answers
 * the effect once the instance reads as postpaid, or the outcome that ends it.
 */
export async function convert(
  call: TencentCall,
  { record }: SeenInstance,
): Promise<{ readonly effect: Effect } | { readonly outcome: TerminateOutcome }> {
  const { id } = record;
  const effect: Effect = {
    ...call.scope,
    kind: "billing-converted",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { impossible: "Paying in advance again is a new order." },
  };
  const isPostpaid = async () => (await readStates(call, [id])).byId.get(id)?.record.billing.unified === "on-demand";
  const answer = await call.requests.mutate({
    service: "cvm",
    action: "ModifyInstancesChargeType",
    parameters: { InstanceIds: [id], InstanceChargeType: "POSTPAID_BY_HOUR" },
    instanceIds: [id],
    effects: [effect],
    // It moves money: kept back unless it is prepaid, idle and far from its end at that very moment.
    justBefore: async () => ((await isConvertible(call, id)) ? undefined : notConvertible(id)),
    // A lost conversion is never taken for none: it may land later and give money back.
    confirm: async ({ notBefore }) => {
      const seen = await confirmByReading(
        call.requests,
        isPostpaid,
      )({ notBefore, problem: notConvertible(id), refused: false });
      return seen.effect === "applied" ? seen : { effect: "unknown" };
    },
  });
  if (answer.effect !== "applied")
    return { outcome: outcomeOf(id, answer, [effect], undetermined(id, notConvertible(id))) };
  return (await seesPostpaid(call, isPostpaid))
    ? { effect }
    : { outcome: undetermined(id, stillConverting(id), [effect]) };
}

/** Waits until a conversion shows. That it cannot be read takes nothing from what the cloud has accepted. */
async function seesPostpaid(call: TencentCall, isPostpaid: () => Promise<boolean>): Promise<boolean> {
  try {
    return (await pollUntil(call.requests, conversionPace, isPostpaid, (postpaid) => postpaid)).done;
  } catch {
    return false;
  }
}

async function isConvertible(call: TencentCall, id: string): Promise<boolean> {
  const seen = (await readStates(call, [id])).byId.get(id);
  if (seen?.record.billing.unified !== "prepaid" || seen.facts.operationState === "OPERATING") return false;
  return /^(RUNNING|STOPPED)$/.test(seen.record.state.raw) && !expiresSoon(seen, call.requests.clock.now());
}

function outcomeOf(
  id: string,
  answer: MutationAnswer,
  effects: readonly Effect[],
  done: TerminateOutcome,
): TerminateOutcome {
  if (answer.effect === "applied") return done;
  if (answer.effect === "unknown") return undetermined(id, answer.problem, effects);
  return answer.sent ? refused(id, answer.problem) : blocked(id, answer.problem);
}

function noExpiry(id: string) {
  return {
    code: "wrong-state",
    message: `Nothing tells when ${id} expires.`,
    hint: "Look at it in the console.",
    cloud: "tencent",
  } as const;
}

function notConvertible(id: string) {
  return {
    code: "wrong-state",
    message: `${id} is not prepaid, not at rest, or about to expire.`,
    hint: "Look at it again, then decide anew.",
    cloud: "tencent",
  } as const;
}

function stillConverting(id: string) {
  return {
    code: "wrong-state",
    message: `The conversion of ${id} was taken and does not show yet.`,
    hint: "Wait until it reads as pay-as-you-go, then terminate it.",
    cloud: "tencent",
  } as const;
}
