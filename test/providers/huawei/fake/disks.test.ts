import { describe, expect, it } from "vitest";
import type { SeedDisk } from "../../../../src/testing/seed.js";
import { at, openFake, refusalOf, textAt } from "./open.js";

const unknownId = "99999999-9999-4999-a999-999999999999";
const volumes = "evs:GET /v2/{project_id}/cloudvolumes/detail";
const removeVolume = "evs:DELETE /v2/{project_id}/cloudvolumes/{volume_id}";
const device = "/v1/{project_id}/cloudservers/{server_id}/block_device/{volume_id}";
const detach = "ecs:DELETE /v1/{project_id}/cloudservers/{server_id}/detachvolume/{volume_id}";
const createGroup = "evs:POST /v5/{project_id}/snapshot-groups";
const standard = "evs:GET /v5/{project_id}/snapshots/detail";
const legacy = "/v2/{project_id}/cloudsnapshots";

describe("disks", () => {
  it("are listed with truth values that are texts, and with what they hang on", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", encrypted: true }] }]);
    expect(at(await call(volumes), "volumes.0")).toMatchObject({
      id: cloud.id("root"),
      status: "in-use",
      bootable: "true",
      multiattach: false,
      encrypted: true,
      metadata: { __system__encrypted: "1", __system__cmkid: expect.any(String) },
      attachments: [{ server_id: cloud.id("web"), device: "/dev/vda", volume_id: cloud.id("root") }],
    });
  });

  it("are found by server, by a list of ids in quotes, and by pages from 0", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web" }], disks: [{ id: "one" }, { id: "two" }] });
    const found = async (query: Readonly<Record<string, unknown>>) =>
      at(await call(volumes, { query }), "volumes.length");
    expect(await found({ server_id: cloud.id("web") })).toBe(1);
    expect(await found({ ids: `['${cloud.id("one")}','${cloud.id("two")}']` })).toBe(2);
    expect(await found({ limit: 2, offset: 2 })).toBe(1);
    expect(await refusalOf(call(volumes, { query: { ids: cloud.id("one") } }))).toMatchObject({ status: 400 });
  });

  it("tell that they were bought for months by their order", async () => {
    const { cloud, call } = await openFake();
    const disks = [{ id: "root" }, { id: "tied", role: "data", tied: true }, { id: "late", role: "data" }] as const;
    cloud.seed([{ id: "web", billing: "prepaid", disks }]);
    const orders = [0, 1, 2].map(async (index) => at(await call(volumes), `volumes.${index}.metadata.orderID`));
    const [root, tied, late] = await Promise.all(orders);
    expect(root).toMatch(/^CS/);
    expect(tied).toBe(root);
    expect(late).toBe(undefined);
    const server = await call("ecs:GET /v1/{project_id}/cloudservers/detail");
    expect(at(server, "servers.0.metadata")).toMatchObject({ "metering.order_id": root });
  });

  it("are deleted in a job, only when nothing holds them and nobody paid ahead", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web", disks: [{ id: "root" }] }],
      disks: [{ id: "free" }, { id: "paid", billing: "prepaid" }],
    });
    const drop = (id: string) => call(removeVolume, { path: { volume_id: id } });
    expect(await refusalOf(drop(cloud.id("root")))).toEqual({ code: "EVS.1046", status: 400 });
    expect(await refusalOf(drop(cloud.id("paid")))).toMatchObject({ status: 400 });
    expect(await refusalOf(drop(unknownId))).toEqual({ code: "EVS.5404", status: 404 });
    const path = { job_id: textAt(await drop(cloud.id("free")), "job_id") };
    expect(cloud.holds("free")).toBe(false);
    await cloud.clock.advance(10_000);
    expect(await call("evs:GET /v1/{project_id}/jobs/{job_id}", { path })).toMatchObject({
      status: "SUCCESS",
      entities: { volume_id: cloud.id("free") },
    });
    expect(cloud.view().disks).toHaveLength(2);
  });

  it("go into their own bin when they are old enough, and come back or go for good from there", async () => {
    const { cloud, call } = await openFake({ now: "2026-01-02T00:00:00Z" });
    cloud.seed({
      disks: [{ id: "one" }, { id: "two" }, { id: "three" }],
      bins: { disk: { enabled: true, hours: 48 } },
    });
    await cloud.clock.advance(8 * 86_400_000);
    cloud.seed({ disks: [{ id: "young" }] });
    for (const name of ["one", "two", "three", "young"])
      await call(removeVolume, { path: { volume_id: cloud.id(name) } });
    await cloud.clock.advance(10_000);
    expect(cloud.view().disks.map(({ state }) => state)).toEqual(["recycled", "recycled", "recycled"]);
    expect(at(await call(volumes), "volumes.length")).toBe(0);
    const bin = "/v3/{project_id}/recycle-bin-volumes";
    expect(at(await call(`evs:GET ${bin}/detail`), "volumes.0")).toMatchObject({
      pre_deleted_at: "2026-01-10T00:00:10.000000",
      plan_delete_at: "2026-01-12T00:00:10.000000",
    });
    await call(`evs:POST ${bin}/{volume_id}/revert`, { path: { volume_id: cloud.id("one") } });
    await call(`evs:DELETE ${bin}/{volume_id}`, { path: { volume_id: cloud.id("two") } });
    expect(cloud.view().disks.map(({ state }) => state)).toEqual(["free", "recycled"]);
    await cloud.clock.advance(48 * 3_600_000);
    expect(cloud.view().disks).toHaveLength(1);
  });

  it("in the bin with their server can neither come back nor go without it", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", state: "recycled", disks: [{ id: "root" }] }]);
    const path = { volume_id: cloud.id("root") };
    const bin = "/v3/{project_id}/recycle-bin-volumes/{volume_id}";
    expect(await refusalOf(call(`evs:POST ${bin}/revert`, { path }))).toMatchObject({ code: "EVS.5400" });
    expect(await refusalOf(call(`evs:DELETE ${bin}`, { path }))).toMatchObject({ code: "EVS.5400" });
  });
});

