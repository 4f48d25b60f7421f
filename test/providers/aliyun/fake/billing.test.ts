import { describe, expect, it } from "vitest";
import type { SeedInstance } from "../../../../src/testing/seed.js";
import { at, codeOf, day, errorOf, listAt, minute, openFake, textAt } from "./open.js";

const now = "2026-01-02T00:00:00.000Z";
const paid: SeedInstance = { id: "paid", billing: "prepaid", expiresAt: "2026-03-03T00:00:00Z" };
const quote = { amount: "120.50", currency: "CNY" };

async function open(...instances: readonly SeedInstance[]) {
  const fake = await openFake({ now });
  fake.cloud.seed(instances);
  const { cloud, call, inRegion } = fake;
  const product = (name: string) => ({ ProductCode: "ecs", ProductType: "", InstanceId: cloud.id(name) });
  return {
    ...fake,
    product,
    inquire: (name: string) => call("bss", "InquiryPriceRefundInstance", product(name)),
    refund: (name: string, over: Record<string, string> = {}) =>
      call("bss", "RefundInstance", { ...product(name), ...over }),
    convert: (names: readonly string[], over: Record<string, string> = {}) =>
      inRegion("ecs", "ModifyInstanceChargeType", {
        InstanceIds: JSON.stringify(names.map((name) => cloud.id(name))),
        InstanceChargeType: "PostPaid",
        ...over,
      }),
  };
}

describe("refunds", () => {
  it("are quoted first and booked once for one token", async () => {
    const { cloud, inquire, refund } = await open({ ...paid, refund: { quote } });
    expect(at(await inquire("paid"), "Data")).toMatchObject({ RefundAmount: 120.5, Currency: "CNY" });
    expect(cloud.view().orders).toEqual([]);
    const first = await refund("paid", { ClientToken: "once" });
    const second = await refund("paid", { ClientToken: "once" });
    expect(first).toMatchObject({ Success: true, Code: "Success", Data: { OrderId: expect.any(Number) } });
    expect(at(second, "Data.OrderId")).toBe(at(first, "Data.OrderId"));
    expect(cloud.view().orders).toEqual([{ kind: "refund", instanceId: cloud.id("paid"), amount: quote }]);
  });

  it("are booked twice when asked for twice before the first is carried out", async () => {
    const { cloud, refund } = await open(paid);
    await refund("paid", { ClientToken: "one" });
    await refund("paid", { ClientToken: "two" });
    expect(cloud.view().orders).toHaveLength(2);
    expect(cloud.view().effects).toEqual([{ api: "bss:RefundInstance", id: cloud.id("paid"), count: 2 }]);
  });

  it("release the instance at once, after which there is nothing to refund", async () => {
    const { cloud, refund, call, status } = await open(paid);
    const order = await refund("paid");
    await cloud.clock.advance(11_000);
    expect(await refund("paid")).toMatchObject({ Success: false, Code: "ResourceStatusError" });
    await cloud.clock.advance(minute);
    expect(await status("paid")).toBeUndefined();
    expect(await refund("paid")).toMatchObject({ Success: false, Code: "ResourceNotExists" });
    const detail = await call("bss", "GetOrderDetail", { OrderId: String(at(order, "Data.OrderId")) });
    expect(at(detail, "Data.OrderList.Order.0")).toMatchObject({ OrderType: "Refund", PaymentStatus: "Paid" });
  });

  it("only stop and lock the instance where it is not to be released at once", async () => {
    const { cloud, refund, inRegion, status } = await open(paid);
    await refund("paid", { ImmediatelyRelease: "0" });
    await cloud.clock.advance(minute);
    const [instance] = listAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance");
    expect(instance).toMatchObject({ Status: "Stopped", OperationLocks: { LockReason: [{ LockReason: "refunded" }] } });
    await cloud.clock.advance(16 * day);
    expect(await status("paid")).toBeUndefined();
  });

  it("are refused with status 200 and Success false, which the SDK takes for a success", async () => {
    const { cloud, call, product, refund } = await open(
      { id: "web" },
      { ...paid, id: "fixed", refund: { refusedBecause: "not-returnable" } },
      { ...paid, id: "many", refund: { refusedBecause: "quota" } },
    );
    expect(await refund("web")).toMatchObject({ Success: false, Code: "ResourceStatusError" });
    expect(await refund("fixed")).toMatchObject({ Success: false, Code: "ResourceStatusError" });
    expect(await refund("many")).toMatchObject({ Success: false });
    const { ProductType: _, ...without } = product("fixed");
    expect(await call("bss", "RefundInstance", without)).toMatchObject({ Success: false, Code: "InvalidParameter" });
    expect(cloud.view().orders).toEqual([]);
  });

  it("are refused to partners' customers and on the other site with an error", async () => {
    const { cloud, refund, inquire } = await open(
      { ...paid, id: "resold", refund: { refusedBecause: "partner" } },
      { ...paid, id: "abroad", refund: { refusedBecause: "wrong-site" } },
    );
    expect(await errorOf(refund("resold"))).toEqual({ code: "NotAuthorized", status: 400 });
    expect(await errorOf(inquire("abroad"))).toEqual({ code: "NotApplicable", status: 400 });
    const query = new URLSearchParams({
      Action: "InquiryPriceRefundInstance",
      Version: "2017-12-14",
      Format: "JSON",
      AccessKeyId: "LTAI-home",
      Signature: "s",
      SignatureMethod: "HMAC-SHA1",
      SignatureVersion: "1.0",
      SignatureNonce: "1",
      Timestamp: "t",
      ProductCode: "ecs",
      ProductType: "",
      InstanceId: cloud.id("abroad"),
    });
    const answer = await cloud.fetch(new Request(`https://business.ap-southeast-1.aliyuncs.com/?${query}`));
    expect(await answer.json()).toMatchObject({ Success: true });
  });

  it("end with the account's quota", async () => {
    const { cloud, refund, convert } = await open(paid, { ...paid, id: "next" });
    cloud.seed({ quotas: { refunds: 1 } });
    await refund("paid");
    expect(await refund("next")).toMatchObject({ Success: false });
    expect(await errorOf(convert(["next"]))).toEqual({ code: "QuotaExceed.RufundVcpu", status: 400 });
    expect(cloud.view().orders).toHaveLength(1);
  });
});

