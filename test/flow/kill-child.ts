/*
 * A process that executes a plan and can be killed at any moment: `node --import tsx kill-child.ts <job.json> [line]`.
 * With a line it kills itself once that line of the journal is on disk. Its clock is the fake's, which lives in the
 * process that started it and survives.
 */
import { readFileSync } from "node:fs";
import type { Clock } from "../../src/clock.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal } from "../../src/flow/journal.js";
import { fileJournal } from "../../src/flow/journal-file.js";
import type { Plan } from "../../src/flow/plan.js";
import { type KillCloudName, killClouds } from "./kill-clouds.js";
import { alone } from "./open-world.js";

/** What the process is to do. */
export interface Job {
  readonly cloud: KillCloudName;
  readonly plan: Plan;
  readonly directory: string;
  readonly endpoint: Readonly<Record<string, string>>;
  readonly clockUrl: string;
}

async function remoteClock(url: string): Promise<Clock> {
  const pass = async (milliseconds: number) => Number(await (await fetch(`${url}/${Math.ceil(milliseconds)}`)).text());
  let now = await pass(0);
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      if (!signal?.aborted) now = await pass(milliseconds);
    },
  };
}

/** The journal of a process that dies by itself, between two lines. */
function deadlyAfter(line: number, journal: Journal): Journal {
  return {
    ...journal,
    open: async (options) => {
      const inner = await journal.open(options);
      return {
        id: inner.id,
        lock: inner.lock,
        ...(inner.tookOver === undefined ? {} : { tookOver: inner.tookOver }),
        append: async (entry) => {
          const record = await inner.append(entry);
          if (record.seq >= line) process.kill(process.pid, "SIGKILL");
          return record;
        },
        close: () => inner.close(),
      };
    },
  };
}

const [, , file = "", line] = process.argv;
const job: Job = JSON.parse(readFileSync(file, "utf8"));
const { adapter } = await killClouds[job.cloud]();
const clock = await remoteClock(job.clockUrl);
const journal = fileJournal(job.directory, { clock });
process.stdout.write("up\n");
const result = await executePlan([adapter({ endpoint: job.endpoint, clock })], job.plan, {
  journal: line === undefined ? journal : deadlyAfter(Number(line), journal),
  clock,
  trust: alone,
});
process.stdout.write(`${result.status}\n`);
