/*
 * A run that stopped half way is taken back: power, firewall rule, load balancer: npx tsx examples/undo.ts
 */
import assert from "node:assert/strict";
import { executePlan, explainPlan, memoryJournal, planDecommission, planUndo } from "cloud-decom";
import { alone, pretendAws, roleReviewed } from "./support/pretend-aws.js";

const { cloud, world, clock, close } = await pretendAws({
  instances: [{ id: "web", privateIps: ["10.0.0.5"] }],
  securityGroups: [
    {
      id: "database",
      foreignUsers: ["database"],
      rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "10.0.0.5/32", family: "ipv4" } }],
    },
  ],
  owners: [{ kind: "load-balancer-target", id: "shop", members: ["web"], ports: [443] }],
});
const seen = () => ({
  power: world.view().instances[0]?.state,
  traffic: world.view().memberships.length > 0,
  tags: world.view().instances[0]?.tags,
});
const before = seen();

const plan = await planDecommission([cloud], [{ cloud: "aws", ids: [world.id("web")] }], {
  reason: "the shop has moved",
  policy: {
    quarantine: { mode: "stop", forHours: 48 },
    // A load balancer has no dry run that could prove the permission, so somebody has to vouch for it.
    waivers: [roleReviewed],
  },
  clock,
});
const journal = memoryJournal();
await executePlan([cloud], plan, { journal, trust: alone, clock });
console.log("in quarantine:", seen());
assert.equal(seen().power, "stopped");

// Somebody misses it. The undo is a plan like any other; what the journal records may come back without new approvals.
const undoPlan = await planUndo([cloud], journal, { clock });
console.log(explainPlan(undoPlan));
const undone = await executePlan([cloud], undoPlan, { journal: memoryJournal(), trust: alone, undoes: journal, clock });
console.log("undone:", undone.instances.map(({ status }) => status).join(), seen());
assert.deepEqual(seen(), before);

// The plan is spent: its journal does not go on any more.
await assert.rejects(executePlan([cloud], plan, { journal, trust: alone, clock }), { code: "conflict" });
await close();
