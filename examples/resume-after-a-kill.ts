/*
 * A run is killed with SIGKILL in the middle, and the same command goes on: nothing is done twice, nothing is forgotten.
 *   npx tsx examples/resume-after-a-kill.ts
 * The cloud lives in this process; a second one, this very file with arguments, carries out the plan and is killed.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createReceipt, executePlan, fileJournal, type Plan, planDecommission, readStatus } from "cloud-decom";
import { aws } from "cloud-decom/aws";
import { alone, pretendAws } from "./support/pretend-aws.js";
import { remoteClock, serveClock } from "./support/shared-clock.js";

interface Job {
  readonly plan: Plan;
  readonly endpoint: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly clockUrl: string;
}
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
const region = "eu-west-1";

/** The second process: one call, the same each time. */
async function work(file: string): Promise<void> {
  const { plan, endpoint, directory, clockUrl }: Job = JSON.parse(await readFile(file, "utf8"));
  const clock = await remoteClock(clockUrl);
  const cloud = aws({ region, endpoint, credentials, clock });
  await executePlan([cloud], plan, { journal: fileJournal(directory, { clock }), trust: alone, clock });
}

/** Starts the second process. With `api` it is killed once its journal says that such a request is about to leave. */
async function workUntil(file: string, directory: string, api?: string): Promise<string> {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ["--import", "tsx", self, file], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise<string>((resolve) =>
    child.on("close", (code, signal) => resolve(signal ?? `exit ${code}`)),
  );
  const watch = setInterval(async () => {
    const lines = await readFile(join(directory, "journal.jsonl"), "utf8").catch(() => "");
    if (api !== undefined && lines.includes(`"api":"${api}"`)) child.kill("SIGKILL");
  }, 2);
  const how = await ended;
  clearInterval(watch);
  return how;
}

async function main(): Promise<void> {
  const names = ["web", "db", "worker"];
  const { cloud, world, clock, endpoint, close } = await pretendAws(names.map((id) => ({ id })));
  const ids = names.map((name) => world.id(name));
  const plan = await planDecommission([cloud], [{ cloud: "aws", ids }], { reason: "moved", clock });
  const directory = await mkdtemp(join(tmpdir(), "cloud-decom-example-"));
  const { url: clockUrl, close: stopClock } = await serveClock(clock);
  const job: Job = { plan, endpoint, directory: join(directory, "run"), clockUrl };
  const file = join(directory, "job.json");
  await writeFile(file, JSON.stringify(job));

  console.log("killed while saving:", await workUntil(file, job.directory, "ec2:CreateSnapshots"));
  const journal = fileJournal(job.directory);
  console.log("open requests:", (await readStatus(journal))?.openIntents.map(({ api }) => api).join() || "none");
  console.log("the same command again:", await workUntil(file, job.directory));

  const { status, instances } = await createReceipt(journal);
  console.log(status, instances.map((one) => one.status).join(", "));
  assert.deepEqual(
    names.filter((name) => world.holds(name)),
    [],
  );
  assert.equal(world.view().snapshots.length, names.length);
  stopClock();
  await close();
  await rm(directory, { recursive: true });
}

const [, self, file] = process.argv;
if (self === fileURLToPath(import.meta.url) && file !== undefined) await work(file);
else await main();
