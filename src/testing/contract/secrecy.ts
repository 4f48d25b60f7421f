import assert from "node:assert/strict";
import { attempt, collect, discard, patience } from "./expect.js";
import type { Scene, Suite } from "./scene.js";
import { assertNoSecret } from "./watch.js";

const troubles = ["deny", "server-error", "html", "truncate", "drop-before", "drop-after"] as const;

/** Credentials never show: not in answers, not in errors, not in events, not on the console. */
export function secrecy(suite: Suite): void {
  suite.describe("secrecy", () => {
    suite.it("says no secret in a whole run, its journal and its console", async (scene) => {
      scene.seed([{ id: "web", userData: "password=contract-user-data" }]);
      const recording = scene.record();
      const { recorder } = recording;
      await runAll(scene, { recorder });
      assert.ok(scene.said().length > 0);
      assertNoSecret([...scene.said(), recording.text()], scene.world.secrets ?? []);
      assertNoSecret([...scene.said(), recording.text()], ["contract-user-data"]);
    });

    for (const fault of troubles) {
      suite.it(`says no secret when the cloud answers with "${fault}"`, async (scene) => {
        scene.seed([{ id: "web" }]);
        const recording = scene.record();
        scene.world.faults.add({ fault });
        await attempt(() => scene.adapter.whoAmI());
        await attempt(() => scene.sighting("web"));
        scene.world.faults.clear();
        await scene.adapter.whoAmI();
        scene.world.faults.add({ fault, mutating: true });
        await runAll(scene, { recorder: recording.recorder });
        assertNoSecret([...scene.said(), recording.text()], scene.world.secrets ?? []);
      });
    }
  });
}

/** The operations of a run, one after the other; what each says is noted by the watch. */
async function runAll(scene: Scene, options: Pick<Parameters<Scene["adapter"]["snapshot"]>[1] & object, "recorder">) {
  const ids = scene.ids("web");
  const all = { ...options, ...patience };
  await attempt(() => collect(scene.adapter.findInstances({ ids })));
  await attempt(() => scene.adapter.listDependencies(ids));
  await attempt(() => scene.adapter.tagInstances(ids, { set: { owner: "contract" } }, all));
  await attempt(() => scene.adapter.snapshot(ids, { runId: "contract", ...all }));
  await attempt(() => scene.adapter.releaseSecurityRules(ids, all));
  await attempt(() => scene.adapter.terminate(ids, { ...discard, ...all }));
  await attempt(() => scene.adapter.verifyDeleted(ids, { deadlineMs: 60_000 }));
}
