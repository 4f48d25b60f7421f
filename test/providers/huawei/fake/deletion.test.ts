import { describe, expect, it } from "vitest";
import type { SeedInstance, WorldSeed } from "../../../../src/testing/seed.js";
import { at, openFake, refusalOf, textAt } from "./open.js";

const unknownId = "99999999-9999-4999-a999-999999999999";
const remove = "ecs:POST /v1/{project_id}/cloudservers/delete";
const show = "ecs:GET /v1/{project_id}/cloudservers/{server_id}";
const job = "ecs:GET /v1/{project_id}/jobs/{job_id}";
const keep = { delete_publicip: false, delete_volume: false };
const old = "2025-01-01T00:00:00Z";

/** A world, and the deletion of some of its servers with its job at the end. */
async function deleting(seed: WorldSeed | readonly SeedInstance[], names: readonly string[], flags: object = keep) {
  const fake = await openFake();
  fake.cloud.seed(seed);
  const servers = names.map((name) => ({ id: fake.cloud.id(name) }));
  const answer = await fake.call(remove, { body: { servers, ...flags } });
  const path = { job_id: textAt(answer, "job_id") };
  return { ...fake, jobNow: () => fake.call(job, { path }) };
}

describe("deleting servers", () => {
  it("goes on showing the state of a server, and shows it once more after the job's success", async () => {
    const { cloud, call, jobNow } = await deleting([{ id: "web" }], ["web"]);
    const path = { server_id: cloud.id("web") };
    expect(at(await call(show, { path }), "server")).toMatchObject({
      status: "ACTIVE",
      "OS-EXT-STS:task_state": "deleting",
    });
    expect(cloud.holds("web")).toBe(false);
    await cloud.clock.advance(30_000);
    expect(await jobNow()).toMatchObject({ status: "SUCCESS", job_type: "deleteVMs", error_code: null });
    expect(at(await call(show, { path }), "server.id")).toBe(cloud.id("web"));
    await cloud.clock.advance(5_000);
    expect(await refusalOf(call(show, { path }))).toEqual({ code: "Ecs.0114", status: 404 });
  });

  it("forgets the job after a day", async () => {
    const { cloud, jobNow } = await deleting([{ id: "web" }], ["web"]);
    await cloud.clock.advance(23 * 3_600_000);
    expect(at(await jobNow(), "status")).toBe("SUCCESS");
    await cloud.clock.advance(2 * 3_600_000);
    expect(await refusalOf(jobNow())).toMatchObject({ status: 404 });
  });

  const disks = [
    { id: "root", role: "system" },
    { id: "flagged", role: "data", deletedWithInstance: true },
    { id: "plain", role: "data" },
    { id: "shared", role: "data", medium: "shared" },
  ] as const;

  it("takes the system disk and flagged ones along, and leaves the others free", async () => {
    const { cloud } = await deleting([{ id: "web", disks }], ["web"]);
    await cloud.clock.advance(60_000);
    expect(disks.map(({ id }) => id).filter((id) => cloud.holds(id))).toEqual(["plain", "shared"]);
    expect(cloud.view().disks.find(({ id }) => id === cloud.id("plain"))?.state).toBe("free");
  });

  it("takes every data disk but a shared one along where delete_volume says so", async () => {
    const { cloud } = await deleting([{ id: "web", disks }], ["web"], { delete_volume: true, delete_publicip: false });
    await cloud.clock.advance(60_000);
    expect(disks.map(({ id }) => id).filter((id) => cloud.holds(id))).toEqual(["shared"]);
  });

  it.each([
    ["keeps addresses where delete_publicip is false", keep, true],
    ["releases them where it is true", { delete_publicip: true, delete_volume: false }, false],
    ["leaves it to their own flag where it is absent", { delete_volume: false }, false],
  ] as const)("%s", async (_name, flags, stays) => {
    const seed = [{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }] as const;
    const { cloud } = await deleting(seed, ["web"], flags);
    await cloud.clock.advance(60_000);
    expect(cloud.view().addresses.length === 1).toBe(stays);
  });

  it("keeps a yearly/monthly address whatever the flags say", async () => {
    const seed = [{ id: "web", addresses: [{ id: "front", kind: "elastic", billing: "prepaid" }] }] as const;
    const { cloud } = await deleting(seed, ["web"], { delete_publicip: true });
    await cloud.clock.advance(60_000);
    expect(cloud.view().addresses).toHaveLength(1);
  });

  it("leaves ports that were there before the server, and its own ones for some seconds", async () => {
    const seed = [
      { id: "web", extraInterfaces: [{ id: "made", deletedWithInstance: true }, { id: "ready" }] },
    ] as const;
    const { cloud, call } = await deleting(seed, ["web"]);
    const ports = async () => at(await call("vpc:GET /v1/{project_id}/ports"), "ports.length");
    await cloud.clock.advance(36_000);
    expect(cloud.view().instances).toEqual([]);
    expect(await ports()).toBe(3);
    await cloud.clock.advance(5_000);
    expect(await ports()).toBe(1);
    expect(cloud.holds("ready")).toBe(true);
  });

  it("refuses a whole batch for one id that is no server, is bought for months, or is locked", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }, { id: "paid", billing: "prepaid" }, { id: "locked", terminationProtection: true }]);
    const attempt = (id: string) =>
      refusalOf(call(remove, { body: { servers: [{ id: cloud.id("web") }, { id }], ...keep } }));
    expect(await attempt(unknownId)).toEqual({ code: "Ecs.0114", status: 404 });
    expect(await attempt(cloud.id("paid"))).toEqual({ code: "Ecs.0005", status: 400 });
    expect(await attempt(cloud.id("locked"))).toEqual({ code: "Ecs.0605", status: 400 });
    expect(await attempt(cloud.id("web"))).toEqual({ code: "Ecs.0005", status: 400 });
    expect(cloud.holds("web")).toBe(true);
    expect(cloud.view().effects).toEqual([]);
  });

  const troubles: readonly (readonly [string, Partial<SeedInstance>, string])[] = [
    ["resized", { busy: { operation: "resize", forMs: 600_000 } }, "Ecs.0100"],
    ["rescued", { busy: { operation: "rescue", forMs: 600_000 } }, "Ecs.0100"],
    ["being deleted already", { state: "terminating" }, "Ecs.0100"],
    ["frozen by the police", { locks: [{ unified: "security" }] }, "Ecs.0030"],
    ["being saved", { busy: { operation: "snapshot", forMs: 600_000 } }, "Ecs.0073"],
  ];
  it.each(troubles)("fails the part of a server that is %s, and deletes the others", async (_name, over, code) => {
    const { cloud, jobNow } = await deleting([{ id: "web" }, { id: "odd", ...over }], ["web", "odd"]);
    await cloud.clock.advance(31_000);
    expect(await jobNow()).toMatchObject({
      status: "FAIL",
      error_code: code,
      entities: { sub_jobs: [{ status: "SUCCESS" }, { status: "FAIL", error_code: code }] },
    });
    expect(cloud.view().effects).toMatchObject([{ id: cloud.id("web"), count: 1 }]);
  });

  it("deletes a server that is frozen for arrears", async () => {
    const { cloud } = await deleting([{ id: "web", locks: [{ unified: "overdue" }] }], ["web"]);
    await cloud.clock.advance(60_000);
    expect(cloud.view().instances).toEqual([]);
  });

  it("lets a conversion end by itself, whose lock refuses until then", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", busy: { operation: "conversion", forMs: 60_000 } }]);
    const body = { servers: [{ id: cloud.id("web") }], ...keep };
    expect(await refusalOf(call(remove, { body }))).toMatchObject({ code: "Ecs.0605" });
    await cloud.clock.advance(60_000);
    await call(remove, { body });
    expect(cloud.holds("web")).toBe(false);
  });

  it("deletes one by Nova's way, without a job", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const answer = await call("ecs:DELETE /v2.1/{project_id}/servers/{server_id}", {
      path: { server_id: cloud.id("web") },
    });
    expect(at(answer, "httpStatusCode")).toBe(204);
    await cloud.clock.advance(60_000);
    expect(cloud.view().instances).toEqual([]);
  });
});

