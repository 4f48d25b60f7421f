import {
  AutoScalingClient,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  SetInstanceProtectionCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  AssociateAddressCommand,
  DeleteVolumeCommand,
  DescribeAddressesCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished } from "vitest";
import { releaseDependencies } from "../../../providers/aws/release.js";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { ReleaseDependenciesOptions } from "../../../src/reversal.js";
import type { SeedInstance, SeedOwner } from "../../../src/testing/seed.js";
import { cannedCalls } from "./canned.js";
import { awsWorld, discard, expectBlocked, mutations, otherTool, sent, settle, sighting } from "./for-test.js";
import type { AwsWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

async function itemsOf(world: AwsWorld, name: string, kind: DependencyKind): Promise<readonly DependencyRef[]> {
  const { edges } = await world.adapter.listDependencies([world.id(name)]);
  return edges.filter((edge) => edge.node.kind === kind).map((edge) => ({ ...edge.node, instanceId: edge.instanceId }));
}

const membersOf = (world: AwsWorld, kind: DependencyKind) =>
  world
    .view()
    .memberships.filter((membership) => membership.kind === kind)
    .map(({ member }) => member);

describe("releaseDependencies on EC2: target groups", () => {
  const pool: SeedOwner = { kind: "load-balancer-target", id: "pool", members: ["web", "other"], ports: [80, 8080] };

  it("names every port that was registered, since without it nothing is deregistered", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool] });
    const items = await itemsOf(world, "web", "load-balancer-target");
    const [outcome] = await world.adapter.releaseDependencies(items, patience);
    expect(outcome).toMatchObject({ status: "released" });
    const [request, ...more] = sent(world, "elasticloadbalancing:DeregisterTargets");
    expect(more).toEqual([]);
    const text = JSON.stringify(request?.parameters);
    expect(text).toContain("8080");
    expect(text).not.toContain(world.id("other"));
    expect(new Set(membersOf(world, "load-balancer-target"))).toEqual(new Set([world.id("other")]));
  });

  it("waits until connections have drained", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool] });
    const started = world.clock.now();
    await world.adapter.releaseDependencies(await itemsOf(world, "web", "load-balancer-target"), patience);
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(300_000);
  });

  it("waits no longer for a drain than it is told", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool] });
    const items = await itemsOf(world, "web", "load-balancer-target");
    const started = world.clock.now();
    const [outcome] = await world.adapter.releaseDependencies(items, { drainTimeoutMs: 20_000, ...patience });
    expect(outcome).toMatchObject({ status: "released" });
    expect(world.clock.now() - started).toBeLessThan(60_000);
  });

  it("waits for a drain that was already under way, such as one that a killed process had begun", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool] });
    const items = await itemsOf(world, "web", "load-balancer-target");
    await world.adapter.releaseDependencies(items, { drainTimeoutMs: 20_000, ...patience });
    const [again] = await world.adapter.releaseDependencies(items, patience);
    expect(again).toMatchObject({ status: "already-released", effects: [] });
    expect(await itemsOf(world, "web", "load-balancer-target")).toEqual([]);
  });

  it("throws nothing once it has taken a target away, though another group cannot be read", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool, { ...pool, id: "second" }] });
    const items = await itemsOf(world, "web", "load-balancer-target");
    world.faults.add({ fault: "deny", api: "elasticloadbalancing:DescribeTargetGroups", skip: 1 });
    const outcomes = await world.adapter.releaseDependencies(items, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "blocked"]);
    expectBlocked(outcomes[1], "access-denied");
  });

  it("S25 takes a target by address away while the instance is seen holding it", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...pool, by: "address" }] });
    const items = await itemsOf(world, "web", "load-balancer-target");
    expect((await world.adapter.releaseDependencies(items, patience))[0]).toMatchObject({ status: "released" });
  });

  it("S25 leaves a target by address that somebody else holds by now", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...pool, by: "address" }] });
    const record = await sighting(world, "web");
    const items = await itemsOf(world, "web", "load-balancer-target");
    await world.adapter.terminate([record], discard);
    await settle(world);
    world.seed([{ id: "heir", privateIps: record.privateIps }]);
    await settle(world);
    const from = world.requests.length;
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "conflict");
    expect(mutations(world, from)).toEqual([]);
  });
});

