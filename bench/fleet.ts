/**
 * The main job for a large fleet on the embedded fake, through the real SDK over loopback: requests, time and memory of
 * each step. `npm run bench`, or `npx tsx bench/fleet.ts 5000` for another size. Cloud time is the fake's clock, so the
 * time shown is this library's, the SDK's and the fake's.
 */
import { createReceipt, executePlan, memoryJournal, planDecommission, type Waiver } from "cloud-decom";
import { aws } from "cloud-decom/aws";
import { fakeAws } from "cloud-decom/aws/fake";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const count = Number(process.argv[2] ?? 1_000);
const region = "eu-west-1";
const fake = fakeAws({ region });
const names = Array.from({ length: count }, (_, index) => `server-${index}`);
fake.seed({
  securityGroups: Array.from({ length: 10 }, (_, index) => ({ id: `group-${index}` })),
  instances: names.map((id, index) => ({
    id,
    securityGroups: [`group-${index % 10}`],
    disks: [{ role: "system" }, { role: "data", deletedWithInstance: true }],
  })),
  owners: Array.from({ length: 12 }, (_, index) => ({
    kind: "load-balancer-target" as const,
    id: `targets-${index}`,
    members: names.slice(index * 20, index * 20 + 20),
  })),
});
const ids = names.map((name) => fake.id(name));
const server = await fake.listen();
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
const cloud = aws({ region, credentials, endpoint: server.endpoint, clock: fake.clock });

/** Load balancers have no dry run, so nothing proves beforehand that these credentials may deregister. */
const permission: Waiver = {
  kind: "permission",
  cause: "partial",
  instanceIds: "all",
  reason: "the fake allows everything",
  expiresAt: new Date(fake.clock.now() + 30 * 24 * 3_600_000).toISOString(),
};

async function measure<T>(step: string, work: () => Promise<T>): Promise<T> {
  const requestsBefore = fake.requests.length;
  const startedAt = performance.now();
  const result = await work();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(`${step}: ${seconds} s, ${fake.requests.length - requestsBefore} requests, ${memory} MiB`);
  return result;
}

console.log(`${count} instances with two disks each, 12 target groups, 10 security groups`);
await measure("listDependencies, protection left to the cloud", () =>
  cloud.listDependencies(ids, { protectionCheck: "by-cloud" }),
);
const plan = await measure("planDecommission", () =>
  planDecommission([cloud], [{ cloud: "aws", ids }], {
    reason: "benchmark",
    clock: fake.clock,
    policy: { terminate: { protectionCheck: "by-cloud" }, waivers: [permission] },
  }),
);
const journal = memoryJournal({ clock: fake.clock });
const result = await measure("executePlan", () =>
  executePlan([cloud], plan, {
    journal,
    clock: fake.clock,
    approvals: [],
    trust: { approvers: [], required: 0, solo: { maxInstances: count } },
  }),
);
await measure("createReceipt", () => createReceipt(journal));
const statuses = [...new Set(result.instances.map(({ status }) => status))];
for (const each of statuses) console.log(`${each}: ${result.instances.filter(({ status }) => status === each).length}`);
await server.close();
