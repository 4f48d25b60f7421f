/* Rules that EC2 keeps by what it is: what it lacks is neither claimed nor touched. */
import { describe, expect, it } from "vitest";
import type { DecommissionEvent } from "../../../src/events.js";
import { awsWorld, discard, expectBlocked, mutations, settle, sighting } from "./for-test.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

describe("safety on EC2", () => {
  it("S05 has no request whose repeat destroys more: an instance that is ended twice ends once", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    for (let turn = 0; turn < 3; turn++) await world.adapter.terminate([record], discard);
    await settle(world);
    expect(world.view().effects.filter(({ api }) => api === "ec2:TerminateInstances")).toMatchObject([{ count: 1 }]);
    expect(world.adapter.capabilities.repeat.terminate).toBe("safe");
  });

  it("S06 says of every mutation that costs or destroys what a repeat does: only copies are doubled", async () => {
    const { repeat } = (await awsWorld()).adapter.capabilities;
    expect(Object.entries(repeat).filter(([, effect]) => effect !== "safe")).toEqual([["snapshot", "look-up-first"]]);
  });

  it("S09 compares the clock with the Date header that EC2 sends", async () => {
    const world = await awsWorld({ clockSkewMs: 90_000 });
    world.seed([{ id: "web" }]);
    const events: DecommissionEvent[] = [];
    await world.adapter.terminate([world.id("web")], { ...discard, dryRun: true, onEvent: (e) => events.push(e) });
    expect(events.filter(({ type }) => type === "clock")).toMatchObject([{ skewMs: 90_000 }]);
  });

  // VPC User Guide, "Security groups": allow rules only. Denials stand in network ACLs, which are a whole subnet's.
  it("S24 changes no network ACL: an entry that denies an address is named, and stays", async () => {
    const world = await awsWorld();
    const owners = [{ kind: "address-list", id: "acl", members: ["web"], variant: "network-acl" }] as const;
    world.seed({ instances: [{ id: "web" }], owners });
    const record = await sighting(world, "web");
    const { edges } = await world.adapter.listDependencies([record]);
    expect(edges.filter(({ node }) => node.kind === "address-list")).toMatchObject([{ atTermination: "kept" }]);
    await world.adapter.releaseSecurityRules([record]);
    await world.adapter.terminate([record], discard);
    await settle(world);
    await world.adapter.releaseSecurityRules([record]);
    expect(mutations(world).filter(({ action }) => action.includes("NetworkAcl"))).toEqual([]);
  });

  it.each(["unsubscribe", "convert", "expire", "release-expired"] as const)(
    "S51 has nothing to refund or convert, whatever way out is chosen: %s",
    async (prepaid) => {
      const world = await awsWorld();
      world.seed([{ id: "web" }]);
      expect(world.adapter.capabilities.prepaidExits).toEqual([]);
      const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, dryRun: true, prepaid });
      expect(outcome).toMatchObject({ status: "would-terminate", how: "release" });
      expect(outcome).not.toHaveProperty("refund");
    },
  );

  it("S51 cancels no reservation, returns no commitment and releases no host that was paid for", async () => {
    const world = await awsWorld();
    const kinds = ["dedicated-host", "capacity-reservation", "commitment"] as const;
    const owners = kinds.map((kind) => ({ kind, id: kind, members: ["web"] }));
    world.seed({ instances: [{ id: "web" }], owners });
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    for (const kind of kinds) {
      const edge = before.edges.find(({ node }) => node.kind === kind);
      if (!edge) throw new Error(`no ${kind}`);
      const items = [{ ...edge.node, instanceId: record.id }];
      const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      expectBlocked(outcome, "unsupported");
    }
    await world.adapter.terminate([record], discard);
    const sentApis = mutations(world).map(({ api }) => api);
    expect(sentApis).toEqual(["ec2:TerminateInstances"]);
  });
});
