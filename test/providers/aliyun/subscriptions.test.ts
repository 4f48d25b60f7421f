import { http } from "msw";
import { setupServer } from "msw/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { aliyun } from "../../../providers/aliyun/index.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { aliyunWorld, discard, expectBlocked, mutations, sent, settle, sighting } from "./for-test.js";
import type { AliyunWorld } from "./world.js";

const day = 24 * 3_600_000;
const quote = { amount: "120.50", currency: "CNY" } as const;

/** A world with a subscription, `paid`, that ends in so many days. */
async function subscribed(over: Partial<SeedInstance> = {}, days = 90): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  const expiresAt = new Date(world.clock.now() + days * day).toISOString();
  world.seed([{ id: "paid", billing: "prepaid", expiresAt, refund: { quote }, ...over }]);
  return world;
}

const orders = (world: AliyunWorld) => world.view().orders.map(({ kind }) => kind);
const end = (world: AliyunWorld, prepaid: "unsubscribe" | "convert" | "expire" | "release-expired", over = {}) =>
  world.adapter.terminate([world.id("paid")], { ...discard, prepaid, ...over });

describe("a subscription that is unsubscribed", () => {
  it("S51 shows the refund before, moves no money in a dry run, and proves no permission it cannot prove", async () => {
    const world = await subscribed();
    const [outcome] = await end(world, "unsubscribe", { dryRun: true });
    expect(outcome).toMatchObject({
      status: "would-terminate",
      how: "unsubscribe",
      refund: { amount: quote },
      permissionChecked: false,
    });
    expect(mutations(world)).toEqual([]);
    expect(orders(world)).toEqual([]);
  });

  it("is refunded once, and the order is told", async () => {
    const world = await subscribed();
    const [outcome] = await end(world, "unsubscribe");
    expect(outcome).toMatchObject({ status: "accepted", orderIds: [expect.stringMatching(/^\d+$/)] });
    await settle(world);
    expect(orders(world)).toEqual(["refund"]);
    expect(world.holds("paid")).toBe(false);
  });

  it("S50 reads state and quote again as the refund leaves, and keeps back what changed", async () => {
    const world = await subscribed();
    await end(world, "unsubscribe");
    const at = world.requests.findIndex(({ api }) => api === "bss:RefundInstance");
    expect(world.requests.slice(at - 2, at).map(({ api }) => api)).toEqual([
      "ecs:DescribeInstances",
      "bss:InquiryPriceRefundInstance",
    ]);
    const renewed = await subscribed();
    const expiresAt = new Date(renewed.clock.now() + 365 * day).toISOString();
    let asked = false;
    const onEvent = ({ api }: { readonly type: string; readonly api?: string }) => {
      if (api !== "bss:InquiryPriceRefundInstance" || asked) return;
      asked = true;
      renewed.meddle({ set: [{ id: "paid", expiresAt }] });
    };
    const [kept] = await end(renewed, "unsubscribe", { onEvent });
    expectBlocked(kept, "wrong-state");
    expect(orders(renewed)).toEqual([]);
  });

  it("S50 leaves what would bring less than asked for, or another currency", async () => {
    const world = await subscribed();
    for (const minimumRefund of [
      { amount: "120.51", currency: "CNY" },
      { amount: "1.00", currency: "USD" },
    ])
      expectBlocked((await end(world, "unsubscribe", { minimumRefund }))[0], "prepaid");
    expect(mutations(world)).toEqual([]);
    const [outcome] = await end(world, "unsubscribe", { minimumRefund: quote });
    expect(outcome?.status).toBe("accepted");
  });

  it.each([
    ["quota", "prepaid"],
    ["not-returnable", "wrong-state"],
    ["partner", "access-denied"],
  ] as const)("stays where the cloud takes it not back for %s, with the cloud's word", async (refusedBecause, code) => {
    const world = await subscribed({ refund: { refusedBecause } });
    const [outcome] = await end(world, "unsubscribe");
    expect(outcome).toMatchObject({ status: "blocked", problem: { code } });
    expect(mutations(world)).toEqual([]);
  });

  it("gives flags back that were changed for it, when the refund is refused after all", async () => {
    const world = await subscribed({
      disks: [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }],
    });
    world.faults.add({ fault: "deny", api: "bss:RefundInstance" });
    const [outcome] = await end(world, "unsubscribe", { dataDisks: "keep" });
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" }, effects: [] });
    expect(sent(world, "ecs:ModifyDiskAttribute")).toHaveLength(2);
    expect(world.view().disks.find(({ id }) => id === world.id("data"))?.deletedWithInstance).toBe(true);
  });

  it("uses the same token in another process, so that nothing is refunded twice while the order is carried out", async () => {
    const world = await subscribed();
    await end(world, "unsubscribe");
    await (await world.another({})).terminate([world.id("paid")], { ...discard, prepaid: "unsubscribe" });
    const tokens = sent(world, "bss:RefundInstance").map(({ parameters }) => parameters.ClientToken);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
    expect(orders(world)).toEqual(["refund"]);
  });

  it("S06 sends a refund whose answer was lost never again in the same run", async () => {
    const world = await subscribed();
    world.faults.add({ fault: "drop-before", api: "bss:RefundInstance", times: 1 });
    const [outcome] = await end(world, "unsubscribe");
    expect(outcome).toMatchObject({ status: "unknown" });
    expect(sent(world, "bss:RefundInstance")).toHaveLength(1);
    expect(orders(world)).toEqual([]);
    expect(world.holds("paid")).toBe(true);
  });

  it("takes a lost refund for done only when the instance is seen to be gone or locked as refunded", async () => {
    const world = await subscribed();
    world.seed([{ id: "control" }]);
    world.faults.add({ fault: "drop-after", api: "bss:RefundInstance", times: 1 });
    const [outcome] = await end(world, "unsubscribe");
    expect(outcome?.status).toBe("accepted");
    expect(orders(world)).toEqual(["refund"]);
  });

  it("is on its way out already where it is locked as refunded: nothing is sent", async () => {
    const world = await subscribed({ locks: [{ unified: "refunded" }] });
    expect((await end(world, "unsubscribe"))[0]).toMatchObject({ status: "accepted", effects: [] });
    expect(mutations(world)).toEqual([]);
  });
});

