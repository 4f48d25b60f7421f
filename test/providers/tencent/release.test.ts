import { describe, expect, it } from "vitest";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { SeedInstance, SeedOwner } from "../../../src/testing/seed.js";
import { byAnotherTool, discard, expectBlocked, mutations, sent, settle, sighting, tencentWorld } from "./for-test.js";
import type { TencentWorld } from "./world.js";

const item = (world: TencentWorld, kind: DependencyKind, id: string): DependencyRef => ({
  kind,
  id: world.id(id),
  instanceId: world.id("web"),
});

/** An instance that has ended, and what was seen of it. */
async function ended(world: TencentWorld, seed: SeedInstance) {
  world.seed([seed, { id: "bystander" }]);
  const record = await sighting(world, "web");
  await world.adapter.terminate([record], discard);
  await settle(world);
  return record;
}

const members = (world: TencentWorld, kind: DependencyKind) =>
  world
    .view()
    .memberships.filter((one) => one.kind === kind)
    .map(({ member }) => member);

describe("registrations with a CLB", () => {
  const pools: readonly [string, Partial<SeedOwner>, string][] = [
    ["layer 4 listener", { variant: "layer4" }, "clb:BatchDeregisterTargets"],
    ["layer 7 rule", { variant: "layer7" }, "clb:BatchDeregisterTargets"],
    ["listener, by address", { by: "address" }, "clb:BatchDeregisterTargets"],
    ["classic balancer", { variant: "classic" }, "clb:DeregisterTargetsFromClassicalLB"],
    ["target group", { variant: "target-group" }, "clb:DeregisterTargetGroupInstances"],
  ];
  it.each(pools)("at a %s go, with every port, and come back as they were", async (_, over, api) => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web", "other"], ports: [80, 443], ...over }],
    });
    const before = world.view().memberships;
    const [outcome] = await world.adapter.releaseDependencies([item(world, "load-balancer-target", "pool")]);
    expect(outcome?.status).toBe("released");
    expect(members(world, "load-balancer-target")).toEqual([world.id("other")]);
    expect(sent(world, api)).toHaveLength(1);
    for (const back of await world.adapter.revert(outcome?.effects ?? [])) expect(back.status).toBe("reverted");
    expect(world.view().memberships).toHaveLength(before.length);
    expect(world.view().memberships).toEqual(expect.arrayContaining([...before]));
  });

  it("get no new connections first, for as long as a drain was asked for", async () => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80] }],
    });
    const target = item(world, "load-balancer-target", "pool");
    const [outcome] = await world.adapter.releaseDependencies([target], { drainTimeoutMs: 60_000 });
    const [weigh, leave] = mutations(world);
    expect([weigh?.api, leave?.api]).toEqual(["clb:BatchModifyTargetWeight", "clb:BatchDeregisterTargets"]);
    expect(Date.parse(leave?.at ?? "") - Date.parse(weigh?.at ?? "")).toBeGreaterThanOrEqual(60_000);
    // What comes back has the weight it had, not the one of the drain.
    await world.adapter.revert(outcome?.effects ?? []);
    expect(sent(world, "clb:BatchRegisterTargets")[0]?.parameters.Targets).toMatchObject([{ Weight: 10 }]);
  });

  it("get their weight back where they could not be taken away after the drain", async () => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80] }],
    });
    world.faults.add({ fault: "deny", api: "clb:BatchDeregisterTargets" });
    const target = item(world, "load-balancer-target", "pool");
    const [outcome] = await world.adapter.releaseDependencies([target], { drainTimeoutMs: 60_000 });
    expect(outcome).toMatchObject({ status: "failed", effects: [{ kind: "registration-removed" }] });
    expect(await world.adapter.revert(outcome?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    const weights = sent(world, "clb:BatchModifyTargetWeight").map(({ parameters }) => parameters.ModifyList);
    expect(weights).toMatchObject([[{ Targets: [{ Weight: 0 }] }], [{ Targets: [{ Weight: 10 }] }]]);
  });

  it("are not called released where a success names a listener that failed", async () => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80] }],
    });
    // Reads lag far behind: the registration still shows, as it does where the cloud has failed to take it away.
    world.faults.add({ fault: "stale", api: "clb:DescribeTargets", forMs: 3_600_000 });
    const [outcome] = await world.adapter.releaseDependencies([item(world, "load-balancer-target", "pool")]);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "service" } });
  });

  it("S25 by address stay where somebody else holds the address by now", async () => {
    const world = await tencentWorld();
    world.seed({
      instances: [{ id: "web" }, { id: "bystander" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address", ports: [80] }],
    });
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    await settle(world);
    world.seed([{ id: "heir", privateIps: record.privateIps }]);
    const from = world.requests.length;
    const target = item(world, "load-balancer-target", "pool");
    expectBlocked((await world.adapter.releaseDependencies([target], { sightings: [record] }))[0], "conflict");
    expect(mutations(world, from)).toEqual([]);
  });
});

