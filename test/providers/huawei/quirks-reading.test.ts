import { describe, expect, it } from "vitest";
import { huawei } from "../../../providers/huawei/index.js";
import { huaweiWorld, mutations, sent, sighting } from "./for-test.js";
import { startHttp } from "./http.js";

const details = "ecs:GET /v1/{project_id}/cloudservers/detail";
const nobody = "00000000-0000-4000-8000-000000000000";
const account = "a".repeat(32);

/** An adapter into a cloud that answers these paths, and has no other API. */
async function cannedCloud(answers: Readonly<Record<string, object>>) {
  const known: Readonly<Record<string, object>> = {
    "/auth/domains": { domains: [{ id: account, name: "us" }] },
    "/v3/projects": { projects: [{ id: "1".repeat(32), name: "cn-north-4" }] },
    ...answers,
  };
  const endpoint = await startHttp((path) => {
    const found = Object.entries(known).find(([part]) => path.includes(part));
    if (found) return { status: 200, body: JSON.stringify(found[1]) };
    return { status: 404, body: JSON.stringify({ error_code: "APIGW.0101", error_msg: "The API does not exist." }) };
  });
  return huawei({ region: "cn-north-4", endpoint, credentials: { ak: "HPUATEST", sk: "sk" } });
}

/*
 * Each test names a peculiarity of Huawei Cloud that the reading half acts on, with where it is told.
 */