describe("disks of a server", () => {
  const disks = [
    { id: "root", role: "system" },
    { id: "data", role: "data" },
    { id: "shared", role: "data", medium: "shared" },
    { id: "paid", role: "data", billing: "prepaid" },
  ] as const;

  it("are listed by ECS as well, with numbers, and once more with texts", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", sizeGiB: 50 }] }]);
    const path = { server_id: cloud.id("web") };
    const base = "ecs:GET /v1/{project_id}/cloudservers/{server_id}";
    expect(at(await call(`${base}/block_device`, { path }), "volumeAttachments.0")).toMatchObject({
      volumeId: cloud.id("root"),
      size: 50,
      bootIndex: 0,
    });
    expect(at(await call(`${base}/os-volume_attachments`, { path }), "volumeAttachments.0.size")).toBe("50");
  });

  it("change whether they go along, except for the system disk, shared and prepaid ones", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks }]);
    const set = (name: string) =>
      call(`ecs:PUT ${device}`, {
        path: { server_id: cloud.id("web"), volume_id: cloud.id(name) },
        body: { block_device: { delete_on_termination: true } },
      });
    await set("data");
    expect(cloud.view().disks.find(({ id }) => id === cloud.id("data"))?.deletedWithInstance).toBe(true);
    for (const name of ["root", "shared", "paid"]) expect(await refusalOf(set(name))).toMatchObject({ status: 400 });
    const path = { server_id: cloud.id("web"), volume_id: unknownId };
    expect(await refusalOf(call(`ecs:GET ${device}`, { path }))).toEqual({ code: "Ecs.1000", status: 400 });
  });

  it("are taken off in a job and put back, the system disk only while the server is off", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }, { id: "data", role: "data" }] }]);
    const path = (name: string) => ({ server_id: cloud.id("web"), volume_id: cloud.id(name) });
    expect(await refusalOf(call(detach, { path: path("root") }))).toMatchObject({ code: "Ecs.0100" });
    await call(detach, { path: path("data") });
    expect(at(await call(volumes, { query: { id: cloud.id("data") } }), "volumes.0.status")).toBe("detaching");
    expect(await refusalOf(call(detach, { path: path("data") }))).toMatchObject({ code: "Ecs.0102" });
    await cloud.clock.advance(5_000);
    expect(cloud.view().disks[1]?.state).toBe("free");
    await call("ecs:POST /v1/{project_id}/cloudservers/{server_id}/attachvolume", {
      path: path("data"),
      body: { volumeAttachment: { volumeId: cloud.id("data") } },
    });
    await cloud.clock.advance(5_000);
    expect(cloud.view().disks[1]?.state).toBe("attached");
  });

  it("cannot be taken off when they were bought with it, or when it is locked", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      { id: "paid", billing: "prepaid", disks: [{ role: "system" }, { id: "tied", role: "data", tied: true }] },
      { id: "locked", terminationProtection: true, disks: [{ role: "system" }, { id: "data", role: "data" }] },
    ]);
    const off = (server: string, disk: string) =>
      call(detach, { path: { server_id: cloud.id(server), volume_id: cloud.id(disk) } });
    expect(await refusalOf(off("paid", "tied"))).toMatchObject({ code: "Ecs.0103" });
    expect(await refusalOf(off("locked", "data"))).toMatchObject({ code: "Ecs.0605" });
  });
});

