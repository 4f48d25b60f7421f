import assert from "node:assert/strict";
import type { TerminateOptions } from "../../termination.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertThrows,
  assertTruthful,
  discard,
  effectCount,
  essence,
  terminationApi,
} from "./expect.js";
import { mutations } from "./recording.js";
import type { Suite } from "./scene.js";

/** The one call that nobody can take back. */
export function termination(suite: Suite): void {
  suite.describe("terminate", () => {
    suite.it("ends a plain instance and says that the cloud accepted it", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
      assert.equal(scene.state("bystander"), "running");
      assert.ok(outcome.effects.every((effect) => effect.instanceIds.includes(scene.id("web"))));
    });

    suite.it("ends a stopped instance as well", async (scene) => {
      scene.seed([{ id: "web", state: "stopped" }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
    });

    suite.it("does nothing the second time", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const record = await scene.sighting("web");
      const [first] = await scene.adapter.terminate([record], discard);
      assertStatus(first, "accepted", "recycled");
      await scene.world.clock.advance(scene.capabilities.consistencyWindowMs + 1);
      const effects = effectCount(scene.world, record.id);
      const [second] = await scene.adapter.terminate([record], discard);
      assertStatus(second, "accepted", "recycled", "already-gone");
      await scene.settle();
      const [third] = await scene.adapter.terminate([record], discard);
      assertStatus(third, "accepted", "recycled", "already-gone");
      assert.equal(effectCount(scene.world, record.id), effects, "a repeated call took effect again");
    });

    suite.it("says of an instance already on its way out that it is accepted, and sends nothing", async (scene) => {
      if (!scene.trySeed([{ id: "web", state: "terminating" }])) return;
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(outcome, "accepted", "already-gone");
      assertNothingSent(scene.world);
    });

    suite.it("lets one refusal spare no other its end, and no other suffer for it", async (scene) => {
      scene.seed([{ id: "web" }, { id: "kept", terminationProtection: true }, { id: "db" }]);
      const asked = [...scene.ids("web", "kept"), scene.unknownId(), scene.id("db")];
      const [web, kept, ghost, db] = await scene.adapter.terminate(asked, discard);
      assertStatus(web, "accepted", "recycled");
      assertBlocked(kept, "protected");
      assertStatus(ghost, "not-found");
      assertStatus(db, "accepted", "recycled");
      await scene.settle();
      assert.deepEqual(
        [scene.world.holds("web"), scene.world.holds("kept"), scene.world.holds("db")],
        [false, true, false],
      );
    });

    suite.it("sends the rest again when the cloud refuses a batch for one of its members", async (scene) => {
      scene.seed([{ id: "web" }, { id: "kept", terminationProtection: true }, { id: "db" }]);
      const outcomes = await scene.adapter.terminate(scene.ids("web", "kept", "db"), {
        ...discard,
        protectionCheck: "by-cloud",
      });
      assertStatus(outcomes[0], "accepted", "recycled");
      assertBlocked(outcomes[1], "protected");
      assertStatus(outcomes[2], "accepted", "recycled");
      await scene.settle();
      assert.deepEqual(
        [scene.world.holds("web"), scene.world.holds("kept"), scene.world.holds("db")],
        [false, true, false],
      );
    });

    suite.it("says failed, with the cloud's cause, when the cloud denies the act", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web", tags: { team: "shop" }, addresses: [{ id: "front", kind: "elastic" }] }]);
      const before = essence(scene.world.view());
      scene.world.faults.add({ fault: "deny", api });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertProblem(outcome, ["failed"], "access-denied");
      assertStatus(outcome, "failed");
      assert.deepEqual(outcome.effects, []);
      assert.deepEqual(essence(scene.world.view()), before, "something went before the act that then failed");
      await assertTruthful(scene, "web", outcome);
    });

    suite.it("answers for every instance when the cloud denies the act for one of them", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }, { id: "db" }]);
      scene.world.faults.add({ fault: "deny", api, instanceId: "db" });
      const [web, db] = await scene.adapter.terminate(scene.ids("web", "db"), discard);
      assertProblem(db, ["failed", "blocked"], "access-denied");
      await assertTruthful(scene, "web", web);
      assert.ok(scene.world.holds("db"));
    });

    suite.it("sends no mutation in a dry run and changes nothing", async (scene) => {
      scene.seed([{ id: "web", disks: [{ role: "system" }, { deletedWithInstance: true }] }]);
      const before = essence(scene.world.view());
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, dryRun: true });
      assertStatus(outcome, "would-terminate");
      assert.deepEqual(outcome.effects, []);
      assert.equal(outcome.permissionChecked, scene.capabilities.dryRun.checks !== "none");
      assertNothingSent(scene.world);
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("refuses in a dry run what it refuses in earnest, even with leave to clear protection", async (scene) => {
      scene.seed([
        { id: "web", terminationProtection: true },
        { id: "db", terminationProtection: true },
      ]);
      const protection = { clear: scene.ids("db"), reason: "contract" };
      const outcomes = await scene.adapter.terminate(scene.ids("web", "db"), { ...discard, dryRun: true, protection });
      assertBlocked(outcomes[0], "protected");
      assertStatus(outcomes[1], "would-terminate");
      assertNothingSent(scene.world);
      assert.ok(scene.world.view().instances.every((instance) => instance.terminationProtection));
    });

    suite.it("does not say that permission was checked where it was denied", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "deny", api });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, dryRun: true });
      if (scene.capabilities.dryRun.checks === "none") {
        assertStatus(outcome, "would-terminate");
        assert.equal(outcome.permissionChecked, false);
      } else assertProblem(outcome, ["blocked", "failed"], "access-denied");
      assertNothingSent(scene.world);
    });

    suite.it("releases no address", async (scene) => {
      scene.seed([{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(outcome, "accepted", "recycled");
      await scene.settle();
      assert.equal(scene.world.view().addresses.find((one) => one.id === scene.id("front"))?.ours, true);
    });

    suite.it("removes no rule, no group membership and no registration by itself", async (scene) => {
      scene.seed({
        instances: [
          { id: "web", securityGroups: ["app"] },
          { id: "other", securityGroups: ["app"] },
        ],
        securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" }, description: "open" }] }],
      });
      const rules = scene.world.view().rules;
      await scene.adapter.terminate(scene.ids("web"), discard);
      assert.deepEqual(scene.world.view().rules, rules);
    });

    suite.it("calls an end that cannot be taken back impossible to undo, and announces it", async (scene) => {
      scene.seed([{ id: "web" }]);
      const recording = scene.record();
      await scene.adapter.terminate(scene.ids("web"), { ...discard, recorder: recording.recorder });
      const act = recording.announced
        .flatMap(({ intent }) => intent.effects)
        .find((one) => one.kind === "instance-terminated");
      assert.ok(act, "no intent announces the termination");
      assert.equal(act.resource.id, scene.id("web"));
      if (scene.capabilities.retention["on-demand"].bin === "none") assert.ok("impossible" in act.undo);
    });

    const contradictory: Readonly<Record<string, object>> = {
      "no decision about the data": {},
      "both proofs and discard": { data: { proofs: [], discard: "contract" } },
      "a discard without a reason": { data: { discard: " " } },
      "data that is nothing": { data: null },
      "an option of another cloud": { ...discard, cloudOptions: { noSuchOption: true } },
      "a release time that is no time": { ...discard, releaseAt: "tomorrow" },
    };
    for (const [what, options] of Object.entries(contradictory)) {
      suite.it(`refuses ${what} before anything is sent`, async (scene) => {
        scene.seed([{ id: "web" }]);
        // As a script without types would pass it.
        const passed: TerminateOptions = JSON.parse(JSON.stringify(options));
        await assertThrows(() => scene.adapter.terminate(scene.ids("web"), passed), "invalid-request", "unsupported");
        assert.deepEqual(mutations(scene.world.requests), []);
        assert.ok(scene.world.holds("web"));
      });
    }
  });
}
