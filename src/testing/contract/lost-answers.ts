import assert from "node:assert/strict";
import type { RepeatEffect } from "../../capabilities.js";
import type { Fault } from "../world.js";
import { assertStatus, assertTruthful, discard, effectCount, patience, ruleNamed, terminationApi } from "./expect.js";
import { seedClient } from "./own-address-rules.js";
import type { Recording } from "./recording.js";
import { mutations } from "./recording.js";
import type { Scene, Suite } from "./scene.js";
import { allow, host } from "./seeds.js";
import { assertOneCopyPerDisk } from "./snapshots.js";

const landsAfterMs = 8_000;
const run = { runId: "contract", attempt: 1, ...patience } as const;

/** How an answer is lost. Before and after the effect look the same to the caller. */
const losses: Readonly<Record<string, readonly Fault[]>> = {
  "before it took effect": [{ fault: "drop-before", mutating: true, times: 1 }],
  "after it took effect": [{ fault: "drop-after", mutating: true, times: 1 }],
  "after it took effect, while reads lag": [
    { fault: "drop-after", mutating: true, times: 1 },
    { fault: "stale", forMs: 5_000 },
  ],
  "and the effect lands later": [{ fault: "drop-after", mutating: true, times: 1, landsAfterMs }],
  "and the effect lands later, while reads lag": [
    { fault: "drop-after", mutating: true, times: 1, landsAfterMs },
    { fault: "stale", forMs: 5_000 },
  ],
  "to an error page": [{ fault: "html", mutating: true, times: 1 }],
  "half way through the answer": [{ fault: "truncate", mutating: true, times: 1 }],
};

