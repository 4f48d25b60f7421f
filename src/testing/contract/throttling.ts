import assert from "node:assert/strict";
import {
  assertProblem,
  assertStatus,
  assertThrows,
  assertTruthful,
  attempt,
  discard,
  effectCount,
  patience,
  terminationApi,
} from "./expect.js";
import type { Suite } from "./scene.js";

/** More than any adapter needs to give up; less than a loop that never ends. */
const manyRequests = 400;

/** Too fast for the cloud: wait, then go on; and give up in the end. */
export function throttling(suite: Suite): void {
  suite.describe("throttling", () => {
    suite.it("waits and reads again", async (scene) => {
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "throttle", mutating: false, times: 3 });
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      assert.equal(report.instances[0]?.status, "found");
      assert.ok(report.coverage.filter((line) => line.kind === "disk").every((line) => line.status === "checked"));
    });

    suite.it("sends a throttled act again under the same intent, and it takes effect once", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "throttle", api, times: 3 });
      const recording = scene.record();
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, recorder: recording.recorder });
      assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
      assert.equal(effectCount(scene.world, scene.id("web"), api), 1);
      const keys = recording.announced.filter(({ intent }) => intent.api === api).map(({ intent }) => intent.key);
      assert.equal(keys.length, 1, "a request that was certainly not carried out was announced again");
      assert.equal(recording.announced.at(-1)?.result?.effect, "applied");
    });

    suite.it("makes one copy of a disk though the request was throttled", async (scene) => {
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "throttle", mutating: true, times: 2 });
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", ...patience });
      assertStatus(outcome, "completed");
      assert.equal(scene.world.view().snapshots.length, 1);
    });

    suite.it("gives up when reads are throttled for good", async (scene) => {
      scene.seed([{ id: "web" }]);
      await scene.adapter.whoAmI();
      scene.world.faults.add({ fault: "throttle", mutating: false });
      await assertThrows(() => scene.adapter.terminate(scene.ids("web"), discard), "throttled");
      await assertThrows(async () => await scene.sighting("web"), "throttled");
      assert.ok(scene.world.requests.length < manyRequests, "it never gives up");
      assert.ok(scene.world.holds("web"));
    });

    suite.it("gives up when the act is throttled for good, and the instance stands", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "throttle", api });
      const recording = scene.record();
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, recorder: recording.recorder });
      assertProblem(outcome, ["failed", "blocked"], "throttled");
      await assertTruthful(scene, "web", outcome);
      assert.ok(recording.sent().length < manyRequests, "it never gives up");
      assert.ok(recording.announced.every((entry) => entry.result?.effect === "not-applied"));
    });

    suite.it("stops waiting for a throttled cloud at its deadline", async (scene) => {
      scene.seed([{ id: "web" }]);
      await scene.adapter.whoAmI();
      scene.world.faults.add({ fault: "throttle", mutating: false });
      const started = scene.world.clock.now();
      const told = await attempt(() => scene.adapter.listDependencies(scene.ids("web"), { deadlineMs: 1_000 }));
      if ("error" in told) assert.ok(["throttled", "timeout"].includes(told.error.code));
      assert.ok(scene.world.clock.now() - started <= 10_000, "the wait went far past its deadline");
    });

    suite.it("tells that it is throttled", async (scene) => {
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "throttle", mutating: false, times: 2 });
      const told: string[] = [];
      await scene.adapter.listDependencies(scene.ids("web"), { onEvent: (event) => told.push(event.type) });
      assert.ok(told.includes("throttled"));
    });

    suite.it("calls a code nobody knows unexpected, and does not try again", async (scene) => {
      scene.seed([{ id: "web" }]);
      await scene.adapter.whoAmI();
      scene.world.faults.add({ fault: "error", cloudCode: "SomethingNobodyHasSeen", httpStatus: 400, mutating: false });
      const from = scene.world.requests.length;
      const error = await assertThrows(() => scene.sighting("web"), "unexpected");
      assert.equal(error.problem.cloudCode, "SomethingNobodyHasSeen");
      const apis = scene.world.requests.slice(from).map((request) => request.api);
      assert.equal(new Set(apis).size, apis.length, "a request was sent again");
    });

    suite.it("sends no act again that the cloud refused for a cause nobody knows", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "error", cloudCode: "SomethingNobodyHasSeen", httpStatus: 400, api });
      const recording = scene.record();
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, recorder: recording.recorder });
      assertProblem(outcome, ["failed", "unknown"], "unexpected");
      await assertTruthful(scene, "web", outcome);
      const acts = recording.sent().filter((request) => request.api === api);
      assert.ok(acts.length <= 2, "the act was sent again and again");
    });

    suite.it("goes on after errors of a service that pass, on reads", async (scene) => {
      scene.seed([{ id: "web" }]);
      scene.world.faults.add({ fault: "server-error", mutating: false, times: 1 });
      assert.equal((await scene.sighting("web")).id, scene.id("web"));
      scene.world.faults.add({ fault: "drop-before", mutating: false, times: 1 });
      assert.equal((await scene.sighting("web")).id, scene.id("web"));
    });
  });
}
