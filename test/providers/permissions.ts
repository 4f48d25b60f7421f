import { expect, it } from "vitest";
import type { Operation } from "../../src/adapter.js";
import type { DependencyKind } from "../../src/dependencies.js";
import type { WorldSeed } from "../../src/testing/seed.js";
import type { World } from "../../src/testing/world.js";
import { collect, counts, discard, settle, sighting } from "./for-test.js";

/** The action that a request needs, by the name the request has in the log. `undefined` where it needs none. */
export type ActionBehind = (api: string) => string | undefined;

/** A world with an instance called "web", and what the tests of permissions ask of it. */
export interface Scene {
  readonly world: World;
  readonly adapter: World["adapter"];
  /** The id of "web". */
  readonly ids: readonly string[];
  /** Does something, and fails when it sent what the operation's permissions do not hold. */
  allowed<T>(operation: Operation, work: () => Promise<T>): Promise<T>;
  /** What hangs on "web" of that kind, as something to release. */
  items(kind: DependencyKind): Promise<readonly { kind: DependencyKind; id: string; instanceId: string }[]>;
}

/** Seeds a world and sets the scene in it. */
export function sceneIn(world: World, seed: WorldSeed, actionBehind: ActionBehind): Scene {
  world.seed(seed);
  const { adapter } = world;
  const ids = [world.id("web")];
  return {
    world,
    adapter,
    ids,
    allowed: async (operation, work) => {
      const from = world.requests.length;
      const answer = await work();
      const held = new Set(adapter.permissions([operation]).actions.map(({ action }) => action));
      const needed = new Set(Object.keys(counts(world, from)).flatMap((api) => actionBehind(api) ?? []));
      expect([operation, [...needed].filter((action) => !held.has(action))]).toEqual([operation, []]);
      return answer;
    },
    items: async (kind) => {
      const { edges } = await adapter.listDependencies(ids);
      return edges
        .filter(({ node, relation }) => node.kind === kind && relation !== "inferred")
        .map(({ node, instanceId }) => ({ kind: node.kind, id: node.id, instanceId }));
    },
  };
}

/** An instance with an encrypted disk, in a group whose rule can be released. */
export const plain: WorldSeed = {
  securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
  instances: [{ id: "web", securityGroups: ["app"], disks: [{ id: "root", role: "system", encrypted: true }] }],
};

/** Opens a scene with that in it. */
export type OpenScene = (seed: WorldSeed) => Promise<Scene>;

/** The tests of the work that every cloud does in the same words. */
export function holdForTheUsualWork(open: OpenScene): void {
  it("snapshot, findOwnArtifacts and removeArtifacts", async () => {
    const { adapter, ids, allowed } = await open(plain);
    await allowed("snapshot", () => adapter.snapshot(ids, { runId: "run" }));
    const found = await allowed("findOwnArtifacts", () => collect(adapter.findOwnArtifacts({ runId: "run" })));
    expect(found).toHaveLength(1);
    await allowed("removeArtifacts", () => adapter.removeArtifacts(found, { unexpired: { reason: "a test" } }));
  });

  it("releaseSecurityRules, and revert of it", async () => {
    const { adapter, ids, allowed } = await open(plain);
    const [released] = await allowed("releaseSecurityRules", () => adapter.releaseSecurityRules(ids));
    expect(released?.status).toBe("released");
    await allowed("revert", () => adapter.revert(released?.effects ?? []));
  });

  it("tagInstances and quarantine, and revert of them", async () => {
    const { world, adapter, ids, allowed } = await open(plain);
    const [tagged] = await allowed("tagInstances", () => adapter.tagInstances(ids, { set: { owner: "test" } }));
    for (const mode of ["isolate", "stop"] as const) {
      const options = { mode, reason: "a test", runId: "run" };
      const [held] = await allowed("quarantine", () => adapter.quarantine(ids, options));
      expect(held?.status).toBe("quarantined");
      await allowed("revert", () => adapter.revert(held?.effects ?? []));
      // Small changes run as operations, too: another one is refused meanwhile.
      await world.clock.advance(30_000);
    }
    await allowed("revert", () => adapter.revert(tagged?.effects ?? []));
    const groups = await collect(adapter.findOwnArtifacts({}));
    await allowed("removeArtifacts", () => adapter.removeArtifacts(groups));
  });

  it("releaseDependencies of an address and a disk that were left", async () => {
    const { world, adapter, ids, allowed, items } = await open({
      instances: [
        {
          id: "web",
          addresses: [{ id: "front", kind: "elastic" }],
          disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }],
        },
        { id: "bystander" },
      ],
    });
    const sightings = [await sighting(world, "web")];
    const names = [world.id("front"), world.id("kept")];
    const left = [...(await items("public-address")), ...(await items("disk"))].filter(({ id }) => names.includes(id));
    await adapter.terminate(ids, discard);
    await settle(world);
    const outcomes = await allowed("releaseDependencies", () =>
      adapter.releaseDependencies(left, { ...discard, sightings }),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["released", "released"]);
  });
}

