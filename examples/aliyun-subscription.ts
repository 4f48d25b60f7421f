/*
 * Servers paid in advance on Alibaba Cloud, and the two ways that move money: npx tsx examples/aliyun-subscription.ts
 *
 * Nothing ends a subscription unless `prepaid` names how. The refund is read before it is asked for, and again as the
 * request leaves; less than `minimumRefund` leaves everything as it is.
 */
import assert from "node:assert/strict";
import { aliyun } from "cloud-decom/aliyun";
import { fakeAliyun } from "cloud-decom/aliyun/fake";

// An Alibaba Cloud that exists only in this process. With an account of your own, `aliyun({ region })` is all there is to it.
const world = fakeAliyun({ region: "cn-hangzhou" });
const expiresAt = "2026-09-01T00:00:00Z";
const quote = { amount: "420.00", currency: "CNY" };
world.seed([
  { id: "shop", billing: "prepaid", expiresAt, refund: { quote } },
  { id: "wiki", billing: "prepaid", expiresAt, refund: { quote: { ...quote, amount: "15.00" } } },
  { id: "mail", billing: "prepaid", expiresAt, autoRenew: true },
]);
const server = await world.listen();
const credentials = { accessKeyId: "LTAI5tEXAMPLE", accessKeySecret: "example" };
const cloud = aliyun({ region: "cn-hangzhou", credentials, endpoint: server.endpoint, clock: world.clock });
const [shop, wiki, mail] = ["shop", "wiki", "mail"].map((name) => world.id(name));
assert.ok(shop && wiki && mail);
const data = { discard: "everything was moved on Monday" };

// Left alone while nobody says how it may end.
const [refused] = await cloud.terminate([shop], { data });
console.log(`not chosen:  ${refused?.status}: ${refused?.status === "blocked" ? refused.problem.message : ""}`);

// What it would bring. No money moves in a dry run.
const [would] = await cloud.terminate([shop], { data, prepaid: "unsubscribe", dryRun: true });
const refund = would?.status === "would-terminate" ? would.refund : undefined;
console.log(`dry run:     ${would?.status}, refund ${refund?.amount?.amount} ${refund?.amount?.currency}`);

// Two at once, and one of them would bring too little.
const minimumRefund = { amount: "100.00", currency: "CNY" };
const ended = await cloud.terminate([shop, wiki], { data, prepaid: "unsubscribe", minimumRefund });
for (const outcome of ended) {
  const more = outcome.status === "blocked" ? outcome.problem.message : "";
  console.log(`unsubscribe: ${outcome.instanceId} ${outcome.status} ${more}`);
}
await world.clock.advance(5 * 60_000);

// Asked again, as after a crash: the refund is not asked for twice.
const [again] = await cloud.terminate([shop], { data, prepaid: "unsubscribe", minimumRefund });
console.log(`once more:   ${again?.status}`);

// Or billed by use from now on, and then released.
const [converted] = await cloud.terminate([mail], { data, prepaid: "convert" });
console.log(`convert:     ${converted?.status}`);

// Looked up in the cloud itself, since a library must not vouch for itself.
assert.deepEqual(
  ["shop", "wiki", "mail"].map((name) => world.holds(name)),
  [false, true, false],
);
assert.deepEqual(
  world.view().orders.map(({ kind }) => kind),
  ["refund", "conversion"],
);
await server.close();
