import { describe, expect, it } from "vitest";
import type { SeedRule } from "../../../../src/testing/seed.js";
import { at, openFake, refusalOf, textAt } from "./open.js";

const unknownId = "99999999-9999-4999-a999-999999999999";
const ports = "/v1/{project_id}/ports";
const rules = "/v3/{project_id}/vpc/security-group-rules";
const groups = "/v3/{project_id}/vpc/security-groups";
const addresses = "/v3/{project_id}/eip/publicips";
const fromAny: SeedRule = { direction: "ingress", peer: { kind: "any" } };

describe("ports", () => {
  it("are found by server, by groups and by address, and tell who owns them", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app", foreignUsers: ["load-balancer", "database", "interface", "managed-service"] }],
      instances: [{ id: "web", securityGroups: ["app"], privateIps: ["192.168.9.9"] }],
    });
    const found = async (query: object) => await call(`vpc:GET ${ports}`, { query: { ...query } });
    expect(at(await found({ device_id: cloud.id("web") }), "ports.0")).toMatchObject({
      device_owner: "compute:cn-north-4a",
      security_groups: [cloud.id("app")],
      fixed_ips: [{ ip_address: "192.168.9.9" }],
    });
    expect(at(await found({ security_groups: [cloud.id("app")] }), "ports.length")).toBe(5);
    expect(at(await found({ security_groups: [unknownId] }), "ports.length")).toBe(0);
    expect(at(await found({ fixed_ips: ["ip_address=192.168.9.9"] }), "ports.length")).toBe(1);
    expect(at(await found({ limit: 2 }), "ports.length")).toBe(2);
  });

  it("take other groups as a whole, and a server's keeps one at least", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ securityGroups: [{ id: "closed" }], instances: [{ id: "web" }] });
    const port_id = textAt(await call(`vpc:GET ${ports}`, { query: { device_id: cloud.id("web") } }), "ports.0.id");
    const set = (security_groups: readonly string[]) =>
      call(`vpc:PUT ${ports}/{port_id}`, { path: { port_id }, body: { port: { security_groups } } });
    await set([cloud.id("closed")]);
    expect(cloud.view().instances[0]?.securityGroupIds).toEqual([cloud.id("closed")]);
    expect(await refusalOf(set([]))).toMatchObject({ status: 400 });
    expect(await refusalOf(set([unknownId]))).toMatchObject({ status: 404 });
  });

  it("take groups one by one, by v3 and by Nova", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app" }, { id: "more" }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const port_id = textAt(await call(`vpc:GET ${ports}`), "ports.0.id");
    const insert = "vpc:PUT /v3/{project_id}/ports/{port_id}/insert-security-groups";
    await call(insert, { path: { port_id }, body: { port: { security_groups: [cloud.id("more")] } } });
    const nova = (body: object) =>
      call("ecs:POST /v2.1/{project_id}/servers/{server_id}/action", { path: { server_id: cloud.id("web") }, body });
    await nova({ removeSecurityGroup: { name: "app" } });
    expect(cloud.view().instances[0]?.securityGroupIds).toEqual([cloud.id("more")]);
    expect(await refusalOf(nova({ removeSecurityGroup: { name: cloud.id("more") } }))).toMatchObject({ status: 400 });
    expect(await refusalOf(nova({ addSecurityGroup: { name: "nobody" } }))).toMatchObject({ status: 404 });
  });

  it("are deleted only when nobody uses them", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web", extraInterfaces: [{ id: "extra" }] }] });
    const path = { port_id: cloud.id("extra") };
    expect(await refusalOf(call(`vpc:DELETE ${ports}/{port_id}`, { path }))).toMatchObject({ status: 409 });
    await call("ecs:POST /v1/{project_id}/cloudservers/{server_id}/nics/delete", {
      path: { server_id: cloud.id("web") },
      body: { nics: [{ id: cloud.id("extra") }] },
    });
    await cloud.clock.advance(5_000);
    await call(`vpc:DELETE ${ports}/{port_id}`, { path });
    expect(at(await call(`vpc:GET ${ports}`), "ports.length")).toBe(1);
  });

  it("show at their server with whether they go along", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web", extraInterfaces: [{ id: "extra" }] }] });
    const api = "ecs:GET /v1/{project_id}/cloudservers/{server_id}/os-interface";
    expect(await call(api, { path: { server_id: cloud.id("web") } })).toMatchObject({
      interfaceAttachments: [
        { delete_on_termination: true },
        { port_id: cloud.id("extra"), delete_on_termination: false },
      ],
    });
    expect(await refusalOf(call(api, { path: { server_id: unknownId } }))).toEqual({ code: "Ecs.0307", status: 400 });
  });
});

