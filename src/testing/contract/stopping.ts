import assert from "node:assert/strict";
import type { CloudAdapter } from "../../adapter.js";
import type { DecommissionEvent } from "../../events.js";
import type { CallOptions } from "../../options.js";
import {
  assertNothingSent,
  assertStatus,
  assertThrows,
  assertTruthful,
  attempt,
  collect,
  discard,
  terminationApi,
} from "./expect.js";
import type { Scene, Suite } from "./scene.js";
import { seedFleet } from "./seeds.js";

/** Real milliseconds: enough for a request to be under way, too few to be felt. */
const momentMs = 5;

type Call = (adapter: CloudAdapter, ids: readonly string[], options: CallOptions) => Promise<unknown>;

const calls: Readonly<Record<string, Call>> = {
  whoAmI: (adapter, _, options) => adapter.whoAmI(options),
  findInstances: (adapter, ids, options) => collect(adapter.findInstances({ ids }, options)),
  findOwnArtifacts: (adapter, _, options) => collect(adapter.findOwnArtifacts({}, options)),
  listDependencies: (adapter, ids, options) => adapter.listDependencies(ids, options),
  snapshot: (adapter, ids, options) => adapter.snapshot(ids, options),
  releaseSecurityRules: (adapter, ids, options) => adapter.releaseSecurityRules(ids, options),
  terminate: (adapter, ids, options) => adapter.terminate(ids, { ...discard, ...options }),
  tagInstances: (adapter, ids, options) => adapter.tagInstances(ids, { set: { owner: "contract" } }, options),
  quarantine: (adapter, ids, options) => adapter.quarantine(ids, { mode: "stop", reason: "contract", ...options }),
};

