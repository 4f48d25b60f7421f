/* Services beside ECS that name instances: what goes over the wire to each, and what is made of every answer. */
import { describe, expect, it } from "vitest";
import { readGroupUsers } from "../../../providers/aliyun/dependencies/group-users.js";
import { readOwners } from "../../../providers/aliyun/dependencies/owners.js";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { readInstances } from "../../../providers/aliyun/instances.js";
import type { DependencyReport } from "../../../src/dependencies.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import type { LoggedRequest } from "../../../src/testing/world.js";
import { aliyunWorld, discard, mutations, sighting } from "./for-test.js";
import { type ReadingWorld, readingWorld } from "./reading-world.js";

async function listed(seed: WorldSeed, ...names: readonly string[]) {
  const world = await readingWorld();
  world.fake.seed(seed);
  return { world, report: await reportOf(world, ...names) };
}

async function reportOf({ fake, open }: ReadingWorld, ...names: readonly string[]): Promise<DependencyReport> {
  return await listDependencies(
    open,
    names.map((name) => fake.id(name)),
  );
}

function sent({ fake }: ReadingWorld, api: string): readonly LoggedRequest[] {
  return fake.requests.filter((request) => request.api === api);
}

function from(report: DependencyReport, source: string) {
  return report.edges.filter((edge) => edge.source === source);
}

function line(report: DependencyReport, source: string, kind?: string) {
  return report.coverage.find((one) => one.source === source && (kind === undefined || one.kind === kind));
}

/** The sources that this file is about, with the request that is denied to make each unread. */
const sources = [
  ["cs:DescribeClusterNodes", "cluster-node", "required"],
  ["cs:DescribeClustersForRegion", "security-group", "report"],
  ["dds:DescribeSecurityIps", "address-list", "required"],
  ["dds:DescribeSecurityGroupConfiguration", "database", "report"],
  ["polardb:DescribeDBClusterAccessWhitelist", "address-list", "required"],
  ["polardb:DescribeDBClusterAccessWhitelist", "database", "report"],
  ["hbr:DescribeUdmSnapshots", "backup", "report"],
  ["hbr:DescribeBackupJobs2", "pending-operation", "required"],
  ["nas:DescribeMountedClients", "file-system", "report"],
  ["ecs:DescribeReservedInstances", "commitment", "report"],
  ["bss:QuerySavingsPlansInstance", "commitment", "report"],
  ["cms:DescribeMonitorGroupInstances", "alarm", "report"],
] as const;

/** One thing in each service, none of them the instance's, so that every request is sent. */
const elsewhere: WorldSeed = {
  securityGroups: [{ id: "app" }],
  instances: [{ id: "web" }, { id: "other", billing: "spot" }],
  owners: [
    { kind: "cluster-node", id: "k8s", members: ["other"] },
    { kind: "address-list", id: "mongo", members: ["other"], variant: "mongodb" },
    { kind: "address-list", id: "polar", members: ["other"], variant: "polardb" },
    { kind: "backup", id: "copy", members: ["other"] },
    { kind: "file-system", id: "home", members: ["other"] },
    { kind: "alarm", id: "watched", members: ["other"], variant: "group" },
  ],
};

describe("a source that could not be read", () => {
  it.each(sources)("%s (%s) is denied, and never clean", async (source, kind, gate) => {
    const world = await readingWorld();
    world.fake.seed(elsewhere);
    world.fake.faults.add({ fault: "deny", api: source });
    expect(line(await reportOf(world, "web"), source, kind)).toMatchObject({ gate, status: "denied" });
  });

  it.each(sources)("%s (%s) with an answer without its list is no empty one", async (source, kind, gate) => {
    const world = await readingWorld();
    world.fake.seed(elsewhere);
    world.fake.faults.add({ fault: "null-lists", api: source });
    expect(line(await reportOf(world, "web"), source, kind)).toMatchObject({ gate, status: "partial" });
  });

  it.each([
    ["cs:DescribeClustersForRegion", "cs:DescribeClusterNodes"],
    ["dds:DescribeDBInstances", "dds:DescribeSecurityIps"],
    ["polardb:DescribeDBClusters", "polardb:DescribeDBClusterAccessWhitelist"],
    ["nas:DescribeFileSystems", "nas:DescribeMountedClients"],
    ["cms:DescribeMonitorGroups", "cms:DescribeMonitorGroupInstances"],
  ])("%s on the way to %s leaves that one unread", async (onTheWay, source) => {
    const world = await readingWorld();
    world.fake.seed(elsewhere);
    world.fake.faults.add({ fault: "deny", api: onTheWay });
    expect(line(await reportOf(world, "web"), source)?.status).toBe("denied");
  });

  it.each([
    "cs:DescribeClusterNodes",
    "dds:DescribeSecurityIps",
    "hbr:DescribeBackupJobs2",
    "nas:DescribeMountedClients",
  ])("S01 %s is partial where it is empty and nothing shows what would be seen", async (source) => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    expect(line(await reportOf(world, "web"), source)).toMatchObject({
      status: "checked",
      control: { by: "account-wide" },
    });
    world.fake.faults.add({ fault: "deny", api: "ram:ListPoliciesForUser" });
    expect(line(await reportOf(world, "web"), source)?.status).toBe("partial");
  });

  it("S01 an empty list of savings plans needs no control: RAM grants it for all resources or not at all (QuerySavingsPlansInstance)", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    world.fake.faults.add({ fault: "deny", api: "ram:ListPoliciesForUser" });
    expect(line(await reportOf(world, "web"), "bss:QuerySavingsPlansInstance")?.status).toBe("checked");
  });
});

