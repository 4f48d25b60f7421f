import { describe, expect, it } from "vitest";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { SeedInstance, SeedOwner } from "../../../src/testing/seed.js";
import { aliyunWorld, discard, expectBlocked, mutations, sent, settle, sighting } from "./for-test.js";
import type { AliyunWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

async function itemsOf(world: AliyunWorld, name: string, kind: DependencyKind): Promise<readonly DependencyRef[]> {
  const { edges } = await world.adapter.listDependencies([world.id(name)]);
  return edges.filter((edge) => edge.node.kind === kind).map((edge) => ({ ...edge.node, instanceId: edge.instanceId }));
}

const membersOf = (world: AliyunWorld, kind: DependencyKind) =>
  world
    .view()
    .memberships.filter((membership) => membership.kind === kind)
    .map(({ member }) => member);

const pool: SeedOwner = { kind: "load-balancer-target", id: "pool", members: ["web", "other"], ports: [80, 8080] };

async function pooled(over: Partial<SeedOwner> = {}): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...pool, ...over }] });
  return world;
}

describe("releaseDependencies on Alibaba Cloud: load balancers", () => {
  it.each([
    ["alb", "alb:RemoveServersFromServerGroup"],
    ["nlb", "nlb:RemoveServersFromServerGroup"],
    ["gwlb", "gwlb:RemoveServersFromServerGroup"],
    ["clb", "slb:RemoveBackendServers"],
    ["clb-group", "slb:RemoveVServerGroupBackendServers"],
  ])("takes every port of an instance out of a %s and leaves the others, and puts each back", async (variant, api) => {
    const world = await pooled({ variant });
    const before = [...membersOf(world, "load-balancer-target")].sort();
    const items = await itemsOf(world, "web", "load-balancer-target");
    const [outcome, ...more] = await world.adapter.releaseDependencies(items, patience);
    expect(more).toEqual([]);
    expect(outcome?.status).toBe("released");
    expect(new Set(mutations(world).map((request) => request.api))).toEqual(new Set([api]));
    expect(JSON.stringify(sent(world, api)[0]?.parameters)).not.toContain(world.id("other"));
    expect(new Set(membersOf(world, "load-balancer-target"))).toEqual(new Set([world.id("other")]));
    await world.adapter.revert(outcome?.effects ?? [], patience);
    expect([...membersOf(world, "load-balancer-target")].sort()).toEqual(before);
  });

  it("says of a pair of a primary and a secondary server that nobody can be taken out", async () => {
    const world = await pooled({ variant: "clb-pair" });
    const items = await itemsOf(world, "web", "load-balancer-target");
    expectBlocked((await world.adapter.releaseDependencies(items, patience))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it("sends again while the balancer is being configured", async () => {
    const world = await pooled({ variant: "clb" });
    const items = await itemsOf(world, "web", "load-balancer-target");
    const api = "slb:RemoveBackendServers";
    world.faults.add({ fault: "error", api, cloudCode: "BackendServer.configuring", times: 2 });
    expect((await world.adapter.releaseDependencies(items, patience))[0]?.status).toBe("released");
    expect(sent(world, api)).toHaveLength(3);
  });

  it("waits no longer for a drain than it is told, and for one that is under way already", async () => {
    const world = await pooled();
    const items = await itemsOf(world, "web", "load-balancer-target");
    const started = world.clock.now();
    await world.adapter.releaseDependencies(items, { drainTimeoutMs: 20_000, ...patience });
    expect(world.clock.now() - started).toBeLessThan(60_000);
    const [again] = await world.adapter.releaseDependencies(items, patience);
    expect(again).toMatchObject({ status: "already-released", effects: [] });
    expect(await itemsOf(world, "web", "load-balancer-target")).toEqual([]);
  });

  it("S25 leaves a target by address that somebody else holds by now", async () => {
    const world = await pooled({ by: "address" });
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

describe("releaseDependencies on Alibaba Cloud: scaling groups", () => {
  const crew: SeedOwner = { kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true };

  it.each([
    ["Protected", "ess:SetInstancesProtection"],
    ["Standby", "ess:EnterStandby"],
  ])("give a member back as %s that left as such, once it is in service (%s)", async (lifecycleState, api) => {
    const world = await aliyunWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...crew, detail: { lifecycleState } }] });
    const items = await itemsOf(world, "web", "auto-scaling-group");
    const [released] = await world.adapter.releaseDependencies(items, patience);
    expect(released?.status).toBe("released");
    const [reverted] = await world.adapter.revert(released?.effects ?? [], patience);
    expect(reverted?.status).toBe("reverted");
    const asked = sent(world, api);
    expect(asked.at(-1)?.parameters).toMatchObject({
      ScalingGroupId: world.id("crew"),
      InstanceIds: [world.id("web")],
    });
    const { edges } = await world.adapter.listDependencies([world.id("web")]);
    const place = edges.find(({ node }) => node.kind === "auto-scaling-group");
    expect(place?.why).toContain(`It is ${lifecycleState} in the scaling group`);
    expect((await world.adapter.revert(released?.effects ?? [], patience))[0]?.status).toBe("already-reverted");
  });

  it("leave a member in service that somebody put back so, though it was Standby before", async () => {
    const world = await aliyunWorld();
    const seed = { ...crew, detail: { lifecycleState: "Standby" } };
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [seed] });
    const items = await itemsOf(world, "web", "auto-scaling-group");
    const [released] = await world.adapter.releaseDependencies(items, patience);
    const [effect] = released?.effects ?? [];
    if (effect?.undo === undefined || !("action" in effect.undo) || effect.undo.action !== "rejoin")
      throw new Error("no way back");
    const inService = { ...effect, undo: { ...effect.undo, detail: { lifecycleState: "InService" } } };
    expect((await world.adapter.revert([inService], patience))[0]?.status).toBe("reverted");
    expect((await world.adapter.revert([effect], patience))[0]).toMatchObject({
      status: "not-reverted",
      cause: "changed-since",
    });
    expect(sent(world, "ess:EnterStandby")).toEqual([]);
  });

  it("detaches and never removes, with the desired capacity lowered, so that nothing takes the place", async () => {
    const world = await aliyunWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [crew] });
    const [outcome] = await world.adapter.releaseDependencies(
      await itemsOf(world, "web", "auto-scaling-group"),
      patience,
    );
    expect(outcome?.status).toBe("released");
    expect(mutations(world).map(({ api }) => api)).toEqual(["ess:DetachInstances"]);
    const { parameters } = sent(world, "ess:DetachInstances")[0] ?? {};
    expect(String(parameters?.DecreaseDesiredCapacity)).toBe("true");
    await settle(world);
    expect(world.view().instances.map(({ state }) => state)).toEqual(["running", "running"]);
    const back = await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(back.map(({ status }) => status)).toEqual(["reverted"]);
    expect(membersOf(world, "auto-scaling-group").sort()).toEqual([world.id("web"), world.id("other")].sort());
  });

  it("sends nothing to a group at its minimum size", async () => {
    const world = await aliyunWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...crew, replaces: false, inUse: true }] });
    const items = await itemsOf(world, "web", "auto-scaling-group");
    expectBlocked((await world.adapter.releaseDependencies(items, patience))[0], "dependency");
    expect(mutations(world)).toEqual([]);
  });

  it("sends again while the group is in another activity", async () => {
    const world = await aliyunWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [crew] });
    const items = await itemsOf(world, "web", "auto-scaling-group");
    world.faults.add({ fault: "error", api: "ess:DetachInstances", cloudCode: "ScalingActivityInProgress", times: 2 });
    expect((await world.adapter.releaseDependencies(items, patience))[0]?.status).toBe("released");
    expect(sent(world, "ess:DetachInstances")).toHaveLength(3);
  });
});

