import type { JsonObject } from "../../../../src/common.js";
import { number, numbers, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { book, giveBack, renew } from "../billing.js";
import type { Order, Server } from "../records.js";
import { type Asked, bss, type Handler } from "../service.js";
import { accountOf, change, type HuaweiActions, type HuaweiState } from "../state.js";
import { destroyDisk } from "../storage.js";
import { utc } from "../times.js";
import { timings } from "../timings.js";

/** Something that was paid for in advance. */
interface Subscribed {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly parentId?: string | undefined;
  readonly expiresAt: number;
  readonly since: number;
  readonly policy: number;
  readonly frozen: boolean;
}

/** Only the account itself may ask, and on the site it belongs to. */
function forOwner(handle: Handler): Handler {
  return (asked) => {
    if (asked.route.site !== accountOf(asked.state).site)
      throw refusal("CBC.0150", "Access denied. The customer does not belong to the website you are now at.", 403);
    return handle(asked);
  };
}

/** A server bought for months is a main resource, its disks of that order are attached; others are main by themselves. */
function subscriptions({ servers, disks, publicIps }: HuaweiState): readonly Subscribed[] {
  const vms = [...servers.values()].filter(({ chargingMode }) => chargingMode === "1");
  const volumes = [...disks.values()].filter(({ orderId, bin }) => orderId !== undefined && !bin);
  const addresses = [...publicIps.values()].filter(({ orderId }) => orderId !== undefined);
  return [
    ...vms.map((server) => ({
      id: server.id,
      name: server.name,
      type: "hws.resource.type.vm",
      expiresAt: server.expiresAt ?? 0,
      since: server.createdAt,
      policy: server.expirePolicy,
      frozen: server.frozen !== undefined,
    })),
    ...volumes.map((disk) => ({
      id: disk.id,
      name: disk.name,
      type: "hws.resource.type.volume",
      parentId: disk.boughtWith,
      expiresAt: disk.expiresAt ?? 0,
      since: disk.createdAt,
      policy: servers.get(disk.boughtWith ?? "")?.expirePolicy ?? 0,
      frozen: false,
    })),
    ...addresses.map((address) => ({
      id: address.id,
      name: address.ip,
      type: "hws.resource.type.ip",
      expiresAt: address.createdAt + 30 * timings.dayMs,
      since: address.createdAt,
      policy: 0,
      frozen: false,
    })),
  ];
}

function resourceWire(state: HuaweiState, one: Subscribed, now: number): JsonObject {
  return {
    id: `res-${one.id.slice(0, 8)}`,
    resource_id: one.id,
    resource_name: one.name,
    region_code: state.region,
    customer_id: state.accountId,
    project_id: state.projectId,
    product_id: "00301-253164-0--0",
    cloud_service_type_code: one.type.endsWith("vm") ? "hws.service.type.ec2" : "hws.service.type.ebs",
    resource_type_code: one.type,
    resource_spec_code: "s6.large.2.linux",
    parent_resource_id: one.parentId ?? "",
    is_main_resource: one.parentId === undefined ? 1 : 0,
    // 2 in use, 4 frozen, 5 expired; another text reads these numbers otherwise.
    status: one.frozen ? 4 : one.expiresAt <= now ? 5 : 2,
    effective_time: utc(one.since),
    expire_time: utc(one.expiresAt),
    next_operation_policy: one.policy,
    expire_policy: one.policy,
  };
}

/**
 * The path is misspelt in the cloud itself. Without ids it does not filter at all: the first resources of the account
 * come, whoever they are. With a server's id, what is attached to it comes along.
 */
const queryResources = forOwner(({ state, body, now, requestId }) => {
  const ids = texts(body, "resource_ids");
  const onlyMain = number(body, "only_main_resource") === 1;
  const wanted = numbers(body, "status_list");
  const found = subscriptions(state)
    .filter(({ id, parentId = "" }) => ids.length === 0 || ids.includes(id) || ids.includes(parentId))
    .filter(({ parentId }) => !onlyMain || parentId === undefined)
    .map((one) => resourceWire(state, one, now))
    .filter(({ status }) => wanted.length === 0 || wanted.includes(Number(status)));
  const offset = number(body, "offset") ?? 0;
  const data = found.slice(offset, offset + (number(body, "limit") ?? 10));
  return { request_id: requestId, total_count: found.length, data };
});

/** Refusals of this API come as HTTP 200 with a code in the body ("Error codes", Customer Operation Capabilities). */
function refused(code: string, message: string): Error {
  return refusal(code, message, 200);
}

const outOfQuota = () => refused("CBC.99003650", "The number of unsubscriptions has reached its limit.");

/** Why one server cannot be given back now. */
function checkReturn(asked: Asked, server: Server): void {
  const { state, now } = asked;
  const why = "refusedBecause" in server.refund ? server.refund.refusedBecause : undefined;
  // Whom a partner pays for, only the partner may unsubscribe. On its own site nothing stands against `wrong-site`.
  if (why === "partner") throw refusal("CBC.0151", "Access denied.", 403);
  if (why === "quota") throw outOfQuota();
  if (why === "not-returnable") throw refused("CBC.99003643", "The resource was invoiced.");
  const isPending = [...state.orders.values()].some(
    ({ serverId, kind, status }) => serverId === server.id && kind === "refund" && status === 3,
  );
  if (isPending) throw refused("CBC.99003651", "The resource is being unsubscribed from.");
  if (server.locks.length > 0) throw refused("CBC.3002", "The resource is locked.");
  if (server.frozen) throw refused("CBC.99003656", "The resource is frozen.");
  if ((server.expiresAt ?? 0) <= now) throw refused("CBC.3016", "There are expired resources.");
  if (accountOf(state).refundsLeft === 0) throw outOfQuota();
}

/** Main resources only, ten at most, no token: what is asked twice may be done twice. */
const unsubscribe = forOwner((asked) => {
  const { state, body, requestId } = asked;
  const ids = texts(body, "resource_ids");
  const all = subscriptions(state);
  for (const id of ids) {
    const one = all.find((known) => known.id === id);
    if (!one) throw refused("CBC.99003012", "The resource does not exist.");
    if (one.parentId !== undefined)
      throw refused("CBC.99003185", "The resource has to be unsubscribed from as a whole.");
  }
  if (number(body, "unsubscribe_type") === 2) throw refused("CBC.99003128", "There is no renewal to unsubscribe from.");
  const servers = ids.flatMap((id) => state.servers.get(id) ?? []);
  for (const server of servers) checkReturn(asked, server);
  const orders = ids.map((id) => returnOne(asked, id));
  return { request_id: requestId, order_ids: orders.map(({ id }) => id), fail_resource_infos: [] };
});

function returnOne(asked: Asked, id: string): Order {
  const { state } = asked;
  asked.effect(id);
  const server = state.servers.get(id);
  if (server) {
    const account = accountOf(state);
    if (account.refundsLeft !== undefined)
      state.account.set("account", { ...account, refundsLeft: account.refundsLeft - 1 });
    return giveBack(asked, server);
  }
  const order = book(asked, "refund", id, { amount: "8.80", currency: "CNY" }, 3);
  asked.later(timings.orderMs, () => {
    change(state.orders, order.id, { status: 5 });
    if (state.disks.has(id)) destroyDisk(asked, id);
    else state.publicIps.delete(id);
  });
  return order;
}

function orderNamed({ state }: Asked, id: string): Order {
  const order = state.orders.get(id);
  if (!order) throw refused("CBC.99003101", "The order does not exist.");
  return order;
}

/** 2 new purchase, 4 refund and the like: `order_type`; `status` tells how far it is. */
const showOrder = forOwner((asked) => {
  const order = orderNamed(asked, asked.path.order_id ?? "");
  const order_info = {
    order_id: order.id,
    customer_id: asked.state.accountId,
    order_type: { refund: 4, renewal: 2, conversion: 10 }[order.kind],
    status: order.status,
    create_time: utc(order.createdAt),
    payment_time: utc(order.createdAt),
    currency: order.amount.currency,
    service_type_code: "hws.service.type.ec2",
    service_type_name: "ECS",
    source_type: 1,
  };
  return { request_id: asked.requestId, order_info, order_line_items: [], total_count: 0 };
});

/** Negative: money that comes back. */
const showRefund = forOwner((asked) => {
  const order = orderNamed(asked, text(asked.query, "order_id") ?? "");
  if (order.kind !== "refund") return { request_id: asked.requestId, refund_infos: [] };
  const refund_infos = [
    {
      id: `refund-${order.id}`,
      order_id: order.id,
      resource_type_code: "hws.resource.type.vm",
      service_type_code: "hws.service.type.ec2",
      region_code: asked.state.region,
      amount: -Number(order.amount.amount),
      measure_id: "1",
      customer_id: asked.state.accountId,
      create_time: utc(order.createdAt),
      base_order_id: "",
    },
  ];
  return { request_id: asked.requestId, refund_infos };
});

/** What becomes of a server when its time is over. */
function setPolicy(expirePolicy: number): Handler {
  return forOwner((asked) => {
    const server = asked.state.servers.get(asked.path.resource_id ?? "");
    if (server?.chargingMode !== "1") throw refused("CBC.99003012", "The resource does not exist.");
    change(asked.state.servers, server.id, { expirePolicy });
    asked.effect(server.id);
    return undefined;
  });
}

const toOnDemand = forOwner((asked) => {
  const ids = texts(asked.body, "resource_ids");
  for (const id of ids) {
    if (asked.state.servers.get(id)?.chargingMode !== "1")
      throw refused("CBC.99003012", "The resource does not exist.");
    change(asked.state.servers, id, { expirePolicy: 1 });
    asked.effect(id);
  }
  return undefined;
});

const renewResources = forOwner((asked) => {
  const ids = texts(asked.body, "resource_ids");
  const months = (number(asked.body, "period_num") ?? 1) * (number(asked.body, "period_type") === 3 ? 12 : 1);
  const servers = ids.flatMap((id) => asked.state.servers.get(id) ?? []);
  if (servers.length !== ids.length || servers.some(({ chargingMode }) => chargingMode !== "1"))
    throw refused("CBC.99003012", "The resource does not exist.");
  const orders = servers.map((server) => {
    asked.effect(server.id);
    return renew(asked, server, months);
  });
  return { request_id: asked.requestId, order_ids: orders.map(({ id }) => id) };
});

/** Billing. It belongs to the account, so no path names a project. */
export const billingActions: HuaweiActions = {
  "bss:POST /v2/orders/suscriptions/resources/query": bss.ask(
    "resource_ids[50] order_id only_main_resource:n0-1 status_list[]:n offset:n limit:n1-500 service_type_code " +
      "resource_type_code expire_time_begin expire_time_end",
    queryResources,
  ),
  "bss:POST /v2/orders/subscriptions/resources/unsubscribe": bss.write(
    "resource_ids[10]! unsubscribe_type:n1-3! unsubscribe_reason_type:n1-5 unsubscribe_reason",
    unsubscribe,
  ),
  "bss:GET /v2/orders/customer-orders/details/{order_id}": bss.read("limit:n offset:n indirect_partner_id", showOrder),
  "bss:GET /v2/orders/customer-orders/refund-orders": bss.read("order_id! customer_id indirect_partner_id", showRefund),
  "bss:POST /v2/orders/subscriptions/resources/autorenew/{resource_id}": bss.write("", setPolicy(3)),
  "bss:DELETE /v2/orders/subscriptions/resources/autorenew/{resource_id}": bss.remove("", setPolicy(0)),
  "bss:POST /v2/orders/subscriptions/resources/to-on-demand": bss.write("resource_ids[10]!", toOnDemand),
  "bss:POST /v2/orders/subscriptions/resources/renew": bss.write(
    "resource_ids[10]! period_type:n2-3! period_num:n1-9! expire_policy:n0-3! is_auto_pay:n0-1",
    renewResources,
  ),
};
