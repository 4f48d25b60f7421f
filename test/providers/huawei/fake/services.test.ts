import { describe, expect, it } from "vitest";
import type { SeedOwner, WorldSeed } from "../../../../src/testing/seed.js";
import { at, openFake, refusalOf, textAt } from "./open.js";

const members = "elb:GET /v3/{project_id}/elb/members";
const pool = "/v3/{project_id}/elb/pools/{pool_id}";
const scaling = "/autoscaling-api/v1/{project_id}";
const unknownId = "99999999-9999-4999-a999-999999999999";

async function open(owner: Omit<SeedOwner, "id" | "members"> & { readonly id?: string }, over: WorldSeed = {}) {
  const fake = await openFake();
  fake.cloud.seed({
    instances: [{ id: "web" }, { id: "db" }],
    owners: [{ id: "owner", members: ["web", "db"], ...owner }],
    ...over,
  });
  return fake;
}

describe("load balancers", () => {
  it("list members by server, twenty at most unless more are asked for", async () => {
    const { cloud, call } = await open({
      kind: "load-balancer-target",
      ports: Array.from({ length: 12 }, (_, i) => 80 + i),
    });
    const first = await call(members);
    expect(at(first, "members.length")).toBe(20);
    const rest = await call(members, { query: { marker: textAt(first, "page_info.next_marker") } });
    expect(at(rest, "members.length")).toBe(4);
    expect(rest).not.toHaveProperty("page_info.next_marker");
    const query = { device_id: [cloud.id("web")], limit: 2_000 };
    expect(at(await call(members, { query }), "members.length")).toBe(12);
    expect(at(await call(members, { query }), "members.0")).toMatchObject({
      instance_id: cloud.id("web"),
      member_type: "instance",
      operating_status: "ONLINE",
      name: null,
    });
  });

  it("show no server for a member by address", async () => {
    const { cloud, call } = await open({ kind: "load-balancer-target", by: "address" });
    expect(at(await call(members), "members.0")).toMatchObject({ instance_id: "", member_type: "ip" });
    expect(at(await call(members, { query: { instance_id: [cloud.id("web")] } }), "members.length")).toBe(0);
    expect(cloud.view().memberships[0]?.member).toMatch(/^192\.168\./);
  });

  it("take members out in a batch, and put them in again", async () => {
    const { cloud, call } = await open({ kind: "load-balancer-target" });
    const path = { pool_id: cloud.id("owner") };
    const member = at(await call(members), "members.0");
    const ids = [{ id: textAt(member, "id") }, { id: unknownId }];
    expect(await call(`elb:POST ${pool}/members/batch-delete`, { path, body: { members: ids } })).toMatchObject({
      members: [{ ret_status: "successful" }, { ret_status: "failed" }],
    });
    expect(cloud.view().memberships).toHaveLength(1);
    const again = { address: at(member, "address"), protocol_port: 80, subnet_cidr_id: at(member, "subnet_cidr_id") };
    const add = () => call(`elb:POST ${pool}/members`, { path, body: { member: again } });
    expect(at(await add(), "member.instance_id")).toBe(at(member, "instance_id"));
    expect(await refusalOf(add())).toMatchObject({ status: 409 });
  });

  it("keep the members of a pool with removal protection", async () => {
    const { cloud, call } = await open({ kind: "load-balancer-target", inUse: true });
    const path = { pool_id: cloud.id("owner"), member_id: textAt(await call(members), "members.0.id") };
    expect(at(await call(`elb:GET ${pool}`, { path }), "pool.member_deletion_protection_enable")).toBe(true);
    expect(await refusalOf(call(`elb:DELETE ${pool}/members/{member_id}`, { path }))).toMatchObject({ status: 409 });
    expect(cloud.view().memberships).toHaveLength(2);
  });

  it("find pools by the servers in them, in both APIs", async () => {
    const { cloud, call } = await open({ kind: "load-balancer-target" });
    const query = { member_device_id: cloud.id("web") };
    for (const version of ["v3", "v2"])
      expect(at(await call(`elb:GET /${version}/{project_id}/elb/pools`, { query }), "pools.0.id")).toBe(
        cloud.id("owner"),
      );
    const other = { member_device_id: unknownId };
    expect(at(await call("elb:GET /v3/{project_id}/elb/pools", { query: other }), "pools.length")).toBe(0);
  });

  it("keep a member whose server is gone", async () => {
    const { cloud, call } = await open({ kind: "load-balancer-target" });
    cloud.meddle({ remove: ["web"] });
    expect(at(await call(members, { query: { limit: 100 } }), "members.0.operating_status")).toBe("OFFLINE");
  });
});

