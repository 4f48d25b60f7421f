import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import type { DependencyEdge, DependencyKind, DependencyReport } from "../../../src/dependencies.js";
import type { SeedOwner, WorldSeed } from "../../../src/testing/seed.js";
import { byAnotherTool, sent, sighting, tencentWorld } from "./for-test.js";
import type { TencentWorld } from "./world.js";

async function seeded(seed: WorldSeed): Promise<TencentWorld> {
  const world = await tencentWorld();
  world.seed(seed);
  return world;
}

async function reportOn(world: TencentWorld, ...names: string[]): Promise<DependencyReport> {
  return await listDependencies(
    world.open,
    names.map((name) => world.id(name)),
  );
}

const of = (report: DependencyReport, kind: DependencyKind) => report.edges.filter(({ node }) => node.kind === kind);
const node = (report: DependencyReport, id: string) => report.nodes.find((each) => each.id === id);
const line = (report: DependencyReport, kind: DependencyKind, source: string) =>
  report.coverage.find((each) => each.kind === kind && each.source === source);

describe("disks", () => {
  it("live or die by what CBS says of them, not by the instance's flag alone", async () => {
    const world = await seeded({
      instances: [
        {
          id: "web",
          disks: [
            { id: "root", role: "system" },
            { id: "flagged", role: "data", deletedWithInstance: true },
            { id: "kept", role: "data", deletedWithInstance: false, sizeGiB: 120 },
            { id: "tied", role: "data", tied: true },
            { id: "paid", role: "data", billing: "prepaid" },
          ],
        },
      ],
    });
    const report = await reportOn(world, "web");
    const fates = Object.fromEntries(of(report, "disk").map((edge) => [edge.node.id, edge.atTermination]));
    const named = Object.fromEntries(
      ["root", "flagged", "kept", "tied", "paid"].map((name) => [name, fates[world.id(name)]]),
    );
    expect(named).toEqual({ root: "deleted", flagged: "deleted", kept: "kept", tied: "deleted", paid: "kept" });
    expect(node(report, world.id("kept"))).toMatchObject({ billing: "continues", sizeGiB: 120 });
    expect(node(report, world.id("flagged"))).toMatchObject({ billing: "stops" });
  });

  it("of the host are shown by the instance alone, and die with it", async () => {
    const world = await seeded({
      instances: [{ id: "web", disks: [{ role: "system" }, { id: "local", role: "data", medium: "local" }] }],
    });
    const report = await reportOn(world, "web");
    expect(of(report, "disk").find((edge) => edge.node.id === world.id("local"))).toMatchObject({
      atTermination: "deleted",
      source: "cvm:DescribeInstances",
    });
    expect(line(report, "disk", "cbs:DescribeDisks")).toMatchObject({ gate: "required", status: "checked" });
  });

  it("S02 that one of two sources does not show leave their kind partial, which is required", async () => {
    const world = await seeded({
      instances: [{ id: "web", disks: [{ role: "system" }, { id: "data", role: "data" }] }],
    });
    world.faults.add({ fault: "stale", api: "cbs:DescribeDisks", forMs: 60_000 });
    await byAnotherTool(world, "cbs:DetachDisks", { DiskIds: [world.id("data")] });
    await world.clock.advance(10_000);
    expect(line(await reportOn(world, "web"), "disk", "cbs:DescribeDisks")).toMatchObject({
      gate: "required",
      status: "partial",
      instanceIds: [world.id("web")],
    });
  });

  it("attached to others as well are of unknown fate", async () => {
    const world = await seeded({
      instances: [
        { id: "web", disks: [{ role: "system" }, { id: "shared", role: "data", medium: "shared" }] },
        { id: "other", disks: [{ role: "system" }, { id: "shared", role: "data", medium: "shared" }] },
      ],
    });
    const report = await reportOn(world, "web");
    const edge = of(report, "disk").find((each) => each.node.id === world.id("shared"));
    expect(edge?.atTermination).toBe("unknown");
    expect(edge?.why).toContain(world.id("other"));
  });
});

