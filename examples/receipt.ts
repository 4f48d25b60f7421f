/*
 * What happened, for people and for machines: npx tsx examples/receipt.ts
 * Writes runs/receipt.html (English), runs/receipt.zh.html (Chinese), runs/receipt.csv and runs/receipt.json.
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createReceipt, executePlan, memoryJournal, planDecommission, renderReceipt, verifyJournal } from "cloud-decom";
import { alone, pretendAws } from "./support/pretend-aws.js";

const { cloud, world, clock, close } = await pretendAws([
  { id: "web", name: "web" },
  { id: "guarded", name: "guarded", terminationProtection: true },
  {
    id: "archive",
    name: "archive",
    disks: [{ role: "system" }, { id: "films", role: "data", sizeGiB: 500, deletedWithInstance: false }],
    addresses: [{ id: "front", kind: "elastic" }],
  },
]);
const ids = ["web", "guarded", "archive"].map((name) => world.id(name));
const plan = await planDecommission([cloud], [{ cloud: "aws", ids }], {
  reason: "the shop has moved",
  ticket: "OPS-4711",
  clock,
});
const journal = memoryJournal();
await executePlan([cloud], plan, { journal, trust: alone, clock });

// From the journal alone, whose every line is chained to the one before. Prices are yours; without them no cost is guessed.
await verifyJournal(journal);
const receipt = await createReceipt(journal, {
  prices: { disk: { amount: "0.088", currency: "USD" }, "public-address": { amount: "3.65", currency: "USD" } },
  redact: ["tag-values"],
});
for (const { instanceId, status, verdict } of receipt.instances)
  console.log(instanceId, status, verdict?.status ?? "", verdict?.clean ? "clean" : "");
for (const { kind, id, monthlyEstimate } of receipt.leftovers.filter(({ billing }) => billing === "continues"))
  console.log(
    `still bills: ${kind} ${id}`,
    monthlyEstimate ? `${monthlyEstimate.amount} ${monthlyEstimate.currency} a month` : "",
  );
console.log(`erasure: ${receipt.erasure}`);

await mkdir("runs", { recursive: true });
const html = await renderReceipt(receipt, { format: "html" });
await writeFile("runs/receipt.html", html);
await writeFile("runs/receipt.zh.html", await renderReceipt(receipt, { format: "html", locale: "zh" }));
await writeFile("runs/receipt.csv", await renderReceipt(receipt, { format: "csv" }));
await writeFile("runs/receipt.json", await renderReceipt(receipt, { format: "json" }));
console.log("written to runs/receipt.html, receipt.zh.html, receipt.csv, receipt.json");

assert.ok(html.includes("not attested by API"));
assert.deepEqual(
  receipt.instances.map(({ status }) => status),
  ["accepted", "blocked", "accepted"],
);
await close();
