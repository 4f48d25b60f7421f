import { describe, expect, it } from "vitest";
import { dependencyTable } from "../../../providers/huawei/dependencies/table.js";
import { gaps } from "../../../src/coverage.js";
import type { DependencyReport } from "../../../src/dependencies.js";
import { adapterReading, huaweiWorld } from "./for-test.js";
import { populated } from "./populated.js";

/** Kind, source, effect and fate of every edge, each once. */
function told(report: DependencyReport): readonly string[] {
  const lines = report.edges.map(({ node, source, effect, atTermination }) =>
    [node.kind, source, effect, atTermination].join(" "),
  );
  return [...new Set(lines)].sort();
}

describe("what hangs on a server", () => {
  it("is looked for in every service, and what keeps it from going is told from what only is to be known", async () => {
    const world = await huaweiWorld();
    world.seed(populated);
    const report = await world.adapter.listDependencies([world.id("web")]);
    expect(report.coverage.filter(({ status }) => status !== "checked")).toEqual([]);
    expect(told(report)).toEqual(
      [
        "address-list vpc:ListAddressGroup report kept",
        "alarm ces:ListAlarmRules report kept",
        "auto-scaling-group as:ListScalingInstances release-first kept",
        "backup cbr:ListBackups report kept",
        "backup-policy cbr:ListVault report kept",
        "cluster-node cce:ListNodes blocks kept",
        "cluster-node ecs:ListServersDetails blocks kept",
        "database rds:ListInstances report kept",
        "dedicated-host deh:ListDedicatedHosts report kept",
        "disk evs:ListVolumes report deleted",
        "disk evs:ListVolumes report kept",
        "dns-record dns:ListPtrRecords report kept",
        "dns-record dns:ListRecordSets report kept",
        "encryption-key evs:ListVolumes report kept",
        "event-window ecs:ListScheduledEvents report deleted",
        "file-system sfs-turbo:ListShares report kept",
        "image ims:ListImages report kept",
        "instance-role ecs:ListServersDetails report kept",
        "key-pair ecs:ListServersDetails report kept",
        "load-balancer-target elb:ListAllMembers release-first kept",
        "nat-rule nat:ListNatGatewayDnatRules blocks kept",
        "nat-rule nat:ListNatGatewaySnatRules report kept",
        "nat-rule nat:ListPrivateDnats blocks kept",
        "nat-rule nat:ListTransitIps report kept",
        "network-interface vpc:ListPorts report deleted",
        "network-interface vpc:ListSubNetworkInterfaces blocks unknown",
        "placement ecs:ListServerGroups report kept",
        "private-address ecs:ListServersDetails report deleted",
        "public-address vpc:ListPublicips report detached",
        "route vpc:ShowRouteTable blocks kept",
        "security-group vpc:ListSecurityGroups report kept",
        "snapshot evs:ListSnapshots report deleted",
        "snapshot evs:ListSnapshotsV5 report kept",
        "traffic-mirror vpc:ListTrafficMirrorSessions report kept",
        "virtual-ip vpc:ListPorts report kept",
      ].sort(),
    );
  });

  it("is nothing of a stranger's: another server of the project gets none of it", async () => {
    const world = await huaweiWorld();
    world.seed(populated);
    world.seed([{ id: "other" }]);
    const report = await world.adapter.listDependencies([world.id("other")]);
    const own = new Set(["disk", "network-interface", "private-address", "security-group", "security-rule"]);
    const foreign = report.edges.filter(
      ({ node, source }) => !own.has(node.kind) && source !== "nat:ListNatGatewaySnatRules",
    );
    expect(foreign).toEqual([]);
  });

  it("has a coverage line for every kind and source, also where nobody is there", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const lines = (report: DependencyReport) => report.coverage.map(({ kind, source }) => `${kind} ${source}`);
    const names = dependencyTable.map(({ kind, source }) => `${kind} ${source}`);
    expect(new Set(names).size).toBe(names.length);
    expect(lines(await world.adapter.listDependencies([world.id("web")]))).toEqual(names);
    const nobody = await world.adapter.listDependencies(["00000000-0000-4000-8000-000000000000"]);
    expect(lines(nobody)).toEqual(names);
    expect(nobody.coverage.every(({ status }) => status === "skipped")).toBe(true);
  });

  it.each([
    ["evs:GET /v2/{project_id}/cloudvolumes/detail", "disk"],
    ["elb:GET /v3/{project_id}/elb/members", "load-balancer-target"],
    ["elb:GET /v3/{project_id}/elb/pools", "load-balancer-target"],
    ["as:GET /autoscaling-api/v1/{project_id}/scaling_group", "auto-scaling-group"],
    ["cce:GET /api/v3/projects/{project_id}/clusters", "cluster-node"],
    ["vpc:GET /v1/{project_id}/routetables", "route"],
    ["nat:GET /v2/{project_id}/dnat_rules", "nat-rule"],
    ["vpc:GET /v1/{project_id}/ports", "network-interface"],
    ["ims:GET /v2/cloudimages", "pending-operation"],
  ] as const)("S01 leaves a gap in what is required where %s is denied", async (api, kind) => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api });
    const report = await world.adapter.listDependencies([world.id("web")]);
    expect(gaps(report.coverage).map((line) => line.kind)).toContain(kind);
    expect(gaps(report.coverage).every(({ status, reason }) => status === "denied" && reason !== undefined)).toBe(true);
  });

  it("S02 does not call disks checked that ECS and EVS do not tell alike", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", disks: [{ role: "system" }, { id: "data", role: "data" }] }]);
    world.faults.add({ fault: "null-lists", api: "evs:GET /v2/{project_id}/cloudvolumes/detail" });
    const report = await world.adapter.listDependencies([world.id("web")]);
    const line = report.coverage.find(({ source }) => source === "evs:ListVolumes");
    expect(line?.status).not.toBe("checked");
    expect(gaps(report.coverage)).not.toEqual([]);
  });

  it("S22 names everybody who uses a group besides the server", async () => {
    const world = await huaweiWorld();
    world.seed({
      securityGroups: [
        { id: "app", foreignUsers: ["load-balancer", "database", "interface", "template", "scaling-group"] },
        { id: "own" },
      ],
      instances: [{ id: "web", securityGroups: ["app", "own"] }],
    });
    const { edges } = await world.adapter.listDependencies([world.id("web")]);
    const why = (name: string) =>
      edges.find(({ node }) => node.kind === "security-group" && node.id === world.id(name))?.why;
    expect(why("app")).toMatch(/^Others use it, too: .+ and \d+ more\.$/);
    expect(why("own")).toBe("Nobody else uses it.");
  });

  it("S22 calls no group free of others while one source of users is denied", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", securityGroups: ["own"] }]);
    for (const api of [
      "ecs:GET /v3/{project_id}/launch-template-versions",
      "as:GET /autoscaling-api/v1/{project_id}/scaling_configuration",
      "vpc:GET /v3/{project_id}/vpc/sub-network-interfaces",
      "rds:GET /v3/{project_id}/instances",
      "sfs-turbo:GET /v1/{project_id}/sfs-turbo/shares/detail",
    ]) {
      const heal = world.faults.add({ fault: "deny", api });
      const { edges, coverage } = await world.adapter.listDependencies([world.id("web")]);
      heal();
      const group = edges.find(({ node }) => node.kind === "security-group");
      expect([api, group?.why]).toEqual([api, "No other user was found, but not every source could be read."]);
      expect(coverage.filter(({ kind, status }) => kind === "security-group" && status === "denied")).toHaveLength(1);
    }
  });

  it("S23 reads an address in another network as a guess, and in the server's own as what it is", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [
        { id: "web", vpc: "one", privateIps: ["192.168.9.9"] },
        { id: "twin", vpc: "two", privateIps: ["192.168.9.9"] },
      ],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address", ports: [80] }],
    });
    const { edges } = await world.adapter.listDependencies([world.id("web"), world.id("twin")]);
    const effects = edges
      .filter(({ node }) => node.kind === "load-balancer-target")
      .map(({ instanceId, effect }) => [instanceId, effect]);
    expect(effects).toContainEqual([world.id("web"), "release-first"]);
    expect(effects).not.toContainEqual([world.id("twin"), "release-first"]);
  });

  it("blocks at a member that its group's removal protection keeps", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80], inUse: true }],
    });
    const { edges } = await world.adapter.listDependencies([world.id("web")]);
    const member = edges.find(({ node }) => node.kind === "load-balancer-target");
    expect(member).toMatchObject({ effect: "blocks", unblock: expect.stringContaining("removal protection") });
  });

  it("is an image of the whole server, too, by the backup that it stands on", async () => {
    const world = await huaweiWorld();
    world.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "image", id: "image", members: ["web"] },
        { kind: "backup", id: "backup", members: ["web"] },
      ],
    });
    const backupId = world.id("backup");
    const origin = `"__data_origin":"server_backup,${backupId}","__backup_id":"${backupId}"`;
    const adapter = await adapterReading(world, (path, text) =>
      path.endsWith("/cloudimages") ? text.replaceAll(/"__data_origin":"[^"]*"/g, origin) : text,
    );
    const { edges } = await adapter.listDependencies([world.id("web")]);
    expect(edges.filter(({ node }) => node.kind === "image")).toMatchObject([
      { instanceId: world.id("web"), node: { id: world.id("image") } },
    ]);
  });

  it("blocks at work under way, and not at a deletion", async () => {
    const world = await huaweiWorld();
    world.seed([
      { id: "busy", busy: { operation: "resize", forMs: 3_600_000 } },
      { id: "going", state: "terminating" },
    ]);
    const { edges } = await world.adapter.listDependencies([world.id("busy"), world.id("going")]);
    const pending = edges.filter(({ node }) => node.kind === "pending-operation");
    expect(pending.map(({ instanceId, effect }) => [instanceId, effect])).toEqual([[world.id("busy"), "blocks"]]);
  });
});
