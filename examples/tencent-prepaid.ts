/*
 * A server paid in advance on Tencent Cloud, retired in its two stages: npx tsx examples/tencent-prepaid.ts
 *
 * One and the same request means two things there: the first returns the server for a refund and puts it into the
 * recycle bin for seven days, the second destroys it. Each stage is sent only where it was asked for by name, and never
 * again where an answer was lost.
 */
import assert from "node:assert/strict";
import { tencent } from "cloud-decom/tencent";
import { fakeTencent } from "cloud-decom/tencent/fake";

// A Tencent Cloud that exists only in this process. With an account of your own, `tencent({ region })` is all there is to it.
const world = fakeTencent({ region: "ap-guangzhou" });
const expiresAt = "2030-01-01T00:00:00Z";
world.seed([{ id: "shop", billing: "prepaid", expiresAt, refund: { quote: { amount: "420.00", currency: "CNY" } } }]);
const server = await world.listen();
const credentials = { secretId: "AKIDEXAMPLE", secretKey: "example" };
const cloud = tencent({ region: "ap-guangzhou", credentials, endpoint: server.endpoint, clock: world.clock });
const shop = world.id("shop");
const secondStages = () => world.view().effects.filter(({ id }) => id === `${shop}/second-stage`).length;

// Its disks first: what is in the bin can only be renewed or destroyed.
const [saved] = await cloud.snapshot([shop], { runId: "shop-moved" });
assert.ok(saved?.status === "completed");
const data = { proofs: saved.proofs };
console.log(`saved:       ${saved.proofs.length} disk, kept until ${saved.proofs[0]?.expiresAt}`);

// What it would bring. No money moves in a dry run.
const [would] = await cloud.terminate([shop], { data, prepaid: "unsubscribe", dryRun: true });
const refund = would?.status === "would-terminate" ? would.refund?.amount?.amount : undefined;
console.log(`dry run:     ${would?.status}, refund ${refund}`);

// The first stage. The answer is lost on the way back, which is when other tools ask again, and destroy.
world.faults.add({ fault: "drop-after", api: "cvm:TerminateInstances", times: 1 });
const [returned] = await cloud.terminate([shop], { data, prepaid: "unsubscribe" });
assert.ok(returned?.status === "recycled");
const until = returned.recoverableUntil;
console.log(`returned:    ${returned.status}, can come back until ${"at" in until ? until.at : "nobody knows when"}`);

// Asked again, as after a crash: it stays in the bin.
const [again] = await cloud.terminate([shop], { data, prepaid: "unsubscribe" });
console.log(`once more:   ${again?.status}`);
assert.equal(secondStages(), 0);

// In the bin it is not gone, and nothing says that it were.
const [verdict] = await cloud.verifyDeleted([shop]);
console.log(`verified:    ${verdict?.status}, clean: ${verdict?.clean}`);

// It could come back, by being renewed. That costs money, so the price is shown and nothing happens unasked.
const renew = { months: 1, reason: "to show the price" };
const [back] = await cloud.recover([shop], { renew, dryRun: true });
console.log(`recover:     ${back?.status}, for ${back?.status === "would-recover" ? back.cost?.amount : "?"}`);

// The second stage, asked for by name. Nothing brings it back after this.
const [purged] = await cloud.terminate([shop], { data, recycleBin: "purge" });
console.log(`purged:      ${purged?.status}`);
await world.clock.advance(60_000);

// Looked up in the cloud itself, since a library must not vouch for itself.
assert.equal(world.holds("shop"), false);
assert.equal(secondStages(), 1);
assert.equal(world.view().orders.filter(({ kind }) => kind === "refund").length, 1);
await server.close();