describe("scaling groups", () => {
  const act = `as:POST ${scaling}/scaling_group_instance/{scaling_group_id}/action`;
  const list = `as:GET ${scaling}/scaling_group_instance/{scaling_group_id}/list`;

  it("count rows from 0 and show sizes, members and security groups", async () => {
    const { cloud, call } = await open({ kind: "auto-scaling-group", inUse: true });
    expect(await call(`as:GET ${scaling}/scaling_group`)).toMatchObject({
      total_number: 1,
      start_number: 0,
      scaling_groups: [
        { scaling_group_id: cloud.id("owner"), min_instance_number: 2, scaling_group_status: "INSERVICE" },
      ],
    });
    const path = { scaling_group_id: cloud.id("owner") };
    expect(at(await call(list, { path, query: { start_number: 1 } }), "scaling_group_instances.length")).toBe(1);
    const gone = { path: { scaling_group_id: unknownId } };
    expect(await refusalOf(call(list, gone))).toEqual({ code: "AS.2007", status: 400 });
  });

  it("replace a server that goes behind their back", async () => {
    const { cloud } = await open({ kind: "auto-scaling-group" });
    cloud.meddle({ remove: ["web"] });
    expect(cloud.view().instances).toHaveLength(1);
    await cloud.clock.advance(60_000);
    expect(cloud.view().instances).toHaveLength(2);
    expect(cloud.view().memberships).toHaveLength(2);
  });

  it("do not while they are paused", async () => {
    const { cloud } = await open({ kind: "auto-scaling-group", replaces: false });
    cloud.meddle({ remove: ["web"] });
    await cloud.clock.advance(600_000);
    expect(cloud.view().instances).toHaveLength(1);
  });

  it("let a server go without another in its place, and take it in again", async () => {
    const { cloud, call } = await open({ kind: "auto-scaling-group" });
    const path = { scaling_group_id: cloud.id("owner") };
    const instances_id = [cloud.id("web")];
    await call(act, { path, body: { action: "REMOVE", instances_id, instance_delete: "no" } });
    expect(at(await call(list, { path }), "scaling_group_instances.0.life_cycle_state")).toBe("REMOVING");
    await cloud.clock.advance(600_000);
    expect(cloud.view().instances).toHaveLength(2);
    expect(cloud.view().memberships).toHaveLength(1);
    const groups = await call(`as:GET ${scaling}/scaling_group`);
    expect(at(groups, "scaling_groups.0.desire_instance_number")).toBe(1);
    await call(act, { path, body: { action: "ADD", instances_id } });
    await call(act, { path, body: { action: "PROTECT", instances_id } });
    expect(at(await call(list, { path }), "scaling_group_instances.1")).toMatchObject({
      instance_id: cloud.id("web"),
      protect_from_scaling_down: true,
    });
  });

  it("let nobody go below the least size", async () => {
    const { cloud, call } = await open({ kind: "auto-scaling-group", inUse: true });
    const path = { scaling_group_id: cloud.id("owner") };
    const body = { action: "REMOVE", instances_id: [cloud.id("web")], instance_delete: "no" };
    expect(await refusalOf(call(act, { path, body }))).toMatchObject({ status: 400 });
    expect(cloud.view().effects).toEqual([]);
  });

  it("delete a server where a removal says so", async () => {
    const { cloud, call } = await open({ kind: "auto-scaling-group" });
    const api = `as:DELETE ${scaling}/scaling_group_instance/{instance_id}`;
    await call(api, { path: { instance_id: cloud.id("web") }, query: { instance_delete: "yes" } });
    await cloud.clock.advance(20_000);
    expect(cloud.holds("db")).toBe(true);
    expect(cloud.view().instances).toHaveLength(1);
  });
});

