import { afterEach, describe, expect, it } from "vitest";
import { fakeCloud } from "../../src/testing/fake-cloud.js";
import type { FakeDefinition } from "../../src/testing/fake-definition.js";
import { refusal, unsupportedSeed } from "../../src/testing/fake-refusal.js";
import type { FakeCloud, FakeOptions } from "../../src/testing/world.js";

interface Server {
  readonly id: string;
  deleted: boolean;
}
interface AcmeState {
  readonly servers: Map<string, Server>;
}

/** The smallest cloud: servers that can be listed and deleted. */
const acme: FakeDefinition<AcmeState> = {
  cloud: "acme",
  defaults: { accountId: "1", region: "home", staleReadsMs: 0 },
  idForms: { instance: { pattern: /^srv-[0-9a-f]{4}$/, make: ({ hex }) => `srv-${hex(4)}` } },
  hosts: /\.acme\.test$/,
  endpoints: (base) => ({ servers: base }),
  route: ({ url, headers }) => {
    const id = url.searchParams.get("id");
    const accessKey = headers.get("x-key") ?? undefined;
    return {
      service: "servers",
      action: url.pathname.slice(1),
      parameters: Object.fromEntries(url.searchParams),
      instanceIds: id === null ? [] : [id],
      ...(accessKey === undefined ? {} : { accessKey }),
      region: headers.get("x-region") ?? "home",
    };
  },
  actions: {
    "servers:ListServers": {
      mutating: false,
      handle: ({ state }) => ({
        servers: [...state.servers.values()].filter(({ deleted }) => !deleted).map(({ id }) => id),
      }),
    },
    "servers:DeleteServer": {
      mutating: true,
      dryRun: ({ dry }) => dry === "true",
      handle: ({ state, parameters, effect }) => {
        const server = state.servers.get(String(parameters.id));
        if (!server) throw refusal("NotFound", "No such server.", 404);
        if (!server.deleted) effect(server.id);
        server.deleted = true;
        return {};
      },
    },
  },
  respond: (result, _route, requestId) => ({
    status: 200,
    headers: { "x-request-id": requestId },
    body: JSON.stringify(result),
  }),
  refuse: ({ cloudCode, message, httpStatus }) => ({
    status: httpStatus,
    body: JSON.stringify({ code: cloudCode, message }),
  }),
  errors: {
    denied: () => refusal("Denied", "Not allowed.", 403),
    throttled: () => refusal("TooFast", "Slow down.", 429),
    internal: () => refusal("Internal", "Sorry.", 500),
    unknownAction: ({ action }, nearest) => refusal("NoSuchAction", `${action}: did you mean ${nearest[0]}?`),
    unknownCredentials: () => refusal("WhoAreYou", "Unknown key.", 401),
  },
  newState: () => ({ servers: new Map() }),
  seed: ({ state, ids }, { instances }) => {
    for (const { id, billing } of instances ?? []) {
      if (billing === "prepaid") throw unsupportedSeed("acme", "instances.billing", "it knows no prepaid servers.");
      const assigned = ids.assign("instance", id);
      state.servers.set(assigned, { id: assigned, deleted: false });
    }
  },
  holds: (state, id) => state.servers.get(id)?.deleted === false,
  view: () => ({ instances: [], disks: [], addresses: [], rules: [], snapshots: [], memberships: [], orders: [] }),
  change: () => undefined,
  remove: ({ state }, id) => void state.servers.delete(id),
  giveAddressAway: () => undefined,
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function world(options?: FakeOptions) {
  const cloud = fakeCloud(acme, options);
  cloud.seed([{ id: "one" }, { id: "two" }]);
  const server = await cloud.listen();
  open.push(server);
  const call = (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${server.url}/${path}`, { headers: { "x-key": "k", ...headers }, ...(signal ? { signal } : {}) });
  const list = async (headers?: Record<string, string>) => {
    const answer: unknown = await (await call("ListServers", headers)).json();
    return typeof answer === "object" && answer !== null && "servers" in answer ? answer.servers : answer;
  };
  const remove = (cloud: FakeCloud, name: string) => call(`DeleteServer?id=${cloud.id(name)}`);
  return { cloud, call, list, remove };
}

describe("every fake", () => {
  it("gives names ids of the cloud's form and keeps ids of that form", () => {
    const cloud = fakeCloud(acme);
    cloud.seed([{ id: "web" }, { id: "srv-00aa" }]);
    expect(cloud.id("web")).toMatch(/^srv-[0-9a-f]{4}$/);
    expect(cloud.id("srv-00aa")).toBe("srv-00aa");
    expect(cloud.id(cloud.id("web"))).toBe(cloud.id("web"));
    expect(() => cloud.id("nobody")).toThrow("nobody");
  });

  it("takes a refused seed back whole", async () => {
    const { cloud, list } = await world();
    expect(() => cloud.seed([{ id: "three" }, { id: "paid", billing: "prepaid" }])).toThrow("instances.billing");
    expect(await list()).toHaveLength(2);
    expect(() => cloud.id("three")).toThrow("three");
  });

  it("logs each request with its own judgement of what mutates", async () => {
    const { cloud, call, list, remove } = await world();
    await list();
    await remove(cloud, "one");
    await call(`DeleteServer?id=${cloud.id("two")}&dry=true`);
    expect(cloud.requests.map(({ api, mutating, dryRun, tookEffect }) => [api, mutating, dryRun, tookEffect])).toEqual([
      ["servers:ListServers", false, false, false],
      ["servers:DeleteServer", true, false, true],
      ["servers:DeleteServer", false, true, false],
    ]);
    expect(cloud.holds("one")).toBe(false);
    expect(cloud.holds("two")).toBe(true);
  });

  it("counts an effect only when something changed", async () => {
    const { cloud, remove } = await world();
    await remove(cloud, "one");
    await remove(cloud, "one");
    expect(cloud.view().effects).toEqual([{ api: "servers:DeleteServer", id: cloud.id("one"), count: 1 }]);
  });

  it("names the nearest action it knows", async () => {
    const { call } = await world();
    const answer = await (await call("DeleteServers")).json();
    expect(answer).toMatchObject({ code: "NoSuchAction", message: expect.stringContaining("servers:DeleteServer") });
  });

  it("shows another account and another region nothing", async () => {
    const { list, call } = await world({ accountId: "1", accounts: { k: "1", other: "2" } });
    expect(await list()).toHaveLength(2);
    expect(await list({ "x-key": "other" })).toEqual([]);
    expect(await list({ "x-region": "elsewhere" })).toEqual([]);
    expect((await call("ListServers", { "x-key": "stranger" })).status).toBe(401);
  });

  it("lets reads lag behind a mutation until its clock has moved on", async () => {
    const { cloud, list, remove } = await world({ staleReadsMs: 5_000 });
    await remove(cloud, "one");
    expect(await list()).toHaveLength(2);
    await cloud.clock.advance(5_000);
    expect(await list()).toHaveLength(1);
  });

  it("dates its answers by its own clock", async () => {
    const { call } = await world({ now: "2026-05-06T07:08:09.000Z", clockSkewMs: 60_000 });
    expect((await call("ListServers")).headers.get("date")).toBe("Wed, 06 May 2026 07:09:09 GMT");
  });

  it("serves msw for its own hosts only", async () => {
    const cloud = fakeCloud(acme);
    const [resolver] = cloud.handlers((_path, resolve) => resolve);
    const ask = (url: string) => resolver?.({ request: new Request(url, { headers: { "x-key": "k" } }) });
    expect(await ask("https://api.acme.test/ListServers")).toBeInstanceOf(Response);
    expect(await ask("https://api.example.test/ListServers")).toBeUndefined();
  });
});

describe("faults", () => {
  it("drops before and after the effect alike, but for the effect", async () => {
    const { cloud, remove } = await world();
    cloud.faults.add({ fault: "drop-before", times: 1 });
    await expect(remove(cloud, "one")).rejects.toThrow();
    expect(cloud.holds("one")).toBe(true);
    cloud.faults.add({ fault: "drop-after", times: 1 });
    await expect(remove(cloud, "one")).rejects.toThrow();
    expect(cloud.holds("one")).toBe(false);
  });

  it("lets a lost request take effect later", async () => {
    const { cloud, remove } = await world();
    cloud.faults.add({ fault: "drop-after", landsAfterMs: 3_000 });
    await expect(remove(cloud, "one")).rejects.toThrow();
    await cloud.clock.advance(2_999);
    expect(cloud.holds("one")).toBe(true);
    await cloud.clock.advance(1);
    expect(cloud.holds("one")).toBe(false);
    expect(cloud.requests.at(-1)).toMatchObject({ tookEffect: true, status: 0 });
  });

  it("throttles by a bucket per action that refills with its clock", async () => {
    const { cloud, call } = await world();
    cloud.faults.add({ fault: "throttle", burst: 2, perSecond: 1 });
    const statuses = async () => [(await call("ListServers")).status, (await call("ListServers")).status];
    expect(await statuses()).toEqual([200, 200]);
    expect(await statuses()).toEqual([429, 429]);
    await cloud.clock.advance(1_000);
    expect(await statuses()).toEqual([200, 429]);
  });

  it("spares the first and hits so many, of one action and one server", async () => {
    const { cloud, call } = await world();
    cloud.faults.add({ fault: "deny", api: "servers:ListServers", skip: 1, times: 1 });
    cloud.faults.add({ fault: "error", cloudCode: "Odd", httpStatus: 418, instanceId: "two" });
    const status = async (path: string) => (await call(path)).status;
    expect([await status("ListServers"), await status("ListServers"), await status("ListServers")]).toEqual([
      200, 403, 200,
    ]);
    expect(await status(`DeleteServer?id=${cloud.id("one")}`)).toBe(200);
    expect(await status(`DeleteServer?id=${cloud.id("two")}`)).toBe(418);
  });

  it("takes a fault away again", async () => {
    const { cloud, call } = await world();
    const remove = cloud.faults.add({ fault: "server-error" });
    expect((await call("ListServers")).status).toBe(500);
    remove();
    expect((await call("ListServers")).status).toBe(200);
  });

  it("spoils the answer of a request that took effect", async () => {
    const { cloud, remove } = await world();
    cloud.faults.add({ fault: "empty", times: 1 });
    const empty = await remove(cloud, "one");
    expect([empty.status, await empty.text(), cloud.holds("one")]).toEqual([200, "", false]);
    cloud.faults.add({ fault: "truncate", times: 1 });
    await expect(remove(cloud, "two").then((answer) => answer.text())).rejects.toThrow();
    expect(cloud.holds("two")).toBe(false);
  });

  it("answers with a web page, as a proxy would, and executes nothing", async () => {
    const { cloud, remove } = await world();
    cloud.faults.add({ fault: "html" });
    const page = await remove(cloud, "one");
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html"]);
    expect(cloud.holds("one")).toBe(true);
  });

  it("answers null where lists should be", async () => {
    const { cloud, list } = await world();
    cloud.faults.add({ fault: "null-lists" });
    expect(await list()).toBeNull();
  });

  it("hangs until the client goes away", async () => {
    const { cloud, call } = await world();
    cloud.faults.add({ fault: "hang" });
    const client = new AbortController();
    const answer = call("ListServers", {}, client.signal);
    await expect(Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 5, "waiting"))])).resolves.toBe(
      "waiting",
    );
    client.abort();
    await expect(answer).rejects.toThrow();
  });

  it("is slow by its own clock and works on when the client has gone", async () => {
    const { cloud, remove } = await world();
    const started = cloud.clock.now();
    cloud.faults.add({ fault: "slow", delayMs: 60_000 });
    expect((await remove(cloud, "one")).status).toBe(200);
    expect(cloud.clock.now() - started).toBe(60_000);
  });

  it("shows an old state to the reads a stale fault hits", async () => {
    const { cloud, list, remove } = await world();
    cloud.faults.add({ fault: "stale", forMs: 1_000 });
    await remove(cloud, "one");
    expect(await list()).toHaveLength(2);
    await cloud.clock.advance(1_000);
    expect(await list()).toHaveLength(1);
  });
});
