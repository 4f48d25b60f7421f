import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { SeedOwner, WorldSeed } from "../../../src/testing/seed.js";
import type { LoggedRequest } from "../../../src/testing/world.js";
import { huaweiWorld } from "./for-test.js";
import { populatedOwners } from "./populated.js";

const count = 1000;
const names = Array.from({ length: count }, (_, index) => `n${index}`);
const range = (from: number, length: number) => names.slice(from, from + length);

/** The owners of one server, given to the first of the fleet, with three scaling groups and twelve pools besides. */
const owners: readonly SeedOwner[] = [
  ...populatedOwners
    .filter(({ kind }) => kind !== "load-balancer-target" && kind !== "auto-scaling-group")
    .map((owner) => ({ ...owner, members: owner.members.map((member) => (member === "web" ? "n0" : member)) })),
  ...Array.from({ length: 12 }, (_, index) => ({
    kind: "load-balancer-target" as const,
    id: `pool${index}`,
    members: range(index * 20, 20),
    ports: [80],
  })),
  ...Array.from({ length: 3 }, (_, index) => ({
    kind: "auto-scaling-group" as const,
    id: `crew${index}`,
    members: range(500 + index * 30, 30),
  })),
];

/** 1,000 servers with 2 disks each in 10 groups, 50 of them paid in advance, and something in every service. */
const fleet: WorldSeed = {
  securityGroups: [
    { id: "app", foreignUsers: ["template"] },
    ...Array.from({ length: 10 }, (_, index) => ({ id: `g${index}` })),
  ],
  instances: names.map((id, index) => ({
    id,
    securityGroups: [index === 0 ? "app" : `g${index % 10}`],
    ...(index >= 900 && index < 950 ? { billing: "prepaid" as const } : {}),
    disks: [{ ...(index === 0 ? { id: "root" } : {}), role: "system" }, { role: "data" }],
  })),
  owners,
};

const pages = (total: number, page: number) => Math.max(1, Math.ceil(total / page));

/** The fewest requests each source can be read with: `docs/request-budgets.md` derives each number. */
const bound: Readonly<Record<string, number>> = {
  "iam:GET /v3/auth/domains": 1,
  "iam:GET /v3/projects": 1,
  "ecs:GET /v1/{project_id}/cloudservers/detail": pages(count, 100),
  "ecs:GET /v1/{project_id}/cloudservers/flavors": 1,
  "bss:POST /v2/orders/suscriptions/resources/query": pages(50, 50),
  "evs:GET /v2/{project_id}/cloudvolumes/detail": pages(2 * count, 1000),
  "evs:GET /v2/{project_id}/cloudsnapshots/detail": 1,
  "evs:GET /v5/{project_id}/snapshots/detail": 1,
  "vpc:GET /v1/{project_id}/ports": pages(count, 2000) + 1,
  "vpc:GET /v3/{project_id}/vpc/sub-network-interfaces": 1,
  "vpc:GET /v3/{project_id}/eip/publicips": 1,
  "vpc:GET /v1/{project_id}/routetables": 1,
  "vpc:GET /v1/{project_id}/routetables/{routetable_id}": 1,
  "vpc:GET /v3/{project_id}/vpc/security-groups": 1,
  "vpc:GET /v3/{project_id}/vpc/security-group-rules": 1,
  "vpc:GET /v3/{project_id}/vpc/address-groups": 1,
  "vpc:GET /v3/{project_id}/vpc/traffic-mirror-sessions": 1,
  "elb:GET /v3/{project_id}/elb/members": 1,
  "elb:GET /v3/{project_id}/elb/pools": 1,
  "as:GET /autoscaling-api/v1/{project_id}/scaling_group": 1,
  "as:GET /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/list": 3,
  "as:GET /autoscaling-api/v1/{project_id}/scaling_configuration": 1,
  "cce:GET /api/v3/projects/{project_id}/clusters": 1,
  "cce:GET /api/v3/projects/{project_id}/clusters/{cluster_id}/nodes": 1,
  "nat:GET /v2/{project_id}/dnat_rules": 1,
  "nat:GET /v2/{project_id}/snat_rules": 1,
  "nat:GET /v3/{project_id}/private-nat/dnat-rules": 1,
  "nat:GET /v3/{project_id}/private-nat/transit-ips": 1,
  "dns:GET /v2.1/recordsets": 2,
  "dns:GET /v2/reverse/floatingips": 1,
  "ims:GET /v2/cloudimages": 1,
  "cbr:GET /v3/{project_id}/backups": 1,
  "cbr:GET /v3/{project_id}/vaults": 1,
  "ces:GET /v2/{project_id}/alarms": 1,
  "rds:GET /v3/{project_id}/instances": 1,
  "sfs-turbo:GET /v1/{project_id}/sfs-turbo/shares/detail": 1,
  "deh:GET /v1.0/{project_id}/dedicated-hosts": 1,
  "ecs:GET /v1/{project_id}/cloudservers/os-server-groups": 1,
  "ecs:GET /v3/{project_id}/instance-scheduled-events": 1,
  "ecs:GET /v3/{project_id}/launch-template-versions": 1,
  "ecs:GET /v1/{project_id}/recycle-bin": 1,
};
const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, each) => total + each, 0);

