import type { Money } from "../../../src/common.js";
import { destroy, finish, setState } from "./lifecycle.js";
import type { Order, Server } from "./records.js";
import { change, type HuaweiContext } from "./state.js";
import { monthsLater } from "./times.js";
import { timings } from "./timings.js";

/** What a month of any yearly/monthly server costs here, in yuan. */
const monthlyPrice = 100;
/** What giving one back yields where the seed does not say. */
const usualRefund: Money = { amount: "88.80", currency: "CNY" };

/** What giving a server back yields. */
function quoteOf({ refund }: Server): Money {
  return "quote" in refund && refund.quote ? refund.quote : usualRefund;
}

/** Books an order. */
export function book(context: HuaweiContext, kind: Order["kind"], serverId: string, amount: Money, status = 5): Order {
  const { state, ids, now } = context;
  const order: Order = { id: ids.assign("order"), kind, serverId, amount, status, createdAt: now };
  state.orders.set(order.id, order);
  return order;
}

/** Buys more months. */
export function renew(context: HuaweiContext, server: Server, months: number): Order {
  const { state, now } = context;
  const expiresAt = monthsLater(Math.max(server.expiresAt ?? 0, now), months);
  change(state.servers, server.id, { expiresAt, frozen: undefined });
  for (const disk of state.disks.values())
    if (disk.boughtWith === server.id) change(state.disks, disk.id, { expiresAt });
  watchExpiry(context, server.id);
  return book(context, "renewal", server.id, { amount: (months * monthlyPrice).toFixed(2), currency: "CNY" });
}

/**
 * Gives a yearly/monthly server back: an order that is worked on for a while, within which the server goes the way of
 * a deletion. Its own disks are unsubscribed with it.
 */
export function giveBack(context: HuaweiContext, server: Server): Order {
  const { state } = context;
  const order = book(context, "refund", server.id, quoteOf(server), 3);
  context.later(timings.orderReleaseMs, () => {
    const present = state.servers.get(server.id);
    if (!present || present.bin) return;
    setState(context, server.id, present.status, "deleting");
  });
  context.later(timings.orderMs, () => {
    change(state.orders, order.id, { status: 5 });
    const present = state.servers.get(server.id);
    if (present && !present.bin) finish(context, present, { disks: false, addresses: false });
  });
  return order;
}

/** Lets a subscription run out: renewed, made pay-per-use, or usable for a while, then frozen, then gone. */
export function watchExpiry(context: HuaweiContext, id: string): void {
  const { state, clock } = context;
  const expiresAt = state.servers.get(id)?.expiresAt;
  if (expiresAt === undefined) return;
  const at = (time: number, run: (server: Server) => void) =>
    clock.at(time, () => {
      const server = state.servers.get(id);
      if (server?.expiresAt === expiresAt && server.chargingMode === "1" && !server.bin) run(server);
    });
  if (expiresAt > context.now) at(expiresAt, (server) => expire(context, server));
  at(expiresAt + timings.graceMs, () => setState(context, id, "SHUTOFF", null, { frozen: "overdue" }));
  at(expiresAt + timings.graceMs + timings.retentionMs, (server) => destroy(context, server, { disks: false }));
}

function expire(context: HuaweiContext, server: Server): void {
  if (server.expirePolicy === 3) renew(context, server, 1);
  if (server.expirePolicy === 1) toOnDemand(context, server);
  if (server.expirePolicy === 2) destroy(context, server, { disks: false });
}

function toOnDemand(context: HuaweiContext, server: Server): void {
  const { state } = context;
  change(state.servers, server.id, { chargingMode: "0", expiresAt: undefined, orderId: undefined });
  for (const disk of state.disks.values())
    if (disk.boughtWith === server.id)
      change(state.disks, disk.id, { orderId: undefined, boughtWith: undefined, expiresAt: undefined });
  book(context, "conversion", server.id, { amount: "0.00", currency: "CNY" });
}