describe("legacy snapshots", () => {
  it("of an attached disk need force, one at a time, seven at most", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }] }]);
    const create = (force?: boolean) =>
      call(`evs:POST ${legacy}`, {
        body: { snapshot: { volume_id: cloud.id("root"), ...(force === undefined ? {} : { force }) } },
      });
    expect(await refusalOf(create())).toMatchObject({ code: "EVS.5400" });
    expect(await create(true)).toMatchObject({ snapshot: { status: "creating", volume_id: cloud.id("root") } });
    expect(await refusalOf(create(true))).toEqual({ code: "EVS.2409", status: 409 });
    for (let made = 1; made < 7; made++) {
      await cloud.clock.advance(60_000);
      await create(true);
    }
    await cloud.clock.advance(60_000);
    expect(await refusalOf(create(true))).toMatchObject({ status: 400 });
  });

  it("die with their disk, even in the bin, where standard ones live on", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web", createdAt: "2025-01-01T00:00:00Z", disks: [{ id: "root" }] }],
      owners: [
        { kind: "snapshot", id: "old", members: ["root"] },
        { kind: "snapshot", id: "new", members: ["root"], variant: "standard" },
      ],
      bins: { instance: { enabled: true } },
    });
    const body = { servers: [{ id: cloud.id("web") }], delete_volume: false, delete_publicip: false };
    await call("ecs:POST /v1/{project_id}/cloudservers/delete", { body });
    expect(cloud.view().snapshots).toHaveLength(2);
    await cloud.clock.advance(31_000);
    expect(cloud.view().disks[0]?.state).toBe("recycled");
    expect(cloud.view().snapshots.map(({ id }) => id)).toEqual([cloud.id("new")]);
    expect(at(await call(`evs:GET ${legacy}/detail`), "count")).toBe(0);
    expect(at(await call(standard), "count")).toBe(1);
  });

  it("are deleted only when they are done", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ disks: [{ id: "free" }] });
    const made = await call(`evs:POST ${legacy}`, { body: { snapshot: { volume_id: cloud.id("free") } } });
    const path = { snapshot_id: textAt(made, "snapshot.id") };
    expect(await refusalOf(call(`evs:DELETE ${legacy}/{snapshot_id}`, { path }))).toMatchObject({ code: "EVS.1047" });
    await cloud.clock.advance(60_000);
    await call(`evs:DELETE ${legacy}/{snapshot_id}`, { path });
    await cloud.clock.advance(10_000);
    expect(cloud.view().snapshots).toEqual([]);
  });
});

