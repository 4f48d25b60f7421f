import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

const second = 1_000;
const day = 24 * 3_600 * second;

/** State and last operation, as DescribeInstances tells them; undefined once the instance is gone. */
async function seen({ cvm }: Awaited<ReturnType<typeof openFake>>, id: string) {
  const { InstanceSet } = await cvm.DescribeInstances({ InstanceIds: [id], Limit: 100 });
  return InstanceSet?.[0];
}

describe("a pay-as-you-go instance", () => {
  it("is destroyed by one call, and absent within a poll, without an error", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "web" }]);
    const id = cloud.id("web");
    await cvm.TerminateInstances({ InstanceIds: [id] });
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "RUNNING", LatestOperationState: "OPERATING" });
    expect(cloud.holds("web")).toBe(false);
    await cloud.clock.advance(2 * second);
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "TERMINATING", LatestOperation: "TerminateInstances" });
    await cloud.clock.advance(8 * second);
    expect(await cvm.DescribeInstances({ InstanceIds: [id] })).toMatchObject({ TotalCount: 0, InstanceSet: [] });
    expect(cloud.view().orders).toEqual([]);
    expect(cloud.view().effects).toEqual([{ api: "cvm:TerminateInstances", id, count: 1 }]);
  });

  it("says that it is on its way out, or unknown, to whoever asks again", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web" }]);
    const InstanceIds = [cloud.id("web")];
    await cvm.TerminateInstances({ InstanceIds });
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds }))).toBe("UnsupportedOperation.InstanceStateTerminating");
    await cloud.clock.advance(10 * second);
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds }))).toBe("InvalidInstanceId.NotFound");
  });

  it("is destroyed by its timer without passing through a bin, and can be spared until then", async () => {
    const fake = await openFake({ now: "2026-01-02T03:00:00.000Z" });
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "web" }, { id: "spared" }, { id: "protected", terminationProtection: true }]);
    const timer = (ActionTime: string) => ({ TimerAction: "TerminateInstances", ActionTime });
    const set = (name: string, time: string) =>
      cvm.ImportInstancesActionTimer({ InstanceIds: [cloud.id(name)], ActionTimer: timer(time) });
    expect(await codeOf(set("web", "2026-01-02T03:05:00Z"))).toBe("InvalidParameter");
    expect(await codeOf(set("web", "2026-01-02 04:00:00"))).toBe("InvalidParameterValue.InvalidTimeFormat");
    expect(await codeOf(set("protected", "2026-01-02T04:00:00Z"))).toBe(
      "UnsupportedOperation.NotSupportImportInstancesActionTimer",
    );
    await set("web", "2026-01-02T04:00:00Z");
    expect(await codeOf(set("web", "2026-01-02T05:00:00Z"))).toBe("FailedOperation.MutActionTimerExist");
    const { ActionTimerIds = [] } = await set("spared", "2026-01-02T04:00:00Z");
    expect(cloud.view().instances[0]).toMatchObject({ scheduledReleaseAt: "2026-01-02T04:00:00.000Z" });
    expect(
      await codeOf(cvm.ModifyInstancesAttribute({ InstanceIds: [cloud.id("web")], DisableApiTermination: true })),
    ).toBe("UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance");
    await cvm.DeleteInstancesActionTimer({ ActionTimerIds });
    await cloud.clock.advance(3_600 * second + 10 * second);
    expect(await seen(fake, cloud.id("web"))).toBeUndefined();
    expect(cloud.holds("spared")).toBe(true);
    const { ActionTimers } = await cvm.DescribeInstancesActionTimer({ StatusList: ["UNDO"] });
    expect(ActionTimers).toEqual([]);
    expect(await codeOf(cvm.DeleteInstancesActionTimer({ ActionTimerIds }))).toBe("InvalidParameterValue");
  });
});

