import { describe, expect, it } from "vitest";
import { countInstances, findInstances, whoAmI } from "../../../providers/aws/find-instances.js";
import { cannedCalls, cannedInstance, plainRegion } from "./canned.js";
import { collect, readingWorld } from "./reading-world.js";

describe("whoAmI", () => {
  it("names account and principal", async () => {
    const world = await readingWorld({ accountId: "111122223333" });
    expect(await whoAmI(world.open)).toMatchObject({ accountId: "111122223333" });
  });
});

describe("findInstances", () => {
  it("finds what has exactly these tags, whatever signs are in them", async () => {
    const world = await readingWorld();
    world.fake.seed([
      { id: "star", tags: { team: "s*p" } },
      { id: "shop", tags: { team: "shop" } },
      { id: "slash", tags: { team: "a\\b" } },
    ]);
    const ids = async (team: string) =>
      (await collect(findInstances(world.open, { tags: { team } }))).map(({ id }) => id);
    expect(await ids("s*p")).toEqual([world.fake.id("star")]);
    expect(await ids("a\\b")).toEqual([world.fake.id("slash")]);
    expect(await ids("sh?p")).toEqual([]);
  });

  it("does not trust the cloud's own matching", async () => {
    const wrong = cannedInstance({ Tags: [{ Key: "team", Value: "shop-eu" }] });
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeInstances": { Reservations: [{ Instances: [wrong] }] } }));
    expect(await collect(findInstances(open, { tags: { team: "shop" } }))).toEqual([]);
  });

  it("shows a terminated instance to whoever names it, and to nobody else", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", tags: { team: "shop" } }]);
    world.fake.meddle({ remove: ["web"] });
    const tags = { team: "shop" };
    expect(await collect(findInstances(world.open, { tags }))).toEqual([]);
    expect(await collect(findInstances(world.open, { ids: [world.fake.id("web")] }))).toMatchObject([
      { state: { unified: "gone", raw: "terminated" } },
    ]);
  });

  it("asks for managed instances as well, which an account can hide", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "node", managedBy: "eks.amazonaws.com", tags: { team: "shop" } }]);
    expect(await collect(findInstances(world.open, { tags: { team: "shop" } }))).toHaveLength(1);
    expect(world.fake.requests.find(({ action }) => action === "DescribeInstances")?.parameters).toMatchObject({
      IncludeManagedResources: true,
    });
  });

  it("reads every page", async () => {
    const pages = [
      { Reservations: [{ Instances: [cannedInstance({ Tags: [{ Key: "a", Value: "b" }] })] }], NextToken: "two" },
      { Reservations: [], NextToken: "three" },
      {
        Reservations: [
          { Instances: [cannedInstance({ InstanceId: "i-0fffffffffffffff0", Tags: [{ Key: "a", Value: "b" }] })] },
        ],
        NextToken: "",
      },
    ];
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeInstances": () => pages.shift() ?? {} }));
    expect(await collect(findInstances(open, { tags: { a: "b" } }))).toHaveLength(2);
  });

  it("throws rather than end early when a page has no list", async () => {
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeInstances": {} }));
    await expect(collect(findInstances(open, { tags: { a: "b" } }))).rejects.toMatchObject({ code: "service" });
  });

  it("answers the record where its volumes may not be read, with what the instance says of them", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", disks: [{ id: "root", role: "system" }] }]);
    world.fake.faults.add({ fault: "deny", api: "ec2:DescribeVolumes" });
    expect((await world.record("web")).disks).toMatchObject([{ id: world.fake.id("root"), sizeGiB: "unknown" }]);
  });

  it.each([
    [{}],
    [{ tags: {} }],
    [{ ids: [] }],
    [{ states: ["running"] }],
    [{ tags: { team: "" } }],
    [{ tags: { team: undefined } }],
    [{ ids: ["i-nonsense"] }],
    [{ ids: [undefined] }],
  ])("S43 refuses %j before anything is sent", async (selector) => {
    const world = await readingWorld();
    const wrong = JSON.parse(JSON.stringify({ selector }, (_, value) => value ?? null)).selector;
    await expect(collect(findInstances(world.open, wrong))).rejects.toMatchObject({ code: "invalid-request" });
    expect(world.fake.requests).toEqual([]);
  });

  it("reads more ids than a filter takes in few requests", async () => {
    const world = await readingWorld();
    const names = Array.from({ length: 450 }, (_, index) => `n${index}`);
    world.fake.seed(names.map((id) => ({ id })));
    const ids = names.map((name) => world.fake.id(name));
    const { answer, byApi } = await world.counted(() => collect(findInstances(world.open, { ids })));
    expect(new Set(answer.map(({ id }) => id))).toEqual(new Set(ids));
    expect(byApi["ec2:DescribeInstances"]).toBeLessThanOrEqual(3);
  });
});

describe("countInstances", () => {
  it("counts what is not terminated, managed instances included", async () => {
    const world = await readingWorld();
    world.fake.seed([
      { id: "a" },
      { id: "b", state: "stopped" },
      { id: "c", managedBy: "eks.amazonaws.com" },
      { id: "d" },
    ]);
    world.fake.meddle({ remove: ["d"] });
    expect(await countInstances(world.open)).toBe(3);
  });
});