/** Requests whose answer never came: nothing is done twice, nothing is forgotten, nothing is assumed. */
export function lostAnswers(suite: Suite): void {
  suite.describe("lost answers", () => {
    for (const [when, faults] of Object.entries(losses)) {
      suite.it(`ends an instance once when the answer is lost ${when}`, async (scene) => {
        const api = await terminationApi(scene);
        scene.seed([{ id: "web" }, { id: "bystander" }]);
        const recording = await withFaults(scene, faults, async (recorded) => {
          const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
            ...discard,
            recorder: recorded.recorder,
          });
          assertStatus(outcome, "accepted", "recycled", "unknown", "failed");
          await assertTruthful(scene, "web", outcome);
        });
        assert.ok(effectCount(scene.world, scene.id("web"), api) <= 1, "it took effect twice");
        assertSettledTruthfully(scene, recording);
        assertNotRepeated(scene, recording, api, "terminate");
        assert.ok(scene.world.holds("bystander"));
      });

      suite.it(`copies each disk once when the answer is lost ${when}`, async (scene) => {
        scene.seed([{ id: "web" }]);
        await withFaults(scene, faults, async (recorded) => {
          const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { ...run, recorder: recorded.recorder });
          assertStatus(outcome, "completed", "pending", "failed");
        });
        scene.world.faults.clear();
        await scene.settle();
        assertOneCopyPerDisk(scene);
        const [again] = await scene.adapter.snapshot(scene.ids("web"), run);
        assertStatus(again, "completed");
        assertOneCopyPerDisk(scene);
      });

      suite.it(`names every rule that may be gone when the answer is lost ${when}`, async (scene) => {
        await seedClient(scene, (address) => [allow("from-web", host(address)), allow("other", host("203.0.113.9"))]);
        await withFaults(scene, faults, async (recorded) => {
          const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), {
            scope: "own-address",
            recorder: recorded.recorder,
          });
          await scene.settle();
          if (ruleNamed(scene.world, "from-web")) return assertStatus(outcome, "failed", "blocked");
          assertStatus(outcome, "released", "failed");
          assert.ok(
            outcome.removed.some(({ rule }) => rule.description === "from-web"),
            "a lost rule is not named",
          );
          assert.ok(outcome.effects.length > 0, "nothing says how it comes back");
        });
        assert.ok(ruleNamed(scene.world, "other"), "a rule nobody named is gone");
      });
    }

    suite.it("forgets no other instance when the answer for a batch is lost", async (scene) => {
      const names = ["a", "b", "c"];
      scene.seed(names.map((id) => ({ id })));
      scene.world.faults.add({ fault: "drop-after", mutating: true, times: 1 });
      const outcomes = await scene.adapter.terminate(scene.ids(...names), discard);
      assert.equal(outcomes.length, 3);
      for (const [index, name] of names.entries()) await assertTruthful(scene, name, outcomes[index]);
    });

    suite.it("refunds once when the answer is lost", async (scene) => {
      if (!scene.capabilities.prepaidExits.includes("unsubscribe")) return;
      const quote = { amount: "120.50", currency: "CNY" };
      const expiresAt = new Date(scene.world.clock.now() + 90 * 24 * 3_600_000).toISOString();
      scene.seed([{ id: "web", billing: "prepaid", expiresAt, refund: { quote } }]);
      scene.world.faults.add({ fault: "drop-after", mutating: true, times: 1 });
      scene.world.faults.add({ fault: "stale", forMs: 5_000 });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, prepaid: "unsubscribe" });
      assertStatus(outcome, "accepted", "recycled", "unknown");
      await assertTruthful(scene, "web", outcome);
      assert.equal(scene.world.view().orders.filter((order) => order.kind === "refund").length, 1);
      const { bin } = scene.capabilities.retention.prepaid;
      if (bin === "always") assert.equal(scene.state("web"), "recycled", "a repeat purged what the bin held");
    });

    suite.it("tells a lost answer as unknown, not as a refusal, when no read can settle it", async (scene) => {
      const api = await terminationApi(scene);
      scene.seed([{ id: "web" }]);
      await scene.adapter.whoAmI();
      scene.world.faults.add({ fault: "drop-after", api, times: 1 });
      const recording = scene.record({
        intent: (intent) => {
          if (intent.api === api) scene.world.faults.add({ fault: "server-error", mutating: false });
        },
      });
      const options = { ...discard, deadlineMs: 30 * 60_000, recorder: recording.recorder };
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), options);
      assert.equal(effectCount(scene.world, scene.id("web"), api), 1);
      // Where a repeat is safe, its answer may have settled it.
      const resent = recording.sent().filter((request) => request.api === api).length > 1;
      if (resent) return await assertTruthful(scene, "web", outcome);
      assertStatus(outcome, "unknown");
      assert.equal(recording.announced.at(-1)?.result?.effect, "unknown");
    });
  });
}

/** Plays a part under faults and answers what was recorded meanwhile. */
async function withFaults(
  scene: Scene,
  faults: readonly Fault[],
  part: (recording: Recording) => Promise<void>,
): Promise<Recording> {
  for (const fault of faults) scene.world.faults.add(fault);
  const recording = scene.record();
  await part(recording);
  return recording;
}

/** Fails when a noted result says more, or other, than the world shows in the end. */
function assertSettledTruthfully(scene: Scene, recording: Recording): void {
  assert.ok(recording.announced.length > 0);
  for (const { intent, result } of recording.announced) {
    assert.ok(result, `${intent.api} was announced and never settled`);
    if (result.effect === "unknown") continue;
    const took = intent.instanceIds.some((id) => effectCount(scene.world, id, intent.api) > 0);
    if (result.effect === "not-applied" && recording.announced.length === 1)
      assert.ok(!took, `${intent.api} did take effect`);
    if (result.effect === "applied") assert.ok(took, `${intent.api} did not take effect`);
  }
}

/** Fails when a request that must never be repeated in a run was. */
function assertNotRepeated(scene: Scene, recording: Recording, api: string, mutation: "terminate"): void {
  const declared = scene.capabilities.repeat[mutation];
  const effect: RepeatEffect = typeof declared === "string" ? declared : declared["on-demand"];
  if (effect !== "destroys" && effect !== "refunds-twice") return;
  const sent = mutations(recording.sent()).filter((request) => request.api === api);
  assert.ok(sent.length <= 1, `${api} was sent ${sent.length} times`);
}
