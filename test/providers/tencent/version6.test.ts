/*
 * Elastic addresses of IPv6 have ids, a listing and a release of their own ("DescribeIPv6Addresses", "ReleaseIPv6Addresses",
 * vpc 2017-03-12): DescribeAddresses does not know them.
 */
import { expect, it } from "vitest";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { verifyDeleted } from "../../../providers/tencent/verify.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { byAnotherTool, sent, sighting, tencentWorld } from "./for-test.js";

const ip = "2402:4e00::7";
const address = { id: "six", kind: "elastic", ip } as const;

async function seeded(web: Omit<SeedInstance, "id">) {
  const world = await tencentWorld();
  world.seed([{ id: "web", ...web }, { id: "bystander" }]);
  return world;
}

it("stay where their server goes, and are not taken for ordinary ones that die with it", async () => {
  const world = await seeded({ addresses: [address] });
  expect((await sighting(world, "web")).publicAddresses).toEqual([
    { id: world.id("six"), ip, kind: "elastic", releasedWithInstance: false },
  ]);
});

it("are not known to die where they may not be listed", async () => {
  const world = await seeded({ addresses: [address] });
  world.faults.add({ fault: "deny", api: "vpc:DescribeIPv6Addresses" });
  expect((await sighting(world, "web")).publicAddresses).toMatchObject([{ ip, releasedWithInstance: "unknown" }]);
});

it("are asked for of every kind but the ordinary, which the listing would leave out by itself", async () => {
  const world = await seeded({ addresses: [address] });
  await listDependencies(world.open, [world.id("web")]);
  const asked = sent(world, "vpc:DescribeIPv6Addresses").map(({ parameters }) => parameters);
  expect(asked).toContainEqual(expect.objectContaining({ Traditional: true }));
  for (const { Traditional, Filters } of asked) {
    if (Traditional === true) continue;
    expect(Filters).toContainEqual({ Name: "address-type", Values: ["EIPv6", "HighQualityEIPv6"] });
  }
});

it.each([
  ["its primary interface", { addresses: [address] }],
  ["a secondary interface", { extraInterfaces: [{ addresses: [address] }] }],
])("on %s are dependencies that bill on, and leftovers", async (_, web: Omit<SeedInstance, "id">) => {
  const world = await seeded(web);
  const record = await sighting(world, "web");
  const before = await listDependencies(world.open, [record]);
  expect(before.nodes).toContainEqual(
    expect.objectContaining({ kind: "public-address", id: world.id("six"), billing: "continues" }),
  );
  await byAnotherTool(world, "cvm:TerminateInstances", { InstanceIds: [record.id] });
  await world.clock.advance(20_000);
  const [verdict] = await verifyDeleted(world.open, [record], { before });
  expect(verdict).toMatchObject({ status: "deleted", clean: false });
  expect(verdict?.leftovers).toContainEqual(
    expect.objectContaining({ kind: "public-address", id: world.id("six"), billing: "continues" }),
  );
});

it("S26 are never called released by a listing that cannot show them", async () => {
  const world = await seeded({ addresses: [address] });
  const record = await sighting(world, "web");
  await byAnotherTool(world, "cvm:TerminateInstances", { InstanceIds: [record.id] });
  await world.clock.advance(20_000);
  const item = { kind: "public-address", id: world.id("six"), instanceId: record.id } as const;
  const [outcome] = await world.adapter.releaseDependencies([item], { sightings: [record] });
  expect(outcome).toMatchObject({ status: "blocked", problem: { code: "unsupported" } });
  expect(world.view().addresses).toContainEqual(expect.objectContaining({ id: world.id("six"), ours: true }));
});
