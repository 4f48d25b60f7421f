import { CreateSecurityGroupCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { awsWorld, expectBlocked, mutations, otherTool, sent, settle, sighting } from "./for-test.js";
import { allow, openTo } from "./rules.js";

const reason = "a test";
const patience = { deadlineMs: 6 * 3_600_000 } as const;
const stop = { mode: "stop", reason, ...patience } as const;
const isolate = { mode: "isolate", reason, runId: "test", ...patience } as const;

describe("quarantine by stop on EC2", () => {
  it("stops a fleet in few requests and waits until all are stopped", async () => {
    const world = await awsWorld();
    const names = Array.from({ length: 60 }, (_, index) => `web-${index}`);
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
    expect(sent(world, "ec2:StopInstances")).toHaveLength(2);
  });

  const refused = {
    "a Spot instance": { seed: { id: "web", billing: "spot" }, code: "unsupported" },
    "an instance whose root is on the host": {
      seed: { id: "web", disks: [{ role: "system", medium: "local" }] },
      code: "unsupported",
    },
    "an instance that another service operates": { seed: { id: "web", managedBy: "eks.amazonaws.com" }, code: "owned" },
    "an instance that is still starting": { seed: { id: "web", state: "pending" }, code: "wrong-state" },
  } as const;
  for (const [what, { seed, code }] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const world = await awsWorld();
      world.seed([seed]);
      expectBlocked((await world.adapter.quarantine([world.id("web")], stop))[0], code);
      expect(mutations(world)).toEqual([]);
    });
  }

  it("leaves a member of a scaling group alone, since the group would replace it", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }],
    });
    for (const options of [stop, isolate]) {
      expectBlocked((await world.adapter.quarantine([world.id("web")], options))[0], "owned");
    }
    expect(mutations(world)).toEqual([]);
  });

  it("S16 stops no instance whose type could not be read: its host may hold disks", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: "ec2:DescribeInstanceTypes" });
    expectBlocked((await world.adapter.quarantine([world.id("web")], stop))[0], "data-loss");
    expect(mutations(world)).toEqual([]);
  });

  it("S16 announces the address that a stop gives up for good", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", addresses: [{ kind: "ephemeral" }] }]);
    const { publicAddresses } = await sighting(world, "web");
    const [outcome] = await world.adapter.quarantine([world.id("web")], stop);
    expect(outcome).toMatchObject({ status: "quarantined" });
    const given = outcome?.effects.find(({ kind }) => kind === "address-released");
    expect(given?.resource.id).toBe(publicAddresses[0]?.ip);
    expect(given?.undo).toHaveProperty("impossible");
  });

  it("puts stop protection back before it waits for the stop", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", stopProtection: true }]);
    const protection = { clear: [world.id("web")], reason };
    const [outcome] = await world.adapter.quarantine([world.id("web")], { ...stop, protection });
    expect(outcome).toMatchObject({ status: "quarantined" });
    expect(outcome?.effects.map(({ kind }) => kind)).toEqual(["power-changed"]);
    const order = mutations(world).map(({ api }) => api.replace("ec2:", ""));
    expect(order).toEqual(["ModifyInstanceAttribute", "StopInstances", "ModifyInstanceAttribute"]);
  });

  it("puts stop protection back when the stop is denied", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", stopProtection: true }]);
    world.faults.add({ fault: "deny", api: "ec2:StopInstances" });
    const protection = { clear: [world.id("web")], reason };
    const [outcome] = await world.adapter.quarantine([world.id("web")], { ...stop, protection });
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" }, effects: [] });
    expect(world.view().instances[0]).toMatchObject({ state: "running", stopProtection: true });
  });

  it("says unknown, not quarantined, of what is not seen stopped in time", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], { ...stop, deadlineMs: 9_000 });
    expect(outcome).toMatchObject({ status: "unknown", effects: [{ kind: "power-changed" }] });
  });
});

