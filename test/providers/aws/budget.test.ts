import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { findInstances } from "../../../providers/aws/find-instances.js";
import { terminate } from "../../../providers/aws/terminate.js";
import { verifyDeleted } from "../../../providers/aws/verify.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { collect, readingWorld } from "./reading-world.js";

const zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
const count = 1000;
const names = Array.from({ length: count }, (_, index) => `n${index}`);
const range = (from: number, length: number) => names.slice(from, from + length);

/** 1,000 instances with 2 disks each, 12 target groups, 3 scaling groups, 3 zones, 10 groups. */
const fleet: WorldSeed = {
  securityGroups: Array.from({ length: 10 }, (_, index) => ({ id: `g${index}` })),
  instances: names.map((id, index) => ({
    id,
    zone: zones[index % 3] ?? "",
    securityGroups: [`g${index % 10}`],
    disks: [{ role: "system" }, { role: "data" }],
  })),
  owners: [
    ...Array.from({ length: 12 }, (_, index) => ({
      kind: "load-balancer-target" as const,
      id: `tg${index}`,
      members: range(index * 20, 20),
    })),
    ...Array.from({ length: 3 }, (_, index) => ({
      kind: "auto-scaling-group" as const,
      id: `asg${index}`,
      members: range(500 + index * 30, 30),
    })),
  ],
};

const pages = (total: number, page: number) => Math.max(1, Math.ceil(total / page));
const cheaper = (keys: number, batch: number, total: number, page: number) =>
  Math.min(pages(keys, batch), pages(total, page));

/** The fewest requests each source can be read with: `docs/request-budgets.md` derives each number. */
const bound: Readonly<Record<string, number>> = {
  "sts:GetCallerIdentity": 1,
  "ec2:DescribeInstances": cheaper(count, 200, count, 1000),
  "ec2:DescribeVolumes": cheaper(count, 200, 2 * count, 500),
  "ec2:DescribeInstanceTypes": 1,
  "ec2:DescribeInstanceAttribute": 2 * count,
  "ec2:DescribeRouteTables": pages(1, 100),
  "ec2:DescribeSecurityGroups": pages(11, 1000),
  "ec2:DescribeSecurityGroupRules": pages(10, 200),
  // Users of the groups, and mount targets of file systems.
  "ec2:DescribeNetworkInterfaces": Math.max(pages(10, 200), pages(count, 1000)) + 1,
  "ec2:DescribeLaunchTemplateVersions": pages(3, 200),
  "ec2:DescribeSecurityGroupReferences": pages(10, 200),
  "ec2:DescribeSecurityGroupVpcAssociations": pages(10, 200),
  "ec2:DescribeManagedPrefixLists": 1,
  "ec2:DescribeSnapshots": cheaper(2 * count, 200, 0, 1000),
  "ec2:DescribeImages": cheaper(count, 200, 0, 1000),
  "ec2:DescribeReplaceRootVolumeTasks": cheaper(count, 200, 0, 50),
  "elasticloadbalancing:DescribeTargetGroups": pages(12, 400),
  "elasticloadbalancing:DescribeTargetHealth": 12,
  "autoscaling:DescribeAutoScalingGroups": pages(3, 100),
  "autoscaling:DescribeAutoScalingInstances": cheaper(count, 50, 90, 50),
  "autoscaling:DescribeLaunchConfigurations": 1,
  "elb:DescribeLoadBalancers": 1,
  "ram:ListResources": 1,
  "ec2:DescribeNetworkAcls": 1,
  "ec2:DescribeVolumesModifications": 1,
  "ec2:DescribeReservedInstances": 1,
  "ec2:DescribeInstanceEventWindows": 1,
  "ec2:DescribeTrafficMirrorSessions": cheaper(count, 200, 0, 1000),
  "ec2:DescribeTrafficMirrorTargets": cheaper(count, 200, 0, 1000),
  "ec2:DescribeFlowLogs": cheaper(count, 200, 0, 1000),
  "ecs:ListClusters": 1,
  "route53:ListHostedZones": 1,
  "servicediscovery:ListServices": 1,
  "cloudwatch:DescribeAlarms": 1,
  "backup:ListProtectedResources": 1,
  "backup:ListBackupPlans": 1,
  "dlm:GetLifecyclePolicies": 1,
  "rds:DescribeDBInstances": 1,
  "rds:DescribeDBClusters": 1,
  "savingsplans:DescribeSavingsPlans": 1,
  "ssm:DescribeInstanceInformation": cheaper(count, 50, 0, 50),
};
const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, each) => total + each, 0);
const withoutProtection = ({ "ec2:DescribeInstanceAttribute": _, ...others }: Readonly<Record<string, number>>) =>
  others;

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
    // Protection costs two requests an instance: it must not hide what the rest costs.
    expect(sum(withoutProtection(byApi))).toBeLessThanOrEqual(1.15 * sum(withoutProtection(bound)));
  });

  it("of a listing of few instances in a large region asks for those alone", async () => {
    const world = await readingWorld();
    world.fake.seed({ instances: range(0, 700).map((id) => ({ id })) });
    const ids = range(0, 100).map((name) => world.fake.id(name));
    const { byApi } = await world.counted(() => listDependencies(world.open, ids, { protectionCheck: "by-cloud" }));
    expect(byApi["ec2:DescribeInstances"]).toBe(1);
    expect(byApi["ec2:DescribeVolumes"]).toBe(1);
    const asked = world.fake.requests.find(({ action }) => action === "DescribeInstances");
    expect(JSON.stringify(asked?.parameters)).toContain("instance-id");
  });

  it("of ending 200 instances and verifying it is at most 20 requests", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: range(0, 200).map((id, index) => ({ id, zone: zones[index % 3] ?? "" })),
    });
    const ids = range(0, 200).map((name) => world.fake.id(name));
    const records = await collect(findInstances(world.open, { ids }));
    const before = await listDependencies(world.open, records, { protectionCheck: "by-cloud" });
    const { answer, byApi } = await world.counted(async () => {
      const outcomes = await terminate(world.open, records, {
        data: { discard: "nothing on them" },
        protectionCheck: "by-cloud",
      });
      const verdicts = await verifyDeleted(world.open, records, { before });
      return { outcomes, verdicts };
    });
    expect(answer.outcomes.every(({ status }) => status === "accepted")).toBe(true);
    expect(answer.verdicts.every(({ status }) => status === "deleted")).toBe(true);
    expect(byApi).toSatisfy((counts: typeof byApi) => sum(counts) <= 20);
  });

  it("is written down, with a source for each number", () => {
    const page = readFileSync(new URL("../../../docs/request-budgets.md", import.meta.url), "utf8");
    const [listing = ""] = page.split("### `terminate`");
    const written: Record<string, number> = {};
    for (const row of listing.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"))) {
      const cells = row.split("|").map((cell) => cell.trim());
      const here = Number(cells.at(-2)?.replace(",", ""));
      for (const [, api = ""] of row.matchAll(/`([a-z0-9]+:[A-Za-z]+)`/g)) written[api] = (written[api] ?? 0) + here;
    }
    const sent = Object.fromEntries(Object.entries(written).filter(([, fewest]) => fewest > 0));
    expect(sent).toEqual(bound);
    expect(listing).toContain(`**${sum(bound).toLocaleString("en")}**`);
  });
});
