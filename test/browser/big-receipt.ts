import { executePlan } from "../../src/flow/execute-plan.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import { createReceipt } from "../../src/flow/receipt/create-receipt.js";
import type { Receipt } from "../../src/flow/receipt/receipt.js";
import { memoryWorld } from "../../src/testing/memory-world.js";
import type { SeedInstance, WorldSeed } from "../../src/testing/seed.js";
import { person, reviewed } from "../flow/open-world.js";

/** What somebody who can tag a server would write, if pages ran it. */
export const hostile = '<img src=x onerror="document.title=`broken`">';

const count = 200;
const names = Array.from({ length: count }, (_, index) => `web-${String(index + 1).padStart(3, "0")}`);

function instance(id: string, index: number): SeedInstance {
  const odd: Readonly<Record<number, Partial<SeedInstance>>> = {
    2: { name: hostile, tags: { owner: hostile } },
    3: { name: "数据库-主" },
    5: { terminationProtection: true },
    8: { disks: [{ role: "system", snapshots: "refused" }] },
    13: { disks: [{ role: "system" }, { id: "archive", role: "data", sizeGiB: 500, deletedWithInstance: false }] },
    21: { addresses: [{ id: "front", kind: "elastic" }] },
  };
  return { id, name: id, privateIps: [`10.0.1.${index + 1}`], securityGroups: ["shop"], ...odd[index] };
}

const fleet: WorldSeed = {
  securityGroups: [
    { id: "shop" },
    {
      id: "database",
      foreignUsers: ["database"],
      rules: [20, 40, 60].map((index) => ({
        direction: "ingress",
        peer: { kind: "cidr", cidr: `10.0.1.${index + 1}/32`, family: "ipv4" },
        ports: { kind: "ranges", ranges: [{ from: 5432, to: 5432 }] },
        protocol: { unified: "tcp", raw: "tcp" },
        description: `from ${names[index]}`,
      })),
    },
  ],
  instances: names.map(instance),
  owners: [
    { kind: "load-balancer-target", id: "shop-https", members: names.slice(0, 12), ports: [443] },
    { kind: "load-balancer-target", id: "shop-admin", members: names.slice(4, 6), ports: [8443] },
    { kind: "auto-scaling-group", id: "workers", members: names.slice(100, 104), replaces: true },
  ],
};

/** The receipt of a run of two hundred servers, in which most went well and some did not. */
export async function bigReceipt(): Promise<Receipt> {
  const world = memoryWorld();
  const { adapter, clock } = world;
  world.seed(fleet);
  const ids = names.map((name) => world.id(name));
  const plan = await planDecommission([adapter], [{ cloud: adapter.cloud, ids }], {
    policy: { waves: [1, 20, "rest"], protectTags: { keep: "*" }, waivers: [reviewed] },
    reason: "The shop has moved to the new platform",
    ticket: "OPS-4711",
    clock,
  });
  const people = ["Ada Lovelace", "王小云"].map((name) => person(name, clock));
  const approvals = await Promise.all(people.map((one) => one.approve(plan)));
  const journal = memoryJournal({ clock });
  let drifted = false;
  await executePlan([adapter], plan, {
    journal,
    clock,
    trust: { approvers: people, required: 2 },
    approvals,
    hooks: {
      beforeTerminate: () => {
        if (!drifted) world.meddle({ set: [{ id: "web-030", tags: { keep: "until Friday" } }] });
        drifted = true;
        return undefined;
      },
    },
  });
  await world.close();
  const prices = { disk: { amount: "0.35", currency: "CNY" }, "public-address": { amount: "24.00", currency: "CNY" } };
  return await createReceipt(journal, { prices: { ...prices, snapshot: { amount: "0.12", currency: "CNY" } } });
}
