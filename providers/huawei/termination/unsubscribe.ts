import type { Effect } from "../../../src/effects.js";
import { DecommissionError, type Problem, problemOf } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { readStates } from "../instances.js";
import { type Verdict, verdictOf } from "../power.js";
import type { SeenInstance } from "../record.js";
import { type MainSubscription, readSubscriptions } from "../subscriptions.js";
import { hasEnded } from "./batches.js";
import { expiryMarginMs } from "./path.js";

/** What became of one subscription that was to be returned. */
export interface Returned {
  readonly verdict: Verdict;
  readonly orderIds: readonly string[];
}

/** A resource's states: 2 in use, 4 frozen. Versions of the API differ in what 3 and 5 mean, so neither is ever "gone". */
const inUse = "2";
/** An order's states: 2 pending refund, 3 processing, 6 pending payment; these two are its ends. */
const orderDone = 5;
const orderCancelled = 4;
/** Orders take minutes; Terraform's provider asks every 10 s. */
const orderPace = { firstDelayMs: 10_000, longestDelayMs: 30_000, giveUpAfterMs: 20 * 60_000 };

/**
 * Returns the subscription of one server, and with it the disks of its order. One in a request, although ten are taken:
 * an answer names orders without saying whose, and one that is lost must leave one server in doubt and not ten. It is
 * sent once, whatever becomes of the answer: billing has no token, and a second return refunds a second time.
 */
export async function unsubscribe(call: HuaweiCall, seen: SeenInstance, effect: Effect): Promise<Returned> {
  const { id } = seen.record;
  const answer = await call.requests.mutate({
    service: "bss",
    action: "POST /v2/orders/subscriptions/resources/unsubscribe",
    parameters: {
      // Type 1 is the resource with its renewals; reason 5 is "other".
      body: {
        resource_ids: [id],
        unsubscribe_type: 1,
        unsubscribe_reason_type: 5,
        unsubscribe_reason: "The server is retired.",
      },
    },
    instanceIds: [id],
    effects: [effect],
    createdIds: orderIdsIn,
    justBefore: () => unfit(call, seen),
    confirm: async ({ notBefore }) => {
      const settled = await settleByReading(call.requests, notBefore, async () =>
        hasEnded((await readStates(call, [id])).byId.get(id)),
      );
      // Unchanged is not "nothing happened": an order can take longer than any window.
      return { effect: settled === "applied" ? "applied" : "unknown" };
    },
  });
  const refusal = answer.effect === "applied" ? refusedIn(answer.body, id) : undefined;
  if (refusal) return { verdict: { kind: "refused", problem: refusal }, orderIds: [] };
  return { verdict: verdictOf(id, answer), orderIds: answer.ids ?? [] };
}

/**
 * S05, S13: the last look, seconds before sending: the server stands, billing knows it as a main resource in use that does
 * not end by itself meanwhile, and takes nothing along but the disks that were judged to go.
 */
async function unfit(call: HuaweiCall, { record }: SeenInstance): Promise<Problem | undefined> {
  const { id } = record;
  const [{ byId }, subscriptions] = await Promise.all([readStates(call, [id]), readSubscriptions(call, [id])]);
  const now = byId.get(id);
  if (!now || !["running", "stopped"].includes(now.record.state.unified) || now.facts.busy !== undefined) {
    const raw = now?.record.state.raw ?? "not listed";
    return problem(id, "wrong-state", `changed right before it was returned: it is ${raw}.`);
  }
  if (now.record.billing.unified !== "prepaid") return problem(id, "wrong-state", "is not paid in advance any more.");
  const resource = subscriptions.get(id);
  if (!resource) return problem(id, "prepaid", "is not known to billing, or its subscription is not synchronised yet.");
  return notReturnable(id, resource, call.requests.clock.now()) ?? strangePart(record, resource);
}

function notReturnable(
  id: string,
  { isMain, parentId, status, expiresAt }: MainSubscription,
  now: number,
): Problem | undefined {
  if (!isMain) {
    return problem(id, "prepaid", `is a part of ${parentId ?? "another resource"}, which is what can be returned.`);
  }
  if (status !== inUse) return problem(id, "wrong-state", `has a subscription that is not in use (status ${status}).`);
  // Those that wait for their turn can come close to their end meanwhile.
  if (Date.parse(expiresAt ?? "") - now > expiryMarginMs) return undefined;
  return problem(id, "wrong-state", "expires within 30 minutes, or nothing tells when.");
}

/** What else may hold data or an address, and go with a return, by the types that billing gives resources. */
const precious = /volume|\bip\b|bandwidth/;

/** Something that billing would take back with the server, and that nobody judged to go. */
function strangePart({ id, disks }: InstanceRecord, { attached }: MainSubscription): Problem | undefined {
  const dying = new Set(disks.filter((disk) => disk.deletedWithInstance === true).map((disk) => disk.id));
  const strange = attached.filter(({ resourceId, type }) => precious.test(type) && !dying.has(resourceId));
  if (strange.length === 0) return undefined;
  const names = strange.map(({ resourceId }) => resourceId).join(", ");
  return problem(id, "data-loss", `would take ${names} along, which billing counts to it and which was to stay.`);
}

function orderIdsIn(body: unknown): readonly string[] {
  return new Wire(body, "CancelResourcesSubscription").texts("order_ids");
}

/** A success may still name resources that it did not take. */
function refusedIn(body: unknown, id: string): Problem | undefined {
  if (body === undefined) return undefined;
  try {
    const row = new Wire(body, "CancelResourcesSubscription")
      .list("fail_resource_infos")
      .find((failed) => failed.text("resource_id") === id);
    const cloudCode = row?.text("error_code");
    if (!row) return undefined;
    return { ...problem(id, "prepaid", "was not taken back."), ...(cloudCode === undefined ? {} : { cloudCode }) };
  } catch {
    return undefined;
  }
}

/** Follows orders to their ends, or as long as the call's budget allows. Answers those that were cancelled. */
export async function followOrders(call: HuaweiCall, orderIds: readonly string[]): Promise<ReadonlySet<string>> {
  const ended = new Map<string, number>();
  if (orderIds.length === 0) return new Set();
  try {
    await pollUntil(
      call.requests,
      orderPace,
      async () => {
        for (const orderId of orderIds) {
          const status = ended.has(orderId) ? undefined : await readOrder(call, orderId);
          if (status === orderDone || status === orderCancelled) ended.set(orderId, status);
        }
        return ended.size;
      },
      (count) => count === orderIds.length,
    );
  } catch (error) {
    // The order stands; the server itself tells what became of it.
    call.requests.emit({ type: "warning", problem: problemOf(error) });
  }
  return new Set([...ended].flatMap(([orderId, status]) => (status === orderCancelled ? [orderId] : [])));
}

async function readOrder(call: HuaweiCall, orderId: string): Promise<number | undefined> {
  try {
    const action = "GET /v2/orders/customer-orders/details/{order_id}";
    const { body } = await call.read("bss", action, { path: { order_id: orderId }, query: { limit: 1, offset: 0 } });
    return body.object("order_info")?.number("status");
  } catch (error) {
    // A fresh order may not be known to the query yet.
    if (DecommissionError.isInstance(error) && error.code === "not-found") return undefined;
    throw error;
  }
}

function problem(id: string, code: Problem["code"], message: string): Problem {
  const hint = "Look at it in Billing, under Unsubscriptions, then decide anew.";
  return { code, message: `${id} ${message}`, hint, cloud: "huawei", instanceIds: [id] };
}