describe("Kubernetes clusters", () => {
  const nodes: WorldSeed = {
    instances: [{ id: "web" }, { id: "free" }],
    owners: [{ kind: "cluster-node", id: "k8s", members: ["web"], variant: "untagged" }],
  };

  it("know their nodes where no tag tells, asked in the ROA style (DescribeClusterNodesRequest)", async () => {
    const { world, report } = await listed(nodes, "web", "free");
    expect(from(report, "cs:DescribeClusterNodes")).toMatchObject([
      { instanceId: world.fake.id("web"), node: { id: world.fake.id("k8s") }, relation: "owned-by", effect: "blocks" },
    ]);
    expect(sent(world, "cs:DescribeClustersForRegion").map(({ parameters }) => parameters)).toEqual([
      { RegionId: "cn-hangzhou", page_number: "1", page_size: "50" },
    ]);
    expect(sent(world, "cs:DescribeClusterNodes").map(({ parameters }) => parameters)).toEqual([
      {
        ClusterId: world.fake.id("k8s"),
        instanceIds: `${world.fake.id("web")},${world.fake.id("free")}`,
        pageNumber: "1",
        pageSize: "100",
      },
    ]);
  });

  it("are read to their last page by the totals that stand beside the rows", async () => {
    const names = Array.from({ length: 120 }, (_, index) => `n${index}`);
    const { world, report } = await listed(
      {
        securityGroups: [{ id: "app" }],
        instances: names.map((id) => ({ id, securityGroups: ["app"] })),
        owners: [{ kind: "cluster-node", id: "k8s", members: names, variant: "untagged" }],
      },
      ...names,
    );
    expect(from(report, "cs:DescribeClusterNodes")).toHaveLength(120);
    expect(sent(world, "cs:DescribeClusterNodes").map(({ parameters }) => parameters.pageNumber)).toEqual(["1", "2"]);
  });

  it("keep a node from being terminated although no tag marks it, unless that was accepted", async () => {
    const world = await aliyunWorld();
    world.seed(nodes);
    const record = await sighting(world, "web");
    const [refused] = await world.adapter.terminate([record], discard);
    expect(refused).toMatchObject({ status: "blocked", problem: { code: "owned" } });
    expect(mutations(world)).toEqual([]);
    const cloudOptions = { acceptOwners: ["cluster-node"] };
    const [ended] = await world.adapter.terminate([record], { ...discard, cloudOptions });
    expect(ended?.status).toBe("accepted");
  });

  it("that cannot be asked leave the tags of their nodes to speak, and say so", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "cluster-node", id: "k8s", members: ["web"] }],
    });
    world.fake.faults.add({ fault: "deny", api: "cs:DescribeClustersForRegion" });
    const call = await world.open("reads");
    const { byId } = await readInstances(call, [world.fake.id("web")]);
    const { edges, unread } = await readOwners(call, [...byId.values()]);
    expect(unread.map(({ source }) => source)).toEqual(["cs:DescribeClusterNodes"]);
    expect(edges).toMatchObject([{ effect: "blocks", node: { kind: "cluster-node", id: world.fake.id("k8s") } }]);
  });

  it("S22 use their security group also while they have no node", async () => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "k8s-group" }],
      instances: [{ id: "web", securityGroups: ["k8s-group"] }],
      owners: [{ kind: "cluster-node", id: "k8s", members: [] }],
    });
    const { uses } = await readGroupUsers(await world.open("reads"), [world.fake.id("k8s-group")]);
    expect(uses.filter(({ kind }) => kind === "cluster")).toMatchObject([{ id: world.fake.id("k8s") }]);
  });
});

