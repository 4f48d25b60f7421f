import { afterEach, describe, expect, it } from "vitest";
import { gaps } from "../../src/coverage.js";
import type { SeedDisk, SeedName } from "../../src/testing/seed.js";
import { attempted, type CloudRun, clouds, planIn, type RunWorld } from "./over-clouds.js";

const long = process.env.KILLS !== undefined;

let opened: RunWorld | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/**
 * What can become of a copy. Each befalls the server named after it. One that vanishes goes first and alone: beside
 * others that are asked for again and again, it would be seen, used and gone within the time that reads lag behind.
 */
const troubles: readonly NonNullable<SeedDisk["snapshots"]>[] = ["vanishes", "refused", "fails", "too-small"];

function expectStanding(world: RunWorld, name: SeedName) {
  const seen = world.view().instances.find(({ id }) => id === world.id(name));
  expect(world.holds(name), name).toBe(true);
  // Some clouds write a colon in a tag's name in another way.
  expect(
    Object.keys(seen?.tags ?? {}).filter((key) => /claim/.test(key)),
    name,
  ).toEqual([]);
}

/** Reads without which a required kind is not fully looked at. In the short form some of them, on each cloud others. */
async function requiredReads(world: RunWorld, name: SeedName): Promise<readonly string[]> {
  const ids = [world.id(name)];
  const from = world.requests.length;
  await world.adapter.listDependencies(ids);
  const reads = [...new Set(world.requests.slice(from).map(({ api }) => api))];
  const required: string[] = [];
  for (const api of reads) {
    if (!long && required.length >= 4) break;
    const lift = world.faults.add({ fault: "deny", api });
    const missing = await world.adapter.listDependencies(ids).then(
      ({ coverage }) => gaps(coverage).length > 0,
      () => true,
    );
    lift();
    if (missing) required.push(api);
  }
  return required;
}

/** Runs a plan that was made in peace while one source is denied. Undefined: nobody asked that source. */
async function deniedBehindThePlan(world: RunWorld, run: CloudRun, source: string): Promise<string | undefined> {
  const lift = world.faults.add({ fault: "deny", api: source });
  const from = world.requests.length;
  const { instances } = await run.execute();
  lift();
  return world.requests.slice(from).some(({ api }) => api === source) ? instances[0]?.status : undefined;
}

describe.each(clouds)("what leaves a server standing, on %s", (_, open) => {
  it("S10 a copy that is refused, fails, is too small or vanishes: that server alone, and nothing of the run stays on it", async () => {
    const world = await open();
    opened = world;
    const known = troubles.filter((trouble) =>
      attempted(() => world.seed([{ id: trouble, disks: [{ role: "system", snapshots: trouble }] }])),
    );
    expect(known).toContain("refused");
    world.seed([{ id: "calm", disks: [{ role: "system" }] }]);
    const run = await planIn(world, [...known, "calm"], { waves: [1, "rest"] });
    const statuses = run.statuses(await run.execute());
    for (const name of known) {
      expectStanding(world, name);
      expect(["blocked", "failed"], name).toContain(statuses[name]);
    }
    expect(world.holds("calm"), statuses.calm).toBe(false);
  });

  it("S07 a required kind that was denied between plan and gate, whichever it is", async () => {
    const world = await open();
    opened = world;
    world.seed([{ id: "pattern" }]);
    const sources = await requiredReads(world, "pattern");
    const tried: string[] = [];
    // The plan saves nothing, so that the gate comes right after the claim.
    for (const [index, source] of sources.entries()) {
      const name = `web-${index}`;
      world.seed([{ id: name }]);
      const run = await planIn(world, [name], { snapshot: { skip: "stateless" } });
      const status = await deniedBehindThePlan(world, run, source);
      // Some are asked only about servers that can have such a thing.
      if (status === undefined) continue;
      expect(["blocked", "drifted"], source).toContain(status);
      expectStanding(world, name);
      tried.push(source);
    }
    expect(tried.length).toBeGreaterThan(1);
  });
});
