import { afterEach, describe, expect, it } from "vitest";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal } from "../../src/flow/journal.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import type { Plan } from "../../src/flow/plan.js";
import { planUndo } from "../../src/flow/plan-undo.js";
import type { Policy } from "../../src/flow/policy.js";
import type { WorldSeed } from "../../src/testing/seed.js";
import { dyingAt, linesOf } from "./dying-journal.js";
import { alone } from "./open-world.js";
import { attempted, clouds, pictureOf, planIn, type RunWorld } from "./over-clouds.js";

/** The long form tries every line on every cloud; the short one every line where that costs next to nothing. */
const long = process.env.KILLS !== undefined;

let opened: RunWorld | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const address = "10.0.0.5";
const fleet: WorldSeed = {
  instances: [{ id: "web", privateIps: [address] }, { id: "db" }],
  securityGroups: [
    {
      id: "office",
      foreignUsers: ["interface"],
      rules: [{ direction: "ingress", peer: { kind: "cidr", cidr: `${address}/32`, family: "ipv4" } }],
    },
  ],
  owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [443] }],
};

/** A fleet, and a run of it that dies right before one line. Undefined: it ended without dying. */
async function runUntil(world: RunWorld, line: number, policy: Policy): Promise<Journal | undefined> {
  const run = await planIn(world, ["web", "db"], policy);
  const died = await run.execute({ journal: dyingAt(run.journal, line) }).then(
    () => false,
    () => true,
  );
  return died ? run.journal : undefined;
}

async function undo(world: RunWorld, undone: Journal): Promise<Plan> {
  const { adapter, clock } = world;
  const plan = await planUndo([adapter], undone, { clock });
  await executePlan([adapter], plan, { journal: memoryJournal({ clock }), clock, trust: alone, undoes: undone });
  // Servers take a while to start, and reads a while to show it.
  await clock.advance(20 * 60_000);
  return plan;
}

/** Ids that an undo says it cannot bring back. */
function lostBy(plan: Plan): ReadonlySet<string> {
  const planned = plan.scopes.flatMap(({ instances }) => instances);
  return new Set(planned.flatMap(({ lost }) => lost.map(({ resource }) => resource.id)));
}

/** Somebody who says no when everything but the termination is done. */
const refusing = { beforeTerminate: () => "still in use" };

/** What a run found, and what an undo left: they differ in what the undo listed and in nothing else. */
function expectAsListed(world: RunWorld, before: ReturnType<typeof pictureOf>, lost: ReadonlySet<string>, at: string) {
  const after = pictureOf(world);
  for (const [id, instance] of before.instances) {
    if (lost.has(id)) expect(after.instances.get(id)?.state, at).not.toBe("running");
    else expect(after.instances.get(id), at).toEqual(instance);
  }
  if (lost.has(world.id("web"))) return;
  expect(after.memberships, at).toEqual(before.memberships);
  expect(after.rules, at).toEqual(before.rules);
  expect(after.addresses, at).toEqual(before.addresses);
}

/** Whether this cloud can stop servers without their data being in danger, so that a run has more to give back. */
function policyFor({ adapter }: RunWorld): Policy {
  return adapter.capabilities.quarantine.stop.supported
    ? { waves: [1, "rest"], quarantine: { mode: "stop", forHours: 0 } }
    : { waves: [1, "rest"] };
}

/** Lines a run can die before: all of them, or some of each part of it. */
function* linesToTry(count: number, all: boolean): Generator<number> {
  // The first lines hold the plan; nothing has happened by then.
  for (let line = 8; line < count; line += all ? 1 : Math.ceil(count / 3)) yield line;
}

describe.each(clouds)("an undo, on %s", (name, open) => {
  it("S30 S31 after every prefix of a run brings back the first state but for what it listed", async () => {
    const first = await open();
    opened = first;
    first.seed(fleet);
    const whole = await planIn(first, ["web", "db"], policyFor(first));
    await whole.execute();
    const count = await linesOf(whole.journal);
    expect(first.holds("web")).toBe(false);
    for (const line of linesToTry(count, long || name === "memory")) {
      await opened.close();
      const world = await open();
      opened = world;
      world.seed(fleet);
      const before = pictureOf(world);
      const journal = await runUntil(world, line, policyFor(world));
      if (journal) expectAsListed(world, before, lostBy(await undo(world, journal)), `before line ${line} of ${count}`);
    }
  }, 600_000);

  it("S31 gives all back, too, what an earlier process did that was killed before it could say so", async () => {
    const first = await open();
    opened = first;
    first.seed(fleet);
    const whole = await planIn(first, ["web", "db"], policyFor(first));
    await whole.execute({ hooks: refusing });
    const count = await linesOf(whole.journal);
    for (const line of linesToTry(count, long || name === "memory")) {
      await opened.close();
      const world = await open();
      opened = world;
      world.seed(fleet);
      const before = pictureOf(world);
      const run = await planIn(world, ["web", "db"], policyFor(world));
      const journal = dyingAt(run.journal, line);
      await run.execute({ journal, hooks: refusing }).catch(() => undefined);
      const statuses = run.statuses(await run.execute({ journal, hooks: refusing }));
      await world.clock.advance(20 * 60_000);
      expect(statuses, `before line ${line} of ${count}`).toEqual({ web: "blocked", db: "blocked" });
      expectAsListed(world, before, new Set(), `before line ${line} of ${count}`);
    }
  }, 600_000);

  it("S21 gives no rule back to an address that went to a stranger meanwhile", async () => {
    const world = await open();
    opened = world;
    if (!world.adapter.capabilities.quarantine.stop.supported) return;
    // Where each public address is one of its own, a stop gives none up.
    if (!attempted(() => world.seed([{ id: "web", addresses: [{ id: "front", kind: "ephemeral" }] }]))) return;
    const ip = world.view().addresses.find(({ instanceId }) => instanceId === world.id("web"))?.ip ?? "";
    const peer = { kind: "cidr", cidr: `${ip}/32`, family: "ipv4" } as const;
    world.seed({
      securityGroups: [{ id: "office", foreignUsers: ["interface"], rules: [{ direction: "ingress", peer }] }],
    });
    const opensToIt = () =>
      world.view().rules.some((rule) => rule.peer.kind === "cidr" && rule.peer.cidr === peer.cidr);
    expect(opensToIt()).toBe(true);
    const run = await planIn(world, ["web"], { quarantine: { mode: "stop", forHours: 48 } });
    await run.execute({ maxIdleMs: 1 });
    expect(opensToIt()).toBe(false);
    await undo(world, run.journal);
    const now = world.view().addresses.find(({ instanceId }) => instanceId === world.id("web"))?.ip;
    // Where a stop costs the server its address, somebody else can have it by now; else the rule is its own again.
    expect(opensToIt()).toBe(now === ip);
    expect(world.holds("web")).toBe(true);
  });
});
