import { describe, expect, it } from "vitest";
import { readGroupUsers } from "../../../providers/aliyun/dependencies/group-users.js";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import type { DependencyKind, DependencyReport } from "../../../src/dependencies.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import type { FakeCloud } from "../../../src/testing/world.js";
import { readingWorld } from "./reading-world.js";

/** Everything that can hang on an instance, on one instance. */
const everything: WorldSeed = {
  securityGroups: [
    { id: "app", rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "10.0.0.0/8", family: "ipv4" } }] },
    { id: "other", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
  ],
  instances: [
    {
      id: "web",
      tags: { "ack.aliyun.com": "c1", "acs:ros:stackId": "stack-1" },
      securityGroups: ["app"],
      keyPair: "ops",
      role: "reader",
      disks: [
        { id: "root", encrypted: true },
        { id: "data", role: "data", deletedWithInstance: false },
      ],
      addresses: [{ id: "static", kind: "ephemeral" }],
      extraInterfaces: [{ id: "card", deletedWithInstance: false, addresses: [{ id: "front", kind: "elastic" }] }],
      locks: [{ unified: "overdue" }],
      terminationProtection: true,
      scheduledReleaseAt: "2026-12-24T00:00:00Z",
    },
    { id: "paid", billing: "prepaid", autoRenew: true, securityGroups: ["paid-group"] },
  ],
  owners: [
    { kind: "load-balancer-target", id: "pool", members: ["web"] },
    { kind: "load-balancer-target", id: "network-pool", members: ["web"], variant: "nlb", by: "address" },
    { kind: "load-balancer-target", id: "gateway-pool", members: ["web"], variant: "gwlb" },
    { kind: "load-balancer-target", id: "plain", members: ["web"], variant: "clb" },
    { kind: "load-balancer-target", id: "grouped", members: ["web"], variant: "clb-group" },
    { kind: "load-balancer-target", id: "pair", members: ["web", "paid"], variant: "clb-pair" },
    { kind: "auto-scaling-group", id: "crew", members: ["web"] },
    { kind: "route", id: "way", members: ["web"] },
    { kind: "route", id: "card-way", members: ["web"], variant: "interface" },
    { kind: "virtual-ip", id: "shared", members: ["web"] },
    { kind: "nat-rule", id: "door", members: ["web"] },
    { kind: "nat-rule", id: "way-out", members: ["web"], variant: "snat" },
    { kind: "address-list", id: "office", members: ["web"] },
    { kind: "address-list", id: "allowed", members: ["web"], variant: "rds" },
    { kind: "address-list", id: "cache-allowed", members: ["web"], variant: "redis" },
    { kind: "database", id: "orders", members: ["app"] },
    { kind: "database", id: "cache", members: ["app"], variant: "redis" },
    { kind: "dns-record", id: "www", members: ["web"] },
    { kind: "dns-record", id: "inner", members: ["web"], variant: "private" },
    { kind: "snapshot", id: "copy", members: ["root"] },
    { kind: "image", id: "golden", members: ["data"] },
    { kind: "backup-policy", id: "nightly", members: ["web"] },
    { kind: "placement", id: "apart", members: ["web"] },
    { kind: "dedicated-host", id: "host", members: ["web"] },
    { kind: "capacity-reservation", id: "pool-1", members: ["web"] },
    { kind: "alarm", id: "cpu", members: ["web"] },
    { kind: "pending-operation", id: "reboot", members: ["web"] },
    { kind: "cluster-node", id: "k8s", members: ["web"], variant: "untagged" },
    { kind: "address-list", id: "mongo-allowed", members: ["web"], variant: "mongodb" },
    { kind: "address-list", id: "polar-allowed", members: ["web"], variant: "polardb" },
    { kind: "database", id: "documents", members: ["app"], variant: "mongodb" },
    { kind: "database", id: "ledger", members: ["app"], variant: "polardb" },
    { kind: "backup", id: "vaulted", members: ["web"] },
    { kind: "backup", id: "saving", members: ["web"], inUse: true },
    { kind: "file-system", id: "home", members: ["web"] },
    { kind: "commitment", id: "reserved", members: ["web"] },
    { kind: "commitment", id: "plan", members: ["web"], variant: "savings-plan" },
    { kind: "alarm", id: "watched", members: ["web"], variant: "group" },
  ],
};