describe("vaults and backups", () => {
  const checkpoints = "cbr:POST /v3/{project_id}/checkpoints";
  const backups = "cbr:GET /v3/{project_id}/backups";
  const vault = "/v3/{project_id}/vaults";

  const openVault = async (seed: WorldSeed = {}) => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [
        {
          id: "web",
          disks: [
            { id: "root", sizeGiB: 50 },
            { id: "data", role: "data" },
          ],
        },
        { id: "db" },
      ],
      ...seed,
      backupVault: { id: "vault", ...seed.backupVault },
    });
    const { cloud, call } = fake;
    const path = { vault_id: cloud.id("vault") };
    const join = (name: string) =>
      call(`cbr:POST ${vault}/{vault_id}/addresources`, {
        path,
        body: { resources: [{ id: cloud.id(name), type: "OS::Nova::Server" }] },
      });
    const save = (...details: readonly object[]) =>
      call(checkpoints, {
        body: {
          checkpoint: {
            vault_id: cloud.id("vault"),
            parameters: { name: "mine", description: "run 7", resource_details: details },
          },
        },
      });
    const server = (name: string, extra: object = {}) => ({ id: cloud.id(name), type: "OS::Nova::Server", ...extra });
    return { ...fake, join, save, server };
  };

  it("save a server with all its disks, whose sizes its children tell", async () => {
    const { cloud, call, join, save, server } = await openVault();
    await join("web");
    expect(await save(server("web"))).toMatchObject({
      checkpoint: { status: "protecting", vault: { skipped_resources: [] } },
    });
    expect(await call(backups)).toMatchObject({ count: 1, backups: [{ status: "protecting" }] });
    await cloud.clock.advance(180_000);
    const backup = at(await call(backups, { query: { name: "mine", resource_id: cloud.id("web") } }), "backups.0");
    expect(backup).toMatchObject({
      status: "available",
      description: "run 7",
      resource_size: 90,
      expired_at: null,
      children: [
        { resource_id: cloud.id("root"), resource_size: 50, extend_info: { bootable: true, encrypted: false } },
        { resource_id: cloud.id("data"), resource_size: 40 },
      ],
    });
    expect(cloud.view().snapshots).toMatchObject([
      { state: "completed", diskIds: [cloud.id("root"), cloud.id("data")] },
    ]);
  });

  it("leave a server out without an error, and say so in a list", async () => {
    const { call, join, save, server } = await openVault({ backupVault: { id: "vault", skips: ["db"] } });
    for (const name of ["web", "db"]) await join(name);
    const answer = await save(server("web"), server("db"));
    expect(at(answer, "checkpoint.vault.skipped_resources")).toMatchObject([server("db")]);
    expect(at(await call(backups), "count")).toBe(1);
  });

  it("have nothing to do where every server is left out", async () => {
    const { join, save, server } = await openVault();
    expect(await refusalOf(save(server("web")))).toEqual({ code: "BackupService.0001", status: 400 });
    await join("web");
    await save(server("web"));
    expect(await refusalOf(save(server("web")))).toEqual({ code: "BackupService.0001", status: 400 });
  });

  it("leave out a server with a shared disk, unless the disk is excluded", async () => {
    const disks = [{ id: "root" }, { id: "shared", role: "data", medium: "shared" }] as const;
    const { cloud, call, join, save, server } = await openVault({ instances: [{ id: "web", disks }] });
    await join("web");
    expect(await refusalOf(save(server("web")))).toMatchObject({ status: 400 });
    await save(server("web", { extra_info: { exclude_volumes: [cloud.id("shared")] } }));
    expect(at(await call(backups), "backups.0.children.length")).toBe(1);
  });

  it("take a server into one vault only, and only while there is room", async () => {
    const { cloud, call, join } = await openVault();
    await join("web");
    expect(await refusalOf(join("web"))).toMatchObject({ status: 400 });
    expect(
      await call(`cbr:GET ${vault}`, { query: { resource_ids: `${unknownId},${cloud.id("web")}` } }),
    ).toMatchObject({
      vaults: [{ id: cloud.id("vault"), billing: { object_type: "server", allocated: 90 } }],
    });
    const billing = { consistent_level: "crash_consistent", object_type: "server", protect_type: "backup", size: 10 };
    const made = await call(`cbr:POST ${vault}`, { body: { vault: { name: "small", billing, resources: [] } } });
    const path = { vault_id: textAt(made, "vault.id") };
    const body = { resources: [{ id: cloud.id("db"), type: "OS::Nova::Server" }] };
    expect(await refusalOf(call(`cbr:POST ${vault}/{vault_id}/addresources`, { path, body }))).toMatchObject({
      status: 400,
    });
    const out = { path: { vault_id: cloud.id("vault") }, body: { resource_ids: [cloud.id("web")] } };
    await call(`cbr:POST ${vault}/{vault_id}/removeresources`, out);
    expect(at(await call(`cbr:GET ${vault}`, { query: { resource_ids: cloud.id("web") } }), "count")).toBe(0);
  });

  it("keep backups of a server that is gone until somebody deletes them", async () => {
    const { cloud, call, join, save, server } = await openVault();
    await join("web");
    await save(server("web"));
    const path = { backup_id: textAt(await call(backups), "backups.0.id") };
    const one = "/v3/{project_id}/backups/{backup_id}";
    expect(await refusalOf(call(`cbr:DELETE ${one}`, { path }))).toMatchObject({ status: 400 });
    await cloud.clock.advance(180_000);
    cloud.meddle({ remove: ["web"] });
    expect(at(await call(`cbr:GET ${one}`, { path }), "backup.status")).toBe("available");
    await call(`cbr:DELETE ${one}`, { path });
    await cloud.clock.advance(10_000);
    expect(cloud.view().snapshots).toEqual([]);
  });

  it.each([
    ["fails", "error"],
    ["stuck", "protecting"],
    ["too-small", "available"],
  ] as const)("end as their disks are made to: %s", async (snapshots, status) => {
    const { cloud, call, join, save, server } = await openVault({ instances: [{ id: "web", disks: [{ snapshots }] }] });
    await join("web");
    await save(server("web"));
    await cloud.clock.advance(3_600_000);
    expect(at(await call(backups), "backups.0")).toMatchObject({
      status,
      resource_size: snapshots === "too-small" ? 20 : 40,
    });
  });
});