describe("releaseDependencies on Alibaba Cloud: addresses", () => {
  const withAddress: SeedInstance = { id: "web", addresses: [{ id: "front", kind: "elastic" }] };

  /** An instance that is gone and has left its address. */
  async function left(over: Partial<SeedInstance> = {}) {
    const world = await aliyunWorld();
    world.seed([{ ...withAddress, ...over }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const item: DependencyRef = { kind: "public-address", id: world.id("front"), instanceId: record.id };
    const release = async (seen: InstanceRecord = record) =>
      (await world.adapter.releaseDependencies([item], { sightings: [seen], ...patience }))[0];
    return { world, record, item, release };
  }
  const isOurs = (world: AliyunWorld) =>
    world.view().addresses.some(({ id, ours }) => id === world.id("front") && ours);

  it("gives an address up that nobody uses and nothing names", async () => {
    const { world, release } = await left();
    expect(await release()).toMatchObject({
      status: "released",
      effects: [{ undo: { impossible: expect.anything() } }],
    });
    expect(isOurs(world)).toBe(false);
    expect(await release()).toMatchObject({ status: "already-released" });
  });

  it("S26 keeps an address while its instance stands", async () => {
    const world = await aliyunWorld();
    world.seed([withAddress]);
    const record = await sighting(world, "web");
    const item: DependencyRef = { kind: "public-address", id: world.id("front"), instanceId: record.id };
    expectBlocked(
      (await world.adapter.releaseDependencies([item], { sightings: [record], ...patience }))[0],
      "wrong-state",
    );
    expect(isOurs(world)).toBe(true);
  });

  it("S26 keeps an address that another instance uses", async () => {
    const { world, record, release } = await left();
    const ip = record.publicAddresses.find(({ id }) => id === world.id("front"))?.ip ?? "";
    world.seed([{ id: "heir", addresses: [{ id: "front", kind: "elastic", ip }] }]);
    expectBlocked(await release(), "dependency");
    expect(isOurs(world)).toBe(true);
  });

  it("S26 keeps an address whose id is another address by now", async () => {
    const { world, record, release } = await left();
    const publicAddresses = record.publicAddresses.map((address) => ({ ...address, ip: "203.0.113.250" }));
    expectBlocked(await release({ ...record, publicAddresses }), "drifted");
    expect(isOurs(world)).toBe(true);
  });

  it("S26 keeps an address that a name leads to", async () => {
    const world = await aliyunWorld();
    world.seed({
      instances: [withAddress, { id: "bystander" }],
      owners: [{ kind: "dns-record", id: "www", members: ["web"] }],
    });
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const item: DependencyRef = { kind: "public-address", id: world.id("front"), instanceId: record.id };
    expectBlocked(
      (await world.adapter.releaseDependencies([item], { sightings: [record], ...patience }))[0],
      "dependency",
    );
    expect(isOurs(world)).toBe(true);
  });

  it.each(["alidns:DescribeDomains", "rds:DescribeDBInstances", "ecs:DescribePrefixLists"])(
    "S26 keeps an address where it could not be read whether something names it: %s",
    async (api) => {
      const { world, release } = await left();
      world.faults.add({ fault: "deny", api });
      expectBlocked(await release(), "dependency");
      expect(isOurs(world)).toBe(true);
    },
  );

  it("S51 keeps an address that is paid in advance: giving it back would be an order", async () => {
    const { world, release } = await left({ addresses: [{ id: "front", kind: "elastic", billing: "prepaid" }] });
    expectBlocked(await release(), "prepaid");
    expect(sent(world, "vpc:ReleaseEipAddress")).toEqual([]);
    expect(isOurs(world)).toBe(true);
    expect(world.view().orders).toEqual([]);
  });

  it("keeps an address that no sighting shows", async () => {
    const { world, record, release } = await left();
    expectBlocked(await release({ ...record, publicAddresses: [] }), "not-found");
    expect(isOurs(world)).toBe(true);
  });
});

describe("releaseDependencies on Alibaba Cloud: disks", () => {
  const disks = [
    { role: "system" },
    { id: "kept", role: "data", deletedWithInstance: false },
    { id: "also-kept", role: "data", deletedWithInstance: false },
  ] as const;

  async function left() {
    const world = await aliyunWorld();
    world.seed([{ id: "web", disks }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const item: DependencyRef = { kind: "disk", id: world.id("kept"), instanceId: record.id };
    return { world, record, item };
  }

  it("S14 deletes a kept disk on the word that its data may be lost, and no other", async () => {
    const { world, record, item } = await left();
    const consent = (name: string) => [{ instanceId: record.id, diskId: world.id(name), reason: "a test" }];
    const options = { sightings: [record], ...patience };
    const [wrong] = await world.adapter.releaseDependencies([item], {
      ...options,
      acceptDataLoss: consent("also-kept"),
    });
    expectBlocked(wrong, "missing-snapshot-proof");
    const [right] = await world.adapter.releaseDependencies([item], { ...options, acceptDataLoss: consent("kept") });
    expect(right).toMatchObject({ status: "released" });
    await settle(world);
    expect([world.holds("kept"), world.holds("also-kept")]).toEqual([false, true]);
  });

  it("S14 deletes no disk that another instance holds", async () => {
    const world = await aliyunWorld();
    const shared = { id: "kept", role: "data", medium: "shared" } as const;
    world.seed([
      { id: "web", disks: [{ role: "system" }, shared] },
      { id: "twin", disks: [{ role: "system" }, shared] },
    ]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    const item: DependencyRef = { kind: "disk", id: world.id("kept"), instanceId: record.id };
    const [outcome] = await world.adapter.releaseDependencies([item], { ...discard, sightings: [record], ...patience });
    expectBlocked(outcome, "dependency");
    expect(sent(world, "ecs:DeleteDisk")).toEqual([]);
  });

  it("S14 deletes no disk while its instance stands", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web", disks }]);
    const record = await sighting(world, "web");
    const item: DependencyRef = { kind: "disk", id: world.id("kept"), instanceId: record.id };
    const [outcome] = await world.adapter.releaseDependencies([item], { ...discard, sightings: [record], ...patience });
    expectBlocked(outcome, "wrong-state");
    expect(mutations(world)).toEqual([]);
  });
});
