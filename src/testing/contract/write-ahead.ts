import assert from "node:assert/strict";
import type { Effect, MutationRecorder } from "../../effects.js";
import {
  assertNothingSent,
  assertProblem,
  assertStatus,
  collect,
  discard,
  essence,
  patience,
  terminationApi,
} from "./expect.js";
import { seedClient } from "./own-address-rules.js";
import { assertPlain } from "./recording.js";
import type { Scene, Suite } from "./scene.js";
import { allow, host } from "./seeds.js";

/** Puts what a mutating call needs into the world and answers the call, so that only the call itself is recorded. */
type Preparation = (
  scene: Scene,
) => Promise<(recorder: MutationRecorder) => Promise<readonly { readonly status: string }[]>>;

const preparations: Readonly<Record<string, Preparation>> = {
  terminate: async (scene) => {
    scene.seed([{ id: "web" }]);
    return (recorder) => scene.adapter.terminate(scene.ids("web"), { ...discard, recorder });
  },
  "terminate, clearing protection,": async (scene) => {
    scene.seed([{ id: "web", terminationProtection: true }]);
    const protection = { clear: scene.ids("web"), reason: "contract" };
    return (recorder) => scene.adapter.terminate(scene.ids("web"), { ...discard, protection, recorder });
  },
  snapshot: async (scene) => {
    scene.seed([{ id: "web" }]);
    return (recorder) => scene.adapter.snapshot(scene.ids("web"), { runId: "contract", recorder, ...patience });
  },
  releaseSecurityRules: async (scene) => {
    await seedClient(scene, (address) => [allow("from-web", host(address))]);
    return (recorder) => scene.adapter.releaseSecurityRules(scene.ids("web"), { recorder });
  },
  tagInstances: async (scene) => {
    scene.seed([{ id: "web" }]);
    return (recorder) => scene.adapter.tagInstances(scene.ids("web"), { set: { owner: "contract" } }, { recorder });
  },
  quarantine: async (scene) => {
    scene.seed([{ id: "web" }]);
    const mode = scene.capabilities.quarantine.stop.supported ? "stop" : "isolate";
    const options = { mode, reason: "contract", ...patience } as const;
    return (recorder) => scene.adapter.quarantine(scene.ids("web"), { ...options, recorder });
  },
  releaseDependencies: async (scene) => {
    const pool = { kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80] } as const;
    scene.seed({ instances: [{ id: "web" }], owners: [pool] });
    const { edges } = await scene.adapter.listDependencies(scene.ids("web"));
    const items = edges
      .filter((edge) => edge.node.kind === "load-balancer-target")
      .map((edge) => ({ ...edge.node, instanceId: edge.instanceId }));
    return (recorder) => scene.adapter.releaseDependencies(items, { recorder, ...patience });
  },
  revert: async (scene) => {
    scene.seed([{ id: "web" }]);
    const [tagged] = await scene.adapter.tagInstances(scene.ids("web"), { set: { owner: "contract" } });
    return (recorder) => scene.adapter.revert(tagged?.effects ?? [], { recorder });
  },
  removeArtifacts: async (scene) => {
    scene.seed([{ id: "web" }]);
    await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", ...patience });
    const artifacts = await collect(scene.adapter.findOwnArtifacts({ runId: "contract" }));
    return (recorder) => scene.adapter.removeArtifacts(artifacts, { recorder, unexpired: { reason: "contract" } });
  },
};

/** Nothing is sent that was not announced, and nothing announced is left open. */
export function writeAhead(suite: Suite): void {
  suite.describe("write-ahead", () => {
    for (const [operation, prepare] of Object.entries(preparations)) {
      suite.it(`${operation} sends no mutation before its intent has resolved, and settles each`, async (scene) => {
        const call = await prepare(scene);
        const recording = scene.record();
        await call(recording.recorder);
        assert.ok(recording.sent().length > 0, "nothing was sent");
        recording.assertWriteAhead();
      });

      suite.it(`${operation} sends nothing when the intent cannot be noted, and says so`, async (scene) => {
        const call = await prepare(scene);
        const before = essence(scene.world.view());
        const from = scene.world.requests.length;
        const recording = scene.record({ intent: () => Promise.reject(new Error("the disk is full")) });
        const [outcome] = await call(recording.recorder);
        assert.ok(recording.announced.length > 0, "nothing was announced");
        // An effect has no outcome "blocked": it is told as one that was not put back.
        assertProblem(outcome, operation === "revert" ? ["failed", "unknown"] : ["blocked"]);
        assertNothingSent(scene.world, from);
        assert.deepEqual(essence(scene.world.view()), before);
      });

      suite.it(`${operation} announces effects that are plain data and say how they come back`, async (scene) => {
        const call = await prepare(scene);
        const recording = scene.record();
        await call(recording.recorder);
        for (const { intent } of recording.announced) {
          assertPlain(intent, "an intent");
          assert.ok(intent.settleMs >= scene.capabilities.consistencyWindowMs, "settles before reads can be believed");
          assert.equal(new Date(intent.at).toISOString(), intent.at);
          assert.ok(intent.effects.length > 0, `${intent.api} announces no effect`);
          for (const effect of intent.effects) assertScoped(scene, effect);
        }
      });
    }

    suite.it("tells what a request created when it is settled", async (scene) => {
      scene.seed([{ id: "web" }]);
      const recording = scene.record();
      await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", recorder: recording.recorder, ...patience });
      const ids = recording.announced.flatMap((entry) => entry.result?.ids ?? []);
      const made = scene.world.view().snapshots.map((snapshot) => snapshot.id);
      assert.ok(made.length > 0 && made.every((id) => ids.includes(id)), "the new copy's id is not settled");
    });

    suite.it("goes no further when a result cannot be noted, and still answers truthfully", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web", terminationProtection: true }]);
      const recording = scene.record({
        settled: () => Promise.reject(new Error("the disk is full")),
      });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
        ...discard,
        protection: { clear: scene.ids("web"), reason: "contract" },
        recorder: recording.recorder,
      });
      assertStatus(outcome, "blocked", "failed");
      // Giving back what was changed may still be sent, announced like anything else.
      assert.ok(!recording.sent().some((request) => request.api === api), "it went on without a record");
      assert.ok(scene.world.holds("web"));
      const truth = scene.world.view().instances[0];
      const told = outcome.effects.some((effect) => effect.kind === "protection-cleared");
      assert.equal(told, truth?.terminationProtection === false, "the protection is off and nothing says so");
    });

    suite.it("does the same without a recorder, and the outcomes carry the effects", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [outcome] = await scene.adapter.tagInstances(scene.ids("web"), { set: { owner: "contract" } });
      assertStatus(outcome, "tagged");
      assert.equal(outcome.effects.length, 1);
      assert.equal(outcome.effects[0]?.kind, "tags-changed");
    });
  });
}

function assertScoped(scene: Scene, effect: Effect): void {
  assert.equal(effect.cloud, scene.adapter.cloud);
  assert.equal(effect.region, scene.adapter.region);
  assert.notEqual(effect.accountId, "");
  assert.ok(
    "action" in effect.undo || effect.undo.impossible !== "",
    "an effect without a way back and without a reason",
  );
}