describe("releaseDependencies on EC2: scaling groups and Spot requests", () => {
  const crew: SeedOwner = { kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true };

  async function withCrew() {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [crew] });
    const { accessKeyId, secretAccessKey } = world.credentials;
    const tool = new AutoScalingClient({
      region: world.adapter.region,
      endpoint: world.adapter.endpoints?.autoscaling ?? "",
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    });
    onTestFinished(() => tool.destroy());
    const named = (...names: readonly string[]) => ({
      AutoScalingGroupName: "crew",
      InstanceIds: names.map((name) => world.id(name)),
    });
    const memberOf = async (name: string) => {
      const { AutoScalingInstances = [] } = await tool.send(new DescribeAutoScalingInstancesCommand({}));
      return AutoScalingInstances.find(({ InstanceId }) => InstanceId === world.id(name));
    };
    return { world, tool, named, memberOf, items: await itemsOf(world, "web", "auto-scaling-group") };
  }

  // Auto Scaling API reference, AttachInstances: a member that joins is in service and not protected.
  it.each(["on standby", "protected from scale-in"])("gives a member back as it was: %s", async (how) => {
    const { world, tool, named, memberOf, items } = await withCrew();
    if (how === "on standby") {
      await tool.send(new EnterStandbyCommand({ ...named("web"), ShouldDecrementDesiredCapacity: true }));
    } else await tool.send(new SetInstanceProtectionCommand({ ...named("web"), ProtectedFromScaleIn: true }));
    await settle(world);
    const before = await memberOf("web");
    const [released] = await world.adapter.releaseDependencies(items, patience);
    expect(released).toMatchObject({ status: "released" });
    await settle(world);
    expect(await memberOf("web")).toBeUndefined();
    expect(await world.adapter.revert(released?.effects ?? [], patience)).toMatchObject([{ status: "reverted" }]);
    await settle(world);
    expect(await memberOf("web")).toEqual(before);
    expect(before).toMatchObject(how === "on standby" ? { LifecycleState: "Standby" } : { ProtectedFromScaleIn: true });
    expect(world.view().instances).toHaveLength(2);
  });

  it("takes a member for gone that the group refuses to know, though a lagging list still shows it", async () => {
    const { world, tool, named, items } = await withCrew();
    await tool.send(new DetachInstancesCommand({ ...named("web"), ShouldDecrementDesiredCapacity: true }));
    await world.clock.advance(60_000);
    world.faults.add({ fault: "stale", api: "autoscaling:DescribeAutoScalingInstances", forMs: 65_000, times: 3 });
    const [outcome] = await world.adapter.releaseDependencies(items, patience);
    expect(outcome).toMatchObject({ status: "already-released", effects: [] });
    expect(sent(world, "autoscaling:DetachInstances").map(({ cloudCode }) => cloudCode)).toContain("ValidationError");
  });

  it("detaches the others of a batch that is refused for one that has left already", async () => {
    const { world, tool, named } = await withCrew();
    const other = await itemsOf(world, "other", "auto-scaling-group");
    const items = [...(await itemsOf(world, "web", "auto-scaling-group")), ...other];
    await tool.send(new DetachInstancesCommand({ ...named("web"), ShouldDecrementDesiredCapacity: true }));
    await world.clock.advance(60_000);
    world.faults.add({ fault: "stale", api: "autoscaling:DescribeAutoScalingGroups", forMs: 65_000 });
    world.faults.add({ fault: "stale", api: "autoscaling:DescribeAutoScalingInstances", forMs: 65_000, times: 2 });
    const outcomes = await world.adapter.releaseDependencies(items, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(["already-released", "released"]);
    await settle(world);
    expect(membersOf(world, "auto-scaling-group")).toEqual([]);
    expect(world.view().instances).toHaveLength(2);
  });

  it("calls no Spot request cancelled that the list leaves out after a lost answer", async () => {
    const request = { SpotInstanceRequestId: "sir-1a2b3c4d", Type: "persistent", State: "active" };
    const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    let asked = 0;
    const { open } = cannedCalls({
      "ec2:DescribeSpotInstanceRequests": () => ({ SpotInstanceRequests: asked++ === 0 ? [request] : [] }),
      "ec2:CancelSpotInstanceRequests": reset,
    });
    const item = { kind: "spot-request", id: "sir-1a2b3c4d", instanceId: "i-0123456789abcdef0" } as const;
    const [outcome] = await releaseDependencies(open, [item]);
    expect(asked).toBeGreaterThan(1);
    expect(outcome?.status).not.toMatch(/released/);
  });

  it("lowers the desired capacity with the detach, so that nothing takes the place", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }],
    });
    await world.adapter.releaseDependencies(await itemsOf(world, "web", "auto-scaling-group"), patience);
    const [request] = sent(world, "autoscaling:DetachInstances");
    expect(JSON.stringify(request?.parameters)).toMatch(/"ShouldDecrementDesiredCapacity":"?true/);
    await settle(world);
    expect(world.view().instances).toHaveLength(2);
  });

  it("sends nothing to a group at its minimum size, and says how many cannot leave", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], inUse: true }],
    });
    const items = await itemsOf(world, "web", "auto-scaling-group");
    expectBlocked((await world.adapter.releaseDependencies(items, patience))[0], "dependency");
    expect(mutations(world)).toEqual([]);
  });

  it("cancels a persistent Spot request without ending its instance, and calls that impossible to undo", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web", billing: "spot" }],
      owners: [{ kind: "spot-request", id: "request", members: ["web"], variant: "persistent", replaces: true }],
    });
    const items = await itemsOf(world, "web", "spot-request");
    const [outcome] = await world.adapter.releaseDependencies(items, patience);
    expect(outcome).toMatchObject({ status: "released", effects: [{ kind: "spot-request-cancelled" }] });
    expect(outcome && "effects" in outcome && outcome.effects[0]?.undo).toHaveProperty("impossible");
    expect(world.holds("web")).toBe(true);
    await settle(world);
    expect((await world.adapter.terminate([world.id("web")], discard))[0]).toMatchObject({ status: "accepted" });
    await settle(world);
    expect(world.view().instances.filter(({ state }) => state === "running")).toEqual([]);
  });
});

