import { afterEach, describe, expect, it } from "vitest";
import type { SeedInstance, SeedName } from "../../src/testing/seed.js";
import { attempted, clouds, pictureOf, planIn, type RunWorld } from "./over-clouds.js";

/** What some cloud here had, so that it was really tried. */
const taken = new Set<string>();

let opened: RunWorld | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** What somebody else does to a server between its plan and the final gate: each to one named after it. */
const changes: Readonly<Record<string, (world: RunWorld, name: SeedName) => void>> = {
  "new-disk": ({ meddle }, id) => meddle({ set: [{ id, disks: [{ id: `${id}-data`, role: "data" }] }] }),
  "other-flag": ({ meddle }, id) =>
    meddle({ set: [{ id, disks: [{ id: `${id}-disk`, deletedWithInstance: false }] }] }),
  "new-address": ({ meddle }, id) => meddle({ set: [{ id, addresses: [{ id: `${id}-eip`, kind: "elastic" }] }] }),
  "new-target": ({ meddle }, id) =>
    meddle({ add: { owners: [{ kind: "load-balancer-target", id: `${id}-pool`, members: [id], ports: [443] }] } }),
  "new-owner": ({ meddle }, id) =>
    meddle({ add: { owners: [{ kind: "auto-scaling-group", id: `${id}-group`, members: [id] }] } }),
  protection: ({ meddle }, id) => meddle({ set: [{ id, terminationProtection: true }] }),
  // Tags are set whole, so the claim of the run goes as well: either would do.
  "tag-that-spares": (world, id) => world.meddle({ set: [{ id, tags: { keep: "until Friday" } }] }),
  "vanished-copy": (world, id) => {
    const disk = world.id(`${id}-disk`);
    const copies = world.view().snapshots.filter(({ diskIds }) => diskIds.includes(disk));
    if (copies.length === 0) throw new Error(`${id} was not saved`);
    world.meddle({ remove: copies.map((copy) => copy.id) });
  },
};

function tagsOf(world: RunWorld, name: SeedName): readonly string[] {
  return Object.keys(pictureOf(world).instances.get(world.id(name))?.tags ?? {});
}

function server(id: SeedName, more: Partial<SeedInstance> = {}): SeedInstance {
  return { id, disks: [{ id: `${id}-disk`, role: "system" }], ...more };
}

describe.each(clouds)("S07 drift, on %s", (_, open) => {
  it("S07 of whatever kind between plan and gate leaves that server alone standing, with what was done to it given back", async () => {
    const world = await open();
    opened = world;
    // A flag can be changed where there are such flags: not on every cloud, and nowhere for the disk a server starts from.
    const more = { role: "data", deletedWithInstance: true } as const;
    const flagged = attempted(() =>
      world.seed([server("other-flag", { disks: [{ role: "system" }, { id: "other-flag-more", ...more }] })]),
    );
    const names = Object.keys(changes).filter((name) => flagged || name !== "other-flag");
    world.seed([...names, "calm"].filter((name) => name !== "other-flag").map((name) => server(name)));
    const run = await planIn(world, [...names, "calm"], { protectTags: { keep: "*" } });
    let known: readonly string[] | undefined;
    const result = await run.execute({
      hooks: {
        beforeTerminate: () => {
          known ??= names.filter((name) => attempted(() => changes[name]?.(world, name)));
          return undefined;
        },
      },
    });

    const statuses = run.statuses(result);
    expect(known?.length).toBeGreaterThan(3);
    for (const name of names) {
      const drifted = known?.includes(name) ?? false;
      expect(world.holds(name), `${name}: ${statuses[name]}`).toBe(drifted);
      if (drifted) expect(["drifted", "blocked"], name).toContain(statuses[name]);
    }
    expect(world.holds("calm")).toBe(false);
    // The claim is off again, and nothing else is left of the run.
    for (const name of known ?? []) {
      expect(pictureOf(world).instances.get(world.id(name)), name).toMatchObject({ state: "running" });
      expect(
        tagsOf(world, name).filter((key) => /claim/.test(key)),
        name,
      ).toEqual([]);
    }
    taken.add("drift");
  });

  it("S11 a server that was started after it was saved does not go on that copy", async () => {
    const world = await open();
    opened = world;
    if (!world.adapter.capabilities.quarantine.stop.supported) return;
    world.seed({ instances: [server("web")] });
    const run = await planIn(world, ["web"], { snapshot: { from: "stopped" } });
    let starts = 1;
    const result = await run.execute({
      hooks: {
        beforeTerminate: () => {
          if (starts-- > 0) world.meddle({ set: [{ id: "web", state: "running" }] });
          return undefined;
        },
      },
    });
    expect(run.statuses(result)).toEqual({ web: "drifted" });
    expect(pictureOf(world).instances.get(world.id("web"))).toMatchObject({ state: "running" });
    taken.add("restart");
  });

  it("S50 a refund that fell below the minimum meanwhile stops that server alone", async () => {
    const world = await open();
    opened = world;
    const { prepaidExits, refundQuote } = world.adapter.capabilities;
    if (!prepaidExits.includes("unsubscribe") || !refundQuote) return;
    const paid = (id: SeedName, amount: string) =>
      ({ id, billing: "prepaid", refund: { quote: { amount, currency: "CNY" } } }) as const;
    const expiresAt = new Date(world.clock.now() + 90 * 86_400_000).toISOString();
    world.seed({ instances: ["web", "calm"].map((id) => server(id, { ...paid(id, "100.00"), expiresAt })) });
    const minimumRefund = { amount: "50.00", currency: "CNY" };
    const run = await planIn(world, ["web", "calm"], { terminate: { prepaid: "unsubscribe", minimumRefund } });
    const blocked = run.plan.scopes.flatMap(({ instances }) => instances.flatMap(({ blockers }) => blockers));
    expect(blocked.filter(({ waived }) => !waived)).toEqual([]);
    world.meddle({ set: [{ id: "web", refund: { quote: { amount: "49.99", currency: "CNY" } } }] });
    const statuses = run.statuses(await run.execute());
    expect([world.holds("web"), world.holds("calm")]).toEqual([true, false]);
    expect(statuses.web).toBe("blocked");
    expect(world.view().orders.filter(({ instanceId }) => instanceId === world.id("web"))).toEqual([]);
    taken.add("refund");
  });

  it("S07 a bin that was switched off meanwhile stops those it was to take", async () => {
    const world = await open();
    opened = world;
    const optIn = world.adapter.capabilities.retention["on-demand"].bin === "opt-in";
    const bin = (enabled: boolean) => ({ bins: { instance: { enabled, hours: 168 } } });
    if (!optIn || !attempted(() => world.seed(bin(true)))) return;
    world.seed({ instances: [server("web", { createdAt: "2025-01-01T00:00:00Z" })] });
    const run = await planIn(world, ["web"]);
    if (run.plan.scopes[0]?.instances[0]?.recoverable === "no") return;
    world.meddle({ add: bin(false) });
    const statuses = run.statuses(await run.execute());
    expect(statuses).toEqual({ web: "drifted" });
    expect(world.holds("web")).toBe(true);
    taken.add("bin");
  });
});

it("was tried of every kind, each where a cloud has it", () => {
  expect([...taken].sort()).toEqual(["bin", "drift", "refund", "restart"]);
});