function countsOf(requests: readonly LoggedRequest[]): Readonly<Record<string, number>> {
  const byApi: Record<string, number> = {};
  for (const { api } of requests) byApi[api] = (byApi[api] ?? 0) + 1;
  return byApi;
}

describe("request budget", () => {
  it("of a listing of 1,000 servers stays within 1.15 of the fewest requests, with everything checked", async () => {
    const world = await huaweiWorld();
    world.seed(fleet);
    const report = await world.adapter.listDependencies(names.map((name) => world.id(name)));
    const byApi = countsOf(world.requests);
    expect(report.instances.every(({ status }) => status === "found")).toBe(true);
    expect(report.coverage.filter(({ status }) => status !== "checked")).toEqual([]);
    expect(Object.keys(byApi).sort()).toEqual(Object.keys(bound).sort());
    expect(byApi).toSatisfy((counts: typeof byApi) => sum(counts) <= 1.15 * sum(bound));
  });

  it("of a listing of few servers asks for those alone where there is a way to", async () => {
    const world = await huaweiWorld();
    world.seed(range(0, 40).map((id) => ({ id })));
    const from = world.requests.length;
    await world.adapter.listDependencies(range(0, 2).map((name) => world.id(name)));
    const asked = world.requests.slice(from).filter(({ action }) => /cloudvolumes\/detail|\/ports$/.test(action));
    expect(
      asked.every(({ parameters }) => /server_id|device_id|security_groups/.test(JSON.stringify(parameters))),
    ).toBe(true);
    expect(countsOf(asked)["evs:GET /v2/{project_id}/cloudvolumes/detail"]).toBe(2);
  });

  it("of ending 1,000 servers is 10 deletions", async () => {
    const world = await huaweiWorld();
    world.seed({
      securityGroups: [{ id: "fleet" }],
      instances: names.map((id) => ({ id, securityGroups: ["fleet"] })),
    });
    const ids = names.map((name) => world.id(name));
    const outcomes = await world.adapter.terminate(ids, { data: { discard: "nothing on them" } });
    expect(outcomes.every(({ status }) => status === "accepted")).toBe(true);
    expect(countsOf(world.requests)["ecs:POST /v1/{project_id}/cloudservers/delete"]).toBe(10);
  });

  it("is written down, with a source for each number", () => {
    const page = readFileSync(new URL("../../../docs/request-budgets.md", import.meta.url), "utf8");
    const [, own = ""] = page.split("## Huawei Cloud\n");
    const [listing = ""] = (own.split("\n## ")[0] ?? "").split("### `terminate`");
    const written: Record<string, number> = {};
    for (const row of listing.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"))) {
      const cells = row.split("|").map((cell) => cell.trim());
      const here = Number(cells.at(-2)?.replace(",", ""));
      for (const [, api = ""] of row.matchAll(/`([a-z-]+:(?:GET|POST) [^`]+)`/g))
        written[api] = (written[api] ?? 0) + here;
    }
    expect(written).toEqual(bound);
    expect(listing).toContain(`**${sum(bound).toLocaleString("en")}**`);
  });
});
