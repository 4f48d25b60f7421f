import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { findInstances } from "../../../providers/aliyun/find-instances.js";
import { terminate } from "../../../providers/aliyun/terminate.js";
import { verifyDeleted } from "../../../providers/aliyun/verify.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { collect, readingWorld } from "./reading-world.js";

const count = 1000;
const names = Array.from({ length: count }, (_, index) => `n${index}`);
const range = (from: number, length: number) => names.slice(from, from + length);
const target = (id: string, members: readonly string[], variant: string) =>
  ({ kind: "load-balancer-target", id, members, variant }) as const;

/** 1,000 instances with two disks and one interface each, in ten groups, and something in every service. */
const fleet: WorldSeed = {
  securityGroups: Array.from({ length: 10 }, (_, index) => ({
    id: `g${index}`,
    rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "10.0.0.0/8", family: "ipv4" } }],
    ...(index === 0 ? { foreignUsers: ["template"] } : {}),
  })),
  instances: names.map((id, index) => ({
    id,
    securityGroups: [`g${index % 10}`],
    disks: [{ ...(index === 0 ? { id: "root" } : {}), role: "system" }, { role: "data" }],
  })),
  owners: [
    target("alb-pool", range(0, 20), "alb"),
    target("nlb-pool", range(20, 20), "nlb"),
    target("gwlb-pool", range(40, 20), "gwlb"),
    target("clb", range(60, 20), "clb"),
    target("clb-group", range(80, 20), "clb-group"),
    { kind: "auto-scaling-group", id: "crew", members: range(500, 30) },
    { kind: "route", id: "way", members: range(600, 1) },
    { kind: "virtual-ip", id: "shared", members: range(601, 2) },
    { kind: "nat-rule", id: "door", members: range(603, 1) },
    { kind: "address-list", id: "office", members: range(604, 1) },
    { kind: "address-list", id: "allowed", members: range(605, 1), variant: "rds" },
    { kind: "address-list", id: "cached", members: range(606, 1), variant: "redis" },
    { kind: "dns-record", id: "inner", members: range(607, 1), variant: "private" },
    { kind: "snapshot", id: "copy", members: ["root"] },
    { kind: "image", id: "golden", members: ["root"] },
    { kind: "backup-policy", id: "nightly", members: range(608, 1) },
    { kind: "alarm", id: "cpu", members: range(609, 1) },
    { kind: "alarm", id: "watched", members: range(610, 1), variant: "group" },
    { kind: "cluster-node", id: "k8s", members: range(700, 30), variant: "untagged" },
    { kind: "address-list", id: "documents", members: range(611, 1), variant: "mongodb" },
    { kind: "address-list", id: "ledger", members: range(612, 1), variant: "polardb" },
    { kind: "backup", id: "vaulted", members: range(613, 1) },
    { kind: "backup", id: "saving", members: range(614, 1), inUse: true },
    { kind: "file-system", id: "home", members: range(615, 1) },
    { kind: "commitment", id: "reserved", members: range(616, 1) },
    { kind: "commitment", id: "plan", members: range(617, 1), variant: "savings-plan" },
  ],
};

const pages = (total: number, page: number) => Math.max(1, Math.ceil(total / page));

const disks = 2 * count;

/** The fewest requests each source can be read with: `docs/request-budgets.md` derives each number. */
const bound: Readonly<Record<string, number>> = {
  "sts:GetCallerIdentity": 1,
  "ram:ListPoliciesForUser": 1,
  // The instances themselves, and the users of each group.
  "ecs:DescribeInstances": pages(count, 100) + 10 * pages(count / 10, 100),
  "ecs:DescribeDisks": pages(disks, 500),
  "ecs:DescribeDisksFullStatus": pages(disks, 100),
  // Their own interfaces, and all users of the groups.
  "ecs:DescribeNetworkInterfaces": pages(count, 500) + pages(count, 500),
  "ecs:DescribeSecurityGroups": pages(10, 100),
  "ecs:DescribeSecurityGroupAttribute": 10,
  "ecs:DescribeSecurityGroupReferences": pages(10, 10),
  "ecs:DescribeLaunchTemplates": pages(1, 50),
  "ecs:DescribeLaunchTemplateVersions": 1,
  "ecs:DescribePrefixLists": pages(1, 100),
  "ecs:DescribePrefixListAttributes": 1,
  "ecs:DescribeSnapshots": pages(2, 100),
  "ecs:DescribeImages": pages(1, 100),
  "ecs:DescribeInstancesFullStatus": pages(count, 100),
  "ecs:DescribeInstanceRamRole": pages(count, 50),
  "ecs:DescribeInstanceAttachmentAttributes": pages(count, 100),
  "alb:ListServerGroupServers": pages(20, 100),
  "alb:ListServerGroups": pages(1, 20),
  "nlb:ListServerGroupServers": pages(20, 100),
  "nlb:ListServerGroups": pages(1, 20),
  "gwlb:ListServerGroupServers": pages(20, 1000),
  "gwlb:ListServerGroups": pages(1, 20),
  "slb:DescribeLoadBalancers": pages(2, 100),
  "slb:DescribeLoadBalancerAttribute": 2,
  "slb:DescribeVServerGroups": 2,
  "slb:DescribeVServerGroupAttribute": 1,
  "slb:DescribeMasterSlaveServerGroups": 2,
  "ess:DescribeScalingInstances": pages(30, 100),
  "ess:DescribeScalingGroups": pages(1, 50),
  "ess:DescribeScalingConfigurations": pages(1, 50),
  "vpc:DescribeRouteTableList": 1,
  // Instances, interfaces, and the virtual address that two of them share.
  "vpc:DescribeRouteEntryList": 3,
  "vpc:DescribeHaVips": pages(1, 50),
  "vpc:DescribeNatGateways": pages(1, 50),
  "vpc:DescribeForwardTableEntries": 1,
  "vpc:DescribeSnatTableEntries": 1,
  "rds:DescribeDBInstances": pages(1, 100),
  "rds:DescribeSecurityGroupConfiguration": 1,
  "rds:DescribeDBInstanceIPArrayList": 1,
  "kvstore:DescribeInstances": pages(1, 50),
  "kvstore:DescribeSecurityGroupConfiguration": 1,
  "kvstore:DescribeSecurityIps": 1,
  // Replica sets, sharded clusters, serverless instances.
  "dds:DescribeDBInstances": 3,
  "dds:DescribeSecurityGroupConfiguration": 1,
  "dds:DescribeSecurityIps": 1,
  "polardb:DescribeDBClusters": pages(1, 100),
  "polardb:DescribeDBClusterAccessWhitelist": 1,
  "cs:DescribeClustersForRegion": pages(1, 50),
  "cs:DescribeClusterNodes": pages(30, 100),
  "nas:DescribeFileSystems": pages(1, 100),
  "nas:DescribeMountedClients": pages(1, 100),
  "alidns:DescribeDomains": pages(0, 100),
  "pvtz:DescribeZones": pages(1, 100),
  "pvtz:DescribeZoneRecords": 1,
  "hbr:DescribePolicyBindings": pages(1, 100),
  "hbr:DescribeUdmSnapshots": 1,
  // Of whole instances, and of files.
  "hbr:DescribeBackupJobs2": 2,
  "ecs:DescribeReservedInstances": pages(1, 100),
  "bss:QuerySavingsPlansInstance": pages(1, 20),
  "cms:DescribeMonitorGroups": pages(1, 100),
  "cms:DescribeMonitorGroupInstances": pages(1, 100),
  "cms:DescribeMetricRuleList": pages(1, 100),
};
const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, each) => total + each, 0);

