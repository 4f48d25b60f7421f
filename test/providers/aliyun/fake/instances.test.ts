import { describe, expect, it } from "vitest";
import { at, codeOf, day, each, errorOf, listAt, openFake, repeat, textAt } from "./open.js";

const fleet = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `web-${index}` }));
const instances = "Instances.Instance";

describe("lists of instances", () => {
  it("answer ten rows however many ids are asked for, unless MaxResults says more", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed(fleet(30));
    const InstanceIds = JSON.stringify(fleet(30).map(({ id }) => cloud.id(id)));
    const usual = await inRegion("ecs", "DescribeInstances", { InstanceIds });
    expect(listAt(usual, instances)).toHaveLength(10);
    expect(at(usual, "TotalCount")).toBe(30);
    const most = await inRegion("ecs", "DescribeInstances", { InstanceIds, MaxResults: "1000" });
    expect(listAt(most, instances)).toHaveLength(30);
    const least = await inRegion("ecs", "DescribeInstances", { InstanceIds, MaxResults: "3" });
    expect(listAt(least, instances)).toHaveLength(10);
  });

  it("page by token, with a total that means nothing, to the end", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed(fleet(25));
    const seen: unknown[] = [];
    let token = "";
    do {
      const page = await inRegion("ecs", "DescribeInstances", {
        MaxResults: "10",
        ...(token ? { NextToken: token } : {}),
      });
      seen.push(...each(page, instances, "InstanceId"));
      expect(at(page, "TotalCount")).toBe(0);
      token = textAt(page, "NextToken") ?? "";
    } while (token !== "");
    expect(new Set(seen).size).toBe(25);
    expect(await codeOf(inRegion("ecs", "DescribeInstances", { NextToken: "made-up" }))).toBe("InvalidParameter");
  });

  it("page by number, and past the end answer an empty list with the full total", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed(fleet(12));
    const second = await inRegion("ecs", "DescribeInstances", { PageNumber: "2" });
    expect(listAt(second, instances)).toHaveLength(2);
    const beyond = await inRegion("ecs", "DescribeInstances", { PageNumber: "9" });
    expect(beyond).toMatchObject({ TotalCount: 12, Instances: { Instance: [] } });
    expect(await codeOf(inRegion("ecs", "DescribeInstanceStatus", { PageSize: "51" }))).toBe("InvalidParameter");
  });

  it("leave unknown ids out without a word, and refuse words that are none", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed(fleet(1));
    const ids = [cloud.id("web-0"), "i-bp100000000000000000"];
    const answer = await inRegion("ecs", "DescribeInstances", { InstanceIds: JSON.stringify(ids) });
    expect(each(answer, instances, "InstanceId")).toEqual(ids.slice(0, 1));
    expect(await codeOf(inRegion("ecs", "DescribeInstances", { InstanceIds: '["web-0"]' }))).toBe(
      "InvalidInstanceIds.Malformed",
    );
  });

  it("show an absent thing as an empty text, and a far date where nothing expires", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([{ id: "web", createdAt: "2026-01-01T10:11:12Z" }]);
    const instance = at(await inRegion("ecs", "DescribeInstances"), `${instances}.0`);
    expect(instance).toMatchObject({
      AutoReleaseTime: "",
      ExpiredTime: "2099-12-31T15:59Z",
      CreationTime: "2026-01-01T10:11Z",
      InstanceChargeType: "PostPaid",
      EipAddress: { AllocationId: "", IpAddress: "" },
      DeploymentSetId: "",
      DedicatedHostAttribute: { DedicatedHostId: "", DedicatedHostName: "" },
      OperationLocks: { LockReason: [] },
      StoppedMode: "Not-applicable",
      PublicIpAddress: { IpAddress: [] },
    });
    expect(JSON.stringify(instance)).not.toContain("null");
  });

  it("show billing, protection, locks, addresses and timers", async () => {
    const { cloud, inRegion } = await openFake({ now: "2026-01-02T00:00:00Z" });
    cloud.seed([
      { id: "paid", billing: "prepaid", expiresAt: "2026-03-01T00:00:00Z" },
      { id: "spot", billing: "spot", locks: [{ unified: "reclaim" }] },
      { id: "kept", terminationProtection: true, addresses: [{ id: "front", kind: "elastic" }] },
      { id: "timed", scheduledReleaseAt: "2026-02-01T00:00:00Z", addresses: [{ kind: "ephemeral", ip: "47.97.1.1" }] },
    ]);
    const [paid, spot, kept, timed] = listAt(await inRegion("ecs", "DescribeInstances"), instances);
    expect(paid).toMatchObject({ InstanceChargeType: "PrePaid", ExpiredTime: "2026-03-01T00:00Z" });
    expect(spot).toMatchObject({
      SpotStrategy: "SpotAsPriceGo",
      OperationLocks: { LockReason: [{ LockReason: "Recycling" }] },
    });
    expect(kept).toMatchObject({ DeletionProtection: true, EipAddress: { AllocationId: cloud.id("front") } });
    expect(timed).toMatchObject({
      AutoReleaseTime: "2026-02-01T00:00Z",
      PublicIpAddress: { IpAddress: ["47.97.1.1"] },
      EipAddress: { AllocationId: "" },
    });
  });

  it("narrow by what is asked for, tags exactly", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([
      { id: "one", tags: { team: "shop", tier: "web" }, vpc: "net", zone: "cn-hangzhou-i" },
      { id: "two", tags: { team: "shop" }, state: "stopped" },
      { id: "three", tags: { team: "s*p" } },
    ]);
    const found = async (query: Record<string, string>) =>
      each(await inRegion("ecs", "DescribeInstances", query), instances, "InstanceName");
    expect(await found({ "Tag.1.Key": "team", "Tag.1.Value": "shop" })).toEqual(["one", "two"]);
    expect(await found({ "Tag.1.Key": "team", "Tag.1.Value": "s*p" })).toEqual(["three"]);
    expect(await found({ "Tag.1.Key": "tier" })).toEqual(["one"]);
    expect(await found({ Status: "Stopped" })).toEqual(["two"]);
    expect(await found({ VpcId: cloud.id("net") })).toEqual(["one"]);
    expect(await errorOf(found({ Status: "Gone" }))).toEqual({ code: "InvalidStatus.NotFound", status: 404 });
    expect(await errorOf(found({ LockReason: "whim" }))).toEqual({ code: "InvalidLockReason.NotFound", status: 404 });
  });

  it("tell roles, reservations, renewals and events in lists of their own", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [
        { id: "web", role: "reader" },
        { id: "paid", billing: "prepaid", autoRenew: true },
      ],
      owners: [
        { kind: "capacity-reservation", id: "pool", members: ["web"] },
        { kind: "pending-operation", id: "reboot", members: ["web"], variant: "SystemMaintenance.Redeploy" },
      ],
    });
    const InstanceIds = JSON.stringify([cloud.id("web")]);
    const roles = await inRegion("ecs", "DescribeInstanceRamRole", { InstanceIds });
    expect(at(roles, "InstanceRamRoleSets.InstanceRamRoleSet.0.RamRoleName")).toBe("reader");
    const pools = await inRegion("ecs", "DescribeInstanceAttachmentAttributes", { InstanceIds });
    expect(at(pools, `${instances}.0.PrivatePoolOptionsId`)).toBe(cloud.id("pool"));
    const events = await inRegion("ecs", "DescribeInstancesFullStatus", repeat("InstanceId", [cloud.id("web")]));
    const path = "InstanceFullStatusSet.InstanceFullStatusType.0.ScheduledSystemEventSet.ScheduledSystemEventType.0";
    expect(at(events, `${path}.EventType.Name`)).toBe("SystemMaintenance.Redeploy");
    const renewal = await inRegion("ecs", "DescribeInstanceAutoRenewAttribute", { InstanceId: cloud.id("paid") });
    expect(at(renewal, "InstanceRenewAttributes.InstanceRenewAttribute.0.RenewalStatus")).toBe("AutoRenewal");
    const ofPostPaid = inRegion("ecs", "DescribeInstanceAutoRenewAttribute", { InstanceId: cloud.id("web") });
    expect(await errorOf(ofPostPaid)).toEqual({ code: "ChargeTypeViolation", status: 403 });
  });

  it("hide user data everywhere but where it is asked for by name", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([{ id: "web", userData: "password=hunter2" }]);
    expect(JSON.stringify(await inRegion("ecs", "DescribeInstances"))).not.toContain("hunter2");
    const data = await inRegion("ecs", "DescribeUserData", { InstanceId: cloud.id("web") });
    expect(Buffer.from(textAt(data, "UserData") ?? "", "base64").toString()).toBe("password=hunter2");
  });

  it("go on reading the former state for as long as reads lag", async () => {
    const { cloud, inRegion } = await openFake({ staleReadsMs: 5_000 });
    cloud.seed([{ id: "web" }]);
    await inRegion("ecs", "ModifyInstanceAttribute", { InstanceId: cloud.id("web"), DeletionProtection: "true" });
    const protectedNow = async () =>
      at(await inRegion("ecs", "DescribeInstances"), `${instances}.0.DeletionProtection`);
    expect(await protectedNow()).toBe(false);
    await cloud.clock.advance(5_001);
    expect(await protectedNow()).toBe(true);
    await cloud.clock.advance(day);
    expect(cloud.holds("web")).toBe(true);
  });
});
