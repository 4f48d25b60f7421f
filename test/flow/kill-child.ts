/*
 * A process that executes a plan and can be killed at any moment: `node --import tsx kill-child.ts <job.json>`. Its
 * clock is the fake's, which lives in the process that started it and survives.
 */
import { readFileSync } from "node:fs";
import { aws } from "../../providers/aws/index.js";
import type { Clock } from "../../src/clock.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import { fileJournal } from "../../src/flow/journal-file.js";
import type { Plan } from "../../src/flow/plan.js";
import { alone } from "./open-world.js";

interface Job {
  readonly plan: Plan;
  readonly directory: string;
  readonly endpoint: Readonly<Record<string, string>>;
  readonly region: string;
  readonly clockUrl: string;
}

const job: Job = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));

async function remoteClock(): Promise<Clock> {
  const pass = async (milliseconds: number) =>
    Number(await (await fetch(`${job.clockUrl}/${Math.ceil(milliseconds)}`)).text());
  let now = await pass(0);
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      if (!signal?.aborted) now = await pass(milliseconds);
    },
  };
}

const clock = await remoteClock();
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
const adapter = aws({ region: job.region, endpoint: job.endpoint, credentials, clock });
process.stdout.write("up\n");
const result = await executePlan([adapter], job.plan, {
  journal: fileJournal(job.directory, { clock }),
  clock,
  trust: alone,
});
process.stdout.write(
  `${JSON.stringify({ status: result.status, instances: result.instances.map(({ status }) => status) })}\n`,
);