describe("a prepaid instance", () => {
  it("goes into the bin with a refund at the first call and is destroyed by the second", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "paid", billing: "prepaid", refund: { quote: { amount: "12.34", currency: "CNY" } } }]);
    const id = cloud.id("paid");
    await cvm.TerminateInstances({ InstanceIds: [id] });
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds: [id] }))).toBe(
      "OperationDenied.InstanceOperationInProgress",
    );
    await cloud.clock.advance(2 * second);
    expect(await seen(fake, id)).toMatchObject({
      InstanceState: "SHUTDOWN",
      LatestOperationState: "OPERATING",
      IsolatedSource: "MANMADE",
    });
    await cloud.clock.advance(10 * second);
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "SHUTDOWN", LatestOperationState: "SUCCESS" });
    expect(cloud.view().instances).toMatchObject([{ id, state: "recycled" }]);
    expect(cloud.view().orders).toEqual([
      { kind: "refund", instanceId: id, amount: { amount: "12.34", currency: "CNY" } },
    ]);
    expect(secondStages(cloud.view().effects)).toEqual([]);

    await cvm.TerminateInstances({ InstanceIds: [id] });
    await cloud.clock.advance(10 * second);
    expect(await seen(fake, id)).toBeUndefined();
    expect(cloud.view().orders).toHaveLength(1);
    expect(secondStages(cloud.view().effects)).toEqual([`${id}/second-stage`]);
    expect(cloud.view().effects).toContainEqual({ api: "cvm:TerminateInstances", id, count: 2 });
  });

  it("leaves the bin for good after seven days, by nobody's call", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "paid", billing: "prepaid" }]);
    const id = cloud.id("paid");
    await cvm.TerminateInstances({ InstanceIds: [id] });
    await cloud.clock.advance(7 * day - second);
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "SHUTDOWN" });
    await cloud.clock.advance(second);
    expect(await seen(fake, id)).toBeUndefined();
    expect(secondStages(cloud.view().effects)).toEqual([]);
  });

  it("expires into the bin, or renews itself, and its days there count from its expiry", async () => {
    const fake = await openFake({ now: "2026-01-02T00:00:00.000Z" });
    const { cloud } = fake;
    const expiresAt = "2026-01-03T00:00:00.000Z";
    cloud.seed([
      { id: "ending", billing: "prepaid", expiresAt },
      { id: "renewing", billing: "prepaid", expiresAt, autoRenew: true },
      {
        id: "ended",
        billing: "prepaid",
        state: "recycled",
        recycledBecause: "expired",
        expiresAt: "2025-12-30T00:00:00Z",
      },
    ]);
    await cloud.clock.advance(day);
    expect(await seen(fake, cloud.id("ending"))).toMatchObject({
      InstanceState: "SHUTDOWN",
      IsolatedSource: "EXPIRE",
      RestrictState: "EXPIRED",
    });
    expect(await seen(fake, cloud.id("renewing"))).toMatchObject({ ExpiredTime: "2026-02-03T00:00:00Z" });
    expect(cloud.view().orders).toMatchObject([{ kind: "renewal", instanceId: cloud.id("renewing") }]);
    await cloud.clock.advance(3 * day);
    expect(await seen(fake, cloud.id("ended"))).toBeUndefined();
    expect(await seen(fake, cloud.id("ending"))).toBeDefined();
  });

  it("comes back from the bin by renewal alone, which costs, and is stopped then", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "paid", billing: "prepaid" }, { id: "web" }]);
    const InstanceIds = [cloud.id("paid")];
    await cvm.TerminateInstances({ InstanceIds });
    await cloud.clock.advance(10 * second);
    expect(await codeOf(cvm.StartInstances({ InstanceIds }))).toBe("UnsupportedOperation.InstanceStateShutdown");
    expect(await codeOf(cvm.RenewInstances({ InstanceIds, InstanceChargePrepaid: { Period: 13 } }))).toBe(
      "InvalidPeriod",
    );
    expect(
      await codeOf(cvm.RenewInstances({ InstanceIds: [cloud.id("web")], InstanceChargePrepaid: { Period: 1 } })),
    ).toBe("UnsupportedOperation.InstanceChargeType");
    const { Price } = await cvm.InquiryPriceRenewInstances({ InstanceIds, InstanceChargePrepaid: { Period: 2 } });
    await cvm.RenewInstances({ InstanceIds, InstanceChargePrepaid: { Period: 2 } });
    expect(await seen(fake, InstanceIds[0] ?? "")).toMatchObject({
      InstanceState: "STOPPED",
      IsolatedSource: "NOTISOLATED",
    });
    expect(cloud.view().orders.at(-1)).toMatchObject({
      kind: "renewal",
      amount: { amount: Price?.InstancePrice?.DiscountPrice?.toFixed(2) },
    });
    await cloud.clock.advance(30 * day);
    expect(cloud.holds("paid")).toBe(true);
  });

  it("is not taken where its terms or the account's quota forbid, and the inquiry knows only the terms", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed({
      instances: [
        { id: "never", billing: "prepaid", refund: { refusedBecause: "not-returnable" } },
        { id: "quota", billing: "prepaid", refund: { refusedBecause: "quota" } },
        { id: "one", billing: "prepaid" },
        { id: "two", billing: "prepaid" },
      ],
      quotas: { refunds: 1 },
    });
    const give = (...names: string[]) => cvm.TerminateInstances({ InstanceIds: names.map((name) => cloud.id(name)) });
    const ask = (name: string) => cvm.InquiryPriceTerminateInstances({ InstanceIds: [cloud.id(name)] });
    expect(await codeOf(give("never"))).toBe("FailedOperation.Unreturnable");
    expect(await codeOf(ask("never"))).toBe("FailedOperation.Unreturnable");
    expect(await codeOf(give("quota"))).toBe("LimitExceeded.UserReturnQuota");
    expect((await ask("quota")).InstanceRefundsSet).toMatchObject([{ Refunds: 88.8 }]);
    expect(await codeOf(give("one", "two"))).toBe("LimitExceeded.UserReturnQuota");
    expect(cloud.view().orders).toEqual([]);
    await give("one");
    expect(await codeOf(give("two"))).toBe("LimitExceeded.UserReturnQuota");
  });

  it("keeps its elastic prepaid disks unless told to return them too", async () => {
    const { cloud, cvm } = await openFake();
    const disks = (id: string) => [
      { role: "system" as const },
      { id, role: "data" as const, billing: "prepaid" as const },
    ];
    cloud.seed([
      { id: "keeps", billing: "prepaid", disks: disks("kept") },
      { id: "returns", billing: "prepaid", disks: disks("returned") },
    ]);
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("keeps")] });
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("returns")], ReleasePrepaidDataDisks: true });
    const state = (name: string) => cloud.view().disks.find(({ id }) => id === cloud.id(name))?.state;
    expect([state("kept"), state("returned")]).toEqual(["attached", "recycled"]);
    await cloud.clock.advance(7 * day);
    expect([state("kept"), state("returned")]).toEqual(["free", undefined]);
  });
});