/** What a report says about one instance and a named thing. */
function edgeTo(report: DependencyReport, kind: DependencyKind, id: string, instanceId?: string) {
  return report.edges.find(
    (edge) =>
      edge.node.kind === kind &&
      edge.node.id.includes(id) &&
      (instanceId === undefined || edge.instanceId === instanceId),
  );
}

async function listed(seed: WorldSeed, ...names: readonly string[]) {
  const world = await readingWorld();
  world.fake.seed(seed);
  const report = await listDependencies(
    world.open,
    names.map((name) => world.fake.id(name)),
  );
  return { ...world, report };
}

/** Users whose policies are not the cloud's own, so that nothing is known of what they may see. */
function hideFromUs(fake: FakeCloud): void {
  fake.faults.add({ fault: "deny", api: "ram:ListPoliciesForUser" });
}

const onWeb: readonly (readonly [kind: DependencyKind, name: string, effect: string, atTermination: string])[] = [
  ["disk", "root", "report", "deleted"],
  ["disk", "data", "report", "kept"],
  ["network-interface", "card", "report", "kept"],
  ["public-address", "static", "report", "deleted"],
  ["public-address", "front", "report", "detached"],
  ["load-balancer-target", "pool", "release-first", "unknown"],
  ["load-balancer-target", "network-pool", "release-first", "kept"],
  ["load-balancer-target", "gateway-pool", "release-first", "unknown"],
  ["load-balancer-target", "plain", "release-first", "unknown"],
  ["load-balancer-target", "grouped", "release-first", "unknown"],
  ["load-balancer-target", "pair", "blocks", "unknown"],
  ["auto-scaling-group", "crew", "release-first", "kept"],
  ["route", "way", "blocks", "kept"],
  ["route", "card-way", "blocks", "kept"],
  ["virtual-ip", "shared", "blocks", "kept"],
  ["nat-rule", "door", "blocks", "kept"],
  ["nat-rule", "way-out", "report", "kept"],
  ["address-list", "office", "report", "kept"],
  ["address-list", "allowed", "report", "kept"],
  ["address-list", "cache-allowed", "report", "kept"],
  ["database", "orders", "report", "kept"],
  ["database", "cache", "report", "kept"],
  // Its static address can be a stranger's next.
  ["dns-record", "www", "blocks", "kept"],
  ["snapshot", "copy", "report", "kept"],
  ["image", "golden", "report", "kept"],
  ["backup-policy", "nightly", "report", "kept"],
  ["key-pair", "ops", "report", "kept"],
  ["instance-role", "reader", "report", "kept"],
  ["placement", "apart", "report", "kept"],
  ["dedicated-host", "host", "report", "kept"],
  ["capacity-reservation", "pool-1", "report", "kept"],
  ["alarm", "cpu", "report", "kept"],
  ["pending-operation", "reboot", "report", "unknown"],
  ["cluster-node", "k8s", "blocks", "kept"],
  ["address-list", "mongo-allowed", "report", "kept"],
  ["address-list", "polar-allowed", "report", "kept"],
  ["database", "documents", "report", "kept"],
  ["database", "ledger", "report", "kept"],
  ["pending-operation", "saving", "blocks", "unknown"],
  ["file-system", "home", "report", "kept"],
  ["commitment", "reserved", "report", "kept"],
  ["commitment", "plan", "report", "kept"],
  ["alarm", "watched", "report", "kept"],
  ["security-group", "app", "report", "kept"],
];