/** A termination of an instance that is protected as `over` says: rehearsed, then done with its data disk kept. */
export async function terminateProtected(
  open: OpenScene,
  over: { readonly stopProtection?: true } = {},
): Promise<void> {
  const disks = [{ role: "system" }, { role: "data" }] as const;
  const { adapter, ids, allowed } = await open({
    instances: [{ id: "web", terminationProtection: true, disks, ...over }],
  });
  const options = { ...discard, protection: { clear: ids, reason: "a test" } };
  await allowed("terminate", () => adapter.terminate(ids, { ...options, dryRun: true }));
  const [ended] = await allowed("terminate", () => adapter.terminate(ids, { ...options, dataDisks: "keep" }));
  expect(ended?.status).toBe("accepted");
}

/** A termination at a later hour, and the revert of it. */
export async function terminateLater(open: OpenScene): Promise<void> {
  const { world, adapter, ids, allowed } = await open(plain);
  const releaseAt = new Date(world.clock.now() + 7_200_000).toISOString();
  const [ended] = await allowed("terminate", () => adapter.terminate(ids, { ...discard, releaseAt }));
  expect(ended?.status).toBe("scheduled");
  await allowed("revert", () => adapter.revert(ended?.effects ?? []));
}

/** The release of what is of this kind, and the revert of it. */
export async function releaseAndRevert({ adapter, allowed, items }: Scene, kind: DependencyKind): Promise<void> {
  const named = await items(kind);
  const [released] = await allowed("releaseDependencies", () => adapter.releaseDependencies(named));
  expect(released?.status).toBe("released");
  await allowed("revert", () => adapter.revert(released?.effects ?? []));
}

/**
 * Denies each request of a listing in turn, and fails unless exactly those are optional without which the listing
 * stands. The requests that tell whose account it is are left out.
 */
export async function expectOptionalOnlyLeavesGaps(world: World, actionBehind: ActionBehind): Promise<void> {
  const ids = [world.id("web")];
  const from = world.requests.length;
  await world.adapter.listDependencies(ids);
  const apis = Object.keys(counts(world, from)).filter((api) => !/^(sts|iam):/.test(api));
  const { actions } = world.adapter.permissions(["listDependencies"]);
  const optional = new Map(actions.map((need) => [need.action, need.optional]));
  for (const api of apis) {
    const heal = world.faults.add({ fault: "deny", api });
    const threw = await world.adapter.listDependencies(ids).then(
      () => false,
      () => true,
    );
    heal();
    expect([api, optional.get(actionBehind(api) ?? "")]).toEqual([api, !threw]);
  }
}

const looking = ["whoAmI", "findInstances", "listDependencies", "verifyDeleted", "findOwnArtifacts"] as const;

/** Fails unless the operations that only look, and those named as well, need nothing but reads. */
export function expectOnlyReads(
  named: (operation: Operation) => readonly string[],
  reads: RegExp,
  more: readonly Operation[] = [],
): void {
  for (const operation of [...looking, ...more]) for (const action of named(operation)) expect(action).toMatch(reads);
}
