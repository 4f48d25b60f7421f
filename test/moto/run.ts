/*
 * The main job against an EC2 that other people wrote: moto (https://docs.getmoto.org/), through the real SDK. Two
 * hundred servers are planned, saved, taken from their load balancers, terminated and verified. The protected, the owned
 * and the shared must survive. Says loudly that it was skipped where `moto_server` is not installed.
 */
import assert from "node:assert/strict";
import { aws } from "../../providers/aws/index.js";
import {
  createReceipt,
  executePlan,
  memoryJournal,
  type Plan,
  planDecommission,
  type Waiver,
} from "../../src/index.js";
import { checkAfter, lookBefore } from "./check.js";
import { clientsFor, seedFleet } from "./fleet.js";
import { hasMoto, startMoto } from "./server.js";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** What moto 5.2 cannot answer and a plan must not go without. Each kind is waived by name, and nothing else is. */
const unanswered: readonly Pick<Waiver, "kind" | "cause" | "reason">[] = [
  { kind: "pending-operation", cause: "unavailable", reason: "moto has no DescribeReplaceRootVolumeTasks." },
  { kind: "permission", cause: "partial", reason: "Load balancers and scaling groups have no dry run." },
];

/** All that moto 5.2 has no answer for. It reads as unavailable, never as checked, and nothing else reads otherwise. */
const lacking = [
  "backup:ListProtectedResources",
  "dlm:GetLifecyclePolicy",
  "ec2:DescribeInstanceEventWindows",
  "ec2:DescribeReplaceRootVolumeTasks",
  "ec2:DescribeReservedInstances",
  "ec2:DescribeSecurityGroupReferences",
  "ec2:DescribeSecurityGroupVpcAssociations",
  "ec2:DescribeTrafficMirrorSessions",
  "ram:ListResources",
  "savingsplans:DescribeSavingsPlans",
  "ssm:DescribeInstanceInformation",
];

async function main(): Promise<void> {
  if (!hasMoto()) {
    process.stderr.write("\n!!! SKIPPED: moto_server is not on PATH, so nothing was checked against it. !!!\n\n");
    return;
  }
  const moto = await startMoto();
  try {
    await retire(moto.url);
  } finally {
    await moto.close();
  }
}

async function retire(url: string): Promise<void> {
  const clients = clientsFor(url);
  const started = Date.now();
  const fleet = await seedFleet(clients);
  const before = await lookBefore(clients, fleet);
  say(`seeded ${fleet.targets.length} servers in ${seconds(started)} s`);
  const adapter = aws({
    region: "eu-west-1",
    endpoint: url,
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "example" },
    // moto is no account with limits: the documented ones would only make the test wait.
    limits: {
      "ec2:CreateSnapshots": { perSecond: 50 },
      "ec2:DescribeInstanceAttribute": { perSecond: 100, burst: 500 },
    },
  });
  const expiresAt = new Date(Date.now() + 24 * 3_600_000).toISOString();
  const requests = new Map<string, number>();
  const plan = await planDecommission([adapter], [{ cloud: "aws", ids: fleet.targets }], {
    reason: "the shop has moved",
    policy: {
      waves: [20, "rest"],
      waivers: unanswered.map((waiver) => ({ ...waiver, instanceIds: fleet.targets, expiresAt })),
    },
  });
  checkPlan(plan, [...fleet.protectedIds, ...fleet.ownedIds]);
  const unchecked = plan.scopes.flatMap(({ coverageGaps }) => coverageGaps);
  assert.deepEqual(
    unchecked.map(({ source, status }) => `${source} ${status}`).sort(),
    lacking.map((source) => `${source} unavailable`),
    "other sources were not checked, or they are called otherwise",
  );
  say(`planned in ${seconds(started)} s`);
  const journal = memoryJournal();
  const result = await executePlan([adapter], plan, {
    journal,
    trust: { approvers: [], required: 0, solo: { maxInstances: fleet.targets.length } },
    onEvent: (event) => {
      if (event.type === "request") requests.set(event.api, (requests.get(event.api) ?? 0) + 1);
    },
  });
  assert.equal(result.status, "finished", JSON.stringify(result.status));
  say(`executed in ${seconds(started)} s, ${[...requests.values()].reduce((sum, count) => sum + count, 0)} requests`);
  const receipt = await createReceipt(journal);
  await checkAfter(clients, fleet, before, receipt);
  const gone = receipt.instances.filter(({ verdict }) => verdict?.status === "deleted").length;
  say(`${gone} gone with their proofs, ${fleet.targets.length - gone} stand: all as it should be`);
}

/** Blocks just those that must stay. */
function checkPlan(plan: Plan, standing: readonly string[]): void {
  const instances = plan.scopes.flatMap((scope) => scope.instances);
  const blocked = instances.flatMap(({ instance, blockers }) => {
    const id = instance.status === "found" ? instance.record.id : instance.instanceId;
    return blockers.some(({ waived }) => !waived) ? [id] : [];
  });
  assert.deepEqual(blocked.sort(), standing.toSorted(), "the plan blocks others than it should");
}

function say(text: string): void {
  process.stdout.write(`moto: ${text}\n`);
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}

await main();
