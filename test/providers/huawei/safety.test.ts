/* Rules that Huawei Cloud keeps by what it is, beyond what the contract asks of every cloud. */
import { describe, expect, it } from "vitest";
import type { DecommissionEvent } from "../../../src/events.js";
import { discard, expectBlocked, huaweiWorld, mutations, sent, settle, sighting } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;
const month = 30 * 24 * 3_600_000;
const listServers = "ecs:GET /v1/{project_id}/cloudservers/detail";
const showBin = "ecs:GET /v1/{project_id}/recycle-bin";
const purge = "ecs:DELETE /v1/{project_id}/recycle-bin/cloudservers/{server_id}";
const withFront = {
  id: "web",
  addresses: [{ id: "front", kind: "elastic", releasedWithInstance: false }],
} as const;

/** A server that is gone, with its record of before and its EIP as something to release. */
async function endedWithFront(world: HuaweiWorld) {
  const record = await sighting(world, "web");
  const { edges } = await world.adapter.listDependencies([record]);
  const edge = edges.find(({ node }) => node.kind === "public-address");
  if (!edge) throw new Error("no EIP");
  await world.adapter.terminate([record], discard);
  await settle(world);
  return { record, items: [{ ...edge.node, instanceId: record.id }] };
}

describe("safety on Huawei Cloud", () => {
  // CancelResourcesSubscription (api_order_00019) ends a paid period each time; DeleteServers (ecs_02_0103) says nothing.
  it("S06 says of every mutation that costs or destroys what a repeat does", async () => {
    const { repeat } = (await huaweiWorld()).adapter.capabilities;
    expect(repeat).toMatchObject({ unsubscribe: "refunds-twice", purge: "destroys", snapshot: "look-up-first" });
    expect(repeat.terminate).toMatchObject({ "on-demand": "destroys" });
  });

  it("S05 purges nothing that left the bin right before", async () => {
    const world = await huaweiWorld();
    const createdAt = new Date(world.clock.now() - 3 * month).toISOString();
    world.seed({
      instances: [{ id: "web", createdAt }],
      bins: { disk: { enabled: true }, instance: { enabled: true, hours: 24 } },
    });
    await world.adapter.terminate([world.id("web")], discard);
    await settle(world);
    const from = world.requests.length;
    // Somebody restores it between the adapter's first look and its last one.
    const onEvent = (event: DecommissionEvent) => {
      if (event.type !== "request" || event.api !== showBin) return;
      world.meddle({ set: [{ id: "web", state: "stopped" }] });
    };
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, recycleBin: "purge", onEvent });
    expectBlocked(outcome, "wrong-state");
    expect(sent(world, purge, from)).toEqual([]);
    expect(world.view().instances).toHaveLength(1);
  });

  it("S09 compares the clock with the Date header that Huawei Cloud sends", async () => {
    const world = await huaweiWorld({ clockSkewMs: 90_000 });
    world.seed([{ id: "web" }]);
    const events: DecommissionEvent[] = [];
    await world.adapter.terminate([world.id("web")], { ...discard, dryRun: true, onEvent: (e) => events.push(e) });
    expect(events.filter(({ type }) => type === "clock")).toMatchObject([{ skewMs: 90_000 }]);
  });

  // ECS user guide, "Stopping an ECS": no flag makes a guest's shutdown delete its server.
  it("S17 needs no change of a flag before a stop: a guest's shutdown ends no server", async () => {
    const world = await huaweiWorld();
    expect(() => world.seed([{ id: "odd", guestShutdown: "terminate" }])).toThrow("guestShutdown");
    world.seed([{ id: "web" }]);
    const options = { mode: "stop", reason: "a test", ...patience } as const;
    const [outcome] = await world.adapter.quarantine([world.id("web")], options);
    expect(outcome?.effects.map(({ kind }) => kind)).not.toContain("flag-changed");
    expect(world.holds("web")).toBe(true);
  });

  it("S26 keeps an EIP that another server has by now", async () => {
    const world = await huaweiWorld();
    world.seed([withFront]);
    const { record, items } = await endedWithFront(world);
    world.seed([{ id: "heir" }]);
    world.meddle({
      set: [{ id: "heir", addresses: [{ id: "front", kind: "elastic", releasedWithInstance: false }] }],
    });
    const from = world.requests.length;
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "dependency");
    expect(mutations(world, from)).toEqual([]);
  });

  it("S26 keeps an EIP that a name leads to", async () => {
    const world = await huaweiWorld();
    const owners = [{ kind: "dns-record", id: "name", members: ["web"], by: "address" }] as const;
    world.seed({ instances: [withFront, { id: "bystander" }], owners });
    const { record, items } = await endedWithFront(world);
    const from = world.requests.length;
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expect(outcome?.status).toBe("blocked");
    expect(mutations(world, from)).toEqual([]);
  });

  it("S26 keeps an EIP where nobody may read the names that could lead to it", async () => {
    const world = await huaweiWorld();
    world.seed([withFront]);
    const { record, items } = await endedWithFront(world);
    world.faults.add({ fault: "deny", api: "dns:GET /v2.1/recordsets" });
    const from = world.requests.length;
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "dependency");
    expect(mutations(world, from)).toEqual([]);
  });

  it.each([undefined, "refuse", "convert", "expire", "release-expired"] as const)(
    "S51 returns no subscription by the way out %s",
    async (prepaid) => {
      const world = await huaweiWorld();
      const expiresAt = new Date(world.clock.now() + month).toISOString();
      world.seed([{ id: "web", billing: "prepaid", expiresAt }]);
      expect(world.adapter.capabilities.prepaidExits).toEqual(["unsubscribe"]);
      const [outcome] = await world.adapter.terminate([world.id("web")], {
        ...discard,
        ...(prepaid === undefined ? {} : { prepaid }),
      });
      expect(outcome?.status).toBe("blocked");
      expect(mutations(world)).toEqual([]);
      expect(sent(world, listServers).length).toBeGreaterThan(0);
      expect(world.view().orders).toEqual([]);
    },
  );

  it("S15 keeps a copy until its time, and takes nobody else's backup for its own or for gone", async () => {
    const world = await huaweiWorld();
    world.seed({ instances: [{ id: "web" }], owners: [{ kind: "backup", id: "theirs", members: ["web"] }] });
    const [saved] = await world.adapter.snapshot([world.id("web")], {
      runId: "test",
      cloudOptions: { createVault: true },
      ...patience,
    });
    expect(saved).toMatchObject({ status: "completed" });
    const ours = [];
    for await (const artifact of world.adapter.findOwnArtifacts({ runId: "test" })) {
      if (artifact.kind === "backup") ours.push(artifact);
    }
    expect(ours).toHaveLength(1);
    const stranger = { ...ours[0], id: world.id("theirs") } as (typeof ours)[number];
    const from = world.requests.length;
    const options = { unexpired: { reason: "a test" } };
    expect(await world.adapter.removeArtifacts([stranger], options)).toMatchObject([
      { status: "blocked", problem: { code: "conflict" } },
    ]);
    expect(await world.adapter.removeArtifacts(ours)).toMatchObject([
      { status: "blocked", problem: { code: "data-loss" } },
    ]);
    expect(mutations(world, from)).toEqual([]);
    await world.clock.advance(31 * 24 * 3_600_000);
    expect(await world.adapter.removeArtifacts(ours)).toMatchObject([{ status: "removed" }]);
  });
});