describe("databases", () => {
  it("of MongoDB are asked for kind by kind: alone the listing shows replica sets (DescribeDBInstancesRequest)", async () => {
    const { world } = await listed({ instances: [{ id: "web" }] }, "web");
    expect(sent(world, "dds:DescribeDBInstances").map(({ parameters }) => parameters.DBInstanceType)).toEqual([
      "replicate",
      "sharding",
      "serverless",
    ]);
    expect(sent(world, "dds:DescribeDBInstances").map(({ parameters }) => parameters.PageSize)).toEqual([
      "100",
      "100",
      "100",
    ]);
  });

  it("of PolarDB are asked once each for addresses and groups alike (DescribeDBClusterAccessWhitelist)", async () => {
    const { world, report } = await listed(
      {
        securityGroups: [{ id: "app" }],
        instances: [{ id: "web", securityGroups: ["app"] }],
        owners: [
          { kind: "database", id: "ledger", members: ["app"], variant: "polardb" },
          { kind: "address-list", id: "allowed", members: ["web"], variant: "polardb" },
        ],
      },
      "web",
    );
    const asked = sent(world, "polardb:DescribeDBClusterAccessWhitelist");
    expect(asked.map(({ parameters }) => parameters.DBClusterId)).toEqual(
      ["ledger", "allowed"].map((name) => world.fake.id(name)),
    );
    const found = from(report, "polardb:DescribeDBClusterAccessWhitelist");
    expect(found.map(({ node }) => `${node.kind} ${node.id}`).sort()).toEqual([
      `address-list ${world.fake.id("allowed")}/default`,
      `database ${world.fake.id("ledger")}`,
    ]);
  });

  it.each(["mongodb", "polardb"] as const)("S22 of %s that let a group in use it", async (variant) => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "app" }],
      instances: [{ id: "web", securityGroups: ["app"] }],
      owners: [{ kind: "database", id: "store", members: ["app"], variant }],
    });
    const { uses } = await readGroupUsers(await world.open("reads"), [world.fake.id("app")]);
    expect(uses.filter(({ kind }) => kind === "database")).toMatchObject([{ id: world.fake.id("store") }]);
  });

  it.each(["mongodb", "polardb"] as const)("S26 of %s that name an address keep it", async (variant) => {
    const world = await aliyunWorld();
    world.seed({
      instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }],
    });
    const record = await sighting(world, "web");
    const [address] = record.publicAddresses;
    world.seed({ owners: [{ kind: "address-list", id: "allowed", members: [address?.ip ?? ""], variant }] });
    world.meddle({ remove: ["web"] });
    await world.clock.advance(60_000);
    const item = { kind: "public-address", id: world.id("front"), instanceId: record.id } as const;
    const [kept] = await world.adapter.releaseDependencies([item], { sightings: [record] });
    expect(kept).toMatchObject({ status: "blocked", problem: { code: "dependency" } });
    expect(world.holds("front")).toBe(true);
  });
});

