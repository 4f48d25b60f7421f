import { describe, expect, it } from "vitest";
import { dependencyTable } from "../../../providers/tencent/dependencies/table.js";
import { listDependencies } from "../../../providers/tencent/dependencies.js";
import { gaps } from "../../../src/coverage.js";
import type { Fault } from "../../../src/testing/world.js";
import { counts, sighting, tencentWorld } from "./for-test.js";
import { populate } from "./populated.js";
import { callsTo } from "./recorded.js";

async function broken(fault: Fault) {
  const world = await tencentWorld();
  populate(world, ["web"]);
  world.faults.add(fault);
  return { world, report: await listDependencies(world.open, [world.id("web")]) };
}

/** The APIs that a listing asks besides who we are and what is there at all. */
async function askedApis(): Promise<readonly string[]> {
  const world = await tencentWorld();
  populate(world, ["web"]);
  await listDependencies(world.open, [world.id("web")]);
  return Object.keys(counts(world)).filter((api) => !["sts:GetCallerIdentity", "cvm:DescribeInstances"].includes(api));
}

describe("coverage of a listing", () => {
  it("has one line for every row of the table, whatever is found", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const { coverage } = await listDependencies(world.open, [world.id("web")]);
    const names = coverage.map(({ kind, source }) => `${kind} ${source}`);
    expect(names).toEqual(dependencyTable.map(({ kind, source }) => `${kind} ${source}`));
    expect(new Set(names).size).toBe(names.length);
  });

  it("leaves nothing unchecked in a region that has everything", async () => {
    const world = await tencentWorld();
    populate(world, ["web"]);
    const { coverage } = await listDependencies(world.open, [world.id("web")]);
    expect(coverage.filter(({ status }) => status !== "checked")).toEqual([]);
  });

  it("S01 takes an empty answer for none only with a row that shows what these credentials see", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const { coverage } = await listDependencies(world.open, [world.id("web")]);
    expect(coverage.filter(({ status }) => status !== "checked")).toEqual([]);
    const controls = coverage.filter(({ control }) => control).map(({ source }) => source);
    expect(controls).toContain("as:DescribeAutoScalingInstances");
    expect(controls).toContain("clb:DescribeLBListeners");
    expect(controls).not.toContain("cbs:DescribeDisks");
  });

  it("S01 does not call an empty answer checked where its control may not be read", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    for (const api of ["vpc:DescribeVpcs", "clb:DescribeLoadBalancers"]) {
      world.faults.add({ fault: "deny", api });
    }
    const { coverage } = await listDependencies(world.open, [world.id("web")]);
    const unseen = gaps(coverage).filter(({ kind }) => kind === "load-balancer-target");
    expect(unseen).toHaveLength(3);
    expect(unseen.every(({ status }) => status === "denied")).toBe(true);
  });

  it("S01 shows each source that was denied, and answers all the same", async () => {
    const world = await tencentWorld();
    populate(world, ["web"]);
    for (const api of await askedApis()) {
      const heal = world.faults.add({ fault: "deny", api });
      const { coverage, instances } = await listDependencies(world.open, [world.id("web")]);
      heal();
      const denied = coverage.filter(({ status }) => status === "denied" || status === "partial");
      const controlOnly = ["vpc:DescribeVpcs", "cvm:DescribeInstances"].includes(api);
      if (!controlOnly) expect(denied, api).not.toEqual([]);
      for (const { reason } of denied) expect(reason, api).toBeTruthy();
      expect(instances).toMatchObject([{ status: "found" }]);
    }
  });

  it("S01 does not take an answer without its list for an empty one", async () => {
    const { report } = await broken({ fault: "null-lists", api: "vpc:DescribeRouteTables" });
    expect(gaps(report.coverage)).toMatchObject([{ kind: "route", status: "partial" }]);
  });

  it("S01 knows nothing of an instance that TKE's answer leaves out: it has a row for each", async () => {
    const id = "ins-8ktxnl0g";
    const answer = (list: string, rows: readonly object[]) =>
      JSON.stringify({ Response: { [list]: rows, TotalCount: rows.length, RequestId: "r" } });
    const open = await callsTo({
      DescribeInstances: answer("InstanceSet", [{ InstanceId: id, InstanceState: "RUNNING", SecurityGroupIds: [] }]),
      DescribeExistedInstances: answer("ExistedInstanceSet", []),
    });
    const { coverage } = await listDependencies(open, [id]);
    expect(coverage.find(({ source }) => source === "tke:DescribeExistedInstances")).toMatchObject({
      gate: "required",
      status: "partial",
      instanceIds: [id],
    });
  });

  it("calls what is matched by address partial while interfaces cannot be read", async () => {
    const { report, world } = await broken({ fault: "deny", api: "vpc:DescribeNetworkInterfaces" });
    const partial = gaps(report.coverage).filter(({ status }) => status === "partial");
    expect(new Set(partial.map(({ kind }) => kind))).toEqual(
      new Set(["load-balancer-target", "route", "nat-rule", "address-list", "dns-record"]),
    );
    expect(report.instances).toMatchObject([{ status: "found", record: { id: world.id("web") } }]);
  });

  it("keeps the lines of what the caller leaves out, as skipped, and does not ask", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const { coverage } = await listDependencies(world.open, [world.id("web")], { skip: ["alarm", "file-system"] });
    const skipped = coverage.filter(({ status }) => status === "skipped");
    expect(new Set(skipped.map(({ kind }) => kind))).toEqual(new Set(["alarm", "file-system"]));
    expect(Object.keys(counts(world)).filter((api) => /^(cfs|monitor):/.test(api))).toEqual([]);
  });

  it("asks about nobody, and says so, where none of the instances is there", async () => {
    const world = await tencentWorld();
    const report = await listDependencies(world.open, ["ins-00000000"]);
    expect(report.instances).toEqual([{ status: "not-found", instanceId: "ins-00000000" }]);
    expect(report.coverage.every(({ status }) => status === "skipped")).toBe(true);
    expect(counts(world)).toEqual({ "sts:GetCallerIdentity": 1, "cvm:DescribeInstances": 1 });
  });

  it("S03 refuses a record of another region before it reads anything about it", async () => {
    const world = await tencentWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    const from = world.requests.length;
    await expect(listDependencies(world.open, [{ ...record, region: "ap-beijing" }])).rejects.toMatchObject({
      code: "wrong-account",
    });
    expect(world.requests.slice(from)).toEqual([]);
  });
});
