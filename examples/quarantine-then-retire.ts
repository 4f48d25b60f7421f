/*
 * Stopped for 48 hours first: whoever misses the server can still have it back. Nothing waits in between; the journal knows
 * when to go on: npx tsx examples/quarantine-then-retire.ts
 */
import assert from "node:assert/strict";
import { executePlan, memoryJournal, planDecommission } from "cloud-decom";
import { alone, pretendAws, roleReviewed } from "./support/pretend-aws.js";

const { cloud, world, clock, close } = await pretendAws([{ id: "web" }]);
const id = world.id("web");
const stateOf = () => world.view().instances.find((instance) => instance.id === id)?.state ?? "gone";

const plan = await planDecommission([cloud], [{ cloud: "aws", ids: [id] }], {
  reason: "nobody seems to use it",
  // The copy is made of the stopped server, so it holds everything that was ever written.
  policy: { quarantine: { mode: "stop", forHours: 48 }, snapshot: { from: "stopped" }, waivers: [roleReviewed] },
  clock,
});
const journal = memoryJournal();
const run = () => executePlan([cloud], plan, { journal, trust: alone, clock });

const first = await run();
assert.equal(first.status, "waiting");
console.log(`${stateOf()}; the run goes on at ${first.status === "waiting" ? first.until : ""}`);

// Any scheduler will do: the same call goes on where the last one ended, and does nothing before its time.
await clock.advance(24 * 3_600_000);
console.log(`a day later: ${(await run()).status}, the server is ${stateOf()}`);
assert.equal(stateOf(), "stopped");

await clock.advance(25 * 3_600_000);
const last = await run();
console.log(`two days later: ${last.status}, the server is ${stateOf()}`);
assert.equal(last.status, "finished");
assert.equal(world.holds("web"), false);
await close();