describe("request budget", () => {
  it("of a listing of 1,000 instances stays within 1.15 of the fewest requests, with everything checked", async () => {
    const world = await readingWorld();
    world.fake.seed(fleet);
    const ids = names.map((name) => world.fake.id(name));
    const { answer, byApi } = await world.counted(() => listDependencies(world.open, ids));
    expect(answer.instances.every(({ status }) => status === "found")).toBe(true);
    expect(answer.coverage.filter(({ status }) => status !== "checked")).toEqual([]);
    expect(Object.keys(byApi).sort()).toEqual(Object.keys(bound).sort());
    expect(sum(byApi)).toBeLessThanOrEqual(1.15 * sum(bound));
  });

  it("of a listing of few instances in a large region asks for those alone", async () => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "g0" }],
      instances: range(0, 300).map((id) => ({ id, securityGroups: ["g0"] })),
    });
    const ids = range(0, 15).map((name) => world.fake.id(name));
    const { byApi } = await world.counted(() => listDependencies(world.open, ids));
    // One for them, three for the users of their group.
    expect(byApi["ecs:DescribeInstances"]).toBe(4);
    expect(byApi["ecs:DescribeDisks"]).toBe(15);
    expect(byApi["ess:DescribeScalingInstances"]).toBe(1);
    expect(byApi["alb:ListServerGroupServers"]).toBe(1);
  });

  it("of ending 200 instances and verifying it is two delete calls, and at most 50 requests", async () => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "g0" }],
      instances: range(0, 200).map((id) => ({ id, securityGroups: ["g0"] })),
    });
    const ids = range(0, 200).map((name) => world.fake.id(name));
    const records = await collect(findInstances(world.open, { ids }));
    const before = await listDependencies(world.open, records);
    const { answer, byApi } = await world.counted(async () => {
      const outcomes = await terminate(world.open, records, { data: { discard: "nothing on them" } });
      const verdicts = await verifyDeleted(world.open, records, { before });
      return { outcomes, verdicts };
    });
    expect(answer.outcomes.every(({ status }) => status === "accepted")).toBe(true);
    expect(answer.verdicts.every(({ status }) => status === "deleted")).toBe(true);
    expect(byApi["ecs:DeleteInstances"]).toBe(2);
    expect(byApi).toSatisfy((counts: typeof byApi) => sum(counts) <= 50);
  });

  it("is written down, with a source for each number", () => {
    const page = readFileSync(new URL("../../../docs/request-budgets.md", import.meta.url), "utf8");
    const [, section = ""] = page.split("## Alibaba Cloud\n");
    const [listing = ""] = section.split("### `terminate`");
    const written: Record<string, number> = {};
    for (const row of listing.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"))) {
      const cells = row.split("|").map((cell) => cell.trim());
      const here = Number(cells.at(-2)?.replace(",", ""));
      for (const [, api = ""] of row.matchAll(/`([a-z0-9]+:[A-Za-z0-9]+)`/g)) written[api] = (written[api] ?? 0) + here;
    }
    const sent = Object.fromEntries(Object.entries(written).filter(([, fewest]) => fewest > 0));
    expect(sent).toEqual(bound);
    expect(listing).toContain(`**${sum(bound).toLocaleString("en")}**`);
  });
});
