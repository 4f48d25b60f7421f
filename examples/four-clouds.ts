/*
 * One plan over four clouds: two people approve it, one run carries it out, one receipt tells of it.
 *   npx tsx examples/four-clouds.ts                     writes runs/four-clouds.html
 */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import {
  type Clock,
  type CloudAdapter,
  createReceipt,
  executePlan,
  explainPlan,
  memoryJournal,
  planDecommission,
  renderReceipt,
} from "cloud-decom";
import { aliyun } from "cloud-decom/aliyun";
import { fakeAliyun } from "cloud-decom/aliyun/fake";
import { aws } from "cloud-decom/aws";
import { fakeAws } from "cloud-decom/aws/fake";
import { huawei } from "cloud-decom/huawei";
import { fakeHuawei } from "cloud-decom/huawei/fake";
import { tencent } from "cloud-decom/tencent";
import { fakeTencent } from "cloud-decom/tencent/fake";
import type { FakeCloud } from "cloud-decom/testing";
import { twoApprovers } from "./demo/approvers.js";
import { roleReviewed } from "./support/pretend-aws.js";

// Four clouds that exist only in this process, and one time for all of them.
const worlds = {
  aws: fakeAws({ region: "eu-west-1" }),
  aliyun: fakeAliyun({ region: "cn-hangzhou" }),
  tencent: fakeTencent({ region: "ap-guangzhou" }),
  huawei: fakeHuawei({ region: "cn-north-4" }),
};
const all: readonly FakeCloud[] = Object.values(worlds);
for (const world of all)
  world.seed([
    { id: "web", name: "web" },
    { id: "guarded", name: "guarded", terminationProtection: true },
  ]);
const clock: Clock = {
  now: () => worlds.aws.clock.now(),
  sleep: async (milliseconds) => void (await Promise.all(all.map((world) => world.clock.advance(milliseconds)))),
};
const servers = await Promise.all(all.map((world) => world.listen()));
const [onAws, onAliyun, onTencent, onHuawei] = servers.map(({ endpoint }) => endpoint);
assert.ok(onAws && onAliyun && onTencent && onHuawei);

// With accounts of your own, the region is all there is to say.
const clouds: readonly CloudAdapter[] = [
  aws({
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" },
    endpoint: onAws,
    clock,
  }),
  aliyun({
    region: "cn-hangzhou",
    credentials: { accessKeyId: "LTAIEXAMPLE", accessKeySecret: "example" },
    endpoint: onAliyun,
    clock,
  }),
  tencent({
    region: "ap-guangzhou",
    credentials: { secretId: "AKIDEXAMPLE", secretKey: "example" },
    endpoint: onTencent,
    clock,
  }),
  huawei({ region: "cn-north-4", credentials: { ak: "AKEXAMPLE", sk: "example" }, endpoint: onHuawei, clock }),
];

const targets = Object.entries(worlds).map(([cloud, world]) => ({
  cloud,
  ids: ["web", "guarded"].map((name) => world.id(name)),
}));
const plan = await planDecommission(clouds, targets, {
  reason: "the shop has moved",
  policy: { waivers: [roleReviewed] },
  clock,
});
console.log(explainPlan(plan));

const { trust, approve } = twoApprovers();
const approvals = await approve(plan, clock);
const journal = memoryJournal();
const result = await executePlan(clouds, plan, { journal, trust, approvals, clock });
for (const { cloud, instanceId, status, verdict, problem } of result.instances)
  console.log(cloud.padEnd(8), instanceId, status, verdict?.status ?? problem?.message ?? "");

const receipt = await createReceipt(journal);
await mkdir("runs", { recursive: true });
await writeFile("runs/four-clouds.html", await renderReceipt(receipt, { format: "html" }));
console.log("written to runs/four-clouds.html");

for (const [cloud, world] of Object.entries(worlds)) {
  assert.equal(world.holds("web"), false, cloud);
  assert.equal(world.holds("guarded"), true, cloud);
}
for (const server of servers) await server.close();
