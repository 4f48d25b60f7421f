/*
 * What holds servers of Huawei Cloud and what they leave, let go by the kind it is. Sources: "Batch Managing Instances"
 * (AS), "Backend Server Weight" (ELB), "Releasing an EIP" (VPC), "Deleting an EVS Disk" (EVS).
 */
import { describe, expect, it } from "vitest";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { discard, expectBlocked, huaweiWorld, mutations, sent, settle, sighting } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const member = "elb:DELETE /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}";
const weigh = "elb:PUT /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}";
const addMember = "elb:POST /v3/{project_id}/elb/pools/{pool_id}/members";
const group = "as:POST /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/action";
const deleteDisk = "evs:DELETE /v2/{project_id}/cloudvolumes/{volume_id}";
const deleteAddress = "vpc:DELETE /v1/{project_id}/publicips/{publicip_id}";
const month = 30 * 24 * 3_600_000;

function item(world: HuaweiWorld, kind: DependencyKind, id: string, instance = "web"): DependencyRef {
  return { kind, id: world.id(id), instanceId: world.id(instance) };
}

function members(world: HuaweiWorld, kind: DependencyKind): readonly string[] {
  const all = world.view().memberships.filter((one) => one.kind === kind);
  return all.map((one) => one.member);
}

/** A server that has ended, and what was seen of it. */
async function ended(world: HuaweiWorld, seed: SeedInstance) {
  world.seed([seed, { id: "bystander" }]);
  const record = await sighting(world, "web");
  await world.adapter.terminate([record], discard);
  await settle(world);
  return record;
}

describe("registrations with an ELB", () => {
  const pool = { kind: "load-balancer-target", id: "pool", members: ["web", "other"], ports: [80] } as const;
  const seed = { instances: [{ id: "web" }, { id: "other" }], owners: [pool] };

  it("go by the id of their member, and come back as they were", async () => {
    const world = await huaweiWorld();
    world.seed(seed);
    const before = world.view().memberships;
    const [outcome] = await world.adapter.releaseDependencies([item(world, "load-balancer-target", "pool")]);
    expect(outcome?.status).toBe("released");
    expect(mutations(world).map(({ api }) => api)).toEqual([member]);
    expect(members(world, "load-balancer-target")).toEqual([world.id("other")]);
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toBe("reverted");
    expect(world.view().memberships).toHaveLength(before.length);
    expect(world.view().memberships).toEqual(expect.arrayContaining([...before]));
  });

  it("get no new requests first, all at once, for as long as a drain was asked for", async () => {
    const world = await huaweiWorld();
    world.seed(seed);
    const items = ["web", "other"].map((one) => item(world, "load-balancer-target", "pool", one));
    const from = world.clock.now();
    const outcomes = await world.adapter.releaseDependencies(items, { drainTimeoutMs: 600_000 });
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
    expect(mutations(world).map(({ api }) => api)).toEqual([weigh, weigh, member, member]);
    const last = Math.max(...sent(world, weigh).map(({ at }) => Date.parse(at)));
    const first = Math.min(...sent(world, member).map(({ at }) => Date.parse(at)));
    expect(first - last).toBeGreaterThanOrEqual(600_000);
    expect(world.clock.now() - from).toBeLessThan(1_100_000);
    // What comes back has the weight it had, not the one of the drain.
    await world.adapter.revert(outcomes[0]?.effects ?? []);
    expect(sent(world, addMember).map(({ parameters }) => JSON.stringify(parameters))).toEqual([
      expect.stringContaining('"weight":1'),
    ]);
  });

  it("get their weight back where they could not be taken out after the drain", async () => {
    const world = await huaweiWorld();
    world.seed(seed);
    world.faults.add({ fault: "deny", api: member });
    const target = item(world, "load-balancer-target", "pool");
    const [outcome] = await world.adapter.releaseDependencies([target], { drainTimeoutMs: 1_000 });
    expect(outcome?.status).toBe("failed");
    expect(outcome?.effects).toHaveLength(1);
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toBe("reverted");
    expect(sent(world, weigh).map(({ parameters }) => JSON.stringify(parameters.body))).toEqual([
      '{"member":{"weight":0}}',
      '{"member":{"weight":1}}',
    ]);
    expect(sent(world, addMember)).toEqual([]);
  });

  it("stay where their group is protected from removals", async () => {
    const world = await huaweiWorld();
    world.seed({ ...seed, owners: [{ ...pool, inUse: true }] });
    const target = item(world, "load-balancer-target", "pool");
    expectBlocked((await world.adapter.releaseDependencies([target], { drainTimeoutMs: 1_000 }))[0], "protected");
    expect(mutations(world)).toEqual([]);
  });
});

