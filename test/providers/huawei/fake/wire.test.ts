import { http } from "msw";
import { setupServer } from "msw/node";
import { describe, expect, it } from "vitest";
import { fakeHuawei } from "../../../../providers/huawei/fake/index.js";
import { at, openFake, project, refusalOf, textAt } from "./open.js";

const signature = `SDK-HMAC-SHA256 Access=AKHOME, SignedHeaders=host;x-sdk-date, Signature=${"0".repeat(64)}`;
const unknownId = "99999999-9999-4999-a999-999999999999";

/** A signed request past the SDK, on loopback or to a host of the cloud. */
function request(url: string, method = "GET", body?: object, headers: Readonly<Record<string, string>> = {}) {
  return new Request(url, {
    method,
    headers: { authorization: signature, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function bodyOf(response: Response): Promise<unknown> {
  return JSON.parse(await response.text());
}

describe("error envelopes", () => {
  const base = "http://127.0.0.1";
  const cases: readonly (readonly [string, string, string, object | undefined, object])[] = [
    [
      "ECS wraps code and message in `error`",
      `${base}/ecs/v1/${project}/cloudservers/${unknownId}`,
      "GET",
      undefined,
      { error: { code: "Ecs.0114", message: expect.any(String) } },
    ],
    [
      "EVS does so, too",
      `${base}/evs/v2/${project}/cloudvolumes/${unknownId}`,
      "GET",
      undefined,
      { error: { code: "EVS.5404", message: expect.any(String) } },
    ],
    [
      "a batch names the servers it was about besides",
      `${base}/ecs/v1/${project}/cloudservers/delete`,
      "POST",
      { servers: [{ id: unknownId }] },
      { error: { code: "Ecs.0114" }, internalError: [{ id: unknownId, error_code: "Ecs.0114" }] },
    ],
    [
      "Nova's word is the key",
      `${base}/ecs/v2.1/${project}/servers/${unknownId}`,
      "GET",
      undefined,
      { itemNotFound: { code: 404, message: expect.any(String) } },
    ],
    [
      "Neutron says NeutronError",
      `${base}/vpc/v2.0/ports?limit=x`,
      "GET",
      undefined,
      { NeutronError: { type: "VPC.0007", message: expect.any(String), detail: "" } },
    ],
    [
      "VPC v1 has code and message bare",
      `${base}/vpc/v1/${project}/publicips/${unknownId}`,
      "GET",
      undefined,
      { code: "VPC.0504", message: expect.any(String) },
    ],
    [
      "VPC v3 has error_code and error_msg",
      `${base}/vpc/v3/${project}/vpc/security-groups/${unknownId}`,
      "GET",
      undefined,
      { error_code: "VPC.0603", error_msg: expect.any(String), request_id: expect.any(String) },
    ],
  ];

  it.each(cases)("%s", async (_name, url, method, body, expected) => {
    const response = await fakeHuawei().fetch(request(url, method, body));
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await bodyOf(response)).toMatchObject(expected);
  });

  it("of the gateway are the same in front of every API", async () => {
    const cloud = fakeHuawei();
    cloud.faults.add({ fault: "throttle" });
    for (const path of [`ecs/v1/${project}/cloudservers/detail`, `vpc/v1/${project}/ports`, "vpc/v2.0/ports"]) {
      const response = await cloud.fetch(request(`${base}/${path}`));
      expect(response.status).toBe(429);
      expect(await bodyOf(response)).toMatchObject({ error_code: "APIGW.0308", error_msg: expect.any(String) });
    }
  });

  it("reach the official client with their code, or without it where core knows no such envelope", async () => {
    const { call } = await openFake();
    const path = { server_id: unknownId, publicip_id: unknownId };
    expect(await refusalOf(call("ecs:GET /v1/{project_id}/cloudservers/{server_id}", { path }))).toEqual({
      code: "Ecs.0114",
      status: 404,
    });
    expect(await refusalOf(call("vpc:GET /v1/{project_id}/publicips/{publicip_id}", { path }))).toEqual({
      code: undefined,
      status: 404,
    });
  });
});

describe("requests", () => {
  it("need a signature", async () => {
    const cloud = fakeHuawei();
    const url = `http://127.0.0.1/ecs/v1/${project}/cloudservers/detail`;
    const response = await cloud.fetch(new Request(url));
    expect(response.status).toBe(401);
    expect(await bodyOf(response)).toMatchObject({ error_code: "APIGW.0301" });
    expect((await cloud.fetch(new Request(url, { headers: { "x-auth-token": "token" } }))).status).toBe(200);
  });

  it("need a known key where the fake is told which keys there are", async () => {
    const cloud = fakeHuawei({ accounts: { AKOTHER: "f".repeat(32) } });
    const url = `http://127.0.0.1/ecs/v1/${project}/cloudservers/detail`;
    expect((await cloud.fetch(request(url))).status).toBe(401);
  });

  it("are refused where header and path name two projects", async () => {
    const url = `http://127.0.0.1/ecs/v1/${project}/cloudservers/detail`;
    const response = await fakeHuawei().fetch(request(url, "GET", undefined, { "x-project-id": "f".repeat(32) }));
    expect(response.status).toBe(401);
  });

  it("to a path nobody knows are answered with the nearest one", async () => {
    const response = await fakeHuawei().fetch(request(`http://127.0.0.1/ecs/v1/${project}/cloudserver/detail`));
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("ecs:GET /v1/{project_id}/cloudservers/detail");
  });

  it("name their service in the path on loopback, where paths alone collide", async () => {
    const cloud = fakeHuawei();
    cloud.seed({ disks: [{ id: "free" }] });
    const url = `http://127.0.0.1/evs/v2/${project}/cloudvolumes/${cloud.id("free")}`;
    const path = `/v1/${project}/jobs/${textAt(await bodyOf(await cloud.fetch(request(url, "DELETE"))), "job_id")}`;
    expect((await cloud.fetch(request(`http://127.0.0.1/evs${path}`))).status).toBe(200);
    expect((await cloud.fetch(request(`http://127.0.0.1/ecs${path}`))).status).toBe(404);
    expect((await cloud.fetch(request(`http://127.0.0.1${path}`))).status).toBe(404);
  });

  it("may carry an empty body with a GET", async () => {
    const { call } = await openFake();
    expect(await call("ecs:GET /v1/{project_id}/cloudservers/detail", { body: {} })).toMatchObject({ count: 0 });
  });

  it("find another region or project empty, and each region with a project of its own", async () => {
    const { cloud, call } = await openFake({ regions: ["cn-east-3"] });
    cloud.seed([{ id: "web" }]);
    const [east] = [await call("iam:GET /v3/projects", { query: { name: "cn-east-3" } })];
    const other = await openFake({ project: textAt(east, "projects.0.id") });
    expect(at(await other.call("ecs:GET /v1/{project_id}/cloudservers/detail"), "count")).toBe(0);
    const response = await cloud.fetch(
      request(`http://127.0.0.1/ecs/v1/${textAt(east, "projects.0.id")}/cloudservers/detail`),
    );
    expect(await bodyOf(response)).toMatchObject({ count: 0 });
  });

  const unfit: readonly (readonly [string, string, object])[] = [
    ["an unknown field of a body", "ecs:POST /v1/{project_id}/cloudservers/delete", { body: { serverIds: [] } }],
    ["a missing one", "ecs:POST /v1/{project_id}/cloudservers/delete", { body: { delete_volume: false } }],
    ["an empty list for one", "ecs:POST /v1/{project_id}/cloudservers/delete", { body: { servers: [] } }],
    [
      "a text for a truth value",
      "ecs:POST /v1/{project_id}/cloudservers/delete",
      { body: { servers: [{ id: unknownId }], delete_volume: "false" } },
    ],
    [
      "more items than allowed",
      "ecs:POST /v1/{project_id}/cloudservers/delete",
      { body: { servers: Array.from({ length: 1_001 }, () => ({ id: unknownId })) } },
    ],
    ["a page over the limit", "ecs:GET /v1/{project_id}/cloudservers/detail", { query: { limit: 1_001 } }],
    ["an unknown filter", "ecs:GET /v1/{project_id}/cloudservers/detail", { query: { server_ids: unknownId } }],
    ["a word that is none", "ecs:PUT /v1/{project_id}/recycle-bin", { body: { recycle_bin: { switch: "yes" } } }],
  ];
  it.each(unfit)("with %s are refused", async (_name, api, parameters) => {
    const { call } = await openFake();
    expect(await refusalOf(call(api, parameters))).toEqual({ code: "Ecs.0005", status: 400 });
  });

  it("say which parameter was probably meant", async () => {
    const url = `http://127.0.0.1/ecs/v1/${project}/cloudservers/detail?server_ids=x`;
    expect(await (await fakeHuawei().fetch(request(url))).text()).toContain("server_id?");
  });
});

describe("the log", () => {
  it("names method and path template, says what changes something, and which servers it was about", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const id = cloud.id("web");
    await call("ecs:GET /v1/{project_id}/cloudservers/detail", { query: { server_id: id, limit: 100 } });
    await call("bss:POST /v2/orders/suscriptions/resources/query", { body: { resource_ids: [id] } });
    await call("ecs:POST /v1/{project_id}/cloudservers/action", { body: { "os-stop": { servers: [{ id }] } } });
    expect(cloud.requests).toMatchObject([
      { api: "ecs:GET /v1/{project_id}/cloudservers/detail", mutating: false, instanceIds: [id], tookEffect: false },
      { api: "bss:POST /v2/orders/suscriptions/resources/query", mutating: false, instanceIds: [id] },
      { api: "ecs:POST /v1/{project_id}/cloudservers/action", mutating: true, instanceIds: [id], tookEffect: true },
    ]);
  });

  it("does not take the id of a disk for a server's", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ disks: [{ id: "free" }] });
    await call("evs:DELETE /v2/{project_id}/cloudvolumes/{volume_id}", { path: { volume_id: cloud.id("free") } });
    expect(cloud.requests[0]).toMatchObject({ instanceIds: [], mutating: true, tookEffect: true });
  });
});

