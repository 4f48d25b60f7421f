import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeAws } from "../../providers/aws/fake/index.js";
import { aws } from "../../providers/aws/index.js";
import { fileJournal } from "../../src/flow/journal-file.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import type { Waiver } from "../../src/flow/policy.js";
import { readStatus } from "../../src/flow/read-ledger.js";
import { createReceipt } from "../../src/flow/receipt/create-receipt.js";
import { reviewed } from "./open-world.js";

/** `KILLS=100 npx vitest run --project unit test/flow/kill.test.ts` is the long form. */
const kills = Number(process.env.KILLS ?? 4);
const region = "eu-west-1";
const names = ["web", "db", "kept", "lone", "other", "last"];

let directory = "";
let clockServer: Server | undefined;
let closeFake: (() => Promise<void>) | undefined;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cloud-decom-kill-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  clockServer?.closeAllConnections();
  await new Promise<void>((resolve) => (clockServer ? clockServer.close(() => resolve()) : resolve()));
  await closeFake?.();
  await rm(directory, { recursive: true, force: true });
});

/** Lets a child move the fake's clock: a request for `/500` passes half a second and answers the time after it. */
async function serveClock(clock: ReturnType<typeof fakeAws>["clock"]): Promise<string> {
  const server = createServer(async (request, response) => {
    await clock.advance(Number(request.url?.slice(1) ?? 0));
    response.end(String(clock.now()));
  });
  clockServer = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

/** Runs the child. With `killAfterMs` it is killed so long after it began to work, unless it has ended by then. */
async function runChild(
  job: string,
  killAfterMs?: number,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const file = fileURLToPath(new URL("./kill-child.ts", import.meta.url));
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  const process_ = spawn(process.execPath, ["--import", "tsx", file, job], { env, stdio: ["ignore", "pipe", "pipe"] });
  child = process_;
  let said = "";
  let trouble = "";
  let timer: NodeJS.Timeout | undefined;
  process_.stderr.on("data", (text) => (trouble += String(text)));
  process_.stdout.on("data", (text) => {
    if (said === "" && killAfterMs !== undefined) timer = setTimeout(() => process_.kill("SIGKILL"), killAfterMs);
    said += String(text);
  });
  const code = await new Promise<number | null>((resolve) => process_.on("close", resolve));
  clearTimeout(timer);
  if (code !== 0 && code !== null) throw new Error(trouble);
  return { code, said };
}

it("S41 S60 a run that is killed again and again ends as planned, with nothing done twice and nothing forgotten", async () => {
  const world = fakeAws({ region });
  world.seed({
    securityGroups: [{ id: "shop", foreignUsers: ["database"] }],
    instances: names.map((id) => ({ id, securityGroups: ["shop"] })),
    owners: [{ kind: "load-balancer-target", id: "pool", members: ["web", "db"], ports: [443] }],
  });
  const { endpoint, close } = await world.listen();
  closeFake = close;
  const { clock } = world;
  const adapter = aws({
    region,
    endpoint,
    clock,
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" },
  });
  const ids = names.map((name) => world.id(name));
  const waivers: readonly Waiver[] = [reviewed];
  const plan = await planDecommission([adapter], ids, {
    policy: { waves: [2, "rest"], waivers },
    reason: "test",
    clock,
  });
  const job = join(directory, "job.json");
  await writeFile(
    job,
    JSON.stringify({ plan, directory: join(directory, "run"), endpoint, region, clockUrl: await serveClock(clock) }),
  );

  let killed = 0;
  let last = await runChild(job, 50);
  for (; last.code === null && killed < kills; killed += 1)
    last = await runChild(job, 20 + Math.floor(Math.random() * 400));
  if (last.code === null) last = await runChild(job);

  const journal = fileJournal(join(directory, "run"));
  expect(JSON.parse(last.said.trim().split("\n").at(-1) ?? "")).toEqual({
    status: "finished",
    instances: names.map(() => "accepted"),
  });
  expect(names.filter((name) => world.holds(name))).toEqual([]);
  const { effects, snapshots } = world.view();
  expect(effects.filter(({ count, api }) => count > 1 && /Terminate|CreateSnapshots/.test(api))).toEqual([]);
  expect(snapshots).toHaveLength(names.length);
  const announced = new Set<string>();
  for await (const { entry } of journal.read())
    if (entry.type === "intent") for (const id of entry.intent.instanceIds) announced.add(`${entry.intent.api} ${id}`);
  const sent = world.requests.filter(({ mutating, dryRun, tookEffect }) => mutating && !dryRun && tookEffect);
  for (const { api, instanceIds } of sent) for (const id of instanceIds) expect(announced).toContain(`${api} ${id}`);
  expect(await readStatus(journal)).toMatchObject({ status: "finished", openIntents: [] });
  expect(
    (await createReceipt(journal)).instances.every(
      ({ proofs, verdict }) => proofs.length === 1 && verdict?.status === "deleted",
    ),
  ).toBe(true);
}, 600_000);
