import assert from "node:assert/strict";
import type { SeedDisk } from "../seed.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertTruthful,
  discard,
  essence,
  terminationApi,
} from "./expect.js";
import type { Suite } from "./scene.js";

const dying: SeedDisk = { id: "dying", role: "data", deletedWithInstance: true };
const staying: SeedDisk = { id: "staying", role: "data", deletedWithInstance: false };
const disks: readonly SeedDisk[] = [{ id: "root", role: "system" }, dying, staying];

/** Which disks go with an instance, and which stay. */
export function disksAtTheEnd(suite: Suite): void {
  suite.describe("disks", () => {
    suite.it("S13 lets each data disk end as its own flag says", async (scene) => {
      scene.seed([{ id: "web", disks }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(outcome, "accepted", "recycled");
      await scene.settle();
      assert.ok(scene.world.holds("staying"), "a disk that was flagged to stay is gone");
      if (outcome.status === "accepted") assert.ok(!scene.world.holds("dying"), "a disk flagged to go still stands");
    });

    suite.it("S13 keeps disks apart by server, in one batch", async (scene) => {
      scene.seed([
        { id: "web", disks: [{ role: "system" }, { id: "web-data", role: "data", deletedWithInstance: false }] },
        { id: "db", disks: [{ role: "system" }, { id: "db-data", role: "data", deletedWithInstance: true }] },
      ]);
      await scene.adapter.terminate(scene.ids("web", "db"), discard);
      await scene.settle();
      assert.ok(scene.world.holds("web-data"), "one server's flag was taken for another's");
    });

    suite.it("S13 keeps every data disk when asked to, or leaves the instance", async (scene) => {
      scene.seed([{ id: "web", disks }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, dataDisks: "keep" });
      if (outcome?.status === "blocked") assertBlocked(outcome, "unsupported");
      else assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
      assert.ok(scene.world.holds("staying") && scene.world.holds("dying"), "a kept disk did not survive");
    });

    suite.it("S13 keeps nothing of a wish the cloud cannot honour", async (scene) => {
      const tied: SeedDisk = { id: "tied", role: "data", tied: true, deletedWithInstance: true };
      if (!scene.trySeed([{ id: "web", disks: [{ role: "system" }, tied] }])) return;
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, dataDisks: "keep" });
      assertBlocked(outcome, "unsupported");
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web") && scene.world.holds("tied"));
    });

    suite.it("S13 deletes the data disks that are named, and no other", async (scene) => {
      scene.seed([{ id: "web", disks: [{ role: "system" }, staying, { ...staying, id: "also-staying" }] }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
        ...discard,
        dataDisks: { delete: scene.ids("staying") },
      });
      assertStatus(outcome, "accepted", "recycled", "blocked");
      await scene.settle();
      assert.ok(scene.world.holds("also-staying"), "a disk nobody named is gone");
      if (outcome.status === "accepted") assert.ok(!scene.world.holds("web"));
    });

    suite.it("puts the flags back that kept a disk when the termination does not happen", async (scene) => {
      scene.seed([{ id: "web", disks }]);
      const before = essence(scene.world.view());
      scene.world.faults.add({ fault: "deny", api: await terminationApi(scene) });
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, dataDisks: "keep" });
      assertProblem(outcome, ["failed", "blocked"], "access-denied", "unsupported");
      await scene.world.clock.advance(scene.capabilities.consistencyWindowMs + 1);
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("does not take a shared disk for dead while another instance holds it", async (scene) => {
      const shared: SeedDisk = { id: "shared", role: "data", medium: "shared", deletedWithInstance: true };
      const known = scene.trySeed([
        { id: "web", disks: [{ role: "system" }, shared] },
        { id: "db", disks: [{ role: "system" }, shared] },
      ]);
      if (!known) return;
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(outcome, "accepted", "recycled");
      await scene.settle();
      assert.ok(scene.world.holds("shared"));
    });
  });
}
