import { describe, expect, it } from "vitest";
import { at, openFake, refusalOf, textAt } from "./open.js";

const unknownId = "99999999-9999-4999-a999-999999999999";
const details = "ecs:GET /v1/{project_id}/cloudservers/detail";
const summaries = "ecs:GET /v1.1/{project_id}/cloudservers/detail";
const show = "ecs:GET /v1/{project_id}/cloudservers/{server_id}";
const act = "ecs:POST /v1/{project_id}/cloudservers/action";
const job = "ecs:GET /v1/{project_id}/jobs/{job_id}";
const novaAct = "ecs:POST /v2.1/{project_id}/servers/{server_id}/action";

describe("listing servers", () => {
  it("gives an id that is no server an entry of id and fault alone", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const answer = await call(details, { query: { server_id: `${cloud.id("web")},${unknownId}`, limit: 100 } });
    expect(at(answer, "servers.0.status")).toBe("ACTIVE");
    expect(at(answer, "servers.1")).toMatchObject({
      id: unknownId,
      status: null,
      metadata: null,
      fault: { code: 404 },
    });
  });

  it("cuts a list of ids at 25 unless more are asked for, and takes no more than 100", async () => {
    const { cloud, call } = await openFake();
    const seeds = Array.from({ length: 30 }, (_, index) => ({ id: `web-${index}` }));
    cloud.seed(seeds);
    const server_id = seeds.map(({ id }) => cloud.id(id)).join(",");
    expect(at(await call(details, { query: { server_id } }), "servers.length")).toBe(25);
    expect(at(await call(details, { query: { server_id, limit: 100 } }), "servers.length")).toBe(30);
    const many = Array.from({ length: 101 }, (_, index) => `${unknownId.slice(0, -3)}${index + 100}`).join(",");
    expect(await refusalOf(call(details, { query: { server_id: many, limit: 1_000 } }))).toMatchObject({ status: 400 });
  });

  it("counts pages from 1, and overlooks every other filter beside ids", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "a" }, { id: "b" }, { id: "c" }]);
    const page = async (offset: number) => at(await call(details, { query: { limit: 2, offset } }), "servers.length");
    expect([await page(0), await page(1), await page(2), await page(3)]).toEqual([2, 2, 1, 0]);
    const answer = await call(details, { query: { server_id: cloud.id("a"), status: "SHUTOFF", limit: 100 } });
    expect(at(answer, "servers.length")).toBe(1);
  });

  it("goes on behind a marker, and refuses one that nobody knows", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "a" }, { id: "b" }, { id: "c" }]);
    const first = await call(summaries, { query: { limit: 2 } });
    expect(at(first, "servers_links.length")).toBe(1);
    const second = await call(summaries, { query: { limit: 2, marker: textAt(first, "servers.1.id") } });
    expect(at(second, "servers.0.id")).toBe(cloud.id("a"));
    expect(at(second, "servers_links.length")).toBe(0);
    expect(await refusalOf(call(summaries, { query: { marker: unknownId } }))).toMatchObject({ status: 400 });
  });

  it("filters by tags, name, state and address", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      { id: "web", name: "web-1", tags: { team: "shop" }, privateIps: ["192.168.7.7"] },
      { id: "db", name: "db-1", state: "stopped" },
    ]);
    const found = async (query: object) => at(await call(details, { query: { ...query } }), "servers.0.name");
    expect(await found({ tags: "team=shop" })).toBe("web-1");
    expect(await found({ tags: "team" })).toBe("web-1");
    expect(await found({ "not-tags": "team" })).toBe("db-1");
    expect(await found({ name: "db" })).toBe("db-1");
    expect(await found({ status: "SHUTOFF" })).toBe("db-1");
    expect(await found({ ip_eq: "192.168.7.7" })).toBe("web-1");
    expect(await found({ ip_eq: "192.168.7" })).toBe(undefined);
  });

  it("shows truth values of disks as texts in v1 and as such in v1.1, and there only what is asked for", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const disks = at(await call(details), "servers.0.os-extended-volumes:volumes_attached.0");
    expect(disks).toMatchObject({ delete_on_termination: "true", bootIndex: "0" });
    const plain = at(await call(summaries), "servers.0");
    expect(plain).not.toHaveProperty("volumes_attached");
    const full = await call(summaries, { query: { "expect-fields": ["volumes_attached", "market_info"] } });
    expect(at(full, "servers.0")).toMatchObject({
      volumes_attached: [{ delete_on_termination: true }],
      market_info: { charge_mode: "POSTPAID" },
    });
    expect(await refusalOf(call(summaries, { query: { "expect-fields": ["disks"] } }))).toMatchObject({ status: 400 });
  });

  it("shows user data only of a single server, in base64", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", userData: "root:secret" }]);
    expect(JSON.stringify(await call(details))).not.toContain("user_data");
    const server = at(await call(show, { path: { server_id: cloud.id("web") } }), "server");
    expect(at(server, "OS-EXT-SRV-ATTR:user_data")).toBe(Buffer.from("root:secret").toString("base64"));
  });

  it("shows when a yearly/monthly server ends, why one is locked, and that one is frozen", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      { id: "paid", name: "paid", billing: "prepaid", expiresAt: "2026-06-01T00:00:00Z" },
      { id: "order", name: "order", locks: [{ unified: "order", orderId: "CS2601020304ABCDE" }] },
      { id: "user", name: "user", terminationProtection: true },
      { id: "ice", name: "ice", locks: [{ unified: "overdue" }] },
    ]);
    const one = async (name: string, fields: readonly string[]) =>
      at(await call(summaries, { query: { name, "expect-fields": [...fields] } }), "servers.0");
    expect(await one("paid", ["market_info", "metadata"])).toMatchObject({
      market_info: { charge_mode: "PREPAID", prepaid_info: { expired_time: "2026-06-01T00:00:00.000Z" } },
      metadata: { charging_mode: "1" },
    });
    expect(await one("order", ["locked", "metadata"])).toMatchObject({
      locked: true,
      metadata: { lockScene: "TO_PERIOD_LOCK", lockSource: "ORDER", lockSourceId: "CS2601020304ABCDE" },
    });
    expect(await one("user", ["locked", "metadata"])).toMatchObject({ locked: true, metadata: { lockScene: "" } });
    expect(await one("ice", ["metadata"])).toMatchObject({ metadata: { EcmResStatus: "freeze" } });
  });

  it("finds servers by their tags, with a POST that only reads", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", tags: { team: "shop" } }, { id: "db" }]);
    const api = "ecs:POST /v1/{project_id}/cloudservers/resource_instances/action";
    const body = { action: "filter", tags: [{ key: "team", values: ["shop"] }] };
    expect(await call(api, { body })).toMatchObject({ total_count: 1, resources: [{ resource_id: cloud.id("web") }] });
    expect(cloud.requests[0]?.mutating).toBe(false);
  });

  it("lists with the typed client what the generic one lists", async () => {
    const { cloud, ecs } = await openFake();
    cloud.seed([{ id: "web" }]);
    expect(at(await ecs.listServersDetails(), "servers.0.id")).toBe(cloud.id("web"));
  });
});