describe("the recycle bin", () => {
  const bin = { instance: { enabled: true, hours: 24, minimumAgeDays: 7 } } as const;
  const list = "ecs:GET /v1/{project_id}/recycle-bin/cloudservers";
  const revert = "ecs:POST /v1/{project_id}/recycle-bin/cloudservers/{server_id}/actions/revert";
  const purge = "ecs:DELETE /v1/{project_id}/recycle-bin/cloudservers/{server_id}";

  it("is off in a fresh project", async () => {
    const { call } = await openFake();
    expect(await call("ecs:GET /v1/{project_id}/recycle-bin")).toMatchObject({
      switch: "off",
      policy: { retention_hour: 168, recycle_threshold_day: 7 },
    });
    expect(await call("evs:GET /v3/{project_id}/recycle-bin-volumes/policy")).toMatchObject({
      switch: false,
      threshold_time: 7,
      keep_time: 7,
    });
  });

  it("is switched on only with that of disks, and off only when it is empty", async () => {
    const { cloud, call } = await openFake();
    const turn = (word: string) =>
      call("ecs:PUT /v1/{project_id}/recycle-bin", { body: { recycle_bin: { switch: word } } });
    expect(await refusalOf(turn("on"))).toMatchObject({ status: 400 });
    await call("evs:PUT /v3/{project_id}/recycle-bin-volumes/policy", { body: { switch: true } });
    await turn("on");
    const body = { policy: { retention_hour: 24, recycle_threshold_day: 1 } };
    await call("ecs:PUT /v1/{project_id}/recycle-bin/policy", { body });
    expect(await call("ecs:GET /v1/{project_id}/recycle-bin")).toMatchObject({ switch: "on", ...body });
    cloud.seed([{ id: "web", state: "recycled" }]);
    expect(await refusalOf(turn("off"))).toMatchObject({ status: 400 });
  });

  it("takes a deleted server with its disks, stopped, until its hours are over", async () => {
    const seed = {
      instances: [{ id: "web", createdAt: old, disks: [{ id: "root" }, { id: "plain", role: "data" }] }],
      bins: bin,
    } as const;
    const { cloud, call } = await deleting(seed, ["web"]);
    await cloud.clock.advance(31_000);
    expect(cloud.view().instances[0]?.state).toBe("recycled");
    expect(cloud.view().disks.map(({ state }) => state)).toEqual(["recycled", "free"]);
    expect(await call(list)).toMatchObject({ servers: [{ id: cloud.id("web"), status: "SOFT_DELETED" }] });
    expect(at(await call("ecs:GET /v1/{project_id}/cloudservers/detail"), "servers.length")).toBe(0);
    const summaries = "ecs:GET /v1.1/{project_id}/cloudservers/detail";
    expect(at(await call(summaries, { query: { in_recycle_bin: true } }), "servers.0.in_recycle_bin")).toBe(true);
    expect(at(await call(summaries, { query: { in_recycle_bin: false } }), "servers.length")).toBe(0);
    expect(at(await call(show, { path: { server_id: cloud.id("web") } }), "server.status")).toBe("SOFT_DELETED");
    await cloud.clock.advance(24 * 3_600_000);
    expect(cloud.view().instances).toEqual([]);
    expect(cloud.holds("root")).toBe(false);
  });

  const bypassing: readonly (readonly [string, WorldSeed])[] = [
    ["is too young", { instances: [{ id: "web" }] }],
    ["is a spot server", { instances: [{ id: "web", createdAt: old, billing: "spot" }] }],
    [
      "has a time to go by itself",
      { instances: [{ id: "web", createdAt: old, scheduledReleaseAt: "2026-06-01T00:00:00Z" }] },
    ],
    ["is frozen", { instances: [{ id: "web", createdAt: old, locks: [{ unified: "overdue" }] }] }],
    ["is of an account in arrears", { instances: [{ id: "web", createdAt: old }], accountState: "overdue" }],
  ];
  it.each(bypassing)("does not take a server that %s", async (_name, seed) => {
    const { cloud } = await deleting({ ...seed, bins: bin }, ["web"]);
    await cloud.clock.advance(60_000);
    expect(cloud.view().instances).toEqual([]);
  });

  it("gives a server back stopped, with its disks", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", state: "recycled", disks: [{ id: "root" }] }, { id: "live" }]);
    const path = { server_id: cloud.id("web") };
    const answer = await call(revert, { path });
    await cloud.clock.advance(20_000);
    expect(at(await call(job, { path: { job_id: textAt(answer, "job_id") } }), "status")).toBe("SUCCESS");
    expect(cloud.view().instances[0]?.state).toBe("stopped");
    expect(cloud.view().disks[0]?.state).toBe("attached");
    expect(await refusalOf(call(revert, { path: { server_id: cloud.id("live") } }))).toMatchObject({ status: 404 });
  });

  it("purges for good, data disks in it included", async () => {
    const { cloud, call } = await openFake();
    const disks = [{ id: "root" }, { id: "data", role: "data", deletedWithInstance: true }] as const;
    cloud.seed([{ id: "web", state: "recycled", disks }]);
    await call(purge, { path: { server_id: cloud.id("web") } });
    await cloud.clock.advance(20_000);
    expect(cloud.view().instances).toEqual([]);
    expect(cloud.view().disks).toEqual([]);
  });

  it("keeps what is in it from every other request", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", state: "recycled" }]);
    const servers = [{ id: cloud.id("web") }];
    expect(await refusalOf(call(remove, { body: { servers } }))).toMatchObject({ code: "Ecs.0100" });
    const start = { "os-start": { servers } };
    expect(await refusalOf(call("ecs:POST /v1/{project_id}/cloudservers/action", { body: start }))).toMatchObject({
      code: "Ecs.0100",
    });
  });
});
