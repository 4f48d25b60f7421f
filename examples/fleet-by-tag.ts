/*
 * Everything with one tag, as a reviewed plan in waves: npx tsx examples/fleet-by-tag.ts
 */
import assert from "node:assert/strict";
import { executePlan, explainPlan, memoryJournal, planDecommission } from "cloud-decom";
import { alone, pretendAws } from "./support/pretend-aws.js";

const retire = { retire: "2026-11" };
const { cloud, world, clock, close } = await pretendAws([
  { id: "shop-1", tags: retire },
  { id: "shop-2", tags: retire },
  { id: "shop-3", tags: { ...retire, keep: "until the audit" } },
  { id: "ledger", tags: { retire: "2027-01" } },
]);

// Tags are matched exactly; a selector without a value is refused, so nothing widens by mistake.
const plan = await planDecommission([cloud], [{ cloud: "aws", tags: retire }], {
  reason: "the shop has moved",
  policy: {
    maxInstances: 10,
    // Whoever named it: a server with this tag is left alone, also when the tag is set after planning.
    protectTags: { keep: "*" },
    // One server first, then three at a time, with a look at the error rate in between.
    waves: [1, 3],
  },
  clock,
});
console.log(explainPlan(plan));

const result = await executePlan([cloud], plan, {
  journal: memoryJournal(),
  trust: alone,
  hooks: { afterWave: (wave) => void console.log(`wave ${wave} is done, and nobody has complained`) },
  clock,
});
for (const { instanceId, status, problem } of result.instances) console.log(instanceId, status, problem?.message ?? "");

const standing = ["shop-1", "shop-2", "shop-3", "ledger"].filter((name) => world.holds(name));
assert.deepEqual(standing, ["shop-3", "ledger"]);
await close();
