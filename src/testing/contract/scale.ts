import assert from "node:assert/strict";
import { assertBlocked, assertStatus, collect, discard, patience, terminationApi } from "./expect.js";
import { mutations } from "./recording.js";
import type { Suite } from "./scene.js";
import { seedFleet } from "./seeds.js";

/** More than a page or a batch of any cloud. */
const many = 250;

/** Many at once: every page read, every batch sent, each instance in exactly one. */
export function scale(suite: Suite): void {
  suite.describe("scale", () => {
    suite.it("finds each of 250 instances once, over all pages", async (scene) => {
      const names = seedFleet(scene, many, { tags: { team: "shop" } });
      const wanted = scene.ids(...names).toSorted();
      const byTag = await collect(scene.adapter.findInstances({ tags: { team: "shop" } }));
      assert.deepEqual(byTag.map((record) => record.id).sort(), wanted);
      const byId = await collect(scene.adapter.findInstances({ ids: scene.ids(...names) }));
      assert.deepEqual(byId.map((record) => record.id).sort(), wanted);
    });

    suite.it("lists what hangs on 250 instances in pages and batches, not one by one", async (scene) => {
      const names = seedFleet(scene, many);
      const report = await scene.adapter.listDependencies(scene.ids(...names), { protectionCheck: "by-cloud" });
      assert.equal(report.instances.length, many);
      assert.ok(report.instances.every((one) => one.status === "found"));
      const disks = report.nodes.filter((node) => node.kind === "disk");
      assert.equal(disks.length, many);
      assert.ok(scene.world.requests.length < many / 2, `${scene.world.requests.length} requests`);
    });

    suite.it("names each of 250 instances in exactly one request to end it", async (scene) => {
      const api = await terminationApi(scene);
      const names = seedFleet(scene, many);
      const outcomes = await scene.adapter.terminate(scene.ids(...names), { ...discard, protectionCheck: "by-cloud" });
      assert.equal(outcomes.length, many);
      for (const [index, outcome] of outcomes.entries()) {
        assertStatus(outcome, "accepted", "recycled");
        assert.equal(outcome.instanceId, scene.id(names[index] ?? ""));
      }
      const requests = mutations(scene.world.requests).filter((request) => request.api === api);
      const sent = requests.flatMap((request) => request.instanceIds);
      assert.deepEqual(sent.toSorted(), scene.ids(...names).toSorted());
      const batchSize = scene.capabilities.limits[api]?.batchSize;
      if (batchSize === undefined) return;
      assert.ok(
        requests.every((request) => request.instanceIds.length <= batchSize),
        "a batch over the limit",
      );
      await scene.settle();
      assert.ok(names.every((name) => !scene.world.holds(name)));
    });

    suite.it("ends 249 of 250 when the cloud refuses the one that is protected", async (scene) => {
      const names = seedFleet(scene, many);
      const kept = names[123] ?? "";
      scene.world.meddle({ set: [{ id: kept, terminationProtection: true }] });
      const outcomes = await scene.adapter.terminate(scene.ids(...names), { ...discard, protectionCheck: "by-cloud" });
      await scene.settle();
      for (const [index, name] of names.entries()) {
        if (name === kept) assertBlocked(outcomes[index], "protected");
        else assertStatus(outcomes[index], "accepted", "recycled");
        assert.equal(scene.world.holds(name), name === kept);
      }
    });

    suite.it("verifies 250 deletions in bulk", async (scene) => {
      const names = seedFleet(scene, many);
      scene.seed([{ id: "bystander" }]);
      const records = await collect(scene.adapter.findInstances({ ids: scene.ids(...names) }));
      await scene.adapter.terminate(records, { ...discard, protectionCheck: "by-cloud" });
      await scene.settle();
      const from = scene.world.requests.length;
      const verdicts = await scene.adapter.verifyDeleted(records, patience);
      assert.equal(verdicts.length, many);
      for (const verdict of verdicts) assertStatus(verdict, "deleted", "recycled");
      assert.ok(scene.world.requests.length - from < many / 2, "it asked one by one");
    });

    suite.it("names what each of 120 instances left, over all pages", async (scene) => {
      const disks = [{ role: "system" }, { role: "data", deletedWithInstance: false }] as const;
      const names = seedFleet(scene, 120, { disks });
      scene.seed([{ id: "bystander" }]);
      const records = await collect(scene.adapter.findInstances({ ids: scene.ids(...names) }));
      const before = await scene.adapter.listDependencies(records, { protectionCheck: "by-cloud" });
      await scene.adapter.terminate(records, { ...discard, protectionCheck: "by-cloud" });
      await scene.settle();
      const verdicts = await scene.adapter.verifyDeleted(records, { before, ...patience });
      for (const verdict of verdicts) {
        const left = verdict.leftovers.filter((one) => one.kind === "disk");
        assert.equal(left.length, 1, `${verdict.instanceId} left a disk, ${left.length} are named`);
      }
    });

    suite.it("tags 120 instances and answers for each", async (scene) => {
      const names = seedFleet(scene, 120);
      const outcomes = await scene.adapter.tagInstances(scene.ids(...names), { set: { owner: "contract" } });
      for (const outcome of outcomes) assertStatus(outcome, "tagged");
      assert.ok(scene.world.view().instances.every((instance) => instance.tags.owner === "contract"));
    });

    suite.it("copies the disks of 30 instances, each once", async (scene) => {
      const names = seedFleet(scene, 30);
      const outcomes = await scene.adapter.snapshot(scene.ids(...names), { runId: "contract", ...patience });
      for (const outcome of outcomes) assertStatus(outcome, "completed");
      const copied = scene.world.view().snapshots.flatMap((snapshot) => snapshot.diskIds);
      assert.equal(new Set(copied).size, 30);
      assert.equal(copied.length, 30);
    });
  });
}
