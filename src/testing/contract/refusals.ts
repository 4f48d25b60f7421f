import assert from "node:assert/strict";
import type { SeedInstance, SeedName } from "../seed.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertTruthful,
  discard,
  terminationApi,
} from "./expect.js";
import { mutations } from "./recording.js";
import type { Scene, Suite } from "./scene.js";

/** What keeps an instance standing: protections, locks, work under way. */
export function refusals(suite: Suite): void {
  suite.describe("refusals", () => {
    suite.it("leaves a protected instance standing and says why", async (scene) => {
      scene.seed([{ id: "web", terminationProtection: true }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertBlocked(outcome, "protected");
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web") && isProtected(scene, "web"));
    });

    suite.it("clears protection for the named ids only", async (scene) => {
      scene.seed([
        { id: "named", terminationProtection: true },
        { id: "unnamed", terminationProtection: true },
      ]);
      const [named, unnamed] = await scene.adapter.terminate(scene.ids("named", "unnamed"), clearing(scene, "named"));
      assertStatus(named, "accepted", "recycled");
      assertBlocked(unnamed, "protected");
      await scene.settle();
      assert.ok(!scene.world.holds("named"));
      assert.ok(scene.world.holds("unnamed") && isProtected(scene, "unnamed"));
      const touched = mutations(scene.world.requests).flatMap((request) => request.instanceIds);
      assert.ok(!touched.includes(scene.id("unnamed")), "a request touched an instance nobody named");
    });

    suite.it("does not clear protection of an instance that is no target", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander", terminationProtection: true }]);
      await scene.adapter.terminate(scene.ids("web"), clearing(scene, "bystander"));
      assert.ok(isProtected(scene, "bystander"));
    });

    suite.it("puts protection back when the termination does not happen", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web", terminationProtection: true }]);
      scene.world.faults.add({ fault: "deny", api });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
      assertProblem(outcome, ["failed"], "access-denied");
      assertStatus(outcome, "failed");
      assert.ok(isProtected(scene, "web"), "the protection was not put back");
      assert.deepEqual(outcome.effects, []);
      await assertTruthful(scene, "web", outcome);
    });

    suite.it("puts protection back though reads lag behind its being cleared", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web", terminationProtection: true }]);
      scene.world.faults.add({ fault: "stale", forMs: scene.capabilities.consistencyWindowMs - 1 });
      scene.world.faults.add({ fault: "deny", api });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
      assertProblem(outcome, ["failed"], "access-denied");
      await scene.settle();
      assert.ok(isProtected(scene, "web"), "a read that lagged was believed, and the protection is off");
    });

    suite.it("clears no protection before the data is proved safe", async (scene) => {
      scene.seed([{ id: "web", terminationProtection: true }]);
      const options = { ...clearing(scene, "web"), data: { proofs: [] } };
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), options);
      assertBlocked(outcome, "missing-snapshot-proof");
      assertNothingSent(scene.world);
      assert.ok(isProtected(scene, "web"));
    });

    suite.it("treats stop protection like termination protection, where the cloud has it", async (scene) => {
      const known = scene.trySeed([{ id: "web", stopProtection: true }]);
      assert.equal(known, scene.capabilities.stopProtection, "the capabilities and the cloud do not agree");
      if (!known) return;
      const [refused] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertBlocked(refused, "protected");
      assertNothingSent(scene.world);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
      assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
    });

    suite.it("puts both protections back when the termination does not happen", async (scene) => {
      const seed: SeedInstance = { id: "web", terminationProtection: true, stopProtection: true };
      if (!scene.trySeed([seed])) return;
      scene.world.faults.add({ fault: "deny", api: await terminationApi(scene) });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
      assertStatus(outcome, "failed");
      const truth = scene.world.view().instances.find((one) => one.id === scene.id("web"));
      assert.deepEqual([truth?.terminationProtection, truth?.stopProtection], [true, true]);
    });

    suite.it("leaves what a user locked, and unlocks it only by name", async (scene) => {
      if (!scene.trySeed([{ id: "web", locks: [{ unified: "user" }] }])) return;
      const [refused] = await scene.adapter.terminate(scene.ids("web"), discard);
      // Where a user's lock is the only protection there is, it is told as that.
      assertBlocked(refused, "locked", "protected");
      assertNothingSent(scene.world);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
      assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
    });

    suite.it("locks again when the termination does not happen", async (scene) => {
      if (!scene.trySeed([{ id: "web", locks: [{ unified: "user" }] }])) return;
      const before = lockOf(scene, "web");
      assert.ok(before.some(Boolean));
      scene.world.faults.add({ fault: "deny", api: await terminationApi(scene) });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
      assertStatus(outcome, "failed");
      assert.deepEqual(lockOf(scene, "web"), before);
    });

    for (const unified of ["security", "order"] as const) {
      suite.it(`never clears a lock of kind ${unified}, whoever names it`, async (scene) => {
        if (!scene.trySeed([{ id: "web", locks: [{ unified, ...(unified === "order" ? { orderId: "o-1" } : {}) }] }]))
          return;
        const [outcome] = await scene.adapter.terminate(scene.ids("web"), clearing(scene, "web"));
        assertBlocked(outcome, "locked");
        assertNothingSent(scene.world);
        assert.ok(scene.world.holds("web"));
      });
    }

    suite.it("leaves an instance standing while the cloud works on it, and says why", async (scene) => {
      const hours = 12 * 3_600_000;
      if (!scene.trySeed([{ id: "web", busy: { operation: "resize", forMs: hours } }, { id: "db" }])) return;
      const [busy, free] = await scene.adapter.terminate(scene.ids("web", "db"), discard);
      assertProblem(busy, ["blocked", "failed"], "wrong-state", "conflict", "locked");
      assertStatus(free, "accepted", "recycled");
      await scene.world.clock.advance(1);
      assert.ok(scene.world.holds("web"));
    });

    suite.it("leaves an instance to the scaling group that would put another in its place", async (scene) => {
      const owner = { kind: "auto-scaling-group", id: "crew", members: ["owned"], replaces: true } as const;
      scene.seed({ instances: [{ id: "owned" }, { id: "free" }], owners: [owner] });
      const [owned, free] = await scene.adapter.terminate(scene.ids("owned", "free"), discard);
      assertBlocked(owned, "owned", "dependency");
      assertStatus(free, "accepted", "recycled");
      assert.ok(scene.world.holds("owned"));
    });

    suite.it("leaves what another service runs to that service", async (scene) => {
      if (!scene.trySeed([{ id: "node", managedBy: "contract.service" }])) return;
      const [outcome] = await scene.adapter.terminate(scene.ids("node"), discard);
      assertProblem(outcome, ["blocked"], "owned", "dependency", "locked", "unsupported");
      assert.ok(scene.world.holds("node"));
    });
  });
}

/** Options that give the data up and clear protection for these ids. */
function clearing(scene: Scene, ...names: readonly SeedName[]) {
  return { ...discard, protection: { clear: scene.ids(...names), reason: "contract" } };
}

/** How the world shows a user's lock: as a lock, or as the protection that it is. */
function lockOf(scene: Scene, name: SeedName): readonly (boolean | undefined)[] {
  const truth = scene.world.view().instances.find((one) => one.id === scene.id(name));
  return [truth?.locked, truth?.terminationProtection];
}

function isProtected(scene: Scene, name: SeedName): boolean {
  return scene.world.view().instances.find((one) => one.id === scene.id(name))?.terminationProtection === true;
}