describe("what hangs on an instance", () => {
  it("is found in every source, each with what becomes of it", async () => {
    const { fake, report } = await listed(everything, "web", "paid");
    for (const [kind, name, effect, atTermination] of onWeb)
      expect([name, edgeTo(report, kind, fake.id(name), fake.id("web"))]).toMatchObject([
        name,
        { effect, atTermination },
      ]);
    // Ids of private records are numbers too long for a number, so names tell them.
    const inner = report.nodes.find(({ name }) => name === "inner.internal.example");
    expect(edgeTo(report, "dns-record", inner?.id ?? "none")?.effect).toBe("report");
    expect(edgeTo(report, "cluster-node", "c1")?.effect).toBe("blocks");
    expect(edgeTo(report, "stack", "stack-1")?.effect).toBe("blocks");
    // Copies have names of their own, after their jobs.
    expect(edgeTo(report, "backup", fake.id("vaulted").replace("job-", "s-"))?.effect).toBe("report");
    expect(edgeTo(report, "encryption-key", "")?.atTermination).toBe("kept");
    expect(edgeTo(report, "schedule", "auto-release", fake.id("web"))).toBeDefined();
    expect(edgeTo(report, "schedule", "auto-renewal", fake.id("paid"))).toBeDefined();
    expect(report.coverage.filter(({ status }) => status !== "checked")).toEqual([]);
  });

  it("has a line for every kind and source once, and the same ones whatever is there", async () => {
    const rich = await listed(everything, "web");
    const poor = await listed({ instances: [{ id: "web" }] }, "web");
    const names = rich.report.coverage.map(({ kind, source, gate }) => `${kind} ${source} ${gate}`);
    expect(new Set(names).size).toBe(names.length);
    expect(poor.report.coverage.map(({ kind, source, gate }) => `${kind} ${source} ${gate}`)).toEqual(names);
  });

  it.each(["security", "overdue", "refunded", "reclaim", "platform", "unknown"] as const)(
    "is held by the lock %s, which is told from the others",
    async (lock) => {
      const { report } = await listed({ instances: [{ id: "web", locks: [{ unified: lock }] }] }, "web");
      const edge = edgeTo(report, "protection", "lock-");
      expect(edge).toMatchObject({ effect: "blocks" });
      const [found] = report.instances;
      expect(found?.status === "found" && found.record.protection.locks.map(({ unified }) => unified)).toEqual([lock]);
    },
  );

  it("dies whole where the instance is locked for security, whatever the flags of its disks say", async () => {
    const disks = [{ id: "root" }, { id: "kept", role: "data", deletedWithInstance: false }] as const;
    const { fake, report } = await listed(
      { instances: [{ id: "web", disks, locks: [{ unified: "security" }] }] },
      "web",
    );
    expect(edgeTo(report, "disk", fake.id("kept"))?.atTermination).toBe("deleted");
  });

  it("S02 is not confirmed where one listing of disks shows what the other does not", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([{ id: "web" }, { id: "db" }]);
    fake.faults.add({ fault: "deny", api: "ecs:DescribeDisksFullStatus" });
    const report = await listDependencies(open, [fake.id("web")]);
    const lines = report.coverage.filter(({ kind }) => kind === "disk");
    expect(lines.map(({ gate, status }) => `${gate} ${status}`).sort()).toEqual([
      "required checked",
      "required denied",
    ]);
  });

  it("S02 shows a disk that the first listing hides, and no longer counts as confirmed", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([{ id: "web", disks: [{ id: "root" }, { id: "data", role: "data" }] }]);
    fake.faults.add({ fault: "null-lists", api: "ecs:DescribeDisks" });
    const report = await listDependencies(open, [fake.id("web")]);
    expect(edgeTo(report, "disk", fake.id("data"))).toBeUndefined();
    expect(report.coverage.find(({ source }) => source === "ecs:DescribeDisks")?.status).toBe("partial");
    const confirming = report.coverage.find(({ source }) => source === "ecs:DescribeDisksFullStatus");
    expect(confirming).toMatchObject({ status: "partial", instanceIds: [fake.id("web")] });
  });

  it("S02 does not count disks as read of an instance without a system disk", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([{ id: "web", disks: [{ id: "root" }, { id: "data", role: "data" }] }]);
    // Somebody else's doing: the disk is deleted for good while its instance stands.
    fake.meddle({ remove: ["root"] });
    const report = await listDependencies(open, [fake.id("web")]);
    expect(report.coverage.find(({ source }) => source === "ecs:DescribeDisks")).toMatchObject({
      status: "partial",
      instanceIds: [fake.id("web")],
    });
  });

  it("S01 counts an empty answer only where a row of that service is seen, or all would be", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([{ id: "web" }]);
    const ids = [fake.id("web")];
    const status = async (source: string) =>
      (await listDependencies(open, ids)).coverage.find((line) => line.source === source);
    expect((await status("ess:DescribeScalingInstances"))?.control).toMatchObject({ by: "account-wide" });
    hideFromUs(fake);
    expect((await status("ess:DescribeScalingInstances"))?.status).toBe("partial");
    // Of ECS itself the instance is a row that these credentials see.
    expect((await status("ecs:DescribePrefixListAttributes"))?.control).toMatchObject({ by: "row" });
    fake.seed({
      instances: [{ id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["other"] }],
    });
    expect(await status("ess:DescribeScalingInstances")).toMatchObject({
      status: "checked",
      control: { by: "row", id: fake.id("crew") },
    });
  });

  it("S22 has no user of its group where nobody would be seen", async () => {
    const { fake, open } = await readingWorld();
    fake.seed([{ id: "web", securityGroups: ["app"] }]);
    const call = await open("reads");
    expect((await readGroupUsers(call, [fake.id("app")])).unchecked).toEqual([]);
    hideFromUs(fake);
    const sources = (await readGroupUsers(call, [fake.id("app")])).unchecked.map(({ source }) => source);
    expect(sources).toEqual([
      "ess:DescribeScalingConfigurations",
      "rds:DescribeSecurityGroupConfiguration",
      "kvstore:DescribeSecurityGroupConfiguration",
      "dds:DescribeSecurityGroupConfiguration",
      "polardb:DescribeDBClusterAccessWhitelist",
      "cs:DescribeClustersForRegion",
    ]);
  });

  it.each(["load-balancer", "database", "interface", "template", "scaling-group", "managed-service", "share"] as const)(
    "S22 has a group that a %s uses as well",
    async (user) => {
      const { fake, open } = await readingWorld();
      fake.seed({
        securityGroups: [{ id: "app", foreignUsers: [user] }],
        instances: [{ id: "web", securityGroups: ["app"] }],
      });
      const { uses } = await readGroupUsers(await open("reads"), [fake.id("app")]);
      expect(uses.filter(({ instanceId }) => instanceId !== fake.id("web"))).toHaveLength(1);
    },
  );

  it("says that a server by address in a network it is not in may be another", async () => {
    const { fake, report } = await listed(
      {
        instances: [
          { id: "web", privateIps: ["172.16.0.50"], vpc: "one" },
          { id: "twin", vpc: "two" },
        ],
        owners: [{ kind: "load-balancer-target", id: "pool", members: ["twin", "172.16.0.50"], by: "address" }],
      },
      "web",
    );
    expect(edgeTo(report, "load-balancer-target", fake.id("pool"))).toMatchObject({
      relation: "inferred",
      effect: "report",
    });
  });

  it("is not the last behind a virtual address that another answers on", async () => {
    const owners = [{ kind: "virtual-ip", id: "shared", members: ["web", "db"] }] as const;
    const { fake, report } = await listed({ instances: [{ id: "web" }, { id: "db" }], owners }, "web");
    expect(edgeTo(report, "virtual-ip", fake.id("shared"))?.effect).toBe("report");
  });

  it("cannot leave a scaling group that is at its minimum", async () => {
    const owners = [{ kind: "auto-scaling-group", id: "crew", members: ["web"], inUse: true }] as const;
    const { fake, report } = await listed({ instances: [{ id: "web" }], owners }, "web");
    expect(edgeTo(report, "auto-scaling-group", fake.id("crew"))).toMatchObject({
      effect: "blocks",
      unblock: expect.stringContaining("minimum"),
    });
  });

  it("blocks while a copy is under way or the cloud works on it", async () => {
    const { report } = await listed(
      {
        instances: [{ id: "web", busy: { operation: "snapshot", forMs: 600_000 } }],
        owners: [{ kind: "pending-operation", id: "moving", members: ["web"], inUse: true }],
      },
      "web",
    );
    const pending = report.edges.filter(({ node }) => node.kind === "pending-operation");
    expect(pending.map(({ effect, source }) => `${effect} ${source}`).sort()).toEqual([
      "blocks ecs:DescribeInstancesFullStatus",
      "blocks ecs:DescribeSnapshots",
    ]);
  });

  it("is operated by a service whose interfaces it has", async () => {
    const { report } = await listed({ instances: [{ id: "web", managedBy: "emr" }] }, "web");
    expect(edgeTo(report, "managed-service", "service-managed")).toMatchObject({ effect: "blocks" });
  });

  it("goes with automatic snapshots where their disk says so, and leaves them where it does not", async () => {
    const { fake, report } = await listed(
      {
        instances: [
          {
            id: "web",
            disks: [
              { id: "root", autoSnapshotsDeletedWithDisk: true },
              { id: "data", role: "data", autoSnapshotsDeletedWithDisk: false },
            ],
          },
        ],
        owners: [
          { kind: "snapshot", id: "going", members: ["root"], variant: "auto" },
          { kind: "snapshot", id: "staying", members: ["data"], variant: "auto" },
        ],
      },
      "web",
    );
    expect(edgeTo(report, "snapshot", fake.id("going"))?.atTermination).toBe("unknown");
    expect(edgeTo(report, "snapshot", fake.id("staying"))?.atTermination).toBe("kept");
  });
});
