import { describe, expect, it } from "vitest";
import { at, openFake, refusalOf, textAt } from "./open.js";

const unknownId = "99999999-9999-4999-a999-999999999999";
const details = "ecs:GET /v1/{project_id}/cloudservers/detail";
const remove = "ecs:POST /v1/{project_id}/cloudservers/delete";
const job = "ecs:GET /v1/{project_id}/jobs/{job_id}";

describe("servers", () => {
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

  it("cuts a list of ids at 25 unless more are asked for", async () => {
    const { cloud, call } = await openFake();
    const seeds = Array.from({ length: 30 }, (_, index) => ({ id: `web-${index}` }));
    cloud.seed(seeds);
    const server_id = seeds.map(({ id }) => cloud.id(id)).join(",");
    expect(at(await call(details, { query: { server_id } }), "servers.length")).toBe(25);
    expect(at(await call(details, { query: { server_id, limit: 100 } }), "servers.length")).toBe(30);
  });

  it("goes on showing the state of a server that is being deleted, and shows it once more after the job's success", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const servers = [{ id: cloud.id("web") }];
    const answer = await call(remove, { body: { servers, delete_publicip: false, delete_volume: false } });
    const show = () =>
      call("ecs:GET /v1/{project_id}/cloudservers/{server_id}", { path: { server_id: cloud.id("web") } });
    expect(at(await show(), "server")).toMatchObject({ status: "ACTIVE", "OS-EXT-STS:task_state": "deleting" });
    await cloud.clock.advance(30_000);
    const path = { job_id: textAt(answer, "job_id") };
    expect(await call(job, { path })).toMatchObject({ status: "SUCCESS", job_type: "deleteVMs" });
    expect(at(await show(), "server.id")).toBe(cloud.id("web"));
    await cloud.clock.advance(5_000);
    expect(await refusalOf(show())).toEqual({ code: "Ecs.0114", status: 404 });
  });

  it("forgets a job after a day", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const servers = [{ id: cloud.id("web") }];
    const path = { job_id: textAt(await call(remove, { body: { servers } }), "job_id") };
    await cloud.clock.advance(23 * 3_600_000);
    expect(at(await call(job, { path }), "status")).toBe("SUCCESS");
    await cloud.clock.advance(2 * 3_600_000);
    expect(await refusalOf(call(job, { path }))).toMatchObject({ status: 404 });
  });
});