describe("Cloud Backup", () => {
  const withJob = (status: string): WorldSeed => ({
    instances: [{ id: "web" }],
    owners: [{ kind: "backup", id: "job", members: ["web"], inUse: true, detail: { status } }],
  });

  it("asks for jobs by what they are not: no unfinished status is documented (DescribeBackupJobs2)", async () => {
    const { world } = await listed({ instances: [{ id: "web" }] }, "web");
    const since = String(Math.floor(world.fake.clock.now() / 1_000) - 30 * 24 * 3_600);
    const asked = sent(world, "hbr:DescribeBackupJobs2").map(({ parameters }) => parameters);
    expect(asked.map(({ SourceType }) => SourceType)).toEqual(["UDM_ECS", "ECS_FILE"]);
    for (const { Filters, PageSize } of asked) {
      expect(PageSize).toBe("99");
      expect(Filters).toEqual([
        { Key: "CreatedTime", Operator: "GREATER_THAN_OR_EQUAL", Values: [since] },
        { Key: "Status", Operator: "NOT_EQUAL", Values: ["COMPLETE"] },
        { Key: "Status", Operator: "NOT_EQUAL", Values: ["PARTIAL_COMPLETE"] },
        { Key: "Status", Operator: "NOT_EQUAL", Values: ["FAILED"] },
      ]);
    }
  });

  it.each(["RUNNING", "CREATED", "QUEUED", "A_WORD_NOBODY_KNOWS"])("a job that is %s blocks", async (status) => {
    const { world, report } = await listed(withJob(status), "web");
    expect(from(report, "hbr:DescribeBackupJobs2")).toMatchObject([
      {
        node: { kind: "pending-operation", id: world.fake.id("job") },
        effect: "blocks",
        why: expect.stringContaining(status),
      },
    ]);
  });

  it.each(["COMPLETE", "PARTIAL_COMPLETE", "FAILED", "UNAVAILABLE", "CANCELED", "EXPIRED"])(
    "a job that is %s has ended",
    async (status) => {
      const { report } = await listed(withJob(status), "web");
      expect(from(report, "hbr:DescribeBackupJobs2")).toEqual([]);
    },
  );

  it("a job that saves files of an instance blocks as well, and one on another instance does not", async () => {
    const { world, report } = await listed(
      {
        instances: [{ id: "web" }, { id: "other" }],
        owners: [
          { kind: "backup", id: "files", members: ["web"], variant: "file", inUse: true },
          { kind: "backup", id: "whole", members: ["other"], inUse: true },
        ],
      },
      "web",
    );
    expect(from(report, "hbr:DescribeBackupJobs2").map(({ node }) => node.id)).toEqual([world.fake.id("files")]);
  });

  it("copies of few instances are asked for one by one, those of many at once (DescribeUdmSnapshots)", async () => {
    const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
    const world = await readingWorld();
    world.fake.seed({
      instances: names.map((id) => ({ id, securityGroups: ["app"] })),
      owners: [{ kind: "backup", id: "copy", members: ["n0", "n24"] }],
    });
    const few = await reportOf(world, "n0", "n1");
    expect(sent(world, "hbr:DescribeUdmSnapshots").map(({ parameters }) => parameters)).toMatchObject([
      { InstanceId: world.fake.id("n0"), SourceType: "UDM_ECS", UdmRegionId: "cn-hangzhou", StartTime: "0" },
      { InstanceId: world.fake.id("n1") },
    ]);
    expect(from(few, "hbr:DescribeUdmSnapshots")).toHaveLength(1);
    const before = sent(world, "hbr:DescribeUdmSnapshots").length;
    const many = await reportOf(world, ...names);
    expect(from(many, "hbr:DescribeUdmSnapshots")).toHaveLength(2);
    expect(sent(world, "hbr:DescribeUdmSnapshots").slice(before)).toHaveLength(1);
  });

  it.each(["InvalidParameter", "MissingInstanceId"])(
    "copies are asked for one by one where the cloud wants an instance (%s)",
    async (cloudCode) => {
      const names = Array.from({ length: 21 }, (_, index) => `n${index}`);
      const world = await readingWorld();
      world.fake.seed({
        instances: names.map((id) => ({ id, securityGroups: ["app"] })),
        owners: [{ kind: "backup", id: "copy", members: ["n20"] }],
      });
      world.fake.faults.add({ fault: "error", api: "hbr:DescribeUdmSnapshots", cloudCode, times: 1 });
      const report = await reportOf(world, ...names);
      expect(from(report, "hbr:DescribeUdmSnapshots")).toHaveLength(1);
      expect(line(report, "hbr:DescribeUdmSnapshots")?.status).toBe("checked");
      expect(sent(world, "hbr:DescribeUdmSnapshots")).toHaveLength(22);
    },
  );
});

describe("routes", () => {
  it("to a virtual address are told of each that answers on it, and block none of them (DescribeRouteEntryListRequest)", async () => {
    const { world, report } = await listed(
      {
        instances: [{ id: "web" }, { id: "db" }, { id: "beside" }],
        owners: [
          { kind: "virtual-ip", id: "shared", members: ["web", "db"] },
          { kind: "route", id: "way", members: ["shared"] },
        ],
      },
      "web",
      "db",
      "beside",
    );
    const told = from(report, "vpc:DescribeRouteEntryList");
    expect(told.map(({ instanceId, effect }) => `${instanceId} ${effect}`).sort()).toEqual(
      [`${world.fake.id("web")} report`, `${world.fake.id("db")} report`].sort(),
    );
    const hops = sent(world, "vpc:DescribeRouteEntryList").map(({ parameters }) => parameters.NextHopType);
    expect(hops).toEqual(["Instance", "NetworkInterface", "HaVip"]);
  });
});