describe("power", () => {
  const busy = (answer: unknown) => at(answer, "server.OS-EXT-STS:task_state");

  it("stops and starts in jobs, while the state stays what it was", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const path = { server_id: cloud.id("web") };
    const servers = [{ id: cloud.id("web") }];
    const stopped = await call(act, { body: { "os-stop": { servers } } });
    expect(busy(await call(show, { path }))).toBe("powering-off");
    expect(at(await call(job, { path: { job_id: textAt(stopped, "job_id") } }), "status")).toBe("RUNNING");
    await cloud.clock.advance(25_000);
    expect(at(await call(show, { path }), "server")).toMatchObject({ status: "SHUTOFF", "OS-EXT-STS:power_state": 4 });
    expect(at(await call(job, { path: { job_id: textAt(stopped, "job_id") } }), "status")).toBe("SUCCESS");
    await call(act, { body: { "os-start": { servers } } });
    await cloud.clock.advance(25_000);
    expect(at(await call(show, { path }), "server.status")).toBe("ACTIVE");
  });

  it("stops sooner by force", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    await call(act, { body: { "os-stop": { servers: [{ id: cloud.id("web") }], type: "HARD" } } });
    await cloud.clock.advance(5_000);
    expect(cloud.view().instances[0]?.state).toBe("stopped");
  });

  it("fails the part of one server and goes on with the others", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }, { id: "busy", busy: { operation: "resize", forMs: 600_000 } }]);
    const servers = [{ id: cloud.id("web") }, { id: cloud.id("busy") }];
    const path = { job_id: textAt(await call(act, { body: { "os-stop": { servers } } }), "job_id") };
    await cloud.clock.advance(30_000);
    expect(await call(job, { path })).toMatchObject({
      status: "FAIL",
      error_code: "Ecs.0100",
      entities: {
        sub_jobs_total: 2,
        sub_jobs: [
          { status: "SUCCESS", entities: { server_id: cloud.id("web") } },
          { status: "FAIL", error_code: "Ecs.0100", entities: { server_id: cloud.id("busy") } },
        ],
      },
    });
    expect(cloud.view().instances.map(({ state }) => state)).toEqual(["stopped", "stopped"]);
  });

  it("takes no effect on what is stopped already", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", state: "stopped" }]);
    await call(act, { body: { "os-stop": { servers: [{ id: cloud.id("web") }] } } });
    expect(cloud.view().effects).toEqual([]);
  });

  it("refuses two actions at once, a locked server and an unknown one", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }, { id: "locked", locks: [{ unified: "user" }] }]);
    const stop = (id: string) => ({ "os-stop": { servers: [{ id }] } });
    const both = { ...stop(cloud.id("web")), "os-start": { servers: [{ id: cloud.id("web") }] } };
    expect(await refusalOf(call(act, { body: both }))).toMatchObject({ code: "Ecs.0005" });
    expect(await refusalOf(call(act, { body: stop(cloud.id("locked")) }))).toEqual({ code: "Ecs.0605", status: 400 });
    expect(await refusalOf(call(act, { body: stop(unknownId) }))).toEqual({ code: "Ecs.0114", status: 404 });
  });

  it("answers Nova's actions with 202 and nothing", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const path = { server_id: cloud.id("web") };
    expect(at(await call(novaAct, { path, body: { "os-stop": null } }), "httpStatusCode")).toBe(202);
    await cloud.clock.advance(25_000);
    expect(cloud.view().instances[0]?.state).toBe("stopped");
    cloud.meddle({ set: [{ id: "web", state: "pending" }] });
    // Core keeps no code of Nova's envelope: its status is all there is.
    expect(await refusalOf(call(novaAct, { path, body: { "os-start": null } }))).toEqual({
      code: undefined,
      status: 409,
    });
  });
});