describe("addresses and interfaces", () => {
  it("tell what stays and bills from what goes with the instance", async () => {
    const world = await seeded({
      instances: [
        {
          id: "web",
          addresses: [{ id: "front", kind: "elastic" }],
          extraInterfaces: [{ id: "second", addresses: [{ id: "side", kind: "elastic" }] }],
        },
        { id: "plain", addresses: [{ kind: "ephemeral", ip: "203.0.113.80" }] },
      ],
    });
    const report = await reportOn(world, "web", "plain");
    const address = (id: string) => of(report, "public-address").find((edge) => edge.node.id === id);
    expect(address(world.id("front"))).toMatchObject({ atTermination: "detached" });
    expect(address(world.id("side"))).toMatchObject({ atTermination: "detached", instanceId: world.id("web") });
    expect(address("203.0.113.80")).toMatchObject({ atTermination: "deleted", source: "cvm:DescribeInstances" });
    expect(
      of(report, "network-interface")
        .map((edge) => edge.atTermination)
        .toSorted(),
    ).toEqual(["deleted", "deleted", "kept"]);
  });

  it("asks for addresses of secondary interfaces by interface: the filter by instance may not cover them", async () => {
    const world = await seeded({ instances: [{ id: "web", extraInterfaces: [{ id: "second" }] }] });
    await reportOn(world, "web");
    const filters = sent(world, "vpc:DescribeAddresses").map(({ parameters }) => JSON.stringify(parameters.Filters));
    expect(filters.some((text) => text.includes("network-interface-id") && text.includes(world.id("second")))).toBe(
      true,
    );
  });

  it("stop at a virtual address that the instance holds, and tell of one it could take over", async () => {
    const world = await seeded({
      instances: [{ id: "holder" }, { id: "standby" }],
      owners: [{ kind: "virtual-ip", id: "vip", members: ["holder", "standby"] }],
    });
    const report = await reportOn(world, "holder", "standby");
    expect(of(report, "virtual-ip").map(({ instanceId, effect }) => [instanceId, effect])).toEqual([
      [world.id("holder"), "blocks"],
      [world.id("standby"), "report"],
    ]);
  });
});

