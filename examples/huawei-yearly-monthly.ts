/*
 * Yearly/monthly servers on Huawei Cloud, which billing takes back: npx tsx examples/huawei-yearly-monthly.ts
 *
 * Nothing returns a subscription unless `prepaid` says so. The refund cannot be read beforehand, so none is promised.
 * A return is sent once, whatever becomes of its answer, and followed until the server itself is gone.
 */
import assert from "node:assert/strict";
import { huawei } from "cloud-decom/huawei";
import { fakeHuawei } from "cloud-decom/huawei/fake";

// A Huawei Cloud that exists only in this process. With an account of your own, `huawei({ region })` is all there is to it.
const world = fakeHuawei({ region: "cn-north-4" });
const expiresAt = "2026-09-01T00:00:00Z";
world.seed([
  { id: "shop", billing: "prepaid", expiresAt, disks: [{ role: "system" }, { role: "data" }] },
  { id: "wiki", billing: "prepaid", expiresAt: "2026-01-01T00:00:00Z" },
  { id: "mail", billing: "prepaid", expiresAt },
  { id: "test" },
]);
const server = await world.listen();
const credentials = { ak: "HPUAEXAMPLE", sk: "example" };
const cloud = huawei({ region: "cn-north-4", credentials, endpoint: server.endpoint, clock: world.clock });
const [shop, wiki, mail, test] = ["shop", "wiki", "mail", "test"].map((name) => world.id(name));
assert.ok(shop && wiki && mail && test);
const data = { discard: "everything was moved on Monday" };

// Left alone while nobody says how they may end; the server that is paid by use goes.
const mixed = await cloud.terminate([shop, test], { data });
for (const outcome of mixed) {
  console.log(`not chosen:  ${outcome.status}${outcome.status === "blocked" ? `: ${outcome.problem.message}` : ""}`);
}

// What would be sent. No money moves in a dry run.
const [would] = await cloud.terminate([shop], { data, prepaid: "unsubscribe", dryRun: true });
console.log(`dry run:     ${would?.status}, by ${would?.status === "would-terminate" ? would.how : "nothing"}`);

// Two at once. One has expired, and billing takes nothing back in a grace period.
const ended = await cloud.terminate([shop, wiki], { data, prepaid: "unsubscribe" });
for (const outcome of ended) {
  const more = outcome.status === "blocked" ? `: ${outcome.problem.message}` : "";
  console.log(`unsubscribe: ${outcome.status}${more}`);
}

// The answer is lost on its way back. Nothing is sent again: the server tells what became of it.
world.faults.add({ fault: "drop-after", api: "bss:POST /v2/orders/subscriptions/resources/unsubscribe" });
const [lost] = await cloud.terminate([mail], { data, prepaid: "unsubscribe" });
console.log(`lost answer: ${lost?.status}`);
await world.clock.advance(60 * 60_000);

// Asked again, as after a crash: the money is not moved twice.
const again = await cloud.terminate([shop, mail], { data, prepaid: "unsubscribe" });
console.log(`once more:   ${again.map(({ status }) => status).join(", ")}`);

// Looked up in the cloud itself, since a library must not vouch for itself.
assert.deepEqual(
  ["shop", "wiki", "mail", "test"].map((name) => world.holds(name)),
  [false, true, false, false],
);
assert.deepEqual(
  world.view().orders.map(({ kind, instanceId }) => [kind, instanceId]),
  [
    ["refund", shop],
    ["refund", mail],
  ],
);
await server.close();
