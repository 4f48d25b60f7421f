import { describe, expect, it } from "vitest";
import { readGroupUsers } from "../../../providers/aliyun/dependencies/group-users.js";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { findInstances } from "../../../providers/aliyun/find-instances.js";
import { readInstances } from "../../../providers/aliyun/instances.js";
import type { LoggedRequest } from "../../../src/testing/world.js";
import { collect, type ReadingWorld, readingWorld } from "./reading-world.js";

/** The requests of one API. */
function sent({ fake }: ReadingWorld, api: string): readonly LoggedRequest[] {
  return fake.requests.filter((request) => request.api === api);
}

/** What the requests of one API had in a parameter. */
function values(world: ReadingWorld, api: string, name: string): readonly unknown[] {
  return sent(world, api).map(({ parameters }) => parameters[name]);
}

// A query that is wrong in one letter reads like an empty account: these look at what went over the wire.
describe("quirks of ECS that reading keeps to", () => {
  it("a listing answers 10 rows by default whatever it is asked for, so sizes are always sent (DescribeInstancesRequest)", async () => {
    const world = await readingWorld();
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
    world.fake.seed(names.map((id) => ({ id, securityGroups: ["app"] })));
    const ids = names.map((name) => world.fake.id(name));
    const { byId } = await readInstances(await world.open("reads"), ids);
    expect(byId.size).toBe(30);
    await listDependencies(world.open, ids);
    for (const { api, parameters } of world.fake.requests) {
      // Copies of Cloud Backup are told without pages.
      const listed = !/Attribute|References|GetCallerIdentity|ListPolicies|UdmSnapshots/.test(api);
      const { MaxResults, MaxResult, PageSize, pageSize, page_size } = parameters;
      if (listed)
        expect([api, MaxResults ?? MaxResult ?? PageSize ?? pageSize ?? page_size]).not.toEqual([api, undefined]);
    }
  });

  it("lists of ids go as JSON, as Name.1 or with commas, by operation (request models of the SDK)", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }, { id: "paid", billing: "prepaid" }]);
    const ids = [world.fake.id("web"), world.fake.id("paid")];
    await listDependencies(world.open, ids);
    expect(values(world, "ecs:DescribeInstances", "InstanceIds")[0]).toBe(JSON.stringify(ids));
    expect(values(world, "ecs:DescribeInstancesFullStatus", "InstanceId")[0]).toEqual(ids);
    expect(values(world, "ecs:DescribeInstanceAutoRenewAttribute", "InstanceId")).toEqual([world.fake.id("paid")]);
  });

  it("every regional service is told the region, and no global one (request models of the SDKs)", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    await listDependencies(world.open, [world.fake.id("web")]);
    const global = new Set(["sts", "ram", "alidns", "pvtz", "bss"]);
    for (const { api, parameters } of world.fake.requests) {
      const [service = ""] = api.split(":");
      expect([api, parameters.RegionId]).toEqual([api, global.has(service) ? undefined : "cn-hangzhou"]);
    }
  });

  it("the charge type decides how one is paid, never its time of expiry (ExpiredTime 2099 in recorded answers)", async () => {
    const world = await readingWorld();
    world.fake.seed([
      { id: "web" },
      { id: "spot", billing: "spot" },
      { id: "paid", billing: "prepaid", expiresAt: "2026-12-01T00:00:00Z" },
    ]);
    const { byId } = await readInstances(
      await world.open("reads"),
      ["web", "spot", "paid"].map((name) => world.fake.id(name)),
    );
    expect([...byId.values()].map(({ record }) => record.billing)).toEqual([
      { unified: "on-demand", raw: "PostPaid" },
      { unified: "spot", raw: "PostPaid/SpotAsPriceGo" },
      { unified: "prepaid", raw: "PrePaid", expiresAt: "2026-12-01T00:00:00.000Z" },
    ]);
  });

  it("absent is an empty text: no EIP, no timer, no lock, no key (recorded answers)", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const { byId } = await readInstances(await world.open("reads"), [world.fake.id("web")]);
    const [seen] = byId.values();
    expect(seen?.record).toMatchObject({ publicAddresses: [], protection: { locks: [] } });
    expect(seen?.record).not.toHaveProperty("scheduledReleaseAt");
    for (const name of ["keyPair", "deploymentSetId", "dedicatedHostId"]) expect(seen?.facts).not.toHaveProperty(name);
  });

  it("a shared disk has no flag and stays, and names all who hold it in Attachments (DescribeDisks)", async () => {
    const world = await readingWorld();
    world.fake.seed([
      { id: "web", disks: [{ id: "root" }, { id: "shared", role: "data", medium: "shared" }] },
      { id: "db", disks: [{ id: "root-2" }, { id: "shared", role: "data", medium: "shared" }] },
    ]);
    const { byId } = await readInstances(await world.open("reads"), [world.fake.id("web"), world.fake.id("db")]);
    for (const { record, facts } of byId.values()) {
      const shared = record.disks.find(({ id }) => id === world.fake.id("shared"));
      expect(shared).toMatchObject({ deletedWithInstance: false });
      expect(shared?.sharedWith).toHaveLength(1);
      expect(facts.disputedDiskIds).toEqual([]);
    }
  });

  it("a disk that is not portable goes with its instance whatever its flag says (ModifyDiskAttribute)", async () => {
    const world = await readingWorld();
    world.fake.seed([
      { id: "paid", billing: "prepaid", disks: [{ id: "root" }, { id: "data", role: "data", billing: "prepaid" }] },
    ]);
    const record = await world.record("paid");
    expect(record.disks.map(({ deletedWithInstance }) => deletedWithInstance)).toEqual([true, true]);
  });

  it("NextHopType is one per call and Instance by default, so each is asked for (DescribeRouteEntryListRequest)", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    await listDependencies(world.open, [world.fake.id("web")]);
    expect(values(world, "vpc:DescribeRouteEntryList", "NextHopType")).toEqual(["Instance", "NetworkInterface"]);
    expect(new Set(values(world, "vpc:DescribeRouteEntryList", "RouteEntryType"))).toEqual(new Set(["Custom"]));
  });

  it("S22 the group filter of interfaces leaves out primary ones, so it is never used (DescribeNetworkInterfaces)", async () => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "app", foreignUsers: ["interface"] }],
      instances: [
        { id: "web", securityGroups: ["app"] },
        { id: "db", securityGroups: ["other"], extraInterfaces: [{ id: "card", securityGroups: ["app"] }] },
      ],
    });
    const { uses } = await readGroupUsers(await world.open("reads"), [world.fake.id("app")]);
    expect(values(world, "ecs:DescribeNetworkInterfaces", "SecurityGroupId")).toEqual([undefined]);
    const users = new Set(uses.map(({ instanceId }) => instanceId));
    expect(users).toEqual(new Set([world.fake.id("web"), world.fake.id("db"), undefined]));
  });

  it("S09 an answer carries the cloud's clock, and one that is far off is told", async () => {
    const world = await readingWorld({ clockSkewMs: 120_000 });
    world.fake.seed([{ id: "web" }]);
    const told: string[] = [];
    await collect(
      findInstances(world.open, { ids: [world.fake.id("web")] }, { onEvent: ({ type }) => void told.push(type) }),
    );
    expect(told).toContain("clock");
  });
});
