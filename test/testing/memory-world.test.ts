import { describe as nodeDescribe, it as nodeIt } from "node:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type MemoryWorld, memoryWorld, type TestRunner } from "../../src/testing/index.js";
import { binned, subscribed } from "./memory-clouds.js";

/** A request past the adapter. */
async function ask(world: MemoryWorld, action: string, parameters: object, authorization = world.secrets.join(":")) {
  const headers = { authorization: `Memory ${authorization}`, "x-region": world.adapter.region };
  const body = JSON.stringify(parameters);
  const response = await world.fetch(
    new Request(`http://cloud.memory.invalid/${action}`, { method: "POST", headers, body }),
  );
  return { status: response.status, ...JSON.parse(await response.text()) };
}

describe("the world in memory", () => {
  afterEach(() => vi.restoreAllMocks());

  it("takes the functions of node:test for a runner, as they are", () => {
    const runner: TestRunner = { describe: nodeDescribe, it: nodeIt };
    expect(Object.keys(runner)).toEqual(["describe", "it"]);
  });

  it("needs no network", async () => {
    const network = vi.spyOn(globalThis, "fetch");
    const world = memoryWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.listDependencies([world.id("web")]);
    expect(network).not.toHaveBeenCalled();
    expect(world.requests.length).toBeGreaterThan(5);
  });

  it("refuses actions and parameters it does not know, and names the nearest action", async () => {
    const world = memoryWorld();
    expect(await ask(world, "ListInstance", {})).toMatchObject({ status: 404, code: "UnknownAction" });
    expect((await ask(world, "ListInstance", {})).message).toContain("ListInstances");
    expect(await ask(world, "ListInstances", { colour: "red" })).toMatchObject({ code: "UnknownParameter" });
  });

  it("refuses strangers, the unsigned, and batches over the limit", async () => {
    const world = memoryWorld();
    expect(await ask(world, "ListInstances", {}, "NOBODY:secret")).toMatchObject({ code: "UnknownCredentials" });
    expect(await ask(world, "ListInstances", {}, "")).toMatchObject({ code: "Unsigned" });
    const ids = Array.from({ length: 101 }, () => "vm-00000000");
    expect(await ask(world, "TerminateInstances", { ids })).toMatchObject({ code: "LimitExceeded" });
  });

  it("refuses a whole batch for one that is protected, and changes nothing", async () => {
    const world = memoryWorld();
    world.seed([{ id: "web" }, { id: "kept", terminationProtection: true }]);
    const ids = [world.id("web"), world.id("kept")];
    const answer = await ask(world, "TerminateInstances", { ids });
    expect(answer).toMatchObject({ code: "Protected", instanceId: world.id("kept") });
    expect(world.holds("web")).toBe(true);
  });

  it("removes nothing by a place that has shifted since it was read", async () => {
    const world = memoryWorld(subscribed);
    const rule = { direction: "ingress", peer: { kind: "any" } } as const;
    world.seed({ securityGroups: [{ id: "app", rules: [rule, rule] }] });
    const groupId = world.id("app");
    expect(await ask(world, "RemoveRules", { groupId, indexes: ["0"], version: 1 })).toMatchObject({ status: 200 });
    expect(await ask(world, "RemoveRules", { groupId, indexes: ["0"], version: 1 })).toMatchObject({
      code: "VersionMismatch",
    });
    expect(world.view().rules).toHaveLength(1);
  });

  it("refuses to seed what its capabilities do not have, and keeps nothing of such a seed", () => {
    const world = memoryWorld();
    for (const seed of [
      { id: "web", billing: "prepaid" },
      { id: "web", state: "recycled" },
    ] as const) {
      expect(() => world.seed([{ id: "first" }, seed])).toThrow(/cannot seed/);
      expect(world.view().instances).toEqual([]);
    }
    expect(() => memoryWorld(binned).seed([{ id: "web", stopProtection: true }])).toThrow(/stop protection/);
  });

  it("does twice what a cloud does twice: refunds, where it says so", async () => {
    const { project: _project, ...cloud } = binned;
    const world = memoryWorld(cloud);
    world.seed([{ id: "web", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" }]);
    await ask(world, "Unsubscribe", { id: world.id("web") });
    await ask(world, "Unsubscribe", { id: world.id("web") });
    expect(world.view().orders.map((order) => order.kind)).toEqual(["refund", "refund"]);
  });

  it("purges with a repeat, where it says so", async () => {
    const world = memoryWorld(subscribed);
    world.seed([{ id: "web", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" }]);
    await ask(world, "Unsubscribe", { id: world.id("web") });
    expect(world.view().instances).toMatchObject([{ state: "recycled" }]);
    await ask(world, "Unsubscribe", { id: world.id("web") });
    await world.clock.advance(60_000);
    expect(world.view().instances).toEqual([]);
  });

  it("releases what was scheduled when its time has come, and not what was called off", async () => {
    const world = memoryWorld(subscribed);
    world.seed([{ id: "web" }, { id: "db" }]);
    const releaseAt = new Date(world.clock.now() + 3_600_000).toISOString();
    const outcomes = await world.adapter.terminate([world.id("web"), world.id("db")], {
      data: { discard: "test" },
      releaseAt,
    });
    await world.adapter.revert(outcomes[1]?.effects ?? []);
    await world.clock.advance(2 * 3_600_000);
    expect([world.holds("web"), world.holds("db")]).toEqual([false, true]);
  });
});
