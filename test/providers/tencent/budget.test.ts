import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { terminate } from "../../../providers/tencent/terminate.js";
import { verifyDeleted } from "../../../providers/tencent/verify.js";
import { collect, counts, discard, tencentWorld } from "./for-test.js";
import { populate } from "./populated.js";

const count = 1_000;
const names = Array.from({ length: count }, (_, index) => `n${index}`);

const pages = (total: number, page = 100) => Math.max(1, Math.ceil(total / page));

/**
 * The fewest requests each source can be read with: `docs/request-budgets.md` derives each number. Every instance has a
 * cloud disk, a second interface, an elastic address, two snapshots and a backup point.
 */
const bound: Readonly<Record<string, number>> = {
  "sts:GetCallerIdentity": 1,
  // By id, and the members of the group.
  "cvm:DescribeInstances": pages(count) + pages(count),
  "cvm:DescribeInstancesActionTimer": pages(count),
  "cbs:DescribeDisks": pages(count),
  // By instance, and the secondary ones of the group.
  "vpc:DescribeNetworkInterfaces": pages(2 * count) + pages(count),
  // By instance, and by secondary interface.
  "vpc:DescribeAddresses": pages(count) + pages(count),
  // By instance, by secondary interface, and those of the traditional kind.
  "vpc:DescribeIPv6Addresses": pages(count) + pages(count) + 1,
  "vpc:DescribeHaVips": 1,
  "clb:DescribeLBListeners": pages(2 * count, 20),
  "clb:DescribeTargetGroups": 1,
  "clb:DescribeTargetGroupInstances": pages(count),
  "clb:DescribeClassicalLBByInstanceId": pages(count),
  "as:DescribeAutoScalingInstances": pages(count),
  "tke:DescribeExistedInstances": pages(count),
  "vpc:DescribeRouteTables": 1,
  "vpc:DescribeNatGatewayDestinationIpPortTranslationNatRules": pages(count),
  "vpc:DescribeNatGateways": 1,
  // One gateway with all rules, one without.
  "vpc:DescribeNatGatewaySourceIpTranslationNatRules": pages(count) + 1,
  "vpc:DescribeSecurityGroups": 1,
  "vpc:DescribeSecurityGroupPolicies": 3,
  "vpc:DescribeSecurityGroupAssociationStatistics": 1,
  "as:DescribeLaunchConfigurations": 1,
  "cvm:DescribeLaunchTemplates": 1,
  "vpc:DescribeAddressTemplates": 1,
  "vpc:DescribeAddressTemplateGroups": 1,
  "dnspod:DescribeDomainList": 1,
  "dnspod:DescribeRecordList": pages(count, 3_000),
  "privatedns:DescribePrivateZoneList": 1,
  "privatedns:DescribePrivateZoneRecordList": pages(count, 200),
  // By disk or all, and those being made.
  "cbs:DescribeSnapshots": Math.min(pages(count, 10), pages(2 * count)) + 1,
  "cvm:DescribeImages": 1,
  "cbs:DescribeDiskBackups": pages(count),
  "cbs:DescribeAutoSnapshotPolicies": 1,
  "billing:DescribeDealsByCond": 1,
  "cvm:DescribeKeyPairs": 1,
  "cvm:DescribeDisasterRecoverGroups": 1,
  "cvm:DescribeHosts": 1,
  "cdb:DescribeDBInstances": 1,
  "redis:DescribeInstances": 1,
  "redis:DescribeInstanceSecurityGroup": 1,
  "cfs:DescribeCfsPGroups": 1,
  "cfs:DescribeCfsRules": 1,
  "billing:DescribeSavingPlanResourceInfo": 1,
  "vpc:DescribeFlowLogs": 1,
  "monitor:DescribeAlarmPolicies": pages(count, 20),
  // What shows that the empty ones are empty.
  "vpc:DescribeVpcs": 1,
};
const sum = (requests: Readonly<Record<string, number>>) =>
  Object.values(requests).reduce((total, each) => total + each, 0);

describe("request budget", () => {
  it("of a listing of 1,000 instances with something of every kind stays within 1.15 of the fewest requests", async () => {
    const world = await tencentWorld();
    populate(world, names);
    const ids = names.map((name) => world.id(name));
    const { coverage, instances } = await listDependencies(world.open, ids);
    expect(instances.every(({ status }) => status === "found")).toBe(true);
    expect(coverage.filter(({ status }) => status !== "checked")).toEqual([]);
    const asked = counts(world);
    expect(Object.keys(asked).sort()).toEqual(Object.keys(bound).sort());
    expect(sum(asked)).toBeLessThanOrEqual(1.15 * sum(bound));
  });

  it("of ending 300 instances of two charge types is a request for each hundred of each type", async () => {
    const world = await tencentWorld();
    const fleet = names.slice(0, 300);
    world.seed([
      ...fleet.map((id, index) => ({ id, ...(index < 200 ? {} : ({ billing: "prepaid" } as const)) })),
      { id: "bystander" },
    ]);
    const ids = fleet.map((name) => world.id(name));
    const records = await collect(world.adapter.findInstances({ ids }));
    const before = await listDependencies(world.open, records);
    let from = world.requests.length;
    const outcomes = await terminate(world.open, records, { ...discard, prepaid: "unsubscribe" });
    const ended = counts(world, from);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["accepted", "recycled"]));
    expect(ended["cvm:TerminateInstances"]).toBe(3);
    from = world.requests.length;
    const gone = records.filter((record) => record.billing.unified === "on-demand");
    const verdicts = await verifyDeleted(world.open, gone, { before });
    expect(new Set(verdicts.map(({ status }) => status))).toEqual(new Set(["deleted"]));
    // 200 instances: what each source needs for two hundred ids, and the looks while they go.
    expect(sum(counts(world, from))).toBeLessThanOrEqual(70);
  });

  it("is written down, with a source for each number", () => {
    const page = readFileSync(new URL("../../../docs/request-budgets.md", import.meta.url), "utf8");
    const section = page.split("\n## ").find((part) => part.startsWith("Tencent Cloud")) ?? "";
    const [listing = ""] = section.split("### `terminate`");
    const written: Record<string, number> = {};
    for (const row of listing.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"))) {
      const cells = row.split("|").map((cell) => cell.trim());
      const here = Number(cells.at(-2)?.replace(",", ""));
      for (const [, api = ""] of row.matchAll(/`([a-z0-9]+:[A-Za-z0-9]+)`/g)) written[api] = (written[api] ?? 0) + here;
    }
    expect(Object.fromEntries(Object.entries(written).filter(([, fewest]) => fewest > 0))).toEqual(bound);
    expect(listing).toContain(`**${sum(bound).toLocaleString("en")}**`);
  });
});