describe("groups of standard snapshots", () => {
  const open = async (root: SeedDisk = {}) => {
    const fake = await openFake();
    fake.cloud.seed([
      {
        id: "web",
        disks: [
          { id: "root", role: "system", ...root },
          { id: "data", role: "data" },
        ],
      },
    ]);
    const make = (over: object = {}) =>
      fake.call(createGroup, {
        body: { snapshot_group: { server_id: fake.cloud.id("web"), name: "mine", tags: { run: "7" }, ...over } },
      });
    return { ...fake, make };
  };

  it("save every disk of a server at once, and are found by name, server and tag", async () => {
    const { cloud, call, make } = await open();
    const made = await make();
    const query = { snapshot_group_id: textAt(made, "snapshot_group_id") };
    expect(at(await call(standard, { query }), "snapshots.0")).toMatchObject({
      status: "creating",
      tags: { run: "7" },
      encrypted: false,
    });
    await cloud.clock.advance(61_000);
    expect(at(await call(standard, { query }), "snapshots.length")).toBe(2);
    const groups = "evs:GET /v5/{project_id}/snapshot-groups/detail";
    for (const filter of [{ name: "mine" }, { server_id: cloud.id("web") }, { tags: '{"run":"7"}' }])
      expect(await call(groups, { query: filter })).toMatchObject({
        count: 1,
        snapshot_groups: [{ status: "available" }],
      });
    expect(at(await call(groups, { query: { name: "other" } }), "count")).toBe(0);
    const path = { job_id: textAt(made, "job_id") };
    expect(at(await call("evs:GET /v1/{project_id}/jobs/{job_id}", { path }), "status")).toBe("SUCCESS");
    expect(cloud.view().snapshots).toMatchObject([{ state: "completed", tags: { run: "7" } }]);
  });

  it("save some disks of one server, and none of another", async () => {
    const { cloud, call, make } = await open();
    cloud.seed({ disks: [{ id: "free" }] });
    await make({ volume_ids: [cloud.id("data")] });
    expect(at(await call(standard), "snapshots.0.volume_id")).toBe(cloud.id("data"));
    expect(await refusalOf(make({ volume_ids: [cloud.id("free")] }))).toMatchObject({ status: 400 });
  });

  const ends = [
    ["fails", "error", "FAIL", "failed"],
    ["stuck", "creating", "RUNNING", "pending"],
    ["complete", "available", "SUCCESS", "completed"],
  ] as const;
  it.each(ends)("end as their disks are made to: %s", async (snapshots, status, jobStatus, shown) => {
    const { cloud, call, make } = await open({ snapshots });
    const path = { job_id: textAt(await make(), "job_id") };
    await cloud.clock.advance(3_600_000);
    expect(at(await call(standard, { query: { volume_id: cloud.id("root") } }), "snapshots.0.status")).toBe(status);
    expect(at(await call("evs:GET /v1/{project_id}/jobs/{job_id}", { path }), "status")).toBe(jobStatus);
    expect(cloud.view().snapshots[0]?.state).toBe(shown);
  });

  it("are refused, too small, or gone, where a disk is made so", async () => {
    const refusing = await open({ snapshots: "refused" });
    expect(await refusalOf(refusing.make())).toMatchObject({ code: "EVS.5400", status: 400 });
    const small = await open({ snapshots: "too-small" });
    await small.make();
    const query = { volume_id: small.cloud.id("root") };
    expect(at(await small.call(standard, { query }), "snapshots.0.size")).toBe(20);
    const fading = await open({ snapshots: "vanishes" });
    await fading.make();
    await fading.cloud.clock.advance(61_000);
    expect(at(await fading.call(standard), "count")).toBe(1);
  });

  it("wait for each other, and end at the account's quota", async () => {
    const { cloud, make } = await open();
    await make();
    expect(await refusalOf(make())).toEqual({ code: "EVS.2409", status: 400 });
    await cloud.clock.advance(61_000);
    cloud.seed({ quotas: { snapshots: 1 } });
    expect(await refusalOf(make())).toMatchObject({ status: 403 });
  });

  it("go with their snapshots, outlive the server, and take other tags", async () => {
    const { cloud, call, make } = await open();
    const path = { snapshot_group_id: textAt(await make(), "snapshot_group_id") };
    const one = "/v5/{project_id}/snapshot-groups/{snapshot_group_id}";
    expect(await refusalOf(call(`evs:DELETE ${one}`, { path }))).toMatchObject({ code: "EVS.1047" });
    await cloud.clock.advance(61_000);
    cloud.meddle({ remove: ["web"] });
    await call(`evs:POST ${one}/tags/create`, { path, body: { tags: [{ key: "kept", value: "yes" }] } });
    await call(`evs:POST ${one}/tags/delete`, { path, body: { tags: [{ key: "run" }] } });
    expect(at(await call(`evs:GET ${one}`, { path }), "snapshot_group.tags")).toEqual({ kept: "yes" });
    await call(`evs:DELETE ${one}`, { path });
    await cloud.clock.advance(10_000);
    expect(at(await call(standard), "count")).toBe(0);
  });
});