/** A client of Cloud Backup with one answer for whole copies, and nothing else to tell. */
async function withCopies(answer: Readonly<Record<string, unknown>>): Promise<DependencyReport> {
  const empty = { PolicyBindings: [], BackupJobs: { BackupJob: [] } };
  const hbr = {
    callApi: async ({ action }: { readonly action: string }) => ({
      headers: {},
      body: action === "DescribeUdmSnapshots" ? answer : empty,
    }),
  };
  const world = await readingWorld({ adapter: { clients: { hbr } } });
  world.fake.seed([{ id: "web" }]);
  return await reportOf(world, "web");
}

describe("copies of Cloud Backup", () => {
  it("of which fewer are shown than are told of leave the line partial (DescribeUdmSnapshots has no pages)", async () => {
    const report = await withCopies({ Success: true, Code: "200", TotalCount: 2, Snapshots: [] });
    expect(line(report, "hbr:DescribeUdmSnapshots")).toMatchObject({
      status: "partial",
      reason: expect.stringContaining("2 copies and showed 0"),
    });
  });

  it("of which a refusal tells in an answer of status 200 are not none", async () => {
    const report = await withCopies({ Success: false, Code: "ServiceUnavailable", TotalCount: 0, Snapshots: [] });
    expect(line(report, "hbr:DescribeUdmSnapshots")?.status).toBe("partial");
  });
});

describe("file systems", () => {
  it("are told by the address of who uses them, which is sure within their network alone", async () => {
    const { world, report } = await listed(
      {
        instances: [
          { id: "web", vpc: "one", privateIps: ["10.1.0.7"] },
          { id: "twin", vpc: "two", privateIps: ["10.1.0.7"] },
        ],
        owners: [{ kind: "file-system", id: "home", members: ["web"] }],
      },
      "web",
      "twin",
    );
    const relations = Object.fromEntries(
      from(report, "nas:DescribeMountedClients").map(({ instanceId, relation }) => [instanceId, relation]),
    );
    expect(relations).toEqual({ [world.fake.id("web")]: "attached", [world.fake.id("twin")]: "inferred" });
  });

  it.each(["extreme", "cpfs"])(
    "of the type %s tell nobody, and leave the line partial (DescribeMountedClients)",
    async (variant) => {
      const { world, report } = await listed(
        {
          instances: [
            { id: "web", vpc: "one" },
            { id: "far", vpc: "two" },
          ],
          owners: [{ kind: "file-system", id: "fast", members: ["web"], variant }],
        },
        "web",
        "far",
      );
      expect(sent(world, "nas:DescribeMountedClients")).toEqual([]);
      expect(line(report, "nas:DescribeMountedClients")).toMatchObject({
        status: "partial",
        instanceIds: [world.fake.id("web")],
        reason: expect.stringContaining(world.fake.id("fast")),
      });
    },
  );
});

describe("commitments", () => {
  const covered = async (variant: string | undefined, instance: WorldSeed["instances"]) => {
    const owners = [
      { kind: "commitment", id: "promise", members: ["like"], ...(variant === undefined ? {} : { variant }) },
    ] as const;
    const { report } = await listed({ instances: [{ id: "like" }, ...(instance ?? [])], owners }, "web");
    return report.edges.filter(({ node }) => node.kind === "commitment");
  };

  it.each([undefined, "zone", "savings-plan", "universal"])("%s may cover an instance like it", async (variant) => {
    expect(await covered(variant, [{ id: "web" }])).toMatchObject([
      { relation: "inferred", effect: "report", atTermination: "kept" },
    ]);
  });

  it("of a zone covers nothing in another, one of the region does", async () => {
    expect(await covered("zone", [{ id: "web", zone: "cn-hangzhou-i" }])).toEqual([]);
    expect(await covered(undefined, [{ id: "web", zone: "cn-hangzhou-i" }])).toHaveLength(1);
  });

  it.each(["prepaid", "spot"] as const)("covers no %s instance", async (billing) => {
    for (const variant of [undefined, "universal"])
      expect(await covered(variant, [{ id: "web", billing }])).toEqual([]);
  });
});