describe("what carries traffic or replaces", () => {
  it.each([
    ["load-balancer-target", "layer4", "release-first"],
    ["load-balancer-target", "layer7", "release-first"],
    ["load-balancer-target", "classic", "release-first"],
    ["load-balancer-target", "target-group", "release-first"],
    ["auto-scaling-group", undefined, "release-first"],
    ["cluster-node", undefined, "blocks"],
    ["route", "instance", "blocks"],
    ["route", "gateway", "blocks"],
    ["nat-rule", "destination", "blocks"],
    ["nat-rule", "source", "report"],
    ["address-list", "template", "report"],
    ["address-list", "group", "report"],
    ["dns-record", "private", "report"],
  ] as const)("is seen: %s %s", async (kind, variant, effect) => {
    const owner: SeedOwner = { kind, id: "owner", members: ["web"], ...(variant === undefined ? {} : { variant }) };
    const world = await seeded({ instances: [{ id: "web" }, { id: "free" }], owners: [owner] });
    const report = await reportOn(world, "web", "free");
    const edges = of(report, kind).filter(({ relation }) => relation !== "inferred");
    expect(edges.map((edge) => edge.effect)).toContain(effect);
    expect(new Set(edges.map(({ instanceId }) => instanceId))).toEqual(new Set([world.id("web")]));
  });

  it("is seen where it is registered by address", async () => {
    const world = await seeded({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "front", members: ["web"], by: "address" }],
    });
    expect(of(await reportOn(world, "web"), "load-balancer-target")).toMatchObject([
      { node: { id: world.id("front") }, effect: "release-first" },
    ]);
  });

  it("asks for the addresses of one network in a request: the answer names networks by another number", async () => {
    const world = await seeded({
      instances: [
        { id: "one", vpc: "vpc-one" },
        { id: "two", vpc: "vpc-two" },
      ],
    });
    await reportOn(world, "one", "two");
    for (const { parameters } of sent(world, "clb:DescribeLBListeners")) {
      const networks = new Set(JSON.stringify(parameters).match(/vpc-[0-9a-z]+/g));
      expect(networks.size).toBe(1);
    }
    expect(sent(world, "clb:DescribeLBListeners")).toHaveLength(2);
  });

  it.each(["public DNS", "address template"] as const)(
    "stops at a %s that names an address a stranger can get",
    async (what) => {
      const owner: SeedOwner =
        what === "public DNS"
          ? { kind: "dns-record", id: "www", members: ["web"], variant: "public" }
          : { kind: "address-list", id: "list", members: ["web"] };
      const world = await seeded({
        instances: [{ id: "web", addresses: [{ kind: "ephemeral" }] }],
        owners: [owner],
      });
      const [edge] = of(await reportOn(world, "web"), owner.kind);
      // The template of the fake names the private address, which nobody else can get from outside.
      expect(edge?.effect).toBe(what === "public DNS" ? "blocks" : "report");
    },
  );

  it("knows an instance by its address in its own network only", async () => {
    const world = await seeded({
      instances: [
        { id: "web", vpc: "vpc-one", privateIps: ["10.1.0.8"] },
        { id: "twin", vpc: "vpc-two", privateIps: ["10.1.0.8"] },
      ],
      owners: [{ kind: "route", id: "table", members: ["twin"] }],
    });
    expect(of(await reportOn(world, "web"), "route")).toEqual([]);
    // Asked about together, in either order, it is still the one in the table's network.
    for (const names of [
      ["web", "twin"],
      ["twin", "web"],
    ] as const) {
      const routes = of(await reportOn(world, ...names), "route");
      expect(routes.map(({ instanceId }) => instanceId)).toEqual([world.id("twin")]);
    }
  });
});

describe("what is under way or due", () => {
  it("stops at an operation, at rescue mode, and at a snapshot being made", async () => {
    const world = await seeded({
      instances: [
        { id: "resizing", busy: { operation: "resize", forMs: 600_000 } },
        { id: "rescued", busy: { operation: "rescue", forMs: 600_000 } },
        { id: "copied", disks: [{ id: "root", role: "system", snapshots: "stuck" }] },
        { id: "free" },
      ],
    });
    await byAnotherTool(world, "cbs:CreateSnapshot", { DiskId: world.id("root"), SnapshotName: "mine" });
    const report = await reportOn(world, "resizing", "rescued", "copied", "free");
    const stopped = of(report, "pending-operation").filter(({ effect }) => effect === "blocks");
    expect(new Set(stopped.map(({ instanceId }) => instanceId))).toEqual(
      new Set([world.id("resizing"), world.id("rescued"), world.id("copied")]),
    );
  });

  it("stops at a timed release that is set: the cloud refuses to terminate before it", async () => {
    const at = "2026-03-01T00:00:00.000Z";
    const world = await seeded({ instances: [{ id: "web", scheduledReleaseAt: at }] });
    const report = await reportOn(world, "web");
    expect(of(report, "schedule")).toMatchObject([{ effect: "blocks" }]);
    expect(report.instances).toMatchObject([{ record: { scheduledReleaseAt: at } }]);
  });

  it("finds open orders, whose page leaves out what they are about above 200", async () => {
    const world = await seeded({
      instances: [{ id: "web" }],
      owners: [{ kind: "pending-operation", id: "order", members: ["web"] }],
    });
    const report = await reportOn(world, "web");
    expect(of(report, "pending-operation")).toMatchObject([{ node: { id: world.id("order") }, effect: "blocks" }]);
    const [request] = sent(world, "billing:DescribeDealsByCond");
    expect(request?.parameters).toMatchObject({ Limit: 200, Offset: 0 });
  });

  it("shows protection, and what the platform holds, as what blocks", async () => {
    const world = await seeded({
      instances: [
        { id: "protected", terminationProtection: true },
        { id: "held", locks: [{ unified: "security" }] },
      ],
    });
    const report = await reportOn(world, "protected", "held");
    expect(of(report, "protection").map(({ node: { id }, effect }) => [id, effect])).toEqual([
      [`${world.id("protected")}/termination`, "blocks"],
      [`${world.id("held")}/PROTECTIVELY_ISOLATED`, "blocks"],
    ]);
  });
});

