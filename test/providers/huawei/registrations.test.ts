/* Members of ELB that are registered by address, which outlive their server ("Adding Backend Servers", IP as backend). */
import { describe, expect, it } from "vitest";
import { discard, expectBlocked, huaweiWorld, mutations, settle, sighting } from "./for-test.js";

/** A server behind a load balancer by its address, and what is left once it is gone. */
async function ended() {
  const world = await huaweiWorld();
  world.seed({
    instances: [{ id: "web" }],
    owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address", ports: [80] }],
  });
  const record = await sighting(world, "web");
  await world.adapter.terminate([record], discard);
  await settle(world);
  const target = { kind: "load-balancer-target", id: world.id("pool"), instanceId: record.id } as const;
  return { world, record, target, from: world.requests.length };
}

describe("registrations by address of a server of Huawei Cloud that is gone", () => {
  it("S25 stay where somebody else holds the address by now", async () => {
    const { world, record, target } = await ended();
    world.seed([{ id: "heir", privateIps: record.privateIps }]);
    const from = world.requests.length;
    expectBlocked((await world.adapter.releaseDependencies([target], { sightings: [record] }))[0], "conflict");
    expect(mutations(world, from)).toEqual([]);
  });

  it("S25 do not pass for taken off where nothing shows which addresses it had", async () => {
    const { world, target, from } = await ended();
    expectBlocked((await world.adapter.releaseDependencies([target]))[0], "not-found");
    expect(mutations(world, from)).toEqual([]);
  });

  it("go where it was seen with the address and nobody else has it", async () => {
    const { world, record, target } = await ended();
    const [outcome] = await world.adapter.releaseDependencies([target], { sightings: [record] });
    expect(outcome).toMatchObject({ status: "released" });
  });
});
