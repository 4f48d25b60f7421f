import { describe, expect, it } from "vitest";
import { at, codeOf, each, errorOf, listAt, minute, openFake, repeat } from "./open.js";

describe("power", () => {
  it("stops cleanly in half a minute, by force in seconds, and starts again", async () => {
    const { cloud, call, status } = await openFake();
    cloud.seed([{ id: "web" }, { id: "db" }]);
    await call("ecs", "StopInstance", { InstanceId: cloud.id("web") });
    await call("ecs", "StopInstance", { InstanceId: cloud.id("db"), ForceStop: "true" });
    await cloud.clock.advance(10_000);
    expect([await status("web"), await status("db")]).toEqual(["Stopping", "Stopped"]);
    await cloud.clock.advance(minute);
    expect(await codeOf(call("ecs", "StopInstance", { InstanceId: cloud.id("web") }))).toBe("IncorrectInstanceStatus");
    await call("ecs", "StartInstance", { InstanceId: cloud.id("web") });
    expect(await status("web")).toBe("Starting");
    await cloud.clock.advance(minute);
    expect(await status("web")).toBe("Running");
  });

  it("stops all together or none, unless each is to succeed for itself", async () => {
    const { cloud, inRegion, status } = await openFake();
    cloud.seed([{ id: "web" }, { id: "off", state: "stopped" }]);
    const ids = repeat("InstanceId", [cloud.id("web"), cloud.id("off")]);
    expect(await codeOf(inRegion("ecs", "StopInstances", ids))).toBe("IncorrectInstanceStatus");
    expect(await status("web")).toBe("Running");
    const answer = await inRegion("ecs", "StopInstances", { ...ids, BatchOptimization: "SuccessFirst" });
    expect(listAt(answer, "InstanceResponses.InstanceResponse")).toMatchObject([
      { Code: "200", PreviousStatus: "Running", CurrentStatus: "Stopping" },
      { Code: "IncorrectInstanceStatus", CurrentStatus: "Stopped" },
    ]);
  });

  it("calls a dry run that passes DRYRUN.SUCCESS for many and DryRunOperation for one", async () => {
    const { cloud, call, inRegion, status } = await openFake();
    cloud.seed([{ id: "web" }]);
    const InstanceId = cloud.id("web");
    expect(await codeOf(inRegion("ecs", "StopInstances", { "InstanceId.1": InstanceId, DryRun: "true" }))).toBe(
      "DRYRUN.SUCCESS",
    );
    expect(await codeOf(call("ecs", "StopInstance", { InstanceId, DryRun: "true" }))).toBe("DryRunOperation");
    await cloud.clock.advance(minute);
    expect(await status("web")).toBe("Running");
  });

  it("is refused under locks, each with its own code", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      { id: "suspect", locks: [{ unified: "security" }] },
      { id: "unpaid", locks: [{ unified: "overdue" }] },
      { id: "returned", locks: [{ unified: "refunded" }], billing: "prepaid" },
    ]);
    const on = (action: string, name: string) => call("ecs", action, { InstanceId: cloud.id(name) });
    expect(await errorOf(on("StopInstance", "suspect"))).toEqual({ code: "InstanceLockedForSecurity", status: 403 });
    expect(await codeOf(on("StopInstance", "unpaid"))).toBe("InstanceExpiredOrInArrears");
    expect(await codeOf(on("StartInstance", "returned"))).toBe("IncorrectInstanceStatus");
  });

  it("gives the static address up in economical mode, and refuses that mode to subscriptions and local disks", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed([
      { id: "web", addresses: [{ id: "static", kind: "ephemeral" }] },
      { id: "paid", billing: "prepaid" },
      { id: "local", disks: [{}, { medium: "local" }] },
    ]);
    const economical = (name: string) =>
      call("ecs", "StopInstance", { InstanceId: cloud.id(name), StoppedMode: "StopCharging" });
    for (const name of ["paid", "local"]) expect(await codeOf(economical(name))).toBe("InvalidInstanceId.NotSupport");
    await economical("web");
    await cloud.clock.advance(minute);
    expect(cloud.holds("static")).toBe(false);
    const [web] = listAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance");
    expect(web).toMatchObject({ Status: "Stopped", StoppedMode: "StopCharging", PublicIpAddress: { IpAddress: [] } });
  });

  it("is unhealthy off: a scaling group releases what it made and launches another", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "made" }, { id: "joined" }],
      owners: [
        { kind: "auto-scaling-group", id: "crew", members: ["made"], replaces: true },
        { kind: "auto-scaling-group", id: "pets", members: ["joined"], variant: "attached" },
      ],
    });
    for (const name of ["made", "joined"]) await call("ecs", "StopInstance", { InstanceId: cloud.id(name) });
    await cloud.clock.advance(5 * minute);
    expect([cloud.holds("made"), cloud.holds("joined")]).toEqual([false, true]);
    const members = await inRegion("ess", "DescribeScalingInstances");
    expect(each(members, "ScalingInstances", "CreationType")).toEqual(["AutoCreated"]);
    expect(at(members, "ScalingInstances.0.InstanceId")).not.toBe(cloud.id("made"));
  });
});