describe("what the cloud refuses", () => {
  it("one request with two ways of paying, whole", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web" }, { id: "paid", billing: "prepaid" }]);
    const InstanceIds = [cloud.id("web"), cloud.id("paid")];
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds }))).toBe(
      "UnsupportedOperation.InstanceMixedPricingModel",
    );
    expect(cloud.holds("web") && cloud.holds("paid")).toBe(true);
  });

  it("centre and edge zones in one inquiry", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([
      { id: "centre", billing: "prepaid" },
      { id: "edge", billing: "prepaid", zone: "ap-changsha-ec-1" },
    ]);
    const InstanceIds = [cloud.id("centre"), cloud.id("edge")];
    expect(await codeOf(cvm.InquiryPriceTerminateInstances({ InstanceIds }))).toBe(
      "UnsupportedOperation.InstanceMixedZoneType",
    );
  });

  it("a protected instance, and one whose protection is still being taken off", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web", terminationProtection: true }]);
    const InstanceIds = [cloud.id("web")];
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds }))).toBe("UnsupportedOperation.InstancesProtected");
    await cvm.ModifyInstancesAttribute({ InstanceIds, DisableApiTermination: false });
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds }))).toBe("OperationDenied.InstanceOperationInProgress");
    await cloud.clock.advance(second);
    await cvm.TerminateInstances({ InstanceIds });
    expect(cloud.holds("web")).toBe(false);
  });

  it.each([
    [{ busy: { operation: "resize", forMs: 60_000 } }, "OperationDenied.InstanceOperationInProgress"],
    [{ busy: { operation: "snapshot", forMs: 60_000 } }, "MutexOperation.TaskRunning"],
    [{ busy: { operation: "rescue", forMs: 60_000 } }, "UnsupportedOperation.InstanceStateEnterRescueMode"],
    [{ busy: { operation: "migrate", forMs: 60_000 } }, "UnsupportedOperation.InstanceStateEnterServiceLiveMigrate"],
    [{ state: "pending" }, "UnsupportedOperation.InstanceStatePending"],
    [{ state: "stopping" }, "UnsupportedOperation.InstanceStateStopping"],
    [{ locks: [{ unified: "security" }] }, "UnsupportedOperation.InstanceStateBanning"],
    [{ managedBy: "emr" }, "FailedOperation.InvalidInstanceApplicationRoleEmr"],
    [{ managedBy: "lighthouse" }, "FailedOperation.InvalidInstanceApplicationRole"],
  ] as const)("an instance that is %j", async (over, code) => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web", ...over }]);
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds: [cloud.id("web")] }))).toBe(code);
    expect(cloud.view().effects).toEqual([]);
  });

  it("rescue mode within, as special, and nothing once it is over", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "web", busy: { operation: "rescue", forMs: 100 * second } }]);
    const InstanceIds = [cloud.id("web")];
    await cloud.clock.advance(30 * second);
    expect(await seen(fake, cloud.id("web"))).toMatchObject({ InstanceState: "RESCUE_MODE" });
    expect(await codeOf(cvm.TerminateInstances({ InstanceIds }))).toBe("InvalidInstance.NotSupported");
    await cloud.clock.advance(70 * second);
    await cvm.TerminateInstances({ InstanceIds });
  });

  it("a whole batch because of one id it does not know, and ids of another form", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web" }]);
    const terminate = (...InstanceIds: string[]) => codeOf(cvm.TerminateInstances({ InstanceIds }));
    expect(await terminate(cloud.id("web"), "ins-00000000")).toBe("InvalidInstanceId.NotFound");
    expect(await terminate("i-0123456789")).toBe("InvalidInstanceId.Malformed");
    expect(await terminate(...Array.from({ length: 101 }, () => cloud.id("web")))).toBe(
      "InvalidParameterValue.LimitExceeded",
    );
    expect(cloud.holds("web")).toBe(true);
  });
});

