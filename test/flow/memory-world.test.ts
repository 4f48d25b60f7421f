import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/clock.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal } from "../../src/flow/journal.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import type { Plan } from "../../src/flow/plan.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import type { Policy } from "../../src/flow/policy.js";
import { createReceipt } from "../../src/flow/receipt/create-receipt.js";
import type { ExecuteOptions } from "../../src/flow/result.js";
import { type MemoryWorld, memoryWorld } from "../../src/testing/memory-world.js";
import type { WorldSeed } from "../../src/testing/seed.js";
import { dyingAt, linesOf } from "./dying-journal.js";
import { alone, reviewed } from "./open-world.js";

let open: MemoryWorld | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const fleet: WorldSeed = {
  instances: [
    { id: "web", disks: [{ role: "system" }], addresses: [{ id: "front", kind: "elastic" }], privateIps: ["10.0.0.5"] },
    { id: "db", disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }] },
    { id: "guarded", terminationProtection: true },
    { id: "worker" },
  ],
  securityGroups: [
    {
      id: "office",
      foreignUsers: ["database"],
      rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: "10.0.0.5/32", family: "ipv4" } }],
    },
  ],
  owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"] }],
};
const names = ["web", "db", "guarded", "worker"];

interface Run {
  readonly world: MemoryWorld;
  readonly plan: Plan;
  readonly journal: Journal;
  readonly clock: Clock;
  execute(options?: Partial<ExecuteOptions>): ReturnType<typeof executePlan>;
}

/** A fleet with a plan for it, in the made-up cloud that the contract suite itself is tried on. */
async function aRun(policy: Policy = {}, seed: WorldSeed = fleet, targets: readonly string[] = names): Promise<Run> {
  open = memoryWorld();
  const world = open;
  world.seed(seed);
  const { adapter, clock } = world;
  const ids = targets.map((name) => world.id(name));
  const whole: Policy = { waves: [1, "rest"], ...policy, waivers: [reviewed, ...(policy.waivers ?? [])] };
  const plan = await planDecommission([adapter], [{ cloud: adapter.cloud, ids }], {
    policy: whole,
    reason: "test",
    clock,
  });
  const journal = memoryJournal({ clock });
  return {
    world,
    plan,
    journal,
    clock,
    execute: (options) => executePlan([adapter], plan, { journal, clock, trust: alone, ...options }),
  };
}

/** A world in neutral words, without what differs from run to run. */
function picture(world: MemoryWorld) {
  const { instances, rules, memberships, addresses, disks } = world.view();
  return {
    instances: instances.map(({ id, state, terminationProtection, tags }) => ({
      id,
      state,
      terminationProtection,
      tags,
    })),
    rules: rules.map(({ groupId, peer }) => ({ groupId, peer })),
    memberships,
    addresses: addresses.map(({ ip, instanceId, ours }) => ({ ip, instanceId, ours })),
    disks: disks.map(({ id, state, deletedWithInstance }) => ({ id, state, deletedWithInstance })),
  };
}

