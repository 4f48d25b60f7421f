import { describe, expect, it } from "vitest";
import { aliyunWorld, expectBlocked, mutations, sent, settle } from "./for-test.js";
import { otherTool } from "./other-tool.js";
import { allow, ruleNames } from "./rules.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;
const reason = "a test";
const stop = { mode: "stop", reason, ...patience } as const;
const isolate = { mode: "isolate", reason, runId: "test", ...patience } as const;
const stopApi = "ecs:StopInstances";

describe("quarantine by stop on ECS", () => {
  it("stops a fleet of 120 in two requests, each member for itself, kept charged and without force", async () => {
    const world = await aliyunWorld();
    const names = Array.from({ length: 120 }, (_, index) => `web-${index}`);
    world.seed({
      securityGroups: [{ id: "fleet" }],
      instances: names.map((id) => ({ id, securityGroups: ["fleet"] })),
    });
    const outcomes = await world.adapter.quarantine(
      names.map((name) => world.id(name)),
      stop,
    );
    expect(outcomes.every(({ status }) => status === "quarantined")).toBe(true);
    expect(world.view().instances.every(({ state }) => state === "stopped")).toBe(true);
    expect(sent(world, stopApi)).toHaveLength(2);
    for (const { parameters } of sent(world, stopApi)) {
      expect(parameters).toMatchObject({ BatchOptimization: "SuccessFirst", StoppedMode: "KeepCharging" });
      expect(String(parameters.ForceStop)).toBe("false");
    }
  });

  it("stops a spot instance or one with a local disk never", async () => {
    const world = await aliyunWorld();
    world.seed([
      { id: "spot", billing: "spot" },
      { id: "local", disks: [{ role: "system" }, { role: "data", medium: "local" }] },
    ]);
    for (const name of ["spot", "local"]) {
      const [outcome] = await world.adapter.quarantine([world.id(name)], stop);
      expect(outcome?.status).toBe("blocked");
    }
    expect(mutations(world)).toEqual([]);
  });

  it("S16 leaves an instance that is locked for security, on either way", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web", locks: [{ unified: "security" }] }]);
    for (const options of [stop, isolate]) {
      expectBlocked((await world.adapter.quarantine([world.id("web")], options))[0], "locked");
    }
    expect(mutations(world)).toEqual([]);
  });

  it("leaves a member of a scaling group alone, since the group would replace it", async () => {
    const world = await aliyunWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }],
    });
    for (const options of [stop, isolate]) {
      expectBlocked((await world.adapter.quarantine([world.id("web")], options))[0], "owned");
    }
    expect(mutations(world)).toEqual([]);
  });
});

describe("quarantine by isolation on ECS", () => {
  it("moves every interface into an advanced group of its run, which holds no rule and so lets nothing in or out", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web", extraInterfaces: [{ id: "eni" }] }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    expect(outcome).toMatchObject({ status: "quarantined", artifacts: [{ kind: "security-group", runId: "test" }] });
    const [made, ...more] = sent(world, "ecs:CreateSecurityGroup");
    expect(more).toEqual([]);
    expect(made?.parameters.SecurityGroupType).toBe("enterprise");
    expect(sent(world, "ecs:ModifyInstanceAttribute")).toHaveLength(1);
    expect(sent(world, "ecs:ModifyNetworkInterfaceAttribute")).toHaveLength(1);
    const group = outcome?.status === "quarantined" ? outcome.artifacts[0]?.id : undefined;
    expect(world.view().instances[0]?.securityGroupIds).toEqual([group]);
    expect(world.view().rules.filter(({ groupId }) => groupId === group)).toEqual([]);
  });

  it("uses one group for all of a network, and finds it again in a second call", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }, { id: "twin" }]);
    await world.adapter.quarantine([world.id("web")], isolate);
    await settle(world);
    await world.adapter.quarantine([world.id("twin")], isolate);
    expect(sent(world, "ecs:CreateSecurityGroup")).toHaveLength(1);
    const groups = world.view().instances.map(({ securityGroupIds }) => securityGroupIds.join());
    expect(new Set(groups).size).toBe(1);
  });

  it("S16 moves nobody into a group of ours that holds a rule", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }, { id: "twin" }]);
    const [first] = await world.adapter.quarantine([world.id("web")], isolate);
    const group = first?.status === "quarantined" ? (first.artifacts[0]?.id ?? "") : "";
    await otherTool(world, "ecs:AuthorizeSecurityGroup", {
      SecurityGroupId: group,
      Permissions: [
        { IpProtocol: "tcp", PortRange: "1/9", SourceCidrIp: "10.0.0.0/8", Policy: "accept", Priority: "1" },
      ],
    });
    await settle(world);
    const twin = world.id("twin");
    const before = world.view().instances.find(({ id }) => id === twin)?.securityGroupIds;
    const [outcome] = await world.adapter.quarantine([twin], isolate);
    expect(outcome?.status).not.toBe("quarantined");
    expect(world.view().instances.find(({ id }) => id === twin)?.securityGroupIds).toEqual(before);
  });

  it("S16 gives every group back, and takes the empty one of the run away with the last", async () => {
    const world = await aliyunWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("yes", { kind: "cidr", cidr: "10.0.0.0/8", family: "ipv4" })] }],
      instances: [{ id: "web", securityGroups: ["app"], extraInterfaces: [{ id: "eni", securityGroups: ["app"] }] }],
    });
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    if (outcome?.status !== "quarantined") throw new Error(JSON.stringify(outcome));
    const refused = await world.adapter.removeArtifacts(outcome.artifacts, patience);
    expect(refused[0]?.status).toBe("blocked");
    const back = await world.adapter.revert(outcome.effects, patience);
    expect(
      back.map(({ status }) => status).filter((status) => status === "not-reverted" || status === "failed"),
    ).toEqual([]);
    expect(world.view().instances[0]?.securityGroupIds).toEqual([world.id("app")]);
    expect(ruleNames(world)).toEqual(["yes"]);
    const [removed] = await world.adapter.removeArtifacts(outcome.artifacts, patience);
    expect(removed?.status).toBe("already-gone");
  });
});
