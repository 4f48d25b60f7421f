import { DeleteInstanceRequest, DeleteInstancesRequest } from "@alicloud/ecs20140526";
import { describe, expect, it } from "vitest";
import type { SeedInstance } from "../../../../src/testing/seed.js";
import { codeOf, day, errorOf, type Fake, minute, openFake, repeat } from "./open.js";

const now = "2026-01-02T00:00:00.000Z";
const expired = { billing: "prepaid", expiresAt: "2025-12-31T00:00:00Z" } as const;

/** Deletes by name, each id once. */
function remove({ cloud, inRegion }: Fake, names: readonly string[], over: Record<string, string> = {}) {
  return inRegion("ecs", "DeleteInstances", {
    ...repeat(
      "InstanceId",
      names.map((name) => cloud.id(name)),
    ),
    ...over,
  });
}
async function open(...instances: readonly SeedInstance[]) {
  const fake = await openFake({ now });
  fake.cloud.seed(instances);
  return fake;
}

describe("the release of instances", () => {
  it("is asynchronous: the id reads Stopping for a while and then vanishes without a trace", async () => {
    const fake = await open({ id: "web" });
    await remove(fake, ["web"], { Force: "true" });
    expect(await fake.status("web")).toBe("Stopping");
    expect(fake.cloud.holds("web")).toBe(false);
    expect(fake.cloud.view().instances[0]?.state).toBe("terminating");
    await fake.cloud.clock.advance(minute);
    expect(await fake.status("web")).toBeUndefined();
    expect(await errorOf(remove(fake, ["web"], { Force: "true" }))).toEqual({
      code: "InvalidInstanceId.NotFound",
      status: 404,
    });
  });

  it("needs Force for an instance that runs, and nothing helps while it starts or stops", async () => {
    const fake = await open(
      { id: "on" },
      { id: "off", state: "stopped" },
      { id: "down", state: "stopping" },
      { id: "new", state: "pending" },
    );
    expect(await errorOf(remove(fake, ["on"]))).toEqual({ code: "IncorrectInstanceStatus", status: 403 });
    await remove(fake, ["off"]);
    expect(await codeOf(remove(fake, ["down"], { Force: "true" }))).toBe("IncorrectInstanceStatus");
    expect(await codeOf(remove(fake, ["new"], { Force: "true" }))).toBe("IncorrectInstanceStatus.Initializing");
    await remove(fake, ["on"], { Force: "true" });
    expect(await codeOf(remove(fake, ["on"], { Force: "true" }))).toBe("IncorrectInstanceStatus");
  });

  it("takes minutes with a clean shutdown, seconds with a power-off", async () => {
    const fake = await open({ id: "clean" }, { id: "hard" });
    await remove(fake, ["clean"], { Force: "true", ForceStop: "false" });
    await remove(fake, ["hard"], { Force: "true" });
    await fake.cloud.clock.advance(minute);
    expect([await fake.status("clean"), await fake.status("hard")]).toEqual(["Stopping", undefined]);
    await fake.cloud.clock.advance(3 * minute);
    expect(await fake.status("clean")).toBeUndefined();
  });

  it("of a stopped one is quick, reads Stopped to the end and is not taken twice", async () => {
    const fake = await open({ id: "off", state: "stopped" });
    await remove(fake, ["off"], { Force: "true", ForceStop: "false" });
    expect(await fake.status("off")).toBe("Stopped");
    expect(await codeOf(remove(fake, ["off"]))).toBe("IncorrectInstanceStatus");
    expect(fake.cloud.view().effects).toMatchObject([{ count: 1 }]);
    await fake.cloud.clock.advance(minute);
    expect(await fake.status("off")).toBeUndefined();
  });

  it("is refused for a protected instance, and spares what comes after it in the batch but not what comes before", async () => {
    const fake = await open({ id: "first" }, { id: "kept", terminationProtection: true }, { id: "last" });
    const batch = remove(fake, ["first", "kept", "last"], { Force: "true" });
    expect(await errorOf(batch)).toEqual({ code: "InvalidOperation.DeletionProtection", status: 403 });
    expect(["first", "kept", "last"].map((name) => fake.cloud.holds(name))).toEqual([false, true, true]);
  });

  it("does nothing at all when one id of the batch is unknown", async () => {
    const fake = await open({ id: "web" });
    const ids = repeat("InstanceId", [fake.cloud.id("web"), "i-bp100000000000000000"]);
    expect(await codeOf(fake.inRegion("ecs", "DeleteInstances", { ...ids, Force: "true" }))).toBe(
      "InvalidInstanceId.NotFound",
    );
    expect(fake.cloud.holds("web")).toBe(true);
  });

  it("refuses a subscription that runs, and an expired one without TerminateSubscription", async () => {
    const fake = await open({ id: "paid", billing: "prepaid" }, { id: "over", ...expired });
    const all = { Force: "true", TerminateSubscription: "true" };
    expect(await errorOf(remove(fake, ["paid"], all))).toEqual({ code: "ChargeTypeViolation", status: 403 });
    expect(await codeOf(remove(fake, ["over"], { Force: "true" }))).toBe("ChargeTypeViolation");
    await remove(fake, ["over"], all);
    expect([fake.cloud.holds("paid"), fake.cloud.holds("over")]).toEqual([true, false]);
    expect(fake.cloud.view().orders).toEqual([]);
  });

  it("is blocked by a custom route to it or to its interface", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [{ id: "router" }, { id: "other" }],
      owners: [
        { kind: "route", id: "way", members: ["router"] },
        { kind: "route", id: "by-card", members: ["other"], variant: "interface" },
      ],
    });
    for (const name of ["router", "other"])
      expect(await errorOf(remove(fake, [name], { Force: "true" }))).toEqual({
        code: "DependencyViolation.RouteEntry",
        status: 400,
      });
    await fake.inRegion("vpc", "DeleteRouteEntry", { RouteEntryId: fake.cloud.id("way") });
    await remove(fake, ["router"], { Force: "true" });
  });

  it.each([
    ["conversion", "LastTokenProcessing"],
    ["resize", "OperationConflict"],
  ] as const)("is refused during a %s", async (operation, code) => {
    const fake = await open({ id: "web", busy: { operation, forMs: minute } });
    expect(await codeOf(remove(fake, ["web"], { Force: "true" }))).toBe(code);
    await fake.cloud.clock.advance(minute);
    await remove(fake, ["web"], { Force: "true" });
  });

  it("answers the same to the same token and refuses it for others", async () => {
    const fake = await open({ id: "web" }, { id: "db" });
    const token = { Force: "true", ClientToken: "run-1" };
    await remove(fake, ["web"], token);
    await fake.cloud.clock.advance(minute);
    await remove(fake, ["web"], token);
    expect(await errorOf(remove(fake, ["db"], token))).toEqual({ code: "IdempotentParameterMismatch", status: 403 });
    expect(fake.cloud.view().effects).toEqual([{ api: "ecs:DeleteInstances", id: fake.cloud.id("web"), count: 1 }]);
    expect(await codeOf(remove(fake, ["db"], { ClientToken: "x".repeat(65) }))).toBe(
      "InvalidClientToken.ValueNotSupported",
    );
  });

  it("leaves no token behind when it was refused", async () => {
    const fake = await open({ id: "web" });
    expect(await codeOf(remove(fake, ["web"], { ClientToken: "run-1" }))).toBe("IncorrectInstanceStatus");
    await fake.inRegion("ecs", "StopInstance", { InstanceId: fake.cloud.id("web") });
    await fake.cloud.clock.advance(minute);
    await remove(fake, ["web"], { ClientToken: "run-1" });
    expect(fake.cloud.holds("web")).toBe(false);
  });

  it("checks in a dry run of the batch call the request alone, in one of the single call the state as well", async () => {
    const { cloud, ecs } = await open({ id: "kept", terminationProtection: true }, { id: "web" });
    const instanceId = [cloud.id("kept")];
    const batch = new DeleteInstancesRequest({ regionId: "cn-hangzhou", instanceId, dryRun: true });
    expect(await errorOf(ecs.deleteInstances(batch))).toEqual({ code: "DRYRUN.SUCCESS", status: 400 });
    const single = (name: string) =>
      ecs.deleteInstance(new DeleteInstanceRequest({ instanceId: cloud.id(name), force: true, dryRun: true }));
    expect(await codeOf(single("kept"))).toBe("InvalidOperation.DeletionProtection");
    expect(await errorOf(single("web"))).toEqual({ code: "DryRunOperation", status: 400 });
    expect(cloud.requests.every(({ dryRun, mutating, tookEffect }) => dryRun && !mutating && !tookEffect)).toBe(true);
    await cloud.clock.advance(day);
    expect(cloud.holds("web")).toBe(true);
  });

  it("can be set for later, called off, and is carried out by the clock in spite of protection", async () => {
    const { cloud, inRegion, status } = await open({ id: "web" }, { id: "kept" }, { id: "paid", billing: "prepaid" });
    const at = (name: string, AutoReleaseTime?: string) =>
      inRegion("ecs", "ModifyInstanceAutoReleaseTime", {
        InstanceId: cloud.id(name),
        ...(AutoReleaseTime ? { AutoReleaseTime } : {}),
      });
    expect(await codeOf(at("web", "2026-01-02T00:29:59Z"))).toBe("InvalidAutoReleaseTime.Malformed");
    expect(await codeOf(at("web", "2029-01-03T00:00:00Z"))).toBe("InvalidAutoReleaseTime.Malformed");
    expect(await codeOf(at("web", "tomorrow"))).toBe("InvalidAutoReleaseTime.Malformed");
    expect(await codeOf(at("paid", "2026-01-03T00:00:00Z"))).toBe("ChargeTypeViolation");
    await at("web", "2026-01-02T00:45:59Z");
    await at("kept", "2026-01-02T00:45:00Z");
    expect(cloud.view().instances[0]?.scheduledReleaseAt).toBe("2026-01-02T00:45:00.000Z");
    await at("kept");
    await inRegion("ecs", "ModifyInstanceAttribute", { InstanceId: cloud.id("web"), DeletionProtection: "true" });
    await cloud.clock.advance(47 * minute);
    expect(await status("web")).toBeUndefined();
    expect(await status("kept")).toBe("Running");
  });

  it("is not carried out by its timer while the account owes money", async () => {
    const { cloud, status } = await open({ id: "web", scheduledReleaseAt: "2026-01-02T01:00:00Z" });
    cloud.seed({ accountState: "overdue" });
    await cloud.clock.advance(day);
    expect(await status("web")).toBe("Stopped");
  });

  it("is the platform's own act for a preemptible instance that is taken back", async () => {
    const { cloud, status } = await open({ id: "spot", billing: "spot", locks: [{ unified: "reclaim" }] });
    await cloud.clock.advance(6 * minute);
    expect(await status("spot")).toBeUndefined();
  });

  it("is refused for what another service runs", async () => {
    const fake = await open({ id: "node", managedBy: "a service" });
    expect(await codeOf(remove(fake, ["node"], { Force: "true" }))).toBe(
      "InvalidOperation.ResourceManagedByCloudProduct",
    );
  });
});

