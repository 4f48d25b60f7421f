import { describe, expect, it } from "vitest";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { at, openFake, type Parameters } from "./open.js";

interface Case {
  readonly owner: Omit<SeedOwner, "id" | "members"> & { readonly id?: string };
  readonly api: string;
  readonly parameters?: Parameters;
  /** Where in the answer the server, its port or one of its addresses stands. */
  readonly path: string;
  readonly names: "server" | "port" | "private-ip" | "public-ip" | "disk" | "owner";
}

const server = "ecs:GET /v1/{project_id}/cloudservers/detail";

const cases: readonly (readonly [string, Case])[] = [
  [
    "a pool, by server",
    {
      owner: { kind: "load-balancer-target" },
      api: "elb:GET /v3/{project_id}/elb/members",
      path: "members.0.device_id",
      names: "server",
    },
  ],
  [
    "a pool, by address",
    {
      owner: { kind: "load-balancer-target", by: "address" },
      api: "elb:GET /v3/{project_id}/elb/members",
      path: "members.0.address",
      names: "private-ip",
    },
  ],
  [
    "a virtual address",
    {
      owner: { kind: "virtual-ip" },
      api: "vpc:GET /v1/{project_id}/ports",
      parameters: { query: { device_owner: "neutron:VIP_PORT" } },
      path: "ports.0.id",
      names: "owner",
    },
  ],
  [
    "a supplementary interface",
    {
      owner: { kind: "private-address", variant: "sub-interface" },
      api: "vpc:GET /v3/{project_id}/vpc/sub-network-interfaces",
      path: "sub_network_interfaces.0.parent_id",
      names: "port",
    },
  ],
  [
    "a rule of a public gateway, by port",
    {
      owner: { kind: "nat-rule" },
      api: "nat:GET /v2/{project_id}/dnat_rules",
      path: "dnat_rules.0.port_id",
      names: "port",
    },
  ],
  [
    "a rule of a public gateway, by address",
    {
      owner: { kind: "nat-rule", by: "address" },
      api: "nat:GET /v2/{project_id}/dnat_rules",
      path: "dnat_rules.0.private_ip",
      names: "private-ip",
    },
  ],
  [
    "a source rule",
    {
      owner: { kind: "nat-rule", variant: "source" },
      api: "nat:GET /v2/{project_id}/snat_rules",
      path: "snat_rules.0.id",
      names: "owner",
    },
  ],
  [
    "a rule of a private gateway",
    {
      owner: { kind: "nat-rule", variant: "private" },
      api: "nat:GET /v3/{project_id}/private-nat/dnat-rules",
      path: "dnat_rules.0.network_interface_id",
      names: "port",
    },
  ],
  [
    "a transit address",
    {
      owner: { kind: "nat-rule", variant: "transit-ip" },
      api: "nat:GET /v3/{project_id}/private-nat/transit-ips",
      path: "transit_ips.0.network_interface_id",
      names: "port",
    },
  ],
  [
    "a public name",
    {
      owner: { kind: "dns-record" },
      api: "dns:GET /v2.1/recordsets",
      parameters: { query: { zone_type: "public" } },
      path: "recordsets.0.records.0",
      names: "public-ip",
    },
  ],
  [
    "a private name",
    {
      owner: { kind: "dns-record", variant: "private" },
      api: "dns:GET /v2.1/recordsets",
      parameters: { query: { zone_type: "private" } },
      path: "recordsets.0.records.0",
      names: "private-ip",
    },
  ],
  [
    "a name that its address leads back to",
    {
      owner: { kind: "dns-record", variant: "reverse" },
      api: "dns:GET /v2/reverse/floatingips",
      path: "floatingips.0.address",
      names: "public-ip",
    },
  ],
  [
    "an address group",
    {
      owner: { kind: "address-list" },
      api: "vpc:GET /v3/{project_id}/vpc/address-groups",
      path: "address_groups.0.ip_set.0",
      names: "private-ip",
    },
  ],
  [
    "an alarm rule",
    {
      owner: { kind: "alarm" },
      api: "ces:GET /v2/{project_id}/alarms",
      path: "alarms.0.resources.0.dimensions.0.value",
      names: "server",
    },
  ],
  [
    "an alarm rule, by the older API",
    {
      owner: { kind: "alarm" },
      api: "ces:GET /V1.0/{project_id}/alarms",
      path: "metric_alarms.0.metric.dimensions.0.value",
      names: "server",
    },
  ],
  [
    "a planned event",
    {
      owner: { kind: "event-window" },
      api: "ecs:GET /v3/{project_id}/instance-scheduled-events",
      path: "events.0.instance_id",
      names: "server",
    },
  ],
  [
    "a server group",
    {
      owner: { kind: "placement" },
      api: "ecs:GET /v1/{project_id}/cloudservers/os-server-groups",
      path: "server_groups.0.members.0",
      names: "server",
    },
  ],
  [
    "a dedicated host",
    {
      owner: { kind: "dedicated-host" },
      api: "deh:GET /v1.0/{project_id}/dedicated-hosts",
      path: "dedicated_hosts.0.instance_uuids.0",
      names: "server",
    },
  ],
  ["a key pair", { owner: { kind: "key-pair", id: "login" }, api: server, path: "servers.0.key_name", names: "owner" }],
  [
    "an agency",
    {
      owner: { kind: "instance-role", id: "agent" },
      api: server,
      path: "servers.0.metadata.agency_name",
      names: "owner",
    },
  ],
  [
    "a stack",
    { owner: { kind: "stack", id: "stack-1" }, api: server, path: "servers.0.sys_tags.1.value", names: "owner" },
  ],
  [
    "a service that manages it",
    {
      owner: { kind: "managed-service", variant: "mrs" },
      api: server,
      path: "servers.0.sys_tags.1.key",
      names: "owner",
    },
  ],
  [
    "an order that is converting it",
    { owner: { kind: "pending-operation" }, api: server, path: "servers.0.metadata.lockSourceId", names: "owner" },
  ],
  [
    "a legacy snapshot",
    {
      owner: { kind: "snapshot" },
      api: "evs:GET /v2/{project_id}/cloudsnapshots/detail",
      path: "snapshots.0.volume_id",
      names: "disk",
    },
  ],
  [
    "a standard snapshot",
    {
      owner: { kind: "snapshot", variant: "standard" },
      api: "evs:GET /v5/{project_id}/snapshots",
      path: "snapshots.0.volume_id",
      names: "disk",
    },
  ],
  [
    "a backup",
    {
      owner: { kind: "backup" },
      api: "cbr:GET /v3/{project_id}/backups",
      path: "backups.0.resource_id",
      names: "server",
    },
  ],
  [
    "a vault with a policy",
    {
      owner: { kind: "backup-policy" },
      api: "cbr:GET /v3/{project_id}/vaults",
      path: "vaults.0.resources.0.id",
      names: "server",
    },
  ],
  [
    "the policy itself",
    {
      owner: { kind: "backup-policy" },
      api: "cbr:GET /v3/{project_id}/policies",
      path: "policies.0.id",
      names: "owner",
    },
  ],
  [
    "a mirrored port",
    {
      owner: { kind: "traffic-mirror" },
      api: "vpc:GET /v3/{project_id}/vpc/traffic-mirror-sessions",
      path: "traffic_mirror_sessions.0.traffic_mirror_sources.0",
      names: "port",
    },
  ],
];

