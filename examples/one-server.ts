/*
 * One server, step by step, with the five operations: npx tsx examples/one-server.ts
 */
import assert from "node:assert/strict";
import { pretendAws } from "./support/pretend-aws.js";

const { cloud, world, close } = await pretendAws([{ id: "web", name: "web" }]);
const id = world.id("web");

// What hangs on it, and what could not be looked at.
const before = await cloud.listDependencies([id]);
const servers = before.instances.flatMap((seen) => (seen.status === "found" ? [seen.record] : []));
console.log(`${before.nodes.length} things hang on ${id}`);
for (const { node, effect, why } of before.edges) console.log(`  ${effect.padEnd(13)} ${node.kind} ${node.id}: ${why}`);
for (const gap of before.coverage.filter(({ status }) => status !== "checked"))
  console.log(`  not looked at: ${gap.kind} (${gap.source}: ${gap.status})`);

// Its disks: a proof is read again once the copy is complete.
const saved = await cloud.snapshot(servers);
const proofs = saved.flatMap((outcome) => (outcome.status === "completed" ? outcome.proofs : []));
console.log(`saved: ${proofs.map((proof) => `${proof.diskId} in ${proof.id}`).join(", ")}`);

// The firewall rules that exist for this server alone.
const [closed] = await cloud.releaseSecurityRules(servers);
console.log(`rules: ${closed?.status}`);

// Without a proof for each disk that dies, this answers `blocked`. A server that stays gets its rules back.
const [ended] = await cloud.terminate(servers, { data: { proofs } });
console.log(`terminate: ${ended?.status}`);
if (ended?.status === "blocked" || ended?.status === "failed") await cloud.revert(closed?.effects ?? []);

const [verdict] = await cloud.verifyDeleted(servers, { before });
console.log(`verdict: ${verdict?.status}${verdict?.clean ? ", clean" : ""}`);
for (const left of verdict?.leftovers ?? []) console.log(`  left: ${left.kind} ${left.id}, billing ${left.billing}`);

// Looked up in the cloud itself, since a library must not vouch for itself.
assert.equal(world.holds("web"), false);
await close();
