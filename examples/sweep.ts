/*
 * Copies that are past their time are removed, by tag, run and disk, and nothing else: npx tsx examples/sweep.ts
 */
import assert from "node:assert/strict";
import { sweep } from "cloud-decom";
import { pretendAws } from "./support/pretend-aws.js";

const { cloud, world, clock, close } = await pretendAws([{ id: "web" }, { id: "db" }]);

// Two earlier runs: one wanted its copies kept for a week, the other for 90 days.
await cloud.snapshot([world.id("web")], { runId: "run-in-may", retentionDays: 7 });
await cloud.snapshot([world.id("db")], { runId: "run-in-june", retentionDays: 90 });
await clock.advance(30 * 86_400_000);

// By default it only shows what would go.
const [shown] = await sweep([cloud], { clock });
for (const { status, artifact } of shown?.outcomes ?? [])
  console.log(status, artifact.kind, artifact.id, `of ${artifact.runId}, kept until ${artifact.expiresAt}`);
assert.equal(world.view().snapshots.length, 2);

const [done] = await sweep([cloud], { clock, dryRun: false });
for (const { status, artifact } of done?.outcomes ?? []) console.log(status, artifact.id);
assert.equal(world.view().snapshots.length, 1);
await close();