describe("security groups", () => {
  it("are there from the start, one of them the default", async () => {
    const { call } = await openFake();
    expect(await call(`vpc:GET ${groups}`)).toMatchObject({ security_groups: [{ name: "default", tags: [] }] });
  });

  it("are made with the rules that Neutron makes", async () => {
    const { call } = await openFake();
    const made = await call(`vpc:POST ${groups}`, { body: { security_group: { name: "app" } } });
    expect(at(made, "httpStatusCode")).toBe(201);
    expect(at(made, "security_group.security_group_rules.length")).toBe(4);
  });

  it("are deleted only when no port and no rule elsewhere names them, the default one never", async () => {
    const { cloud, call } = await openFake();
    const peer = { kind: "security-group", groupId: "app" } as const;
    cloud.seed({
      securityGroups: [{ id: "app" }, { id: "db", rules: [{ direction: "ingress", peer }] }, { id: "used" }],
      instances: [{ id: "web", securityGroups: ["used"] }],
    });
    const drop = (id: string) => call(`vpc:DELETE ${groups}/{security_group_id}`, { path: { security_group_id: id } });
    for (const name of ["app", "used"]) expect(await refusalOf(drop(cloud.id(name)))).toMatchObject({ status: 409 });
    const first = textAt(await call(`vpc:GET ${groups}`), "security_groups.0.id");
    expect(await refusalOf(drop(first))).toMatchObject({ code: "VPC.0606" });
    await drop(cloud.id("db"));
    await drop(cloud.id("app"));
    expect(cloud.view().rules).toEqual([]);
  });
});

describe("rules", () => {
  const create = `vpc:POST ${rules}`;
  const open = async () => {
    const fake = await openFake();
    fake.cloud.seed({ securityGroups: [{ id: "app" }, { id: "db" }] });
    const add = (over: object) =>
      fake.call(create, {
        body: { security_group_rule: { security_group_id: fake.cloud.id("app"), direction: "ingress", ...over } },
      });
    return { ...fake, add };
  };

  it("are of priority 100 and allowed where nothing else is said, and take priority as a text", async () => {
    const { add } = await open();
    expect(at(await add({ protocol: "tcp", multiport: "22" }), "security_group_rule")).toMatchObject({
      priority: 100,
      action: "allow",
      enabled: true,
      ethertype: "IPv4",
      remote_ip_prefix: null,
    });
    const rule = at(
      await add({ protocol: "tcp", multiport: "3389,8000-8100", action: "deny", priority: "1" }),
      "security_group_rule",
    );
    expect(rule).toMatchObject({ priority: 1, action: "deny", multiport: "3389,8000-8100" });
  });

  it("are found by group, by the group they name, and by id", async () => {
    const { cloud, call, add } = await open();
    const id = textAt(await add({ remote_group_id: cloud.id("db") }), "security_group_rule.id");
    await add({ remote_ip_prefix: "10.0.0.0/8" });
    const found = async (query: object) =>
      at(await call(`vpc:GET ${rules}`, { query: { ...query } }), "security_group_rules.length");
    expect(await found({ security_group_id: [cloud.id("app"), cloud.id("db")] })).toBe(2);
    expect(await found({ remote_group_id: [cloud.id("db")] })).toBe(1);
    expect(await found({ id: [id] })).toBe(1);
    expect(await found({ remote_ip_prefix: ["10.0.0.0/8"] })).toBe(1);
  });

  const bad: readonly (readonly [string, object])[] = [
    ["with two far sides", { remote_ip_prefix: "10.0.0.0/8", remote_group_id: "app" }],
    ["with a priority over 100", { priority: "101" }],
    ["with ports but no protocol", { multiport: "22" }],
    ["with ports out of range", { protocol: "tcp", multiport: "70000" }],
    ["with an unknown protocol", { protocol: "quic" }],
    ["of IPv4 to an IPv6 range", { remote_ip_prefix: "::/0" }],
    ["without a direction", { direction: "" }],
  ];
  it.each(bad)("%s are refused", async (_name, over) => {
    const { add } = await open();
    expect(await refusalOf(add(over))).toMatchObject({ status: 400 });
  });

  it("to a group that is not there, twice the same, or over the limit, are refused", async () => {
    const { cloud, add } = await open();
    expect(await refusalOf(add({ remote_group_id: unknownId }))).toMatchObject({ status: 404 });
    await add({ protocol: "icmp" });
    expect(await refusalOf(add({ protocol: "icmp", description: "again" }))).toMatchObject({ status: 409 });
    cloud.seed({ quotas: { rulesPerGroup: 1 } });
    expect(await refusalOf(add({ protocol: "udp" }))).toMatchObject({ status: 409 });
  });

  it("go one by one with nothing in the answer", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ securityGroups: [{ id: "app", rules: [fromAny] }] });
    const path = { security_group_rule_id: cloud.view().rules[0]?.id ?? "" };
    expect(at(await call(`vpc:DELETE ${rules}/{security_group_rule_id}`, { path }), "httpStatusCode")).toBe(204);
    expect(cloud.view().rules).toEqual([]);
    expect(await refusalOf(call(`vpc:DELETE ${rules}/{security_group_rule_id}`, { path }))).toMatchObject({
      status: 404,
    });
  });

  it("come back many at once, all or none", async () => {
    const { cloud, call } = await open();
    const api = `vpc:POST ${groups}/{security_group_id}/security-group-rules/batch-create`;
    const path = { security_group_id: cloud.id("app") };
    const one = { direction: "ingress", protocol: "tcp", multiport: "22" };
    const add = (...wanted: readonly object[]) => call(api, { path, body: { security_group_rules: wanted } });
    expect(await refusalOf(add(one, one))).toMatchObject({ status: 409 });
    expect(cloud.view().rules).toEqual([]);
    expect(at(await add(one, { ...one, direction: "egress" }), "security_group_rules.length")).toBe(2);
  });
});

