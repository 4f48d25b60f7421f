import { describe, expect, it } from "vitest";
import { byAnotherTool, expectBlocked, mutations, sent, sighting, tencentWorld } from "./for-test.js";
import { allow } from "./rules.js";

const stop = { mode: "stop", reason: "a test" } as const;
const isolate = { mode: "isolate", reason: "a test", runId: "a-run" } as const;

describe("a CVM server that is stopped", () => {
  it("keeps its charges, and so its ordinary address, and is asked rather than forced", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", addresses: [{ id: "ip", kind: "ephemeral" }] }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], stop);
    expect(outcome).toMatchObject({ status: "quarantined", effects: [{ kind: "power-changed" }] });
    expect(sent(world, "cvm:StopInstances")[0]?.parameters).toMatchObject({
      StopType: "SOFT",
      StoppedMode: "KEEP_CHARGING",
    });
    expect(world.view().addresses).toMatchObject([{ instanceId: world.id("web"), ours: true }]);
  });

  it("is not called stopped while it still is STOPPING, whatever its last operation reports", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.quarantine([world.id("web")], stop);
    expect((await sighting(world, "web")).state).toEqual({ unified: "stopped", raw: "STOPPED" });
  });

  it.each([
    ["a spot instance", { billing: "spot" }, "unsupported"],
    ["one in the recycle bin", { billing: "prepaid", state: "recycled" }, "wrong-state"],
    ["one that is being rescued", { busy: { operation: "rescue", forMs: 3_600_000 } }, "wrong-state"],
    ["one that the platform holds", { locks: [{ unified: "security" }] }, "locked"],
  ] as const)("is never %s", async (_, seed, code) => {
    const world = await tencentWorld();
    world.seed([{ id: "web", ...seed }]);
    expectBlocked((await world.adapter.quarantine([world.id("web")], stop))[0], code);
    expect(mutations(world)).toEqual([]);
  });

  it("is started again by reverting, once the stop has come to its end", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], stop);
    expect(await world.adapter.revert(outcome?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    expect(world.view().instances[0]?.state).toBe("running");
  });

  it("does not keep the others running where one of a batch cannot stop", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }, { id: "odd" }]);
    // Known to the cloud alone: a refusal that no reading foretells.
    world.faults.add({
      fault: "error",
      api: "cvm:StopInstances",
      instanceId: "odd",
      cloudCode: "UnsupportedOperation.SpecialInstanceType",
    });
    const outcomes = await world.adapter.quarantine([world.id("web"), world.id("odd")], stop);
    expect(outcomes).toMatchObject([
      { status: "quarantined" },
      { status: "blocked", problem: { code: "unsupported" } },
    ]);
  });
});

describe("a CVM server that is isolated", () => {
  it("is in one group without rules with all its interfaces: the primary one through the instance", async () => {
    const world = await tencentWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("in", "203.0.113.9")] }],
      instances: [{ id: "web", securityGroups: ["app"], extraInterfaces: [{ securityGroups: ["app"] }] }],
    });
    const before = world.view();
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    const group = outcome?.status === "quarantined" ? outcome.artifacts[0]?.id : undefined;
    expect(world.view().instances[0]?.securityGroupIds).toEqual([group]);
    expect(world.view().rules.filter(({ groupId }) => groupId === group)).toEqual([]);
    expect(mutations(world).map(({ api }) => api)).toEqual([
      "vpc:CreateSecurityGroup",
      "cvm:ModifyInstancesAttribute",
      "vpc:ModifyNetworkInterfaceAttribute",
    ]);
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toBe("reverted");
    expect(world.view().instances).toEqual(before.instances);
  });

  it("is not moved into a group of that name that somebody gave rules", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }, { id: "db" }]);
    const [first] = await world.adapter.quarantine([world.id("web")], isolate);
    const group = first?.status === "quarantined" ? first.artifacts[0]?.id : undefined;
    await byAnotherTool(world, "vpc:CreateSecurityGroupPolicies", {
      SecurityGroupId: group,
      SecurityGroupPolicySet: { Ingress: [{ Protocol: "tcp", Port: "22", CidrBlock: "0.0.0.0/0", Action: "ACCEPT" }] },
    });
    const from = world.requests.length;
    expectBlocked((await world.adapter.quarantine([world.id("db")], isolate))[0], "conflict");
    expect(mutations(world, from)).toEqual([]);
  });

  // The instance model of cvm 2017-03-12 has no shutdown behaviour: whoever shuts a server down from inside stops it.
  it("S17 cannot end itself by shutting down, so that holding it back changes no flag and ends nothing", async () => {
    const world = await tencentWorld();
    expect(() => world.seed([{ id: "odd", guestShutdown: "terminate" }])).toThrow("guestShutdown");
    world.seed([{ id: "web" }, { id: "db" }]);
    const [cut] = await world.adapter.quarantine([world.id("web")], isolate);
    const [stopped] = await world.adapter.quarantine([world.id("db")], stop);
    for (const outcome of [cut, stopped]) {
      expect(outcome?.status).toBe("quarantined");
      expect(outcome?.effects.map(({ kind }) => kind)).not.toContain("flag-changed");
    }
    expect(world.view().instances.map(({ state }) => state)).toEqual(["running", "stopped"]);
  });
});