describe("what is written on a server", () => {
  it("is locked and unlocked by Nova's actions, whoever locked it", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }, { id: "order", locks: [{ unified: "order" }] }]);
    const lock = (name: string, body: object) => call(novaAct, { path: { server_id: cloud.id(name) }, body });
    await lock("web", { lock: null });
    expect(cloud.view().instances[0]?.terminationProtection).toBe(true);
    await lock("web", { unlock: null });
    await lock("order", { unlock: null });
    expect(cloud.view().instances.map(({ terminationProtection, locked }) => terminationProtection || locked)).toEqual([
      false,
      false,
    ]);
  });

  it("is tagged one by one, ten tags at most", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", tags: { team: "shop" } }]);
    const api = "ecs:POST /v1/{project_id}/cloudservers/{server_id}/tags/action";
    const path = { server_id: cloud.id("web") };
    const tag = (action: string, tags: readonly object[]) => call(api, { path, body: { action, tags } });
    expect(at(await tag("create", [{ key: "owner", value: "alice" }]), "httpStatusCode")).toBe(204);
    await tag("delete", [{ key: "team" }]);
    expect(cloud.view().instances[0]?.tags).toEqual({ owner: "alice" });
    const many = Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, value: "v" }));
    expect(await refusalOf(tag("create", many))).toMatchObject({ status: 400 });
    expect(await refusalOf(tag("create", [{ key: "k".repeat(37), value: "" }]))).toMatchObject({ status: 400 });
  });

  it("keeps metadata by key", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const path = { server_id: cloud.id("web"), key: "note" };
    const base = "/v1/{project_id}/cloudservers/{server_id}/metadata";
    await call(`ecs:POST ${base}`, { path, body: { metadata: { note: "mine" } } });
    expect(at(await call(show, { path }), "server.metadata.note")).toBe("mine");
    await call(`ecs:DELETE ${base}/{key}`, { path });
    expect(at(await call(show, { path }), "server.metadata.note")).toBe(undefined);
    expect(await refusalOf(call(`ecs:DELETE ${base}/{key}`, { path }))).toMatchObject({ status: 404 });
  });

  it("goes by itself at the time that is set, past the bin, unless that is called off", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: ["web", "kept", "paid"].map((id) => ({
        id,
        createdAt: "2025-01-01T00:00:00Z",
        ...(id === "paid" ? ({ billing: "prepaid" } as const) : {}),
      })),
      bins: { instance: { enabled: true } },
    });
    const api = "ecs:POST /v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time";
    const set = (name: string, auto_terminate_time: string) =>
      call(api, { path: { server_id: cloud.id(name) }, body: { auto_terminate_time } });
    for (const name of ["web", "kept"]) await set(name, "2026-01-02T04:04:05Z");
    await set("kept", "");
    expect(await refusalOf(set("paid", "2026-01-02T04:04:05Z"))).toMatchObject({ code: "Ecs.0005" });
    expect(await refusalOf(set("kept", "2020-01-01T00:00:00Z"))).toMatchObject({ code: "Ecs.0005" });
    await cloud.clock.advance(3_700_000);
    expect(cloud.view().instances.map(({ id }) => id)).toEqual([cloud.id("kept"), cloud.id("paid")]);
  });

  it("belongs to a service whose tags only the platform writes", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", managedBy: "mrs" }]);
    const tags = at(await call(details), "servers.0.sys_tags");
    expect(tags).toContainEqual({ key: "_sys_root_resource_type", value: "mrs" });
  });
});