describe("identity", () => {
  it("shows the account and the project of a region", async () => {
    const { call } = await openFake();
    expect(await call("iam:GET /v3/projects", { query: { name: "cn-north-4" } })).toMatchObject({
      projects: [{ id: project, name: "cn-north-4", domain_id: "0a1b2c3d4e5f60718293a4b5c6d7e8f9" }],
    });
    expect(await call("iam:GET /v3/auth/domains")).toMatchObject({
      domains: [{ id: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", enabled: true }],
    });
    expect(await call("sts:GET /v5/caller-identity")).toMatchObject({ account_id: "0a1b2c3d4e5f60718293a4b5c6d7e8f9" });
  });

  it("makes no project for anybody", async () => {
    const { call } = await openFake();
    const body = { project: { name: "mine" } };
    expect(await refusalOf(call("iam:POST /v3/projects", { body }))).toEqual({ code: "APIGW.0302", status: 403 });
  });
});

it("answers under msw for its own hosts, by service and region in the host's name", async () => {
  const cloud = fakeHuawei();
  cloud.seed([{ id: "web" }]);
  const server = setupServer(...cloud.handlers(http.all));
  server.listen({ onUnhandledRequest: "error" });
  try {
    const get = (host: string, path: string) => fetch(request(`https://${host}${path}`));
    const detail = `/v1/${project}/cloudservers/detail`;
    expect(await bodyOf(await get("ecs.cn-north-4.myhuaweicloud.com", detail))).toMatchObject({ count: 1 });
    expect(await bodyOf(await get("iam.myhuaweicloud.com", "/v3/projects?name=cn-north-4"))).toMatchObject({
      projects: [{ id: project }],
    });
  } finally {
    server.close();
  }
});
