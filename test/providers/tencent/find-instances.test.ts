import { describe, expect, it } from "vitest";
import { countInstances, findInstances, whoAmI } from "../../../providers/tencent/find-instances.js";
import { byAnotherTool, collect, counts, sent, tencentWorld } from "./for-test.js";

describe("whoAmI", () => {
  it("names account and principal", async () => {
    const world = await tencentWorld();
    expect(await whoAmI(world.open)).toMatchObject({ accountId: "100000000001" });
  });
});

describe("findInstances", () => {
  it("finds what has exactly these tags: the cloud does not mind the case", async () => {
    const world = await tencentWorld();
    world.seed([
      { id: "shop", tags: { team: "shop" } },
      { id: "loud", tags: { team: "SHOP" } },
    ]);
    const found = await collect(findInstances(world.open, { tags: { team: "shop" } }));
    expect(found.map(({ id }) => id)).toEqual([world.id("shop")]);
  });

  it("matches tags beyond the ten that a request takes by itself", async () => {
    const world = await tencentWorld();
    const tags = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`k${index}`, "v"]));
    world.seed([
      { id: "all", tags },
      { id: "eleven", tags: { ...tags, k11: "other" } },
    ]);
    const found = await collect(findInstances(world.open, { tags }));
    expect(found.map(({ id }) => id)).toEqual([world.id("all")]);
  });

  it("shows what waits in the recycle bin, as recycled", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web", billing: "prepaid", state: "recycled", tags: { team: "shop" } }]);
    expect(await collect(findInstances(world.open, { tags: { team: "shop" } }))).toMatchObject([
      { state: { unified: "recycled", raw: "SHUTDOWN" }, recycled: { cause: "returned" } },
    ]);
  });

  it("reads every page, and asks for a hundred where the cloud gives twenty by itself", async () => {
    const world = await tencentWorld();
    const names = Array.from({ length: 230 }, (_, index) => `n${index}`);
    world.seed(names.map((id) => ({ id, tags: { team: "shop" } })));
    expect(await collect(findInstances(world.open, { tags: { team: "shop" } }))).toHaveLength(230);
    const from = world.requests.length;
    expect(await collect(findInstances(world.open, { ids: names.map((name) => world.id(name)) }))).toHaveLength(230);
    expect(counts(world, from)["cvm:DescribeInstances"]).toBe(3);
    for (const { parameters } of sent(world, "cvm:DescribeInstances")) expect(parameters.Limit).toBe(100);
  });

  it.each([
    [{}],
    [{ tags: {} }],
    [{ ids: [] }],
    [{ states: ["running"] }],
    [{ tags: { team: "" } }],
    [{ ids: ["i-0123456789abcdef0"] }],
    [{ ids: [null] }],
  ])("S43 refuses %j before anything is sent", async (selector) => {
    const world = await tencentWorld();
    const wrong = JSON.parse(JSON.stringify({ selector })).selector;
    await expect(collect(findInstances(world.open, wrong))).rejects.toMatchObject({ code: "invalid-request" });
    expect(world.requests).toEqual([]);
  });
});

describe("countInstances", () => {
  it("counts what is in service or stopped, not what waits in the bin or is going", async () => {
    const world = await tencentWorld();
    world.seed([
      { id: "a" },
      { id: "b", state: "stopped" },
      { id: "binned", billing: "prepaid", state: "recycled" },
      { id: "going" },
    ]);
    await byAnotherTool(world, "cvm:TerminateInstances", { InstanceIds: [world.id("going")] });
    await world.clock.advance(3_000);
    expect(await countInstances(world.open)).toBe(2);
  });
});