describe("elastic addresses", () => {
  it("tell what they are bound to, and whether they were paid ahead", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic", ip: "203.0.113.7" }] }],
      addresses: [{ id: "idle", kind: "elastic", billing: "prepaid" }],
    });
    const answer = await call(`vpc:GET ${addresses}`);
    expect(at(answer, "publicips.0")).toMatchObject({
      public_ip_address: "203.0.113.7",
      status: "ACTIVE",
      associate_instance_type: "PORT",
      billing_info: null,
      vnic: { device_id: cloud.id("web"), device_owner: "compute:cn-north-4a" },
      bandwidth: { share_type: "PER" },
    });
    expect(at(answer, "publicips.1")).toMatchObject({ status: "DOWN", vnic: null, associate_instance_id: null });
    expect(at(answer, "publicips.1.billing_info")).toMatch(/^CS/);
    const found = async (query: object) =>
      at(await call(`vpc:GET ${addresses}`, { query: { ...query } }), "total_count");
    expect(await found({ "vnic.device_id": [cloud.id("web")] })).toBe(1);
    expect(await found({ status: ["DOWN"] })).toBe(1);
    const older = await call("vpc:GET /v1/{project_id}/publicips");
    expect(at(older, "publicips.0")).toMatchObject({ type: "5_bgp", create_time: "2026-01-02 03:04:05" });
  });

  it("are unbound, then released, and not the other way round", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }]);
    const path = { publicip_id: cloud.id("front") };
    const drop = () => call("vpc:DELETE /v1/{project_id}/publicips/{publicip_id}", { path });
    expect(await refusalOf(drop())).toMatchObject({ status: 409 });
    const unbind = () => call(`vpc:POST ${addresses}/{publicip_id}/disassociate-instance`, { path });
    await unbind();
    expect(await refusalOf(unbind())).toMatchObject({ code: "VPC.0511", status: 409 });
    await drop();
    expect(cloud.view().addresses).toEqual([]);
    expect(await refusalOf(drop())).toMatchObject({ status: 404 });
  });

  it("are bound again to a port", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web" }], addresses: [{ id: "front", kind: "elastic" }] });
    const portId = textAt(await call(`vpc:GET ${ports}`), "ports.0.id");
    await call("vpc:PUT /v1/{project_id}/publicips/{publicip_id}", {
      path: { publicip_id: cloud.id("front") },
      body: { publicip: { port_id: portId } },
    });
    expect(cloud.view().addresses[0]?.instanceId).toBe(cloud.id("web"));
  });

  it("answer under the name `eip` as well, and are logged as what they are: VPC's", async () => {
    const { cloud, call } = await openFake();
    await call(`eip:GET ${addresses}`);
    expect(cloud.requests[0]?.api).toBe(`vpc:GET ${addresses}`);
  });
});

describe("networks", () => {
  it("show their routes only one table at a time", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web" }], owners: [{ kind: "route", id: "table", members: ["web"] }] });
    expect(at(await call("vpc:GET /v1/{project_id}/routetables"), "routetables.0")).not.toHaveProperty("routes");
    const one = "/v1/{project_id}/routetables/{routetable_id}";
    const path = { routetable_id: cloud.id("table") };
    const routes = at(await call(`vpc:GET ${one}`, { path }), "routetable.routes");
    expect(routes).toContainEqual(expect.objectContaining({ type: "ecs", nexthop: cloud.id("web") }));
    expect(routes).toContainEqual({ type: "local", destination: "192.168.0.0/16", nexthop: "-" });
    const body = { routetable: { routes: { del: [{ destination: "10.200.0.0/24" }] } } };
    await call(`vpc:PUT ${one}`, { path, body });
    expect(at(await call(`vpc:GET ${one}`, { path }), "routetable.routes.length")).toBe(3);
  });

  it("are peered, each with a range of its own", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [
        { id: "web", vpc: "a" },
        { id: "db", vpc: "b" },
      ],
      peeredVpcs: [["a", "b"]],
    });
    expect(await call("vpc:GET /v2.0/vpc/peerings")).toMatchObject({
      peerings: [{ request_vpc_info: { vpc_id: cloud.id("a") }, accept_vpc_info: { vpc_id: cloud.id("b") } }],
    });
    const cidrs = [0, 1, 2].map(async (index) => at(await call("vpc:GET /v1/{project_id}/vpcs"), `vpcs.${index}.cidr`));
    expect(new Set(await Promise.all(cidrs)).size).toBe(3);
  });
});
