/** Breaks the code in one place at a time and shows that the tests notice. `npm run test:mutants -- words` runs those whose name, file or tests have the words. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMutants } from "./load.js";
import { applyMutant, type Mutant } from "./mutant.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Longer than any test file takes. A mutant that hangs its tests proves nothing about them. */
const timeoutMs = 180_000;
/** All named tests at once, while nothing is broken yet. */
const baselineTimeoutMs = 20 * 60_000;
/** What a copy of the tree does without. */
const leftOut = new Set(["node_modules", ".git", "dist", "coverage", "runs"]);

interface TestReport {
  readonly success: boolean;
  readonly numTotalTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Copies the tree, so that mutants never touch the one people work in. What lies beside it is seen by a link. */
function openLane(home: string, number: number): string {
  const lane = join(home, `lane-${number}`, "main");
  cpSync(root, lane, { recursive: true, filter: (path) => !leftOut.has(relative(root, path)) });
  symlinkSync(join(root, "node_modules"), join(lane, "node_modules"));
  const shared = join(root, "../shared");
  if (existsSync(shared)) symlinkSync(shared, join(lane, "../shared"));
  return lane;
}

const running = new Set<ChildProcess>();

/** Runs tests in a lane: files, and flags of vitest that choose among their tests. `undefined`: they did not end in time. */
async function runTests(
  lane: string,
  selection: readonly string[],
  { limitMs = timeoutMs, workers = 1 } = {},
): Promise<TestReport | undefined> {
  const report = join(lane, "../report.json");
  rmSync(report, { force: true });
  const vitest = join(lane, "node_modules/vitest/vitest.mjs");
  const flags = ["--project", "unit", "--maxWorkers", String(workers), "--reporter", "json", "--outputFile", report];
  const child = spawn(process.execPath, [vitest, "run", ...flags, ...selection], {
    cwd: lane,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  const timer = setTimeout(() => stop(child), limitMs);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, by) => resolve(by)));
  clearTimeout(timer);
  running.delete(child);
  if (signal) return undefined;
  if (!existsSync(report)) throw new Error(`vitest wrote no report:\n${output}`);
  return JSON.parse(readFileSync(report, "utf8"));
}

/** Ends a test run with the workers it started: they share its process group. */
function stop(child: ChildProcess): void {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
}

/** Why a mutant is not killed; `undefined` when a test failed because of it. */
async function survives(mutant: Mutant, lane: string): Promise<string | undefined> {
  const file = join(lane, mutant.file);
  const source = readFileSync(file, "utf8");
  writeFileSync(file, applyMutant(mutant, source));
  try {
    const only = mutant.only === undefined ? [] : ["--testNamePattern", mutant.only.replace(/[^\w\s]/g, "\\$&")];
    const report = await runTests(lane, ["--bail", "1", ...only, ...mutant.tests]);
    if (!report) return `gave no answer within ${timeoutMs / 1000} s`;
    if (report.numFailedTests > 0) return undefined;
    const broken = report.testResults.find((result) => result.message !== "");
    return broken ? `does not even load: ${broken.message}` : "survived: no test failed";
  } finally {
    writeFileSync(file, source);
  }
}

/** The tests must be green before any of them may go red. */
async function checkBaseline(lane: string, mutants: readonly Mutant[]): Promise<void> {
  const tests = new Set(mutants.flatMap((mutant) => mutant.tests));
  const report = await runTests(lane, [...tests], { limitMs: baselineTimeoutMs, workers: availableParallelism() });
  if (report?.success && report.numTotalTests > 0) return;
  const failed = report?.testResults.flatMap((file) => [
    ...(file.message === "" ? [] : [`${relative(lane, file.name)}: ${file.message}`]),
    ...file.assertionResults.filter((test) => test.status === "failed").map((test) => test.fullName),
  ]);
  throw new Error(`The tests are not green without mutants:\n  ${failed?.join("\n  ") ?? "they did not end in time"}`);
}

async function runMutants(mutants: readonly Mutant[], lanes: readonly string[]): Promise<number> {
  const queue = [...mutants];
  let survivors = 0;
  const work = async (lane: string) => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const startedAt = Date.now();
      const reason = await survives(mutant, lane).catch((error: unknown) => String(error));
      if (reason !== undefined) survivors += 1;
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      console.log(`${reason === undefined ? "killed" : "ALIVE "}  ${seconds} s  ${mutant.name}  (${mutant.file})`);
      if (reason !== undefined) console.log(`        ${reason}`);
    }
  };
  await Promise.all(lanes.map(work));
  return survivors;
}

async function main(words: string): Promise<number> {
  const all = await loadMutants();
  const mutants = all.filter((mutant) => [mutant.name, mutant.file, ...mutant.tests].join(" ").includes(words));
  if (mutants.length === 0) throw new Error(`No mutant has "${words}" in its name, file or tests.`);
  const home = mkdtempSync(join(tmpdir(), "cloud-decom-mutants-"));
  const cleanUp = () => {
    for (const child of running) stop(child);
    rmSync(home, { recursive: true, force: true });
  };
  const interrupted = () => {
    cleanUp();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const count = Math.min(availableParallelism(), mutants.length);
    mkdirSync(home, { recursive: true });
    const lanes = Array.from({ length: count }, (_, index) => openLane(home, index + 1));
    await checkBaseline(lanes[0] ?? root, mutants);
    const survivors = await runMutants(mutants, lanes);
    console.log(`\n${mutants.length - survivors} of ${mutants.length} mutants killed.`);
    return survivors === 0 ? 0 : 1;
  } finally {
    cleanUp();
  }
}

process.exitCode = await main(process.argv.slice(2).join(" "));