describe("a run in the made-up cloud", () => {
  it("ends exactly what was planned, with proofs, and leaves what was not", async () => {
    const { world, execute } = await aRun();
    const result = await execute();
    expect(result.status).toBe("finished");
    expect(result.instances.map(({ status }) => status)).toEqual(["accepted", "accepted", "blocked", "accepted"]);
    expect(names.filter((name) => world.holds(name))).toEqual(["guarded"]);
    expect(world.holds("kept")).toBe(true);
    expect(world.holds("front")).toBe(true);
    expect(world.view().memberships).toEqual([]);
    const closed = world.view().rules.filter(({ peer }) => peer.kind === "cidr" && peer.cidr === "10.0.0.5/32");
    expect(closed).toEqual([]);
  });

  it("sends no mutation while planning, nor any that its journal did not announce before", async () => {
    const { world, execute, journal } = await aRun();
    expect(world.requests.filter(({ mutating }) => mutating)).toEqual([]);
    await execute();
    const announced: string[] = [];
    for await (const { entry } of journal.read()) if (entry.type === "intent") announced.push(entry.intent.api);
    const sent = world.requests.filter(({ mutating, dryRun }) => mutating && !dryRun).map(({ api }) => api);
    expect(sent.length).toBeGreaterThan(5);
    expect(announced.toSorted()).toEqual(sent.toSorted());
  });

  it("touches no id that the plan does not name", async () => {
    const { world, execute, plan } = await aRun();
    const before = picture(world);
    const seeded = before.instances.map(({ id }) => id);
    await execute();
    const planned = new Set(
      plan.scopes.flatMap(({ instances }) =>
        instances.map(({ instance }) => (instance.status === "found" ? instance.record.id : instance.instanceId)),
      ),
    );
    const touched = world.requests
      .filter(({ mutating, dryRun }) => mutating && !dryRun)
      .flatMap(({ instanceIds }) => instanceIds);
    for (const id of touched.filter((one) => seeded.includes(one))) expect(planned).toContain(id);
  });

  it("stops for protection that was switched on meanwhile, and gives back what it did", async () => {
    const { world, execute } = await aRun({ waves: ["rest"] });
    const before = picture(world);
    const hook = { done: false };
    const result = await execute({
      hooks: {
        beforeTerminate: () => {
          if (!hook.done) world.meddle({ set: [{ id: "web", terminationProtection: true }] });
          hook.done = true;
          return undefined;
        },
      },
    });
    expect(result.instances[0]).toMatchObject({ status: "drifted" });
    expect(world.holds("web")).toBe(true);
    const now = picture(world);
    const web = world.id("web");
    expect(now.instances.find(({ id }) => id === web)?.tags).toEqual(
      before.instances.find(({ id }) => id === web)?.tags,
    );
    expect(now.memberships).toEqual(before.memberships);
    expect(now.rules.filter(({ peer }) => peer.kind === "cidr" && peer.cidr === "10.0.0.5/32")).toHaveLength(1);
  });

  it.each(["refused", "fails", "too-small", "vanishes"] as const)(
    "leaves a server standing whose snapshot %s",
    async (snapshots) => {
      const seed: WorldSeed = { instances: [{ id: "web", disks: [{ role: "system", snapshots }] }, { id: "db" }] };
      const { world, execute } = await aRun({ waves: ["rest"] }, seed, ["web", "db"]);
      const result = await execute();
      expect(world.holds("web")).toBe(true);
      expect(world.holds("db")).toBe(false);
      expect(result.instances[0]?.status).not.toBe("accepted");
      expect(world.view().instances.find(({ id }) => id === world.id("web"))?.tags).toEqual({});
    },
  );

  it("releases an address once its server is gone, where it was named", async () => {
    const first = await aRun();
    const record = first.plan.scopes[0]?.instances[0]?.instance;
    const id = record?.status === "found" ? record.record.publicAddresses[0]?.id : undefined;
    if (id === undefined) throw new Error("the server has an address");
    const { world, execute } = await aRun({ release: { after: [{ kind: "public-address", id }] } });
    await execute();
    expect(world.holds("front")).toBe(false);
  });

  it("needs no more than the planned reads for a fleet that is only terminated", async () => {
    const many = Array.from({ length: 200 }, (_, index) => `s${index}`);
    const { world, execute } = await aRun(
      { snapshot: { skip: "stateless" }, terminate: { protectionCheck: "by-cloud" }, waves: [100] },
      { instances: many.map((id) => ({ id })) },
      many,
    );
    const planning = world.requests.length;
    const calls = new Map<string, number>();
    await execute();
    for (const { api } of world.requests.slice(planning)) calls.set(api, (calls.get(api) ?? 0) + 1);
    expect(many.filter((name) => world.holds(name))).toEqual([]);
    // Two waves: nothing is asked or sent once per server.
    for (const [api, count] of calls) expect(count, api).toBeLessThan(60);
  });
});

describe("a run that was killed", () => {
  it("right before any line of its journal ends as if nothing had happened, with nothing done twice", async () => {
    const whole = await aRun();
    await whole.execute();
    const lines = await linesOf(whole.journal);
    const expected = picture(whole.world);
    const receipt = await createReceipt(whole.journal);
    for (let line = 1; line < lines; line++) {
      const { world, journal, execute } = await aRun();
      const dying = dyingAt(journal, line);
      await execute({ journal: dying }).catch(() => undefined);
      const result = await execute({ journal: dying });
      expect(result.status, `line ${line}`).toBe("finished");
      expect(
        result.instances.map(({ status }) => status),
        `line ${line}`,
      ).toEqual(receipt.instances.map(({ status }) => status));
      expect(picture(world), `line ${line}`).toEqual(expected);
      const twice = world
        .view()
        .effects.filter(({ api, count }) => count > 1 && /terminate|snapshot|purge|release/i.test(api));
      expect(twice, `line ${line}`).toEqual([]);
    }
  });
});
