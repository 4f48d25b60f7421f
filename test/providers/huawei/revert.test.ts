/*
 * Effects on servers of Huawei Cloud that are put back: compared with what was left, then set. Sources: "Locking an ECS",
 * "Updating the Scheduled Deletion Time", UpdateServerBlockDevice, "Attaching a Disk to an ECS".
 */
import { describe, expect, it } from "vitest";
import type { Effect } from "../../../src/effects.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { discard, huaweiWorld, mutations, settle } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

const hour = 3_600_000;
const deleteServers = "ecs:POST /v1/{project_id}/cloudservers/delete";
const unsubscribe = "bss:POST /v2/orders/subscriptions/resources/unsubscribe";

function at(world: HuaweiWorld, hours: number): string {
  return new Date(Math.floor((world.clock.now() + hours * hour) / 60_000) * 60_000).toISOString();
}

/** Effects that a termination announced and left standing: its process died before it sent what ends the server. */
async function left(world: HuaweiWorld, options: object): Promise<readonly Effect[]> {
  const announced: Effect[] = [];
  let isDead = false;
  const recorder = {
    intent: async ({ api, effects }: { readonly api: string; readonly effects: readonly Effect[] }) => {
      isDead ||= api === deleteServers || api === unsubscribe;
      if (isDead) throw new Error("the process died");
      announced.push(...effects);
    },
    settled: async () => {},
  };
  await world.adapter.terminate([world.id("web")], { ...discard, ...options, recorder }).catch(() => undefined);
  expect(world.requests.some(({ api }) => api === deleteServers || api === unsubscribe)).toBe(false);
  await settle(world);
  return announced;
}

async function seeded(seed: Partial<SeedInstance>): Promise<HuaweiWorld> {
  const world = await huaweiWorld();
  world.seed([{ id: "web", ...seed }]);
  return world;
}

describe("giving back on Huawei Cloud", () => {
  it("puts a user's lock on again, once", async () => {
    const world = await seeded({ locks: [{ unified: "user" }] });
    const effects = await left(world, { protection: { clear: [world.id("web")], reason: "a test" } });
    expect(effects.map(({ kind }) => kind)).toEqual(["protection-cleared"]);
    expect(world.view().instances[0]?.terminationProtection).toBe(false);
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "reverted" }]);
    expect(world.view().instances[0]?.terminationProtection).toBe(true);
    const from = world.requests.length;
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "already-reverted" }]);
    expect(mutations(world, from)).toEqual([]);
  });

  it("starts a server that a hard stop left stopped, and leaves one that somebody started since", async () => {
    const world = await seeded({});
    const effects = await left(world, { shutdown: "forced" });
    expect(world.view().instances[0]?.state).toBe("stopped");
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "reverted" }]);
    expect(world.view().instances[0]?.state).toBe("running");
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "already-reverted" }]);
  });

  it("lets a disk die with its server again, unless somebody has set it since", async () => {
    const disks = [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }] as const;
    const world = await seeded({ disks });
    const effects = await left(world, { dataDisks: "keep" });
    expect(effects).toMatchObject([{ kind: "flag-changed", left: false }]);
    const flagOf = () => world.view().disks.find(({ id }) => id === world.id("data"))?.deletedWithInstance;
    expect(flagOf()).toBe(false);
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "reverted" }]);
    expect(flagOf()).toBe(true);
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "already-reverted" }]);
  });

  it("hangs a disk on its server again, with the flag it had, and takes it from nobody", async () => {
    const expiresAt = new Date(Date.parse("2030-01-01T00:00:00Z")).toISOString();
    const disks = [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }] as const;
    const world = await seeded({ billing: "prepaid", expiresAt, disks });
    const announced = await left(world, { prepaid: "unsubscribe", dataDisks: "keep" });
    expect(announced).toMatchObject([{ kind: "disk-detached" }]);
    const holder = () => world.view().disks.find(({ id }) => id === world.id("data"))?.instanceId;
    expect(holder()).toBeUndefined();
    expect(await world.adapter.revert(announced)).toMatchObject([{ status: "reverted" }]);
    expect(holder()).toBe(world.id("web"));
    expect(world.view().disks.find(({ id }) => id === world.id("data"))?.deletedWithInstance).toBe(true);
    expect(await world.adapter.revert(announced)).toMatchObject([{ status: "already-reverted" }]);
  });

  it("calls its own timer off, or sets the former one, and leaves one that somebody set since", async () => {
    const world = await seeded({});
    const terminate = async (hours: number) =>
      (await world.adapter.terminate([world.id("web")], { ...discard, releaseAt: at(world, hours) }))[0];
    const timer = () => world.view().instances[0]?.scheduledReleaseAt;
    const first = await terminate(5);
    expect(first).toMatchObject({ status: "scheduled", bypassesBin: true });
    const former = timer();
    const second = await terminate(9);
    expect(timer()).not.toBe(former);
    expect(await world.adapter.revert(first?.effects ?? [])).toMatchObject([
      { status: "not-reverted", cause: "changed-since" },
    ]);
    expect(await world.adapter.revert(second?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    expect(timer()).toBe(former);
    expect(await world.adapter.revert(first?.effects ?? [])).toMatchObject([{ status: "reverted" }]);
    expect(timer()).toBeUndefined();
  });

  it("changes nothing of a server that is gone, on its way out, or in the bin", async () => {
    const world = await seeded({ locks: [{ unified: "user" }] });
    const effects = await left(world, { protection: { clear: [world.id("web")], reason: "a test" } });
    world.meddle({ set: [{ id: "web", state: "recycled" }] });
    const from = world.requests.length;
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "not-reverted", cause: "resource-gone" }]);
    world.meddle({ set: [{ id: "web", state: "gone" }] });
    expect(await world.adapter.revert(effects)).toMatchObject([{ status: "not-reverted", cause: "resource-gone" }]);
    expect(mutations(world, from)).toEqual([]);
  });

  it("says of an undo that ECS has no way for that it is impossible", async () => {
    const world = await seeded({});
    const { accountId, project = "" } = await world.adapter.whoAmI();
    const place = { cloud: "huawei", accountId, region: world.adapter.region, project };
    const effects: readonly Effect[] = [
      {
        ...place,
        kind: "protection-cleared",
        resource: { kind: "protection", id: `${world.id("web")}/stop` },
        instanceIds: [world.id("web")],
        undo: { action: "set-protection", instanceId: world.id("web"), which: "stop", value: true },
        left: false,
      },
      {
        ...place,
        kind: "flag-changed",
        resource: { kind: "instance", id: world.id("web") },
        instanceIds: [world.id("web")],
        undo: {
          action: "set-flag",
          resource: { kind: "instance", id: world.id("web") },
          instanceId: world.id("web"),
          flag: "guest-shutdown",
          value: "stop",
        },
        left: "terminate",
      },
    ];
    for (const outcome of await world.adapter.revert(effects)) {
      expect(outcome).toMatchObject({ status: "not-reverted", cause: "impossible" });
    }
    expect(mutations(world)).toEqual([]);
  });
});