describe("members of an AS group", () => {
  const crew = { kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true } as const;
  const seed = { instances: [{ id: "web" }, { id: "other" }], owners: [crew] };

  it("are taken out and never deleted, ten a request, and nothing takes their place", async () => {
    const world = await huaweiWorld();
    const names = Array.from({ length: 12 }, (_, index) => `web-${index}`);
    world.seed({ instances: names.map((id) => ({ id })), owners: [{ ...crew, members: names }] });
    const items = names.map((name) => item(world, "auto-scaling-group", "crew", name));
    const outcomes = await world.adapter.releaseDependencies(items);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["released"]));
    expect(sent(world, group).map(({ instanceIds }) => instanceIds.length)).toEqual([10, 2]);
    for (const { parameters } of sent(world, group)) {
      expect(parameters.body).toMatchObject({ action: "REMOVE", instance_delete: "no" });
    }
    await settle(world);
    expect(names.every((name) => world.holds(name))).toBe(true);
    expect(world.view().instances).toHaveLength(12);
  });

  it("stay, all of them, where the group would shrink below its least size", async () => {
    const world = await huaweiWorld();
    world.seed({ ...seed, owners: [{ ...crew, inUse: true }] });
    const items = ["web", "other"].map((one) => item(world, "auto-scaling-group", "crew", one));
    for (const outcome of await world.adapter.releaseDependencies(items)) expectBlocked(outcome, "dependency");
    expect(mutations(world)).toEqual([]);
  });

  it("come back into the group they were in", async () => {
    const world = await huaweiWorld();
    world.seed(seed);
    const [outcome] = await world.adapter.releaseDependencies([item(world, "auto-scaling-group", "crew")]);
    await settle(world);
    expect(members(world, "auto-scaling-group")).toEqual([world.id("other")]);
    const effects = outcome?.effects ?? [];
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "reverted" }]);
    expect(new Set(members(world, "auto-scaling-group"))).toEqual(new Set([world.id("web"), world.id("other")]));
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "already-reverted" }]);
  });
});

describe("an EIP that is given up", () => {
  const web = { id: "web", addresses: [{ id: "front", kind: "elastic" }] } as const;

  it("S26 goes once its server is gone, and not before", async () => {
    const world = await huaweiWorld();
    world.seed([web]);
    const front = item(world, "public-address", "front");
    const record = await sighting(world, "web");
    expectBlocked((await world.adapter.releaseDependencies([front], { sightings: [record] }))[0], "wrong-state");
    expect(mutations(world)).toEqual([]);
    await world.adapter.terminate([record], discard);
    await settle(world);
    expect(world.holds("front")).toBe(true);
    const [outcome] = await world.adapter.releaseDependencies([front], { sightings: [record] });
    expect(outcome?.status).toBe("released");
    expect([sent(world, deleteAddress).length, world.holds("front")]).toEqual([1, false]);
  });

  it("S26 stays while its server waits in the bin, from where it can come back", async () => {
    const world = await huaweiWorld();
    const createdAt = new Date(world.clock.now() - 4 * month).toISOString();
    world.seed({ instances: [], bins: { disk: { enabled: true }, instance: { enabled: true } } });
    const record = await ended(world, { ...web, createdAt });
    expect(world.view().instances.find(({ id }) => id === record.id)?.state).toBe("recycled");
    const front = item(world, "public-address", "front");
    expectBlocked((await world.adapter.releaseDependencies([front], { sightings: [record] }))[0], "wrong-state");
    expect(sent(world, deleteAddress)).toEqual([]);
  });

  it("S26 is at stake where a timer ends its server, which nothing can tell to keep it", async () => {
    const world = await huaweiWorld();
    world.seed([web, { id: "bare" }]);
    const releaseAt = new Date(world.clock.now() + month).toISOString();
    const ids = [world.id("web"), world.id("bare")];
    const outcomes = await world.adapter.terminate(ids, { ...discard, releaseAt });
    expectBlocked(outcomes[0], "unsupported");
    expect(outcomes[1]?.status).toBe("scheduled");
    await world.clock.advance(2 * month);
    expect([world.holds("web"), world.holds("front"), world.holds("bare")]).toEqual([true, true, false]);
  });

  it("S51 stays where it is paid by the month: that is returned, which moves money", async () => {
    const world = await huaweiWorld();
    const record = await ended(world, {
      ...web,
      addresses: [{ id: "front", kind: "elastic", billing: "prepaid" }],
    });
    const front = item(world, "public-address", "front");
    expectBlocked((await world.adapter.releaseDependencies([front], { sightings: [record] }))[0], "prepaid");
    expect(sent(world, deleteAddress)).toEqual([]);
  });
});

describe("a disk that was kept", () => {
  const web = { id: "web", disks: [{ role: "system" }, { id: "data", role: "data" }] } as const;

  it("S14 is deleted on the word that its data may be lost, and no other", async () => {
    const world = await huaweiWorld();
    const record = await ended(world, web);
    const data = item(world, "disk", "data");
    const release = (over = {}) => world.adapter.releaseDependencies([data], { sightings: [record], ...over });
    expect((await release())[0]?.status).toBe("blocked");
    expect(sent(world, deleteDisk)).toEqual([]);
    expect((await release(discard))[0]?.status).toBe("released");
    await settle(world);
    expect([sent(world, deleteDisk).length, world.holds("data")]).toEqual([1, false]);
  });

  it("S14 stays where another server holds it by now", async () => {
    const world = await huaweiWorld();
    const shared = { id: "both", role: "data", medium: "shared" } as const;
    world.seed([{ id: "other", disks: [{ role: "system" }, shared] }]);
    const record = await ended(world, { id: "web", disks: [{ role: "system" }, shared] });
    const both = item(world, "disk", "both");
    expectBlocked(
      (await world.adapter.releaseDependencies([both], { sightings: [record], ...discard }))[0],
      "dependency",
    );
    expect(sent(world, deleteDisk)).toEqual([]);
  });

  it("S51 stays where it is paid by the month", async () => {
    const world = await huaweiWorld();
    const paid = { id: "data", role: "data", billing: "prepaid" } as const;
    const record = await ended(world, { id: "web", disks: [{ role: "system" }, paid] });
    const data = item(world, "disk", "data");
    expectBlocked((await world.adapter.releaseDependencies([data], { sightings: [record], ...discard }))[0], "prepaid");
    expect(sent(world, deleteDisk)).toEqual([]);
  });
});