describe("releaseDependencies on EC2: addresses", () => {
  const withAddress: SeedInstance = { id: "web", addresses: [{ id: "front", kind: "elastic" }] };

  async function left(world: AwsWorld): Promise<{ items: readonly DependencyRef[]; record: InstanceRecord }> {
    world.seed([withAddress, { id: "bystander" }]);
    const record = await sighting(world, "web");
    const items = (await itemsOf(world, "web", "public-address")).filter(({ id }) => id === world.id("front"));
    await world.adapter.terminate([record], discard);
    await settle(world);
    return { items: items.slice(0, 1), record };
  }
  const isOurs = (world: AwsWorld) => world.view().addresses.some(({ id, ours }) => id === world.id("front") && ours);

  it("S26 reads an address again as the request leaves, and lets a stranger's be", async () => {
    const world = await awsWorld();
    const { items, record } = await left(world);
    let reads = 0;
    const [outcome] = await world.adapter.releaseDependencies(items, {
      sightings: [record],
      ...patience,
      onEvent: (event) => {
        if (event.type !== "request" || event.api !== "ec2:DescribeAddresses" || reads++ > 0) return;
        world.meddle({ giveAddressAway: "front" });
        void world.clock.advance(5_000);
      },
    });
    expect(reads).toBeGreaterThan(1);
    expect(outcome?.status).toMatch(/blocked|already-released/);
    expect(sent(world, "ec2:ReleaseAddress")).toEqual([]);
  });

  it("S26 keeps an address that nobody uses just now, while its instance stands", async () => {
    const world = await awsWorld();
    world.seed([withAddress]);
    const record = await sighting(world, "web");
    const items = (await itemsOf(world, "web", "public-address")).filter(({ id }) => id === world.id("front"));
    const tool = otherTool(world);
    const { Addresses = [] } = await tool.send(new DescribeAddressesCommand({ AllocationIds: [world.id("front")] }));
    await tool.send(new DisassociateAddressCommand({ AssociationId: Addresses[0]?.AssociationId }));
    await settle(world);
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "wrong-state");
    expect(isOurs(world)).toBe(true);
  });

  it("S26 keeps an address that another instance uses", async () => {
    const world = await awsWorld();
    const { items, record } = await left(world);
    const associate = { AllocationId: world.id("front"), InstanceId: world.id("bystander") };
    await otherTool(world).send(new AssociateAddressCommand(associate));
    await settle(world);
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "dependency");
    expect(isOurs(world)).toBe(true);
  });

  it("S26 keeps an address whose id is another address by now", async () => {
    const world = await awsWorld();
    const { items, record } = await left(world);
    const publicAddresses = record.publicAddresses.map((address) => ({ ...address, ip: "203.0.113.250" }));
    const [outcome] = await world.adapter.releaseDependencies(items, {
      sightings: [{ ...record, publicAddresses }],
      ...patience,
    });
    expectBlocked(outcome, "drifted");
    expect(isOurs(world)).toBe(true);
  });

  it("S26 keeps an address where it could not be read whether a list names it", async () => {
    const world = await awsWorld();
    const { items, record } = await left(world);
    world.faults.add({ fault: "deny", api: "ec2:DescribeManagedPrefixLists" });
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "dependency");
    expect(isOurs(world)).toBe(true);
  });

  it("says already released when the cloud answers that the address is somebody else's", async () => {
    const world = await awsWorld();
    const { items, record } = await left(world);
    const [outcome] = await world.adapter.releaseDependencies(items, {
      sightings: [record],
      ...patience,
      recorder: {
        intent: async () => {
          await otherTool(world).send(new ReleaseAddressCommand({ AllocationId: world.id("front") }));
          await world.clock.advance(60_000);
        },
        settled: async () => undefined,
      },
    });
    expect(outcome).toMatchObject({ status: "already-released" });
  });

  it("keeps an address that no sighting shows", async () => {
    const world = await awsWorld();
    const { items, record } = await left(world);
    const [outcome] = await world.adapter.releaseDependencies(items, {
      sightings: [{ ...record, publicAddresses: [] }],
      ...patience,
    });
    expectBlocked(outcome, "not-found");
    expect(isOurs(world)).toBe(true);
  });
});

