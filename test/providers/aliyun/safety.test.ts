/* Rules that ECS keeps by what it is: what it lacks is neither claimed nor touched. */
import { describe, expect, it } from "vitest";
import type { DecommissionEvent } from "../../../src/events.js";
import { aliyunWorld, discard, expectBlocked, mutations, sent, settle, sighting } from "./for-test.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

describe("safety on ECS", () => {
  it("S03 takes an id that is not listed for gone only with a sighting, a control and two reads apart", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    world.meddle({ remove: ["web"] });
    await settle(world);
    const [unseen] = await world.adapter.terminate([record.id], discard);
    expect(unseen?.status).toBe("not-found");
    const started = world.clock.now();
    const [seen] = await world.adapter.terminate([record], discard);
    expect(seen?.status).toBe("already-gone");
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(5_000);
    const [foreign] = await world.adapter.terminate([{ ...record, region: "cn-beijing" }], discard);
    expectBlocked(foreign, "wrong-account");
    expect(mutations(world)).toEqual([]);
  });

  it("S05 calls no repeat destructive, and none of refunds and conversions harmless", async () => {
    const { repeat } = (await aliyunWorld()).adapter.capabilities;
    expect(repeat).toEqual({
      terminate: "token",
      unsubscribe: "refunds-twice",
      convert: "refunds-twice",
      renew: "safe",
      purge: "safe",
      snapshot: "token",
    });
  });

  it("S06 ends an instance once that is ended three times", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    for (let turn = 0; turn < 3; turn++) await world.adapter.terminate([record], discard);
    await settle(world);
    expect(world.view().effects.filter(({ api }) => api === "ecs:DeleteInstances")).toMatchObject([{ count: 1 }]);
  });

  it("S09 compares the clock with the Date header of the answers", async () => {
    const world = await aliyunWorld({ clockSkewMs: 90_000 });
    world.seed([{ id: "web" }]);
    const events: DecommissionEvent[] = [];
    await world.adapter.terminate([world.id("web")], { ...discard, dryRun: true, onEvent: (one) => events.push(one) });
    expect(events.filter(({ type }) => type === "clock")).toMatchObject([{ skewMs: 90_000 }]);
  });

  // DescribeInstanceAttribute and RunInstances know no behaviour of a guest's own shutdown: it stops, and no more.
  it("S17 has no guest shutdown that ends an instance, so isolating changes groups alone", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.quarantine([world.id("web")], { mode: "isolate", reason: "a test", runId: "r", ...patience });
    expect(mutations(world).map(({ api }) => api)).toEqual(["ecs:CreateSecurityGroup", "ecs:ModifyInstanceAttribute"]);
    expect(mutations(world)[1]?.parameters).toHaveProperty("SecurityGroupIds");
  });

  it("S51 moves no money for what is paid by use, whatever way out is chosen", async () => {
    for (const prepaid of ["unsubscribe", "convert", "expire", "release-expired"] as const) {
      const world = await aliyunWorld();
      world.seed([{ id: "web" }]);
      const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, prepaid });
      expect(outcome).toMatchObject({ status: "accepted" });
      expect(outcome).not.toHaveProperty("refund");
      expect(world.view().orders).toEqual([]);
      expect(sent(world, "bss:RefundInstance")).toEqual([]);
    }
  });

  it("S51 returns no host, reservation or plan that was paid for", async () => {
    const world = await aliyunWorld();
    world.seed({ instances: [{ id: "web" }], owners: [{ kind: "dedicated-host", id: "host", members: ["web"] }] });
    const record = await sighting(world, "web");
    const { edges } = await world.adapter.listDependencies([record]);
    const edge = edges.find(({ node }) => node.kind === "dedicated-host");
    if (!edge) throw new Error("no host");
    const items = [{ ...edge.node, instanceId: record.id }];
    const [outcome] = await world.adapter.releaseDependencies(items, { sightings: [record], ...patience });
    expectBlocked(outcome, "unsupported");
    expect(mutations(world)).toEqual([]);
  });
});
