import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { fakeAws } from "../../../providers/aws/fake/index.js";
import { type AwsOptions, aws } from "../../../providers/aws/index.js";
import { DecommissionError } from "../../../src/errors.js";
import type { DecommissionEvent } from "../../../src/events.js";
import type { FakeOptions } from "../../../src/testing/world.js";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example-secret" };
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** An EC2 of our own, and an adapter into it. */
async function openWorld(options: FakeOptions = {}, adapterOptions: Partial<AwsOptions> = {}) {
  const world = fakeAws({ region: "eu-west-1", ...options });
  const server = await world.listen();
  closing.push(() => server.close());
  const adapter = aws({
    region: "eu-west-1",
    credentials,
    endpoint: server.endpoint,
    clock: world.clock,
    ...adapterOptions,
  });
  return { world, adapter };
}

/** A server that is no cloud. */
async function openServer(answer: (server: Server) => void): Promise<string> {
  const server = createServer();
  answer(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function problemFrom(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!DecommissionError.isInstance(error)) throw new Error(`Expected a DecommissionError, got ${String(error)}.`);
  return error.problem;
}

const id = "i-0123456789abcdef0";

describe("options that cannot work", () => {
  it.each(["", "Ireland", "eu-west-1a", "eu-west-1; rm"])(
    "are refused for the region %j, before anything is sent",
    (region) => {
      expect(() => aws({ region })).toThrow(
        expect.objectContaining({ code: "invalid-request", hint: expect.any(String) }),
      );
    },
  );

  it("are refused for an endpoint that would carry signed requests in the clear", () => {
    expect(() => aws({ region: "eu-west-1", endpoint: "http://ec2.example.com" })).toThrow(
      expect.objectContaining({ code: "invalid-request" }),
    );
  });
});

describe("bad input", () => {
  it.each(["web-1", "i-xyz", "i-0123", "vol-0123456789abcdef0", ""])(
    "%j is no id, and nothing is sent",
    async (bad) => {
      const { world, adapter } = await openWorld();
      for (const work of [
        () => adapter.listDependencies([id, bad]),
        () => adapter.snapshot([bad]),
        () => adapter.releaseSecurityRules([bad]),
        () => adapter.terminate([id, bad], { data: { discard: "test" } }),
        () => adapter.verifyDeleted([bad]),
      ]) {
        expect(await problemFrom(work())).toMatchObject({ code: "invalid-request", hint: expect.stringMatching(/./) });
      }
      expect(world.requests).toEqual([]);
    },
  );

  it.each([
    {},
    { states: ["running"] },
    { ids: [] },
    { ids: [""] },
    { tags: {} },
    { tags: { env: "" } },
    { tags: { env: undefined } },
  ])("%j selects everything or nothing, and is refused", async (selector) => {
    const { world, adapter } = await openWorld();
    const listing = adapter.findInstances(selector as never);
    expect(
      await problemFrom(
        (async () => {
          for await (const _ of listing) throw new Error("found one");
        })(),
      ),
    ).toMatchObject({ code: "invalid-request" });
    expect(world.requests).toEqual([]);
  });

  it.each([
    { data: undefined },
    { data: { proofs: [], discard: "both" } },
    { data: { discard: "" } },
    { data: { discard: "x" }, protection: { clear: [id] } },
    { data: { discard: "x" }, shutdown: "hard" },
    { data: { discard: "x" }, cloudOptions: { forec: true } },
    { data: { discard: "x" }, dataDisks: { delete: ["disk-1"] } },
    { data: { discard: "x" }, releaseAt: "tomorrow" },
  ])("the options %j are refused, and nothing is sent", async (options) => {
    const { world, adapter } = await openWorld();
    expect(await problemFrom(adapter.terminate([id], options as never))).toMatchObject({ code: "invalid-request" });
    expect(world.requests).toEqual([]);
  });
});

describe("credentials", () => {
  it("that the cloud does not know are an authentication problem", async () => {
    const { adapter } = await openWorld({ accounts: { AKIAOTHER: "210987654321" } });
    expect(await problemFrom(adapter.whoAmI())).toMatchObject({ code: "authentication" });
    expect(await problemFrom(adapter.terminate([id], { data: { discard: "test" } }))).toMatchObject({
      code: "authentication",
    });
  });

  it("that cannot be loaded are named before anything is sent, and the cause stays out of the message", async () => {
    const failing = async () => {
      throw new Error("secret-in-the-cause");
    };
    const { world, adapter } = await openWorld({}, { credentials: failing });
    const problem = await problemFrom(adapter.whoAmI());
    expect(problem).toMatchObject({ code: "authentication", hint: expect.stringContaining("credentials") });
    expect(JSON.stringify(problem)).not.toContain("secret-in-the-cause");
    expect(world.requests).toEqual([]);
  });

  it("S03 of another account are found out before any read is believed", async () => {
    const accounts = { AKIAEXAMPLE: "123456789012", AKIAOTHER: "210987654321" };
    const world = fakeAws({ region: "eu-west-1", accounts, accountId: "123456789012" });
    const server = await world.listen();
    closing.push(() => server.close());
    world.seed([{ id: "web" }]);
    let accessKeyId = "AKIAEXAMPLE";
    const adapter = aws({
      region: "eu-west-1",
      credentials: async () => ({ ...credentials, accessKeyId, expiration: new Date(world.clock.now() - 1) }),
      endpoint: server.endpoint,
      clock: world.clock,
    });
    const [seen] = (await adapter.listDependencies([world.id("web")])).instances;
    if (seen?.status !== "found") throw new Error("The seeded instance was not found.");
    accessKeyId = "AKIAOTHER";
    const [outcome] = await adapter.terminate([seen.record], { data: { discard: "test" } });
    expect(outcome).toMatchObject({ status: "blocked", problem: { code: "wrong-account" } });
    const [verdict] = await adapter.verifyDeleted([seen.record]);
    expect(verdict).toMatchObject({ status: "unproven", clean: false });
    expect(world.holds("web")).toBe(true);
  });
});

describe("an endpoint that is no cloud", () => {
  const endings: Readonly<Record<string, readonly [string, (server: Server) => void]>> = {
    "answers a web page": [
      "service",
      (server) =>
        server.on("request", (_, response) =>
          response.writeHead(200, { "content-type": "text/html" }).end("<html><p>Sign in</p></html>"),
        ),
    ],
    "answers nothing": ["service", (server) => server.on("request", (_, response) => response.writeHead(200).end())],
    "hangs up": ["network", (server) => server.on("request", (request) => request.socket.destroy())],
    "never answers": ["timeout", (server) => server.on("request", () => undefined)],
  };
  it.each(Object.entries(endings))(
    "%s: nothing is taken for gone, and the problem says what it is",
    async (_, [code, answer]) => {
      const endpoint = await openServer(answer);
      const world = fakeAws();
      const adapter = aws({
        region: "eu-west-1",
        credentials,
        endpoint,
        clock: world.clock,
        // Only who never answers is to run out of time, however slow this machine is.
        timeouts: { totalMs: code === "timeout" ? 30 : 30_000 },
      });
      for (const work of [
        () => adapter.whoAmI(),
        () => adapter.listDependencies([id]),
        () => adapter.terminate([id], { data: { discard: "test" } }),
        () => adapter.verifyDeleted([id]),
      ]) {
        expect(await problemFrom(work())).toMatchObject({ code });
      }
    },
  );

  it("refuses connections: a network problem", async () => {
    const endpoint = await openServer(() => undefined);
    for (const close of closing.splice(0)) await close();
    const adapter = aws({ region: "eu-west-1", credentials, endpoint, clock: fakeAws().clock });
    expect(await problemFrom(adapter.whoAmI())).toMatchObject({ code: "network" });
  });
});

describe("the clock", () => {
  it("S09 is compared with the cloud's, and a listener is told when it is off", async () => {
    const { adapter } = await openWorld({ clockSkewMs: 120_000 });
    const events: DecommissionEvent[] = [];
    await adapter.whoAmI({ onEvent: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === "clock")).toMatchObject([{ skewMs: 120_000 }]);
  });

  it("S09 is not complained about when it is right", async () => {
    const { adapter } = await openWorld();
    const events: DecommissionEvent[] = [];
    await adapter.whoAmI({ onEvent: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === "clock")).toEqual([]);
  });
});