describe("members of a scaling group", () => {
  const crew = { kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true } as const;

  it("are detached, never removed, which would destroy them", async () => {
    const world = await tencentWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [crew] });
    await world.adapter.releaseDependencies([item(world, "auto-scaling-group", "crew")]);
    expect(sent(world, "as:DetachInstances")).toHaveLength(1);
    expect(sent(world, "as:RemoveInstances")).toEqual([]);
    expect(world.holds("web")).toBe(true);
  });

  it("come back with the protection they had from the group's own choice", async () => {
    const world = await tencentWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [crew] });
    const member = item(world, "auto-scaling-group", "crew");
    await byAnotherTool(world, "as:SetInstancesProtection", {
      AutoScalingGroupId: member.id,
      InstanceIds: [member.instanceId],
      ProtectedFromScaleIn: true,
    });
    const [outcome] = await world.adapter.releaseDependencies([member]);
    expect(outcome).toMatchObject({ effects: [{ undo: { detail: { protectedFromScaleIn: true } } }] });
    expect(await world.adapter.revert(outcome?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    const sets = sent(world, "as:SetInstancesProtection");
    expect(sets).toHaveLength(2);
    expect(sets.at(-1)?.parameters).toMatchObject({ ProtectedFromScaleIn: true });
  });

  it("stay where the group would shrink below its least size", async () => {
    const world = await tencentWorld();
    world.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...crew, inUse: true }] });
    expectBlocked(
      (await world.adapter.releaseDependencies([item(world, "auto-scaling-group", "crew")]))[0],
      "dependency",
    );
    expect(mutations(world)).toEqual([]);
  });
});

describe("an elastic address that was left", () => {
  const withAddress = { id: "web", addresses: [{ id: "front", kind: "elastic" }] } as const;
  const released = (world: TencentWorld) => sent(world, "vpc:ReleaseAddresses");

  it("S26 goes once its instance is gone, and not while somebody uses it", async () => {
    const world = await tencentWorld();
    const record = await ended(world, withAddress);
    const address = item(world, "public-address", "front");
    const other = world.id("bystander");
    await byAnotherTool(world, "vpc:AssociateAddress", { AddressId: address.id, InstanceId: other });
    await settle(world);
    const options = { sightings: [record] };
    expectBlocked((await world.adapter.releaseDependencies([address], options))[0], "dependency");
    await byAnotherTool(world, "vpc:DisassociateAddress", { AddressId: address.id });
    await settle(world);
    expect((await world.adapter.releaseDependencies([address], options))[0]).toMatchObject({ status: "released" });
    expect(released(world)).toHaveLength(1);
  });

  it("S26 stays where it is another address by now", async () => {
    const world = await tencentWorld();
    const record = await ended(world, withAddress);
    const told = {
      ...record,
      publicAddresses: record.publicAddresses.map((address) => ({ ...address, ip: "198.51.100.9" })),
    };
    const address = item(world, "public-address", "front");
    expectBlocked((await world.adapter.releaseDependencies([address], { sightings: [told] }))[0], "drifted");
    expect(released(world)).toEqual([]);
  });

  it.each(["dnspod:DescribeDomainList", "vpc:DescribeAddressTemplates"])(
    "S26 stays where %s cannot be asked who names it",
    async (api) => {
      const world = await tencentWorld();
      const record = await ended(world, withAddress);
      world.faults.add({ fault: "deny", api });
      const address = item(world, "public-address", "front");
      expectBlocked((await world.adapter.releaseDependencies([address], { sightings: [record] }))[0], "dependency");
      expect(released(world)).toEqual([]);
    },
  );

  it("S51 stays where it is paid in advance: releasing it would move money", async () => {
    const world = await tencentWorld();
    const record = await ended(world, { id: "web", addresses: [{ id: "front", kind: "elastic", billing: "prepaid" }] });
    const address = item(world, "public-address", "front");
    expectBlocked((await world.adapter.releaseDependencies([address], { sightings: [record] }))[0], "prepaid");
    expect(released(world)).toEqual([]);
  });
});

describe("a disk that was left", () => {
  const kept = { id: "kept", role: "data", deletedWithInstance: false } as const;
  const withDisk = (over: object = {}): SeedInstance => ({
    id: "web",
    disks: [{ role: "system" }, { ...kept, ...over }],
  });

  it("S13 is deleted alone, its snapshots kept", async () => {
    const world = await tencentWorld();
    const record = await ended(world, withDisk());
    const options = { ...discard, sightings: [record] };
    expect((await world.adapter.releaseDependencies([item(world, "disk", "kept")], options))[0]?.status).toBe(
      "released",
    );
    expect(sent(world, "cbs:TerminateDisks")[0]?.parameters).toEqual({
      DiskIds: [world.id("kept")],
      DeleteSnapshot: 0,
    });
  });

  it("stays where it would take its snapshots with it, which its flag alone decides", async () => {
    const world = await tencentWorld();
    const record = await ended(world, withDisk({ autoSnapshotsDeletedWithDisk: true }));
    const options = { ...discard, sightings: [record] };
    expectBlocked((await world.adapter.releaseDependencies([item(world, "disk", "kept")], options))[0], "data-loss");
  });

  it("S51 stays where it is paid in advance, and is left alone in its bin", async () => {
    const world = await tencentWorld();
    const record = await ended(world, withDisk({ billing: "prepaid" }));
    const options = { ...discard, sightings: [record] };
    const disk = item(world, "disk", "kept");
    expectBlocked((await world.adapter.releaseDependencies([disk], options))[0], "prepaid");
    await byAnotherTool(world, "cbs:TerminateDisks", { DiskIds: [disk.id] });
    const from = world.requests.length;
    expect((await world.adapter.releaseDependencies([disk], options))[0]?.status).toBe("already-released");
    expect(mutations(world, from)).toEqual([]);
  });
});