describe("quarantine by isolation on EC2", () => {
  it("makes one group per network, without any rule, and moves every interface into it", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("open", openTo)] }],
      instances: [
        { id: "one", securityGroups: ["app"], extraInterfaces: [{ securityGroups: ["app"] }] },
        { id: "two", securityGroups: ["app"] },
        { id: "away", vpc: "another-network" },
      ],
    });
    const outcomes = await world.adapter.quarantine(
      ["one", "two", "away"].map((name) => world.id(name)),
      isolate,
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["quarantined", "quarantined", "quarantined"]);
    expect(sent(world, "ec2:CreateSecurityGroup")).toHaveLength(2);
    for (const name of ["one", "two", "away"]) {
      const { networkInterfaces } = await sighting(world, name);
      const groups = new Set(networkInterfaces.flatMap(({ securityGroupIds }) => securityGroupIds));
      expect(groups.size).toBe(1);
      const [id] = groups;
      expect(world.view().rules.filter(({ groupId }) => groupId === id)).toEqual([]);
    }
  });

  it("S17 sets a guest's shutdown to stop first, as an effect of its own", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", guestShutdown: "terminate" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    expect(outcome?.effects.map(({ kind }) => kind)).toContain("flag-changed");
    const order = mutations(world).map(({ api }) => api.replace("ec2:", ""));
    expect(order.indexOf("ModifyInstanceAttribute")).toBeLessThan(order.indexOf("ModifyNetworkInterfaceAttribute"));
  });

  it("S17 isolates no instance whose shutdown behaviour could not be read", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: "ec2:DescribeInstanceAttribute" });
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    expectBlocked(outcome, "access-denied");
    expect(mutations(world)).toEqual([]);
  });

  it("S17 isolates nothing when the shutdown behaviour cannot be changed", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app" }],
      instances: [{ id: "web", securityGroups: ["app"], guestShutdown: "terminate" }],
    });
    world.faults.add({ fault: "deny", api: "ec2:ModifyInstanceAttribute" });
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" } });
    expect(world.view().instances[0]?.securityGroupIds).toEqual([world.id("app")]);
  });

  it("moves nobody into a group of that name which is not ours", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const { vpcId } = await sighting(world, "web");
    const squatter = { GroupName: "cloud-decom-isolation-test", Description: "somebody's", VpcId: vpcId };
    await otherTool(world).send(new CreateSecurityGroupCommand(squatter));
    await settle(world);
    const from = world.requests.length;
    expectBlocked((await world.adapter.quarantine([world.id("web")], isolate))[0], "conflict");
    expect(mutations(world, from)).toEqual([]);
  });

  it("removes its group when the isolation is lifted, and lists it until then", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    await settle(world);
    const listed = async () => {
      const ids: string[] = [];
      for await (const artifact of world.adapter.findOwnArtifacts({ runId: "test" })) ids.push(artifact.id);
      return ids;
    };
    expect(await listed()).toEqual(outcome?.status === "quarantined" ? outcome.artifacts.map(({ id }) => id) : []);
    await world.adapter.revert(outcome?.effects ?? [], patience);
    await settle(world);
    expect(await listed()).toEqual([]);
  });

  it("keeps its group while somebody is still in it", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    const made = outcome?.effects.filter(({ kind }) => kind === "artifact-created") ?? [];
    await settle(world);
    const [reverted] = await world.adapter.revert(made, patience);
    expect(reverted).toMatchObject({ status: "failed", problem: { code: "dependency" } });
    expect(sent(world, "ec2:DeleteSecurityGroup")).toEqual([]);
  });
});

describe("quarantine on EC2: options", () => {
  const senseless = {
    "a mode nobody knows": { mode: "freeze", reason },
    "no reason": { mode: "stop", reason: " " },
    "an empty run id": { mode: "isolate", reason, runId: "" },
    "a malformed protection": { mode: "stop", reason, protection: { clear: "all" } },
  } as const;
  for (const [what, options] of Object.entries(senseless)) {
    it(`refuses ${what} before anything is sent`, async () => {
      const world = await awsWorld();
      world.seed([{ id: "web" }]);
      // As a script without types would pass it.
      const passed: Parameters<typeof world.adapter.quarantine>[1] = JSON.parse(JSON.stringify(options));
      await expect(world.adapter.quarantine([world.id("web")], passed)).rejects.toMatchObject({
        code: "invalid-request",
      });
      expect(world.requests).toEqual([]);
    });
  }
});
