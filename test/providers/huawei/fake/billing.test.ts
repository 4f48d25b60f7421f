import { describe, expect, it } from "vitest";
import type { SeedInstance, WorldSeed } from "../../../../src/testing/seed.js";
import { at, openFake, textAt } from "./open.js";

const query = "bss:POST /v2/orders/suscriptions/resources/query";
const unsubscribe = "bss:POST /v2/orders/subscriptions/resources/unsubscribe";
const day = 86_400_000;

const paid: SeedInstance = {
  id: "web",
  billing: "prepaid",
  createdAt: "2025-11-01T00:00:00Z",
  expiresAt: "2026-06-01T00:00:00Z",
  refund: { quote: { amount: "120.50", currency: "CNY" } },
  disks: [
    { id: "root", role: "system" },
    { id: "tied", role: "data", tied: true },
    { id: "late", role: "data" },
  ],
};

async function open(seed: WorldSeed | readonly SeedInstance[] = [paid]) {
  const fake = await openFake();
  fake.cloud.seed(seed);
  const giveBack = (...names: readonly string[]) =>
    fake.call(unsubscribe, {
      body: { resource_ids: names.map((name) => fake.cloud.id(name)), unsubscribe_type: 1, unsubscribe_reason_type: 5 },
    });
  const details = (order_id: string) =>
    fake.call("bss:GET /v2/orders/customer-orders/details/{order_id}", { path: { order_id } });
  return { ...fake, giveBack, details };
}

describe("what was bought for months", () => {
  it("is a main resource with the disks of its order attached, not those that came later", async () => {
    const { cloud, call } = await open();
    const body = { resource_ids: [cloud.id("web")], only_main_resource: 0 };
    const answer = await call(query, { body });
    expect(answer).toMatchObject({
      total_count: 3,
      data: [
        { resource_id: cloud.id("web"), is_main_resource: 1, status: 2, expire_time: "2026-06-01T00:00:00Z" },
        { resource_id: cloud.id("root"), is_main_resource: 0, parent_resource_id: cloud.id("web") },
        { resource_id: cloud.id("tied"), is_main_resource: 0, resource_type_code: "hws.resource.type.volume" },
      ],
    });
    expect(at(await call(query, { body: { ...body, only_main_resource: 1 } }), "total_count")).toBe(1);
  });

  it("is somebody's anyhow when no id is given: that is no filter", async () => {
    const { call } = await open();
    expect(at(await call(query, { body: { resource_ids: [] } }), "total_count")).toBe(3);
    expect(at(await call(query, { body: { limit: 2 } }), "data.length")).toBe(2);
  });

  it("is not found by the id of a pay-per-use server", async () => {
    const { cloud, call } = await open([{ id: "plain" }]);
    expect(at(await call(query, { body: { resource_ids: [cloud.id("plain")] } }), "total_count")).toBe(0);
  });

  it("is asked for ten rows and fifty ids at a time", async () => {
    const { cloud, call } = await open(
      Array.from({ length: 12 }, (_, index) => ({ ...paid, id: `web-${index}`, disks: [{}] })),
    );
    const ids = Array.from({ length: 12 }, (_, index) => cloud.id(`web-${index}`));
    expect(at(await call(query, { body: { resource_ids: ids, only_main_resource: 1 } }), "data.length")).toBe(10);
    const many = Array.from({ length: 51 }, () => ids[0]);
    await expect(call(query, { body: { resource_ids: many } })).rejects.toMatchObject({ errorCode: "CBC.0100" });
  });
});