describe("what a release leaves", () => {
  it("keeps disks by their flag as pay-as-you-go ones, lets the others die", async () => {
    const fake = await open({
      id: "web",
      disks: [{ id: "root" }, { id: "kept", role: "data" }, { id: "dying", role: "data", deletedWithInstance: true }],
    });
    await remove(fake, ["web"], { Force: "true" });
    await fake.cloud.clock.advance(minute);
    expect(["root", "kept", "dying"].map((name) => fake.cloud.holds(name))).toEqual([false, true, false]);
    expect(fake.cloud.view().disks).toEqual([
      { id: fake.cloud.id("kept"), state: "free", deletedWithInstance: false, sizeGiB: 40 },
    ]);
  });

  it("ignores the flag under a security lock, and for local and subscription disks", async () => {
    const fake = await open(
      { id: "locked", locks: [{ unified: "security" }], disks: [{ role: "system" }, { id: "lost", role: "data" }] },
      {
        id: "over",
        ...expired,
        disks: [
          { id: "tied", billing: "prepaid" },
          { id: "scratch", role: "data", medium: "local" },
          { id: "kept", role: "data" },
        ],
      },
    );
    expect(fake.cloud.view().disks.find(({ id }) => id === fake.cloud.id("lost"))?.deletedWithInstance).toBe(true);
    await remove(fake, ["locked"], { Force: "true" });
    await remove(fake, ["over"], { TerminateSubscription: "true" });
    await fake.cloud.clock.advance(minute);
    expect(["lost", "tied", "scratch", "kept"].map((name) => fake.cloud.holds(name))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it("lets automatic snapshots die with their disk where it says so, manual ones and images stay", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [
        {
          id: "web",
          disks: [
            { id: "root", autoSnapshotsDeletedWithDisk: true },
            { id: "data", role: "data", deletedWithInstance: true },
          ],
        },
      ],
      owners: [
        { kind: "snapshot", id: "auto", members: ["root"], variant: "auto" },
        { kind: "snapshot", id: "auto-kept", members: ["data"], variant: "auto" },
        { kind: "snapshot", id: "manual", members: ["root"] },
        { kind: "image", id: "golden", members: ["root"] },
      ],
    });
    await remove(fake, ["web"], { Force: "true" });
    await fake.cloud.clock.advance(minute);
    expect(["auto", "auto-kept", "manual", "golden"].map((name) => fake.cloud.holds(name))).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it("keeps elastic addresses and interfaces by their flag, gives a static address away", async () => {
    const fake = await open(
      {
        id: "web",
        addresses: [{ id: "front", kind: "elastic" }],
        extraInterfaces: [{ id: "stays", deletedWithInstance: false }, { id: "goes" }],
      },
      { id: "old", addresses: [{ id: "static", kind: "ephemeral" }] },
    );
    await remove(fake, ["web", "old"], { Force: "true" });
    await fake.cloud.clock.advance(minute);
    expect(["front", "stays", "goes", "static"].map((name) => fake.cloud.holds(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(fake.cloud.view().addresses).toEqual([{ id: fake.cloud.id("front"), ip: expect.any(String), ours: true }]);
  });

  it("leaves what names it by id or address in place, pointing at nothing", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.9.9"] }],
      owners: [
        { kind: "load-balancer-target", id: "pool", members: ["web"] },
        { kind: "nat-rule", id: "door", members: ["web"] },
        { kind: "alarm", id: "cpu", members: ["web"] },
        { kind: "database", id: "db", members: ["web"], by: "address" },
        { kind: "virtual-ip", id: "shared", members: ["web"] },
        { kind: "stack", id: "stack", members: ["web"] },
      ],
    });
    await remove(fake, ["web"], { Force: "true" });
    await fake.cloud.clock.advance(minute);
    const id = fake.cloud.id("web");
    expect(fake.cloud.view().memberships).toEqual([
      { kind: "load-balancer-target", id: fake.cloud.id("pool"), member: id },
      { kind: "address-list", id: fake.cloud.id("db"), member: "172.16.9.9" },
      { kind: "nat-rule", id: fake.cloud.id("door"), member: "172.16.9.9" },
      { kind: "alarm", id: fake.cloud.id("cpu"), member: id },
    ]);
  });

  it("makes a scaling group launch another in its place, unless it was detached before", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [{ id: "lost" }, { id: "given-up" }, { id: "left" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["lost", "given-up", "left"], replaces: true }],
    });
    await fake.inRegion("ess", "DetachInstances", {
      ScalingGroupId: fake.cloud.id("crew"),
      ...repeat("InstanceIds", [fake.cloud.id("given-up")]),
      DecreaseDesiredCapacity: "true",
    });
    await fake.cloud.clock.advance(minute);
    await remove(fake, ["lost", "given-up"], { Force: "true" });
    await fake.cloud.clock.advance(10 * minute);
    const members = fake.cloud.view().memberships.map(({ member }) => member);
    expect(members).toHaveLength(2);
    expect(members).toContain(fake.cloud.id("left"));
    expect(fake.cloud.view().instances.map(({ state }) => state)).toEqual(["running", "running"]);
  });
});