describe("what stays", () => {
  it("are snapshots, images and hosts, which bill; backup points go with their disk", async () => {
    const world = await seeded({
      instances: [{ id: "web", disks: [{ id: "root", role: "system" }] }],
      owners: [
        { kind: "snapshot", id: "copy", members: ["root"] },
        { kind: "image", id: "golden", members: ["root"] },
        { kind: "backup", id: "point", members: ["root"] },
        { kind: "dedicated-host", id: "host", members: ["web"] },
      ],
    });
    const report = await reportOn(world, "web");
    const told = (name: string) => {
      const edge = report.edges.find((each) => each.node.id === world.id(name));
      return [edge?.atTermination, node(report, world.id(name))?.billing];
    };
    expect([told("copy"), told("golden"), told("point"), told("host")]).toEqual([
      ["kept", "continues"],
      ["kept", "continues"],
      ["deleted", "stops"],
      ["kept", "continues"],
    ]);
  });

  it("does not ask for snapshots of disks that say they have none", async () => {
    const world = await seeded({ instances: [{ id: "web", disks: [{ role: "system" }] }] });
    await reportOn(world, "web");
    const byDisk = sent(world, "cbs:DescribeSnapshots").filter(({ parameters }) =>
      JSON.stringify(parameters).includes("disk-id"),
    );
    expect(byDisk).toEqual([]);
  });

  it("is a guess where a database shares a group, whatever product it is of", async () => {
    const world = await seeded({
      securityGroups: [{ id: "app" }],
      instances: [{ id: "web", securityGroups: ["app"] }],
      owners: [
        { kind: "database", id: "orders", members: ["app"], variant: "mysql" },
        { kind: "database", id: "cache", members: ["app"], variant: "redis" },
        { kind: "database", id: "facts", members: ["app"], variant: "postgres" },
      ],
    });
    const edges: readonly DependencyEdge[] = of(await reportOn(world, "web"), "database");
    expect(edges.map(({ node: { id } }) => id).toSorted()).toEqual(
      [world.id("orders"), world.id("cache"), `${world.id("app")}/POSTGRES`].toSorted(),
    );
    expect(edges.every(({ relation, effect }) => relation === "inferred" && effect === "report")).toBe(true);
  });

  it("are groups, with whoever else uses them, and rules that exist for the instance alone", async () => {
    const world = await seeded({
      securityGroups: [
        { id: "own", rules: [{ direction: "ingress", peer: { kind: "any" } }] },
        { id: "shared", foreignUsers: ["database"] },
      ],
      instances: [{ id: "web", securityGroups: ["own", "shared"] }],
    });
    const { privateIps } = await sighting(world, "web");
    const cidr = `${privateIps[0]}/32`;
    world.seed({
      securityGroups: [{ id: "db", rules: [{ direction: "ingress", peer: { kind: "cidr", cidr, family: "ipv4" } }] }],
    });
    const report = await reportOn(world, "web");
    const why = (name: string) => of(report, "security-group").find(({ node: { id } }) => id === world.id(name))?.why;
    expect(why("own")).toBe("Nobody else uses it.");
    expect(why("shared")).toContain("Redis");
    expect(of(report, "security-rule").map(({ node: { id } }) => id.split("/")[0])).toEqual([
      world.id("own"),
      world.id("db"),
    ]);
  });
});