/** The adapter on the hosts of the cloud itself, so that sites are told apart. */
function onRealHosts(over: object = {}) {
  const fake = fakeAliyun();
  const server = setupServer(...fake.handlers(http.all));
  server.listen({ onUnhandledRequest: "error" });
  onTestFinished(() => server.close());
  const credentials = { accessKeyId: "LTAI-sites", accessKeySecret: "never checked" };
  const adapter = aliyun({ region: "cn-hangzhou", credentials, clock: fake.clock, ...over });
  const expiresAt = new Date(fake.clock.now() + 90 * day).toISOString();
  fake.seed([{ id: "paid", billing: "prepaid", expiresAt, refund: { refusedBecause: "wrong-site" } }]);
  return { fake, adapter };
}

describe("billing of the other site", () => {
  it("finds the account's site by its inquiry, and refunds there", async () => {
    const { fake, adapter } = onRealHosts();
    const [outcome] = await adapter.terminate([fake.id("paid")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome?.status).toBe("accepted");
    expect(fake.requests.filter(({ api }) => api === "bss:RefundInstance")).toHaveLength(1);
    const inquiries = fake.requests.filter(({ api }) => api === "bss:InquiryPriceRefundInstance");
    expect(inquiries.map(({ cloudCode }) => cloudCode)).toEqual(["NotApplicable", undefined, undefined]);
  });

  it("asks no other site than the one that was named", async () => {
    const { fake, adapter } = onRealHosts({ site: "china" });
    const [outcome] = await adapter.terminate([fake.id("paid")], { ...discard, prepaid: "unsubscribe" });
    expect(outcome).toMatchObject({ status: "blocked", problem: { cloudCode: "NotApplicable" } });
    expect(fake.requests.filter(({ mutating }) => mutating)).toEqual([]);
  });
});

describe("a subscription that is converted", () => {
  it("is pay-as-you-go first, then released once the cloud has finished the order", async () => {
    const world = await subscribed();
    const [outcome] = await end(world, "convert");
    expect(outcome).toMatchObject({
      status: "accepted",
      effects: [{ kind: "billing-converted" }, { kind: "instance-terminated" }],
    });
    await settle(world);
    expect(orders(world)).toEqual(["conversion"]);
    expect(world.holds("paid")).toBe(false);
  });

  it("shows an estimate, and asks the cloud's dry run whether it may", async () => {
    const world = await subscribed();
    const [outcome] = await end(world, "convert", { dryRun: true });
    expect(outcome).toMatchObject({ status: "would-terminate", permissionChecked: true, refund: { amount: quote } });
    world.faults.add({ fault: "deny", api: "ecs:ModifyInstanceChargeType" });
    expect((await end(world, "convert", { dryRun: true }))[0]).toMatchObject({ problem: { code: "access-denied" } });
    expect(orders(world)).toEqual([]);
  });

  it("S06 sends a conversion whose answer was lost never again, and calls it unknown", async () => {
    const world = await subscribed();
    world.faults.add({ fault: "drop-before", api: "ecs:ModifyInstanceChargeType", times: 1 });
    expect((await end(world, "convert"))[0]).toMatchObject({ status: "unknown" });
    expect(sent(world, "ecs:ModifyInstanceChargeType")).toHaveLength(1);
    expect(world.holds("paid")).toBe(true);
  });

  it("waits for a conversion that another process has begun, by its token", async () => {
    const world = await subscribed();
    world.faults.add({ fault: "drop-after", api: "ecs:ModifyInstanceChargeType", times: 1 });
    await end(world, "convert", { deadlineMs: 2_000 });
    const [outcome] = await (await world.another({})).terminate([world.id("paid")], { ...discard, prepaid: "convert" });
    expect(outcome?.status).toBe("accepted");
    expect(orders(world)).toEqual(["conversion"]);
  });

  it("S13 looks at the disks again after the conversion, and keeps what nothing proves safe by then", async () => {
    const world = await subscribed({ disks: [{ id: "root", role: "system", sizeGiB: 40 }] });
    const [saved] = await world.adapter.snapshot([world.id("paid")], { runId: "r" });
    const proofs = saved?.status === "completed" ? saved.proofs : [];
    expect(proofs).toHaveLength(1);
    const onEvent = ({ api }: { readonly type: string; readonly api?: string }) => {
      if (api === "ecs:ModifyInstanceChargeType")
        world.meddle({ set: [{ id: "paid", disks: [{ id: "root", sizeGiB: 80 }] }] });
    };
    const options = { data: { proofs }, prepaid: "convert", onEvent } as const;
    const [outcome] = await world.adapter.terminate([world.id("paid")], options);
    expect(outcome).toMatchObject({
      status: "blocked",
      problem: { code: "missing-snapshot-proof" },
      effects: [{ kind: "billing-converted" }],
    });
    expect(sent(world, "ecs:DeleteInstances")).toEqual([]);
  });
});

describe("a subscription that ends by itself", () => {
  it("is not renewed any more, and is renewed as before when that is taken back", async () => {
    const world = await subscribed({ autoRenew: true });
    const [outcome] = await end(world, "expire");
    expect(outcome).toMatchObject({ status: "scheduled", bypassesBin: true });
    expect(sent(world, "ecs:ModifyInstanceAutoRenewAttribute")[0]?.parameters).toMatchObject({
      RenewalStatus: "NotRenewal",
    });
    const effects = outcome?.status === "scheduled" ? outcome.effects : [];
    expect((await world.adapter.revert(effects))[0]).toMatchObject({ status: "reverted" });
    expect(sent(world, "ecs:ModifyInstanceAutoRenewAttribute")[1]?.parameters).toMatchObject({
      RenewalStatus: "AutoRenewal",
      Duration: "1",
      PeriodUnit: "Month",
    });
    expect(orders(world)).toEqual([]);
  });

  it("needs no decision about its data yet, and no request where it is not renewed already", async () => {
    const world = await subscribed({ autoRenew: true });
    await end(world, "expire");
    const from = world.requests.length;
    const [again] = await world.adapter.terminate([world.id("paid")], { data: { proofs: [] }, prepaid: "expire" });
    expect(again).toMatchObject({ status: "scheduled", effects: [] });
    expect(mutations(world, from)).toEqual([]);
  });

  it("leaves a renewal alone that somebody has chosen since", async () => {
    const world = await subscribed({ autoRenew: true });
    const [outcome] = await end(world, "expire");
    const record = await sighting(world, "paid");
    world.meddle({
      set: [
        {
          id: "paid",
          billing: "prepaid",
          autoRenew: false,
          ...(record.billing.expiresAt ? { expiresAt: record.billing.expiresAt } : {}),
        },
      ],
    });
    const from = world.requests.length;
    const effects = outcome?.status === "scheduled" ? outcome.effects : [];
    expect((await world.adapter.revert(effects))[0]).toMatchObject({ status: "not-reverted", cause: "changed-since" });
    expect(mutations(world, from)).toEqual([]);
  });
});

describe("near and after the end of a subscription", () => {
  it.each(["unsubscribe", "convert"] as const)("S05 does not %s within 30 minutes of the end", async (prepaid) => {
    const world = await subscribed({}, 29 / 1440);
    expectBlocked((await end(world, prepaid))[0], "wrong-state");
    expect(mutations(world)).toEqual([]);
  });

  it("releases one that has run out only where that was chosen, with the word for it", async () => {
    const world = await subscribed({ state: "stopped" }, -2);
    for (const prepaid of ["unsubscribe", "convert", "expire"] as const)
      expectBlocked((await end(world, prepaid))[0], "prepaid");
    expectBlocked((await world.adapter.terminate([world.id("paid")], discard))[0], "prepaid");
    expect(mutations(world)).toEqual([]);
    world.seed([{ id: "plain" }]);
    const ids = [world.id("paid"), world.id("plain")];
    const outcomes = await world.adapter.terminate(ids, { ...discard, prepaid: "release-expired" });
    expect(outcomes.map(({ status }) => status)).toEqual(["accepted", "accepted"]);
    const [first, second] = sent(world, "ecs:DeleteInstances");
    const words = [first, second].map((request) => [request?.instanceIds, request?.parameters.TerminateSubscription]);
    expect(words).toContainEqual([[world.id("paid")], "true"]);
    expect(words).toContainEqual([[world.id("plain")], undefined]);
    expect(orders(world)).toEqual([]);
  });
});
