import { describe, expect, it } from "vitest";
import { findInstances } from "../../../providers/aliyun/find-instances.js";
import { readInstances } from "../../../providers/aliyun/instances.js";
import { collect, readingWorld } from "./reading-world.js";

describe("what is read of an instance", () => {
  it("is whole: disks, interfaces, addresses, locks, tags, times", async () => {
    const { fake, record } = await readingWorld({ now: "2026-11-20T08:00:00Z" });
    fake.seed([
      {
        id: "web",
        tags: { team: "shop" },
        disks: [
          { id: "root", role: "system", sizeGiB: 40 },
          { id: "kept", role: "data", deletedWithInstance: false, encrypted: true },
          { id: "local", role: "data", medium: "local" },
        ],
        addresses: [{ id: "front", kind: "elastic", ip: "47.96.0.1" }],
        extraInterfaces: [{ id: "card", deletedWithInstance: false, securityGroups: ["side"] }],
        securityGroups: ["app"],
        locks: [{ unified: "overdue" }, { unified: "unknown" }],
        terminationProtection: true,
        scheduledReleaseAt: "2026-12-24T00:00:00Z",
      },
    ]);
    const web = await record("web");
    expect(web).toMatchObject({
      cloud: "aliyun",
      region: "cn-hangzhou",
      billing: { unified: "on-demand", raw: "PostPaid" },
      state: { unified: "running", raw: "Running" },
      protection: {
        termination: true,
        locks: [
          { unified: "overdue", raw: "financial" },
          { unified: "unknown", raw: "unlistedreason" },
        ],
      },
      tags: { team: "shop" },
      securityGroupIds: [fake.id("app"), fake.id("side")],
      scheduledReleaseAt: "2026-12-24T00:00:00.000Z",
      publicAddresses: [{ id: fake.id("front"), ip: "47.96.0.1", kind: "elastic", releasedWithInstance: false }],
    });
    expect(web.billing.expiresAt).toBeUndefined();
    expect(web.disks.map(({ id, ephemeral, deletedWithInstance }) => [id, ephemeral, deletedWithInstance])).toEqual([
      [fake.id("root"), false, true],
      [fake.id("kept"), false, false],
      [fake.id("local"), true, true],
    ]);
    expect(web.networkInterfaces.map(({ primary, deletedWithInstance }) => [primary, deletedWithInstance])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it("is read of more instances than a page holds", async () => {
    const { fake, open, counted } = await readingWorld();
    const names = Array.from({ length: 120 }, (_, index) => `web-${index}`);
    fake.seed(names.map((id) => ({ id, securityGroups: ["app"] })));
    const call = await open("reads");
    const { answer, byApi } = await counted(() =>
      readInstances(
        call,
        names.map((name) => fake.id(name)),
      ),
    );
    expect(answer.byId.size).toBe(120);
    expect([...answer.byId.values()].every(({ facts }) => facts.disputedDiskIds.length === 0)).toBe(true);
    expect(byApi).toEqual({
      "ecs:DescribeInstances": 2,
      "ecs:DescribeDisks": 1,
      "ecs:DescribeDisksFullStatus": 2,
      "ecs:DescribeNetworkInterfaces": 1,
    });
  });

  it("leaves out a word that cannot be an id, and no other", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([{ id: "web" }, { id: "db" }]);
    const call = await open("reads");
    const { byId } = await readInstances(call, [fake.id("web"), "i-x", fake.id("db")]);
    expect([...byId.keys()]).toEqual([fake.id("web"), fake.id("db")]);
  });

  it("is found by tags, all of which must fit", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([
      { id: "web", tags: { team: "shop", stage: "test" } },
      { id: "db", tags: { team: "shop" } },
    ]);
    const found = await collect(findInstances(open, { tags: { team: "shop", stage: "test" } }));
    expect(found.map(({ id }) => id)).toEqual([fake.id("web")]);
  });
});