describe("unsubscribing", () => {
  it("makes an order, releases the server within it, and brings the money in it", async () => {
    const { cloud, call, giveBack, details } = await open();
    const orderId = textAt(await giveBack("web"), "order_ids.0");
    expect(at(await details(orderId), "order_info.status")).toBe(3);
    expect(cloud.holds("web")).toBe(true);
    await cloud.clock.advance(20_000);
    expect(cloud.holds("web")).toBe(false);
    await cloud.clock.advance(40_000);
    expect(at(await details(orderId), "order_info.status")).toBe(5);
    expect(cloud.view().instances).toHaveLength(1);
    await cloud.clock.advance(5_000);
    expect(cloud.view().instances).toEqual([]);
    expect(["root", "tied", "late"].map((name) => cloud.holds(name))).toEqual([false, false, true]);
    const refund = await call("bss:GET /v2/orders/customer-orders/refund-orders", { query: { order_id: orderId } });
    expect(refund).toMatchObject({ refund_infos: [{ amount: -120.5, measure_id: "1" }] });
    expect(cloud.view().orders).toEqual([
      { kind: "refund", instanceId: expect.any(String), amount: { amount: "120.50", currency: "CNY" } },
    ]);
  });

  it("puts an unexpired server into the bin where that is on", async () => {
    const { cloud, giveBack } = await open({ instances: [paid], bins: { instance: { enabled: true } } });
    await giveBack("web");
    await cloud.clock.advance(61_000);
    expect(cloud.view().instances[0]).toMatchObject({ state: "recycled", billing: "on-demand" });
  });

  const refusals: readonly (readonly [string, SeedInstance, string])[] = [
    ["an account out of refunds", { ...paid, refund: { refusedBecause: "quota" } }, "CBC.99003650"],
    ["what cannot be returned", { ...paid, refund: { refusedBecause: "not-returnable" } }, "CBC.99003643"],
    ["what has expired", { ...paid, expiresAt: "2026-01-01T00:00:00Z" }, "CBC.3016"],
    ["what is frozen", { ...paid, locks: [{ unified: "overdue" }] }, "CBC.99003656"],
    ["what is locked", { ...paid, locks: [{ unified: "order" }] }, "CBC.3002"],
    ["a pay-per-use server", { id: "web" }, "CBC.99003012"],
  ];
  it.each(refusals)("refuses %s with HTTP 200 and a code inside", async (_name, seed, code) => {
    const { cloud, giveBack } = await open([seed]);
    expect(await giveBack("web")).toMatchObject({ httpStatusCode: 200, error_code: code });
    expect(cloud.view().orders).toEqual([]);
    expect(cloud.view().effects).toEqual([]);
  });

  it("refuses a disk without its server, and a second request while the first is worked on", async () => {
    const { cloud, giveBack } = await open();
    expect(await giveBack("root")).toMatchObject({ error_code: "CBC.99003185" });
    await giveBack("web");
    expect(await giveBack("web")).toMatchObject({ error_code: "CBC.99003651" });
    expect(cloud.view().orders).toHaveLength(1);
  });

  it("refuses a partner's customer, and more than ten at once", async () => {
    const { cloud, call, giveBack } = await open([{ ...paid, refund: { refusedBecause: "partner" } }]);
    await expect(giveBack("web")).rejects.toMatchObject({ errorCode: "CBC.0151", httpStatusCode: 403 });
    const resource_ids = Array.from({ length: 11 }, () => cloud.id("web"));
    await expect(call(unsubscribe, { body: { resource_ids, unsubscribe_type: 1 } })).rejects.toMatchObject({
      errorCode: "CBC.0100",
    });
  });

  it("counts refunds against the account's quota", async () => {
    const { giveBack } = await open({
      instances: [paid, { ...paid, id: "other", disks: [{}] }],
      quotas: { refunds: 1 },
    });
    expect(at(await giveBack("web"), "order_ids.length")).toBe(1);
    expect(await giveBack("other")).toMatchObject({ error_code: "CBC.99003650" });
  });

  it("takes a late disk and an address bought for months by themselves", async () => {
    const { cloud, giveBack } = await open({
      disks: [{ id: "disk", billing: "prepaid" }],
      addresses: [{ id: "front", kind: "elastic", billing: "prepaid" }],
    });
    await giveBack("disk", "front");
    await cloud.clock.advance(60_000);
    expect(cloud.view()).toMatchObject({ disks: [], addresses: [] });
  });
});

describe("the billing site", () => {
  it("is the other one for some accounts: 403, and the same request works there", async () => {
    const { cloud, call } = await open([{ ...paid, refund: { refusedBecause: "wrong-site" } }]);
    const body = { resource_ids: [cloud.id("web")] };
    await expect(call(query, { body })).rejects.toMatchObject({ errorCode: "CBC.0150", httpStatusCode: 403 });
    expect(at(await call(query.replace("bss:", "bss-intl:"), { body }), "total_count")).toBe(3);
    const give = { ...body, unsubscribe_type: 1 };
    expect(at(await call(unsubscribe.replace("bss:", "bss-intl:"), { body: give }), "order_ids.length")).toBe(1);
    expect(cloud.requests.map(({ api }) => api)).toEqual([query, query, unsubscribe]);
  });
});

describe("the end of a subscription", () => {
  it("is put off by renewal, which can be switched off again", async () => {
    const { cloud, call } = await open([{ ...paid, autoRenew: true }]);
    const path = { resource_id: cloud.id("web") };
    const renewal = "/v2/orders/subscriptions/resources/autorenew/{resource_id}";
    const policy = async () =>
      at(await call(query, { body: { resource_ids: [cloud.id("web")] } }), "data.0.expire_policy");
    expect(await policy()).toBe(3);
    await call(`bss:DELETE ${renewal}`, { path });
    expect(await policy()).toBe(0);
    await call(`bss:POST ${renewal}`, { path });
    await cloud.clock.advance(160 * day);
    expect(cloud.view().orders).toMatchObject([{ kind: "renewal" }]);
    expect(cloud.view().instances[0]?.billing).toBe("prepaid");
  });

  it("is a grace period, then frozen, then gone", async () => {
    const { cloud, call } = await open([{ ...paid, expiresAt: "2026-01-03T00:00:00Z" }]);
    const status = async () => at(await call(query, { body: { resource_ids: [cloud.id("web")] } }), "data.0.status");
    await cloud.clock.advance(2 * day);
    expect(await status()).toBe(5);
    expect(cloud.view().instances[0]?.state).toBe("running");
    await cloud.clock.advance(15 * day);
    expect(await status()).toBe(4);
    expect(cloud.view().instances[0]).toMatchObject({ state: "stopped", locked: true });
    await cloud.clock.advance(15 * day);
    expect(cloud.view().instances).toEqual([]);
  });

  it("makes a server pay-per-use where that was asked", async () => {
    const { cloud, call } = await open([{ ...paid, expiresAt: "2026-01-03T00:00:00Z" }]);
    const body = { resource_ids: [cloud.id("web")] };
    await call("bss:POST /v2/orders/subscriptions/resources/to-on-demand", { body });
    await cloud.clock.advance(2 * day);
    expect(cloud.view()).toMatchObject({ instances: [{ billing: "on-demand" }], orders: [{ kind: "conversion" }] });
  });

  it("is moved by buying more months", async () => {
    const { cloud, call } = await open();
    const body = { resource_ids: [cloud.id("web")], period_type: 2, period_num: 2, expire_policy: 0 };
    await call("bss:POST /v2/orders/subscriptions/resources/renew", { body });
    const answer = await call(query, { body: { resource_ids: [cloud.id("web")] } });
    expect(at(answer, "data.0.expire_time")).toBe("2026-08-01T00:00:00Z");
  });
});