/** A caller who stops waiting, and a budget that runs out. Neither undoes what the cloud accepted. */
export function stopping(suite: Suite): void {
  suite.describe("stopping", () => {
    for (const [operation, call] of Object.entries(calls)) {
      suite.it(
        `${operation} throws aborted and sends no mutation when it is stopped before it starts`,
        async (scene) => {
          scene.seed([{ id: "web" }]);
          await assertThrows(() => call(scene.adapter, scene.ids("web"), { signal: AbortSignal.abort() }), "aborted");
          assertNothingSent(scene.world);
        },
      );

      suite.it(`${operation} throws aborted when it is stopped while a read hangs`, async (scene) => {
        scene.seed([{ id: "web" }]);
        scene.world.faults.add({ fault: "hang", mutating: false });
        const controller = new AbortController();
        setTimeout(() => controller.abort(), momentMs);
        await assertThrows(() => call(scene.adapter, scene.ids("web"), { signal: controller.signal }), "aborted");
        assertNothingSent(scene.world);
      });

      suite.it(`${operation} throws timeout when its budget runs out while a read hangs`, async (scene) => {
        scene.seed([{ id: "web" }]);
        scene.world.faults.add({ fault: "hang", mutating: false });
        await assertThrows(() => call(scene.adapter, scene.ids("web"), { deadlineMs: 2 * momentMs }), "timeout");
        assertNothingSent(scene.world);
      });
    }

    suite.it("says unknown of a request that was under way when it was stopped, and settles it", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "hang", api });
      const controller = new AbortController();
      const recording = scene.record({
        intent: (intent) => void (intent.api === api && setTimeout(() => controller.abort(), momentMs)),
      });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
        ...discard,
        signal: controller.signal,
        recorder: recording.recorder,
      });
      assertStatus(outcome, "unknown", "blocked");
      assert.equal(outcome.problem.code, "aborted");
      await assertTruthful(scene, "web", outcome);
      const entry = recording.announced.find(({ intent }) => intent.api === api);
      assert.ok(entry?.result && entry.result.effect !== "applied");
    });

    suite.it("answers for every instance when it is stopped between two batches", async (scene) => {
      const api = await terminationApi(scene);
      const names = seedFleet(scene, 250);
      const controller = new AbortController();
      const recording = scene.record({
        intent: (intent) => {
          if (intent.api === api) controller.abort();
        },
      });
      const outcomes = await scene.adapter.terminate(scene.ids(...names), {
        ...discard,
        signal: controller.signal,
        recorder: recording.recorder,
      });
      assert.equal(outcomes.length, names.length);
      for (const outcome of outcomes) {
        assertStatus(outcome, "unknown", "blocked", "accepted", "recycled");
        if (outcome.status === "blocked" || outcome.status === "unknown") assert.equal(outcome.problem.code, "aborted");
      }
      await scene.settle();
      for (const [index, name] of names.entries()) {
        if (outcomes[index]?.status === "blocked") assert.ok(scene.world.holds(name), "blocked, and gone all the same");
      }
      assert.ok(recording.announced.every((entry) => entry.result !== undefined));
    });

    suite.it("ends a wait when it is stopped, and says what is under way", async (scene) => {
      scene.seed([{ id: "web", disks: [{ role: "system", snapshots: "stuck" }] }]);
      const options = stoppedAfter(scene, 5, (event) => event.type === "request" && event.mutating);
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", ...options });
      assertStatus(outcome, "pending", "failed");
      assert.equal(scene.world.view().snapshots.length, 1, "what the cloud had accepted is gone");
    });

    suite.it("ends the wait for a deletion when it is stopped", async (scene) => {
      scene.seed([{ id: "web" }]);
      const record = await scene.sighting("web");
      const options = stoppedAfter(scene, 5, (event) => event.type === "request");
      const told = await attempt(() => scene.adapter.verifyDeleted([record], options));
      if ("error" in told) assert.equal(told.error.code, "aborted");
      else assertStatus(told.answer[0], "alive");
    });

    suite.it("puts protection back though it was stopped in between", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web", terminationProtection: true }]);
      const controller = new AbortController();
      const recording = scene.record({
        settled: () => controller.abort(),
      });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
        ...discard,
        protection: { clear: scene.ids("web"), reason: "contract" },
        signal: controller.signal,
        recorder: recording.recorder,
      });
      await scene.settle();
      const truth = scene.world.view().instances.find((one) => one.id === scene.id("web"));
      if (recording.announced.some(({ intent }) => intent.api === api)) return assertTruthful(scene, "web", outcome);
      assertStatus(outcome, "blocked", "failed", "unknown");
      assert.ok(
        truth?.terminationProtection === true || outcome.effects.some((effect) => effect.kind === "protection-cleared"),
        "the protection is off and nothing says so",
      );
    });

    suite.it("waits no longer than its budget, and answers what it last saw", async (scene) => {
      scene.seed([{ id: "web", disks: [{ role: "system", snapshots: "stuck" }] }]);
      const started = scene.world.clock.now();
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", deadlineMs: 5 * 60_000 });
      assertStatus(outcome, "pending", "failed");
      assert.ok(scene.world.clock.now() - started <= 6 * 60_000);
    });

    suite.it("gives up on a cloud that never answers, each request after its own time", async (scene) => {
      scene.seed([{ id: "web" }]);
      const hasty = await scene.another({ totalMs: 2 * momentMs });
      scene.world.faults.add({ fault: "hang", mutating: false });
      await assertThrows(() => hasty.listDependencies(scene.ids("web")), "timeout", "network");
    });

    suite.it("refuses a budget that is no number of milliseconds", async (scene) => {
      scene.seed([{ id: "web" }]);
      for (const deadlineMs of [Number.NaN, -1]) {
        await assertThrows(
          () => scene.adapter.listDependencies(scene.ids("web"), { deadlineMs }),
          "invalid-request",
          "timeout",
        );
      }
    });
  });
}

/** Stops a call so many minutes, on the world's clock, after the first event of a kind. */
function stoppedAfter(
  scene: Scene,
  minutes: number,
  isStart: (event: DecommissionEvent) => boolean,
): Pick<CallOptions, "signal" | "onEvent"> {
  const controller = new AbortController();
  let started = false;
  const onEvent = (event: DecommissionEvent) => {
    if (started || !isStart(event)) return;
    started = true;
    void scene.world.clock.sleep(minutes * 60_000).then(() => controller.abort());
  };
  return { signal: controller.signal, onEvent };
}