describe("conversions", () => {
  it("take their time, and until then and a little longer everything else is refused", async () => {
    const { cloud, convert, call, inRegion } = await open({ ...paid, refund: { quote } });
    const chargeType = async () =>
      textAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance.0.InstanceChargeType");
    await convert(["paid"], { ClientToken: "once" });
    expect(await errorOf(convert(["paid"], { ClientToken: "once" }))).toEqual({
      code: "IdempotentProcessing",
      status: 403,
    });
    expect(await codeOf(convert(["paid"], { ClientToken: "again" }))).toBe("LastTokenProcessing");
    expect(await chargeType()).toBe("PrePaid");
    await cloud.clock.advance(41_000);
    expect(await chargeType()).toBe("PostPaid");
    const remove = () => call("ecs", "DeleteInstance", { InstanceId: cloud.id("paid"), Force: "true" });
    expect(await errorOf(remove())).toEqual({ code: "LastTokenProcessing", status: 403 });
    await cloud.clock.advance(10_000);
    await remove();
    expect(cloud.view().orders).toEqual([{ kind: "conversion", instanceId: cloud.id("paid"), amount: quote }]);
    await convert(["paid"], { ClientToken: "once" });
    expect(cloud.view().orders).toHaveLength(1);
  });

  it("set the expiry back to the far date, and free the disks", async () => {
    const { cloud, convert, inRegion } = await open({ ...paid, disks: [{ id: "root" }] });
    expect(at(await inRegion("ecs", "DescribeDisks"), "Disks.Disk.0")).toMatchObject({
      DiskChargeType: "PrePaid",
      Portable: false,
    });
    await convert(["paid"]);
    await cloud.clock.advance(minute);
    const [instance] = listAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance");
    expect(instance).toMatchObject({ InstanceChargeType: "PostPaid", ExpiredTime: "2099-12-31T15:59Z" });
    expect(at(await inRegion("ecs", "DescribeDisks"), "Disks.Disk.0")).toMatchObject({
      DiskChargeType: "PostPaid",
      Portable: true,
    });
    await cloud.clock.advance(365 * day);
    expect(cloud.holds("paid")).toBe(true);
  });

  it("buy a subscription when the target is left out", async () => {
    const { cloud, inRegion } = await open({ id: "web" });
    const InstanceIds = JSON.stringify([cloud.id("web")]);
    await inRegion("ecs", "ModifyInstanceChargeType", { InstanceIds, Period: "1" });
    await cloud.clock.advance(minute);
    expect(cloud.view().instances[0]?.billing).toBe("prepaid");
    expect(cloud.view().orders).toMatchObject([{ kind: "conversion" }]);
  });

  it("are refused, each for its cause", async () => {
    const { cloud, convert, inRegion } = await open(
      { id: "web", scheduledReleaseAt: "2026-02-01T00:00:00Z" },
      { ...paid, id: "over", expiresAt: "2026-01-01T00:00:00Z" },
      paid,
    );
    expect(await codeOf(convert(["web"]))).toBe("InvalidInstanceChargeType.ValueNotSupported");
    expect(await codeOf(convert(["over"]))).toBe("ExpiredInstance");
    expect(await codeOf(convert(["web"], { InstanceChargeType: "PrePaid", Period: "1" }))).toBe(
      "ReleaseTimeHaveBeenSet",
    );
    const many = JSON.stringify(Array.from({ length: 21 }, () => cloud.id("paid")));
    expect(await codeOf(inRegion("ecs", "ModifyInstanceChargeType", { InstanceIds: many }))).toBe(
      "InstancesIdQuotaExceed",
    );
    const unknown = JSON.stringify(["i-bp100000000000000000"]);
    expect(await codeOf(inRegion("ecs", "ModifyInstanceChargeType", { InstanceIds: unknown }))).toBe(
      "InvalidParameter.InstanceIds",
    );
    cloud.seed({ accountState: "overdue" });
    expect(await errorOf(convert(["paid"]))).toEqual({ code: "Account.Arrearage", status: 403 });
    expect(cloud.view().orders).toEqual([]);
  });
});

