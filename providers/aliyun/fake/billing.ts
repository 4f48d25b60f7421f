import type { Money } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { disksOf } from "./disks.js";
import { becomeStopped, release, vanish } from "./lifecycle.js";
import type { AliyunContext, Instance, Order } from "./state.js";
import { accountOf, change } from "./state.js";
import { timings } from "./timings.js";

const day = 24 * 3_600_000;
/** What a day of any subscription costs here. */
const perDay = 3.2;

/** Books an order. */
export function book(context: AliyunContext, kind: Order["kind"], instanceId: string, amount: Money): Order {
  const id = context.ids.assign("order");
  const order: Order = { id, kind, instanceId, amount, createdAt: context.clock.now(), status: "Processing" };
  context.state.orders.set(id, order);
  return order;
}

/** What a refund would bring: the seed's word, or the days left. */
export function refundOf({ refund, expiresAt }: Instance, now: number): Money {
  if (refund && "quote" in refund && refund.quote) return refund.quote;
  const days = Math.max(0, Math.floor(((expiresAt ?? now) - now) / day));
  return { amount: (days * perDay).toFixed(2), currency: "CNY" };
}

/** Follows a subscription to its renewal or its end. Call again whenever it gets another end. */
export function followSubscription(context: AliyunContext, id: string): void {
  const { expiresAt } = context.state.instances.get(id) ?? {};
  if (expiresAt === undefined) return;
  const at = (time: number, run: () => void) => {
    context.later(time - context.clock.now(), () => {
      if (context.state.instances.get(id)?.expiresAt === expiresAt) run();
    });
  };
  const renewalAt = expiresAt - timings.renewalLeadMs;
  if (renewalAt > context.clock.now())
    at(renewalAt, () => {
      if (context.state.instances.get(id)?.renewal === "AutoRenewal") renew(context, id, 30);
    });
  if (expiresAt > context.clock.now()) at(expiresAt, () => expire(context, id));
  // Kept for 15 days, then all that was paid in advance goes (ECS user guide, Subscription).
  at(expiresAt + timings.keptAfterExpiryMs, () => vanish(context, id));
}

/** Stops what nobody paid for any longer. */
export function expire(context: AliyunContext, id: string): void {
  const locks = context.state.instances.get(id)?.locks ?? [];
  if (!locks.includes("financial")) change(context.state.instances, id, { locks: [...locks, "financial"] });
  becomeStopped(context, id);
}

/** Buys more time. Answers the order. */
export function renew(context: AliyunContext, id: string, days: number): Order {
  const instance = context.state.instances.get(id);
  const now = context.clock.now();
  const expiresAt = Math.max(now, instance?.expiresAt ?? now) + days * day;
  const locks = instance?.locks.filter((lock) => lock !== "financial") ?? [];
  change(context.state.instances, id, { expiresAt, locks });
  followSubscription(context, id);
  const order = book(context, "renewal", id, { amount: (days * perDay).toFixed(2), currency: "CNY" });
  change(context.state.orders, order.id, { status: "Paid" });
  return order;
}

/** Gives a subscription back. The order is carried out a little later, so that until then a second one is taken. */
export function giveBack(context: AliyunContext, instance: Instance, immediately: boolean): Order {
  const order = book(context, "refund", instance.id, refundOf(instance, context.clock.now()));
  spendRefund(context);
  context.later(timings.refundMs, () => {
    change(context.state.orders, order.id, { status: "Paid" });
    const now = context.state.instances.get(instance.id);
    if (!now || now.locks.includes("refunded")) return;
    if (immediately) return release(context, instance.id);
    change(context.state.instances, instance.id, { locks: [...now.locks, "refunded"] });
    becomeStopped(context, instance.id);
    context.later(timings.keptAfterRefundMs, () => release(context, instance.id));
  });
  return order;
}

/** Makes a subscription pay-as-you-go. Until that is done, and a little longer, nothing else is accepted for it. */
export function toPostPaid(context: AliyunContext, instance: Instance): Order {
  const { id } = instance;
  const order = book(context, "conversion", id, refundOf(instance, context.clock.now()));
  spendRefund(context);
  const until = context.clock.now() + timings.conversionMs + timings.lastTokenMs;
  change(context.state.instances, id, { busy: { code: "LastTokenProcessing", until } });
  context.later(timings.conversionMs, () => {
    change(context.state.orders, order.id, { status: "Paid" });
    change(context.state.instances, id, { chargeType: "PostPaid", expiresAt: undefined, renewal: "Normal" });
    for (const disk of disksOf(context.state, id))
      if (disk.chargeType === "PrePaid")
        change(context.state.disks, disk.id, { chargeType: "PostPaid", portable: true });
  });
  return order;
}

/** Makes a pay-as-you-go instance a subscription of so many days. */
export function toPrePaid(context: AliyunContext, { id }: Instance, days: number, withDataDisks: boolean): Order {
  const order = book(context, "conversion", id, { amount: (days * perDay).toFixed(2), currency: "CNY" });
  const until = context.clock.now() + timings.conversionMs + timings.lastTokenMs;
  change(context.state.instances, id, { busy: { code: "LastTokenProcessing", until } });
  context.later(timings.conversionMs, () => {
    change(context.state.orders, order.id, { status: "Paid" });
    change(context.state.instances, id, { chargeType: "PrePaid", expiresAt: context.clock.now() + days * day });
    for (const disk of disksOf(context.state, id))
      if (disk.role === "system" || withDataDisks)
        change(context.state.disks, disk.id, { chargeType: "PrePaid", portable: false });
    followSubscription(context, id);
  });
  return order;
}

/** Refuses what would go over the account's refund quota. */
export function checkRefunds({ state }: AliyunContext, wanted: number, code: string, status: number): void {
  const { refundsLeft } = accountOf(state);
  if (refundsLeft !== undefined && refundsLeft < wanted)
    throw refusal(code, "The maximum number of refund vcpu is exceeded: 0.", status);
}

function spendRefund({ state }: AliyunContext): void {
  const { refundsLeft } = accountOf(state);
  if (refundsLeft !== undefined) change(state.account, "account", { refundsLeft: refundsLeft - 1 });
}