describe("clusters", () => {
  it("show nodes with their servers, and mark the servers", async () => {
    const { cloud, call } = await open({ kind: "cluster-node" });
    const clusters = "cce:GET /api/v3/projects/{project_id}/clusters";
    expect(at(await call(clusters), "items.0.metadata.uid")).toBe(cloud.id("owner"));
    const nodes = await call(`${clusters}/{cluster_id}/nodes`, { path: { cluster_id: cloud.id("owner") } });
    expect(at(nodes, "items.0.status.serverId")).toBe(cloud.id("web"));
    const server = await call("ecs:GET /v1/{project_id}/cloudservers/{server_id}", {
      path: { server_id: cloud.id("web") },
    });
    expect(at(server, "server.metadata.CCE-Cluster-ID")).toBe(cloud.id("owner"));
  });

  it("delete a server with its node, unless the node is held", async () => {
    const drop = async (inUse: boolean) => {
      const fake = await open({ kind: "cluster-node", inUse });
      const base = "/api/v3/projects/{project_id}/clusters/{cluster_id}/nodes";
      const path = { cluster_id: fake.cloud.id("owner") };
      const node_id = textAt(await fake.call(`cce:GET ${base}`, { path }), "items.0.metadata.uid");
      return { ...fake, answer: fake.call(`cce:DELETE ${base}/{node_id}`, { path: { ...path, node_id } }) };
    };
    const free = await drop(false);
    await free.answer;
    await free.cloud.clock.advance(30_000);
    expect(free.cloud.view().instances).toHaveLength(1);
    expect(await refusalOf((await drop(true)).answer)).toMatchObject({ status: 409 });
  });
});

it("tells the state of a key by KMS's numbers", async () => {
  const { cloud, call } = await openFake();
  cloud.seed([{ id: "web", disks: [{ encrypted: true, keyState: "disabled" }] }]);
  const key_id = at(await call("evs:GET /v2/{project_id}/cloudvolumes/detail"), "volumes.0.metadata.__system__cmkid");
  const describeKey = "kms:POST /v1.0/{project_id}/kms/describe-key";
  expect(at(await call(describeKey, { body: { key_id } }), "key_info.key_state")).toBe("3");
  expect(await refusalOf(call(describeKey, { body: { key_id: unknownId } }))).toMatchObject({ status: 404 });
});

it("tells disks of the host only in the specifications of a flavor", async () => {
  const { cloud, call } = await openFake();
  const local = { role: "data", medium: "local", sizeGiB: 1_800 } as const;
  cloud.seed([{ id: "web", disks: [{ role: "system" }, { id: "scratch", ...local }, local] }]);
  const server = at(await call("ecs:GET /v1/{project_id}/cloudservers/detail"), "servers.0");
  expect(at(server, "os-extended-volumes:volumes_attached.length")).toBe(1);
  const query = { flavor_id: textAt(server, "flavor.id") };
  const flavors = await call("ecs:GET /v1/{project_id}/cloudservers/flavors", { query });
  expect(at(flavors, "flavors.0.os_extra_specs.quota:local_disk")).toBe("hdd:2:1800:sata");
  expect(cloud.id("scratch")).toBe(`${cloud.id("web")}/local0`);
  expect(cloud.holds("scratch")).toBe(true);
});

it("writes tags of many servers at once", async () => {
  const { cloud, call } = await openFake();
  cloud.seed([{ id: "web" }, { id: "db" }]);
  const resources = ["web", "db"].map((name) => ({ resource_id: cloud.id(name), resource_type: "ecs" }));
  const body = {
    resources: [...resources, { resource_id: unknownId, resource_type: "ecs" }],
    tags: [{ key: "k", value: "v" }],
  };
  const answer = await call("tms:POST /v1.0/resource-tags/batch-create", { body });
  expect(at(answer, "failed_resources.length")).toBe(1);
  expect(cloud.view().instances.map(({ tags }) => tags)).toEqual([{ k: "v" }, { k: "v" }]);
});