describe("what names a server", () => {
  it.each(cases)("shows in its own API: %s", async (_name, { owner, api, parameters, path, names }) => {
    const { cloud, call } = await openFake();
    const id = owner.id ?? "owner";
    cloud.seed({
      instances: [{ id: "web", disks: [{ id: "root" }], addresses: [{ id: "front", kind: "elastic" }] }],
      owners: [{ ...owner, id, members: ["web"] }],
    });
    const ports = await call("vpc:GET /v1/{project_id}/ports", { query: { device_id: cloud.id("web") } });
    const wanted = {
      server: () => cloud.id("web"),
      port: () => at(ports, "ports.0.id"),
      "private-ip": () => at(ports, "ports.0.fixed_ips.0.ip_address"),
      "public-ip": () => cloud.view().addresses[0]?.ip,
      disk: () => cloud.id("root"),
      owner: () => (owner.kind === "managed-service" ? "_sys_root_resource_type" : idOf()),
    };
    const idOf = () => (owner.kind === "stack" ? id : cloud.id(id));
    const found = at(await call(api, parameters), path);
    expect(found).toBe(wanted[names]());
    expect(cloud.view().memberships.map(({ kind }) => kind)).toContain(owner.kind);
  });

  it("shows an image with the server it was made of", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web" }], owners: [{ kind: "image", id: "golden", members: ["web"] }] });
    const answer = await call("ims:GET /v2/cloudimages", { query: { __imagetype: "private" } });
    expect(at(answer, "images.0.__data_origin")).toBe(`instance,${cloud.id("web")}`);
    const gold = await call("ims:GET /v2/cloudimages", { query: { __imagetype: "gold" } });
    expect(at(gold, "images.length")).toBe(0);
  });

  it("shows a database, a file system, a template and an empty scaling group with the security group they use", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app", foreignUsers: ["template", "scaling-group"] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
      owners: [
        { kind: "database", id: "mysql", members: ["app"] },
        { kind: "file-system", id: "share", members: ["web"] },
      ],
    });
    const app = cloud.id("app");
    const uses: readonly (readonly [string, string])[] = [
      ["rds:GET /v3/{project_id}/instances", "instances.0.security_group_id"],
      ["sfs-turbo:GET /v1/{project_id}/sfs-turbo/shares/detail", "shares.0.security_group_id"],
      [
        "ecs:GET /v3/{project_id}/launch-template-versions",
        "launch_template_versions.0.template_data.security_group_ids.0",
      ],
      ["as:GET /autoscaling-api/v1/{project_id}/scaling_group", "scaling_groups.0.security_groups.0.id"],
      [
        "as:GET /autoscaling-api/v1/{project_id}/scaling_configuration",
        "scaling_configurations.0.instance_config.security_groups.0.id",
      ],
    ];
    for (const [api, path] of uses) expect(at(await call(api), path)).toBe(app);
  });

  it("names routes by server, interface or virtual address", async () => {
    const { cloud, call } = await openFake();
    const members = ["web"];
    cloud.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "virtual-ip", id: "vip", members },
        { kind: "route", id: "ecs", members },
        { kind: "route", id: "eni", members, variant: "eni" },
        { kind: "route", id: "vips", members, variant: "vip" },
      ],
    });
    const next = async (name: string) =>
      at(
        await call("vpc:GET /v1/{project_id}/routetables/{routetable_id}", { path: { routetable_id: cloud.id(name) } }),
        "routetable.routes.3.nexthop",
      );
    const ports = await call("vpc:GET /v1/{project_id}/ports");
    expect(await next("ecs")).toBe(cloud.id("web"));
    expect(await next("eni")).toBe(at(ports, "ports.0.id"));
    expect(await next("vips")).toBe(at(ports, "ports.1.fixed_ips.0.ip_address"));
  });

  it("stays when the server is gone, and leads nowhere", async () => {
    const { cloud, call } = await openFake();
    const members = ["web"];
    cloud.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "nat-rule", id: "nat", members },
        { kind: "dns-record", id: "www", members },
        { kind: "alarm", id: "cpu", members },
        { kind: "placement", id: "spread", members },
      ],
    });
    cloud.meddle({ remove: ["web"] });
    expect(["nat", "www", "cpu"].every((name) => cloud.holds(name))).toBe(true);
    expect(cloud.view().memberships.filter(({ kind }) => kind === "placement")).toEqual([]);
    const path = { nat_gateway_id: "x", dnat_rule_id: cloud.id("nat") };
    const rule = "nat:DELETE /v2/{project_id}/nat_gateways/{nat_gateway_id}/dnat_rules/{dnat_rule_id}";
    await call(rule, { path });
    expect(cloud.view().memberships.some(({ kind }) => kind === "nat-rule")).toBe(false);
  });
});