describe("subscriptions", () => {
  it("stop when they expire, are kept for 15 days, and go with what was paid in advance", async () => {
    const { cloud, status, inRegion } = await open({
      ...paid,
      disks: [{ id: "root" }, { id: "kept", role: "data" }],
      addresses: [{ id: "front", kind: "elastic" }],
    });
    await cloud.clock.advance(61 * day);
    const [instance] = listAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance");
    expect(instance).toMatchObject({
      Status: "Stopped",
      OperationLocks: { LockReason: [{ LockReason: "financial" }] },
    });
    await cloud.clock.advance(13 * day);
    expect(await status("paid")).toBe("Stopped");
    await cloud.clock.advance(2 * day);
    expect(await status("paid")).toBeUndefined();
    expect(["root", "kept", "front"].map((name) => cloud.holds(name))).toEqual([false, true, true]);
  });

  it("renew themselves nine days before, unless that is turned off", async () => {
    const { cloud, inRegion, status } = await open(
      { ...paid, autoRenew: true },
      { ...paid, id: "ends", autoRenew: true },
    );
    const change = { InstanceId: cloud.id("ends"), RenewalStatus: "NotRenewal", AutoRenew: "true" };
    await inRegion("ecs", "ModifyInstanceAutoRenewAttribute", change);
    await cloud.clock.advance(70 * day);
    expect([await status("paid"), await status("ends")]).toEqual(["Running", "Stopped"]);
    expect(cloud.view().orders).toMatchObject([{ kind: "renewal", instanceId: cloud.id("paid") }]);
  });

  it("come back when they are renewed before they are released", async () => {
    const { cloud, call, status } = await open(paid);
    await cloud.clock.advance(65 * day);
    await call("ecs", "RenewInstance", {
      InstanceId: cloud.id("paid"),
      Period: "1",
      PeriodUnit: "Month",
      ClientToken: "once",
    });
    await call("ecs", "StartInstance", { InstanceId: cloud.id("paid") });
    await cloud.clock.advance(20 * day);
    expect(await status("paid")).toBe("Running");
    expect(cloud.view().orders).toMatchObject([{ kind: "renewal" }]);
  });

  it("can be neither bought nor returned by an account under restriction", async () => {
    const { cloud, call, convert, refund } = await open({ ...paid, disks: [{ id: "root" }] });
    cloud.seed({ accountState: "restricted" });
    expect(await errorOf(convert(["paid"]))).toEqual({ code: "Forbidden.RiskControl", status: 403 });
    expect(await codeOf(call("ecs", "CreateSnapshot", { DiskId: cloud.id("root") }))).toBe("Forbidden.RiskControl");
    expect(await refund("paid")).toMatchObject({ Success: false });
    expect(cloud.view().orders).toEqual([]);
  });

  it("refuse release protection and timers, which are for pay-as-you-go", async () => {
    const { cloud, call } = await open(paid);
    const protect = call("ecs", "ModifyInstanceAttribute", {
      InstanceId: cloud.id("paid"),
      DeletionProtection: "true",
    });
    expect(await codeOf(protect)).toBe("ChargeTypeViolation");
  });
});
