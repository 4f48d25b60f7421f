import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CloudAdapter } from "../../src/adapter.js";
import type { RepeatEffect } from "../../src/capabilities.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal } from "../../src/flow/journal.js";
import { fileJournal } from "../../src/flow/journal-file.js";
import type { Plan } from "../../src/flow/plan.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import type { SeedName } from "../../src/testing/seed.js";
import type { FakeCloud } from "../../src/testing/world.js";
import type { Job } from "./kill-child.js";
import { type KillCloudName, killClouds } from "./kill-clouds.js";
import { alone, reviewed } from "./open-world.js";

/** A fleet on a fake, its plan, and processes that carry it out until they are killed. */
export interface KillStage {
  readonly world: FakeCloud;
  readonly names: readonly SeedName[];
  readonly plan: Plan;
  readonly journal: Journal;
  /** Whether a second termination would destroy more, so that one whose answer was lost is never sent again. */
  readonly neverTwice: boolean;
  /** Runs the plan in this process, to its end. */
  runHere(): Promise<void>;
  /** Runs the plan in another process. True: it ended by itself. Otherwise it was killed, or killed itself. */
  runChild(until?: { readonly killAfterMs: number } | { readonly line: number }): Promise<boolean>;
  close(): Promise<void>;
}

const childFile = fileURLToPath(new URL("./kill-child.ts", import.meta.url));

/** Opens a stage. The same fleet gets the same ids in each, so that two runs can be compared. */
export async function openStage(cloud: KillCloudName, size: number): Promise<KillStage> {
  const { fake, adapter } = await killClouds[cloud]();
  const world = fake();
  const names = Array.from({ length: size }, (_, index) => `server-${index}`);
  const address = "10.0.0.5";
  const peer = { kind: "cidr", cidr: `${address}/32`, family: "ipv4" } as const;
  world.seed({
    securityGroups: [
      { id: "shop", foreignUsers: ["interface"] },
      { id: "office", foreignUsers: ["interface"], rules: [{ direction: "ingress", peer }] },
    ],
    instances: names.map((id, index) => ({
      id,
      securityGroups: ["shop"],
      ...(index === 0 ? { privateIps: [address] } : {}),
    })),
    owners: [{ kind: "load-balancer-target", id: "pool", members: names.slice(0, 2), ports: [443] }],
  });
  const { endpoint, close } = await world.listen();
  const { clock } = world;
  const here = adapter({ endpoint, clock });
  const ids = names.map((name) => world.id(name));
  const plan = await planDecommission([here], [{ cloud, ids }], {
    policy: { waves: [Math.ceil(size / 8), "rest"], waivers: [reviewed] },
    reason: "test",
    clock,
  });
  const directory = await mkdtemp(join(tmpdir(), "cloud-decom-kill-"));
  const clockServer = await serveClock(clock);
  const jobFile = join(directory, "job.json");
  const job: Job = { cloud, plan, directory: join(directory, "run"), endpoint, clockUrl: urlOf(clockServer) };
  await writeFile(jobFile, JSON.stringify(job));
  const journal = fileJournal(job.directory, { clock });
  let child: ChildProcess | undefined;
  return {
    world,
    names,
    plan,
    journal,
    neverTwice: repeatOfTermination(here) === "destroys",
    runHere: async () => void (await executePlan([here], plan, { journal, clock, trust: alone })),
    runChild: async (until) => {
      const line = until && "line" in until ? [String(until.line)] : [];
      const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
      child = spawn(process.execPath, ["--import", "tsx", childFile, jobFile, ...line], { env });
      return await endOf(child, until && "killAfterMs" in until ? until.killAfterMs : undefined);
    },
    close: async () => {
      child?.kill("SIGKILL");
      clockServer.closeAllConnections();
      await new Promise((resolve) => clockServer.close(resolve));
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function repeatOfTermination({ capabilities }: CloudAdapter): RepeatEffect {
  const { terminate } = capabilities.repeat;
  return typeof terminate === "string" ? terminate : terminate["on-demand"];
}

/** Lets another process move the fake's clock: a request for `/500` passes half a second and answers the time after it. */
async function serveClock(clock: FakeCloud["clock"]): Promise<Server> {
  const server = createServer(async (request, response) => {
    await clock.advance(Number(request.url?.slice(1) ?? 0));
    response.end(String(clock.now()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

/** Waits for a process, and kills it so long after it began to work. Throws what it complained about. */
async function endOf(child: ChildProcess, killAfterMs: number | undefined): Promise<boolean> {
  let trouble = "";
  let timer: NodeJS.Timeout | undefined;
  child.stderr?.on("data", (text) => (trouble += String(text)));
  child.stdout?.once("data", () => {
    if (killAfterMs !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (exitCode, by) => resolve([exitCode, by])),
  );
  clearTimeout(timer);
  if (code !== 0 && signal !== "SIGKILL") throw new Error(trouble);
  return code === 0;
}
