/*
 * The main job on the embedded fakes, through the official SDKs: a mixed fleet is looked at, planned, saved, closed
 * off, terminated and verified. No account, no network.
 *
 *   npm run demo                     prints everything, writes receipts to runs/demo-<cloud>.json and .html
 *
 * Exits with 1 when any server stands that should be gone, or is gone that should stand.
 */
import { mkdir, writeFile } from "node:fs/promises";
import {
  createReceipt,
  executePlan,
  explainPlan,
  memoryJournal,
  planDecommission,
  type Receipt,
  renderReceipt,
} from "cloud-decom";
import { aliyunFleet } from "./demo/aliyun.js";
import { twoApprovers } from "./demo/approvers.js";
import { awsFleet } from "./demo/aws.js";
import type { Fleet } from "./demo/fleet.js";
import { huaweiFleet } from "./demo/huawei.js";
import { progressPrinter } from "./demo/progress.js";
import { tencentFleet } from "./demo/tencent.js";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const print = (text: string) => void process.stdout.write(text);

async function retire(fleet: Fleet): Promise<boolean> {
  const { adapter, world, policy } = fleet;
  const clock = world.clock;
  const onEvent = progressPrinter(print, process.stdout.isTTY);
  print(`\n=== ${fleet.cloud}: ${fleet.targets.length} servers\n\n`);

  const ids = fleet.targets.map((name) => world.id(name));
  const plan = await planDecommission([adapter], [{ cloud: adapter.cloud, ids }], {
    policy,
    reason: "the shop has moved",
    clock,
    onEvent,
  });
  print(`\n${explainPlan(plan)}\n\n`);

  const { trust, approve } = twoApprovers();
  const approvals = await approve(plan, clock);
  print(`  approved by ${trust.approvers.map(({ name }) => name).join(" and ")}\n\n`);

  fleet.meddle();
  const journal = memoryJournal();
  await executePlan([adapter], plan, { journal, trust, approvals, clock, onEvent });
  const receipt = await createReceipt(journal);
  await mkdir("runs", { recursive: true });
  const file = `runs/demo-${adapter.cloud}`;
  await writeFile(`${file}.json`, `${JSON.stringify(receipt, null, 2)}\n`);
  await writeFile(`${file}.html`, await renderReceipt(receipt, { format: "html" }));
  printReceipt(receipt);
  print(`\n  receipt written to ${file}.json and ${file}.html\n`);
  return asExpected(fleet);
}

function printReceipt(receipt: Receipt): void {
  print("\n  what became of each server\n");
  for (const { instanceId, status, problem, proofs, verdict, removedRules } of receipt.instances) {
    const saved = proofs.length > 0 ? `, ${proofs.length} disks saved` : "";
    const rules = removedRules.length > 0 ? `, ${removedRules.length} rules closed` : "";
    const end = verdict ? ` -> ${verdict.status}${verdict.clean ? ", clean" : ""}` : "";
    print(`  ${instanceId}  ${status}${end}${saved}${rules}${problem ? `: ${problem.message}` : ""}\n`);
  }
  print("\n  what still bills\n");
  for (const leftover of receipt.leftovers.filter(({ billing }) => billing === "continues")) {
    print(
      `  ${leftover.kind} ${leftover.id}${leftover.sizeGiB ? ` (${leftover.sizeGiB} GiB)` : ""}: ${leftover.why}\n`,
    );
  }
  const unread = receipt.notChecked.map(({ kind, source, status }) => `${kind} (${source}: ${status})`);
  print(`\n  not looked at: ${unread.length === 0 ? "nothing" : unread.join(", ")}\n`);
}

/** Looks into the fake itself, since a library must not vouch for itself. */
function asExpected({ targets, standing, world }: Fleet): boolean {
  print("\n  looked up in the cloud itself\n");
  const wrong = targets.filter((name) => world.holds(name) !== name in standing);
  for (const name of targets) {
    const why = standing[name] === undefined ? "" : `, since ${standing[name]}`;
    print(`  ${wrong.includes(name) ? "WRONG " : ""}${name}: ${world.holds(name) ? "stands" : "gone"}${why}\n`);
  }
  return wrong.length === 0;
}

const results: boolean[] = [];
for (const open of [awsFleet, aliyunFleet, tencentFleet, huaweiFleet]) {
  const fleet = await open();
  try {
    results.push(await retire(fleet));
  } finally {
    await fleet.close();
  }
}
process.exitCode = results.every(Boolean) ? 0 : 1;
print(process.exitCode === 0 ? "\nEverything is as it should be.\n" : "\nSomething is not as it should be.\n");