describe("stopping", () => {
  it("says SUCCESS while the state still says STOPPING, as was recorded", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "web", addresses: [{ kind: "ephemeral", ip: "198.51.100.7" }] }]);
    const id = cloud.id("web");
    await cvm.StopInstances({ InstanceIds: [id] });
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "STOPPING", LatestOperationState: "OPERATING" });
    await cloud.clock.advance(10 * second);
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "STOPPING", LatestOperationState: "SUCCESS" });
    expect(await codeOf(cvm.StartInstances({ InstanceIds: [id] }))).toBe("UnsupportedOperation.InstanceStateStopping");
    await cloud.clock.advance(5 * second);
    expect(await seen(fake, id)).toMatchObject({ InstanceState: "STOPPED", PublicIpAddresses: ["198.51.100.7"] });
  });

  it("without charging drops the ordinary public address and refuses changes", async () => {
    const fake = await openFake();
    const { cloud, cvm } = fake;
    cloud.seed([{ id: "web", addresses: [{ kind: "ephemeral" }] }]);
    const InstanceIds = [cloud.id("web")];
    await cvm.StopInstances({ InstanceIds, StoppedMode: "STOP_CHARGING", StopType: "HARD" });
    await cloud.clock.advance(5 * second);
    expect(await seen(fake, cloud.id("web"))).toMatchObject({
      PublicIpAddresses: null,
      StopChargingMode: "STOP_CHARGING",
    });
    expect(await codeOf(cvm.ModifyInstancesAttribute({ InstanceIds, InstanceName: "x" }))).toBe(
      "UnsupportedOperation.StoppedModeStopCharging",
    );
    await cvm.TerminateInstances({ InstanceIds });
  });
});

/** The second stages among some effects. */
function secondStages(effects: readonly { readonly id: string }[]): readonly string[] {
  return effects.map(({ id }) => id).filter((id) => id.endsWith("/second-stage"));
}