describe("quirks of Huawei Cloud, reading", () => {
  it("core creates a project where it finds none (Node SDK, IamService.getProjectId): the adapter only reads", async () => {
    const world = await huaweiWorld();
    const nowhere = world.adapterWith({ region: "eu-west-101" });
    await expect(nowhere.whoAmI()).rejects.toMatchObject({ code: "wrong-account" });
    expect(mutations(world)).toEqual([]);
    expect(world.requests.map(({ service }) => service)).toEqual(["iam", "iam"]);
  });

  it("two projects can bear a region's name in their own (IAM, sub-projects): only the exact one is taken", async () => {
    const projects = (...names: readonly string[]) =>
      names.map((name, index) => ({ id: String(index).repeat(32), name }));
    const open = (listed: readonly object[]) => cannedCloud({ "/v3/projects": { projects: listed } });
    const adapter = await open(projects("cn-north-4_lab", "cn-north-4"));
    expect(await adapter.whoAmI()).toMatchObject({ accountId: account, project: "1".repeat(32) });
    await expect((await open(projects("cn-north-4", "cn-north-4"))).whoAmI()).rejects.toMatchObject({
      code: "wrong-account",
    });
  });

  it("S03 a project is part of the place: the same server seen in another one is no sighting here", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    const elsewhere = world.adapterWith({ projectId: "e".repeat(32) });
    await expect(elsewhere.listDependencies([record])).rejects.toMatchObject({ code: "wrong-account" });
  });

  it("S03 `domainId` names the account: credentials of another one are refused before any read is believed", async () => {
    const world = await huaweiWorld();
    await expect(world.adapterWith({ domainId: "d".repeat(32) }).whoAmI()).rejects.toMatchObject({
      code: "wrong-account",
    });
  });

  it("details answer an entry for an id nobody knows, with nulls (ListServersDetails, server_id): it is no server", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const { instances } = await world.adapter.listDependencies([nobody, world.id("web")]);
    expect(instances.map(({ status }) => status)).toEqual(["not-found", "found"]);
  });

  it("details cut a list of ids at 25 where no limit is sent (ListServersDetails, limit): it is always sent", async () => {
    const world = await huaweiWorld();
    const names = Array.from({ length: 130 }, (_, index) => `n${index}`);
    world.seed({ securityGroups: [{ id: "g" }], instances: names.map((id) => ({ id, securityGroups: ["g"] })) });
    const { instances } = await world.adapter.listDependencies(names.map((name) => world.id(name)));
    expect(instances.every(({ status }) => status === "found")).toBe(true);
    expect(sent(world, details).map(({ parameters }) => parameters)).toMatchObject([
      { query: { limit: "100" } },
      { query: { limit: "100" } },
    ]);
  });

  it("the live list may not show a server in the bin (not documented): what is missing is looked for there", async () => {
    const ghost = { id: nobody, fault: null, status: null, metadata: null };
    const binned = { id: nobody, status: "SHUTOFF", name: "binned", metadata: { charging_mode: "0" } };
    const adapter = await cannedCloud({
      "/cloudservers/detail": { servers: [ghost] },
      "/recycle-bin/cloudservers": { servers: [binned] },
    });
    const { instances } = await adapter.listDependencies([nobody]);
    expect(instances).toMatchObject([{ status: "found", record: { name: "binned", state: { unified: "recycled" } } }]);
  });

  it("the bin exists in some regions only (ecs_02_2301): elsewhere its API is not there, and nothing is in it", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    const gone = { fault: "error", cloudCode: "APIGW.0101", httpStatus: 404 } as const;
    world.faults.add({ ...gone, api: "ecs:GET /v1/{project_id}/recycle-bin/cloudservers" });
    world.faults.add({ ...gone, api: "ecs:GET /v1/{project_id}/recycle-bin" });
    const { coverage, edges } = await world.adapter.listDependencies([world.id("web"), nobody]);
    expect(coverage.find(({ kind }) => kind === "recycle-bin")).toMatchObject({ status: "checked" });
    expect(edges.filter(({ node }) => node.kind === "recycle-bin")).toEqual([]);
  });

  it("a denied bin is no empty bin: a server that is missing may wait in it", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: "ecs:GET /v1/{project_id}/recycle-bin/cloudservers" });
    await expect(world.adapter.listDependencies([nobody])).rejects.toMatchObject({ code: "access-denied" });
    await expect(world.adapter.listDependencies([world.id("web")])).resolves.toBeDefined();
  });

  it("an empty list of resources is no filter (ListPayPerUseCustomerResources, resource_ids): billing is then not asked", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }, { id: "paid", billing: "prepaid", expiresAt: "2030-01-01T00:00:00Z" }]);
    await world.adapter.listDependencies([world.id("web")]);
    expect(world.requests.filter(({ service }) => service === "bss")).toEqual([]);
    expect((await sighting(world, "paid")).billing).toMatchObject({
      unified: "prepaid",
      expiresAt: "2030-01-01T00:00:00.000Z",
    });
    for (const { parameters } of world.requests.filter(({ service }) => service === "bss"))
      expect(parameters).toMatchObject({ body: { resource_ids: [world.id("paid")] } });
  });

  it("an account is billed at one of two sites (CBC.0150): the other is asked once, and remembered", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "paid", billing: "prepaid", refund: { refusedBecause: "wrong-site" } }]);
    await sighting(world, "paid");
    await sighting(world, "paid");
    const codes = world.requests.filter(({ service }) => service === "bss").map(({ cloudCode }) => cloudCode);
    expect(codes).toEqual(["CBC.0150", undefined, undefined]);
  });

  it("tags are found by a text anywhere in them (ListServersDetails, tags): they are compared here, exactly", async () => {
    const world = await huaweiWorld();
    world.seed([
      { id: "shop", tags: { team: "shop" } },
      { id: "shop-eu", tags: { team: "shop-eu" } },
    ]);
    const found: string[] = [];
    for await (const { id } of world.adapter.findInstances({ tags: { team: "shop" } })) found.push(id);
    expect(found).toEqual([world.id("shop")]);
  });

  it("user data can hold hashes of passwords (seen in recordings): none of it reaches a report", async () => {
    const userData = Buffer.from("root:$6$hash-of-a-password").toString("base64");
    const server = { id: nobody, status: "ACTIVE", locked: false, metadata: { charging_mode: "0" } };
    const adapter = await cannedCloud({
      "/cloudservers/detail": { servers: [{ ...server, "OS-EXT-SRV-ATTR:user_data": userData }] },
    });
    const report = await adapter.listDependencies([nobody]);
    expect(report.instances).toMatchObject([{ status: "found" }]);
    expect(JSON.stringify(report)).not.toContain(userData);
  });

  it("core adds operating system and a file in the home directory to its user agent (DefaultUserAgent): ours is set", async () => {
    const agents: (string | undefined)[] = [];
    const { createServer } = await import("node:http");
    const server = createServer((request, response) => {
      agents.push(request.headers["user-agent"]);
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ domains: [{ id: account }], projects: [{ id: "1".repeat(32), name: "cn-north-4" }] }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const options = { region: "cn-north-4", endpoint: `http://127.0.0.1:${port}`, userAgent: "ours/1" };
    await huawei({ ...options, credentials: { ak: "HPUATEST", sk: "sk" } }).whoAmI();
    server.closeAllConnections();
    server.close();
    expect(agents.length).toBe(2);
    for (const agent of agents) expect(agent).toMatch(/^huaweicloud-usdk-nodejs\/[\d.]+; ours\/1$/);
  });

  it("axios counts its time-out anew with each piece of an answer: the total deadline ends one that trickles", async () => {
    const { createServer } = await import("node:http");
    let hangUp: () => void = () => undefined;
    const hungUp = new Promise<"hung up">((resolve) => {
      hangUp = () => resolve("hung up");
    });
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => {
        clearInterval(timer);
        hangUp();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const options = { region: "cn-north-4", endpoint: `http://127.0.0.1:${port}`, timeouts: { totalMs: 150 } };
    const adapter = huawei({ ...options, credentials: { ak: "HPUATEST", sk: "sk" } });
    const error = await adapter.whoAmI({ deadlineMs: 400 }).catch((thrown: unknown) => thrown);
    // The deadline reaches the socket: whoever only stopped waiting would leave it open.
    const stillOpen = new Promise<"still open">((resolve) => setTimeout(resolve, 2_000, "still open").unref());
    const end = await Promise.race([hungUp, stillOpen]);
    server.closeAllConnections();
    server.close();
    expect([error, end]).toMatchObject([{ code: "timeout" }, "hung up"]);
  });

  it("S02 listings have answered 200 without a row: a disk that ECS shows and EVS does not is no confirmed set", async () => {
    const disk = (id: string, bootIndex: string) => ({ id, bootIndex, delete_on_termination: "true" });
    const server = {
      id: nobody,
      status: "ACTIVE",
      locked: false,
      metadata: { charging_mode: "0" },
      "os-extended-volumes:volumes_attached": [disk("v-1", "0"), disk("v-2", "-1")],
    };
    const volume = { id: "v-1", size: 40, attachments: [{ server_id: nobody }] };
    const adapter = await cannedCloud({
      "/cloudservers/detail": { servers: [server] },
      "/cloudvolumes/detail": { volumes: [volume] },
    });
    const { coverage } = await adapter.listDependencies([nobody]);
    expect(coverage.find(({ source }) => source === "evs:ListVolumes")).toMatchObject({
      kind: "disk",
      gate: "required",
      status: "partial",
      instanceIds: [nobody],
    });
  });
});
