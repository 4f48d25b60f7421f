import { expect, it } from "vitest";
import type { SeedInstance, WorldSeed } from "../../src/testing/seed.js";
import type { FakeCloud } from "../../src/testing/world.js";

/** A seed that the cloud does not know, by the name of its field. An instance alone is short for a world with it. */
export type RefusedSeed = readonly [field: string, seed: SeedInstance | WorldSeed];

/** The tests of seeds that a fake refuses. Neither cloud that is tested so knows `stopProtection`. */
export function refuseSeeds(open: () => FakeCloud, refused: readonly RefusedSeed[]): void {
  it.each(refused)("are refused by the name of the field: %s", (field, seed) => {
    const cloud = open();
    expect(() => cloud.seed("id" in seed ? [seed] : seed)).toThrow(
      `\`${"id" in seed ? "instances[0]." : ""}${field}\``,
    );
    expect(cloud.view().instances).toEqual([]);
  });

  it("leave nothing of themselves behind", () => {
    const cloud = open();
    expect(() => cloud.seed([{ id: "web" }, { id: "db", stopProtection: true }])).toThrow("stopProtection");
    cloud.seed([{ id: "web" }]);
    expect(cloud.view().instances).toHaveLength(1);
    expect(cloud.view().disks).toHaveLength(1);
  });
}

/** Seeds an instance in every state, and fails unless the fake shows each and holds those that stand. */
export function expectEveryState(cloud: FakeCloud): void {
  const standing = ["pending", "running", "stopping", "stopped"] as const;
  const states = [...standing, "terminating", "recycled"] as const;
  cloud.seed([...states.map((state) => ({ id: state, state })), { id: "gone", state: "gone" }]);
  expect(cloud.view().instances.map(({ state }) => state)).toEqual(states);
  expect([...states, "gone"].filter((name) => cloud.holds(name))).toEqual(standing);
}

/** Fails unless what is on its way gets there, and what is in the bin is out of it after `binHours`. */
export async function expectStatesToGoOn(cloud: FakeCloud, binHours: number): Promise<void> {
  cloud.seed([
    { id: "pending", state: "pending" },
    { id: "stopping", state: "stopping" },
    { id: "terminating", state: "terminating" },
    { id: "recycled", state: "recycled" },
  ]);
  await cloud.clock.advance(60_000);
  expect(cloud.view().instances.map(({ state }) => state)).toEqual(["running", "stopped", "recycled"]);
  await cloud.clock.advance(binHours * 3_600_000);
  expect(cloud.view().instances).toHaveLength(2);
}