describe("releaseDependencies on EC2: disks", () => {
  it("S14 deletes a kept disk on the word that its data may be lost, and no other", async () => {
    const world = await awsWorld();
    const disks = [
      { role: "system" },
      { id: "kept", role: "data", deletedWithInstance: false },
      { id: "also-kept", role: "data", deletedWithInstance: false },
    ] as const;
    world.seed([{ id: "web", disks }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const item: DependencyRef = { kind: "disk", id: world.id("kept"), instanceId: record.id };
    const consent = (diskId: string) => [{ instanceId: record.id, diskId, reason: "a test" }];
    const options = { sightings: [record], ...patience };
    const [wrong] = await world.adapter.releaseDependencies([item], {
      ...options,
      acceptDataLoss: consent(world.id("also-kept")),
    });
    expectBlocked(wrong, "missing-snapshot-proof");
    const [right] = await world.adapter.releaseDependencies([item], {
      ...options,
      acceptDataLoss: consent(world.id("kept")),
    });
    expect(right).toMatchObject({ status: "released" });
    await settle(world);
    expect([world.holds("kept"), world.holds("also-kept")]).toEqual([false, true]);
  });

  async function leftDisks(...names: readonly string[]) {
    const world = await awsWorld();
    const data = names.map((id) => ({ id, role: "data", deletedWithInstance: false }) as const);
    world.seed([{ id: "web", disks: [{ role: "system" }, ...data] }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const items = names.map((name) => ({ kind: "disk", id: world.id(name), instanceId: record.id }) as const);
    const release = (more: ReleaseDependenciesOptions = {}) =>
      world.adapter.releaseDependencies(items, { ...discard, sightings: [record], ...patience, ...more });
    return { world, release };
  }

  it("takes a disk for gone that EC2 refuses to find, though a lagging list still shows it", async () => {
    const { world, release } = await leftDisks("kept");
    await otherTool(world).send(new DeleteVolumeCommand({ VolumeId: world.id("kept") }));
    await world.clock.advance(60_000);
    world.faults.add({ fault: "stale", api: "ec2:DescribeVolumes", forMs: 120_000, times: 3 });
    expect(await release()).toMatchObject([{ status: "already-released" }]);
    expect(sent(world, "ec2:DeleteVolume").map(({ cloudCode }) => cloudCode)).toContain("InvalidVolume.NotFound");
  });

  it("throws nothing once a disk is deleted, and keeps those that could not be read", async () => {
    const names = ["one", "two", "three", "four", "five", "six"];
    const { world, release } = await leftDisks(...names);
    const recorder = {
      // From the first request on the volumes may not be read any more.
      intent: async () => void world.faults.add({ fault: "deny", api: "ec2:DescribeVolumes" }),
      settled: async () => undefined,
    };
    const outcomes = await release({ recorder });
    expect(outcomes.map(({ item }) => item.id)).toEqual(names.map((name) => world.id(name)));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["blocked", "released"]));
    expectBlocked(outcomes.at(-1), "access-denied");
  });

  it("leaves a disk that another instance holds by now", async () => {
    const world = await awsWorld();
    const disks = [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }] as const;
    world.seed([{ id: "web", disks }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    world.seed([{ id: "heir", disks: [{ role: "system" }, { id: "kept", role: "data", medium: "shared" }] }]);
    const item: DependencyRef = { kind: "disk", id: world.id("kept"), instanceId: record.id };
    const [outcome] = await world.adapter.releaseDependencies([item], { ...discard, sightings: [record], ...patience });
    expectBlocked(outcome, "dependency");
    expect(sent(world, "ec2:DeleteVolume")).toEqual([]);
    expect(world.holds("kept")).toBe(true);
  });

  it("refuses a drain time that is none", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const item: DependencyRef = { kind: "disk", id: "vol-0123456789abcdef0", instanceId: world.id("web") };
    await expect(world.adapter.releaseDependencies([item], { drainTimeoutMs: -1 })).rejects.toMatchObject({
      code: "invalid-request",
    });
    expect(world.requests).toEqual([]);
  });
});
