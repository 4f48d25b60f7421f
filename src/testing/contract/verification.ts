import assert from "node:assert/strict";
import type { DependencyReport } from "../../dependencies.js";
import type { InstanceRecord } from "../../instances.js";
import type { DeletionVerdict } from "../../verification.js";
import type { SeedInstance } from "../seed.js";
import { assertNothingSent, assertStatus, collect, discard, patience, ruleNamed } from "./expect.js";
import { seedClient } from "./own-address-rules.js";
import type { Scene, Suite } from "./scene.js";
import { allow, host } from "./seeds.js";

/** What may be said of an instance after its end. */
export function verification(suite: Suite): void {
  suite.describe("verifyDeleted", () => {
    suite.it("says deleted, with the evidence, when an instance is gone", async (scene) => {
      const { record, before } = await ended(scene, { id: "web" });
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      assertStatus(verdict, "deleted");
      assert.ok(verdict.evidence.length > 0 && verdict.evidence.every((one) => one.api !== "" && one.said !== ""));
      assert.equal(verdict.billingStopped, true);
      assert.deepEqual(
        verdict.leftovers.filter((one) => one.billing === "continues"),
        [],
      );
      assertCleanIsEarned(verdict);
    });

    suite.it("S01 calls a whole run clean whose every kind was checked and that left nothing", async (scene) => {
      const { record, before } = await ended(scene, { id: "web" });
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      assertStatus(verdict, "deleted");
      const unread = verdict.coverage.filter((line) => line.status !== "checked").map((line) => line.kind);
      const [again] = await scene.adapter.verifyDeleted([record], { before, skip: unread, ...patience });
      assert.equal(again?.clean, true, `not clean although only ${unread.join(", ")} was left out, by choice`);
    });

    suite.it("waits for an end that takes its time", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const record = await scene.sighting("web");
      const before = await scene.adapter.listDependencies([record]);
      await scene.adapter.terminate([record], discard);
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      assertStatus(verdict, "deleted", "recycled");
      assert.ok(!scene.world.holds("web"));
    });

    suite.it("says alive of an instance that stands, once time is up", async (scene) => {
      scene.seed([{ id: "web" }]);
      const started = scene.world.clock.now();
      const [verdict] = await scene.adapter.verifyDeleted([await scene.sighting("web")], { deadlineMs: 10 * 60_000 });
      assertStatus(verdict, "alive");
      assert.equal(verdict.clean, false);
      assert.notEqual(verdict.billingStopped, true);
      assert.ok(scene.world.clock.now() - started <= 11 * 60_000);
    });

    suite.it("says alive of a stopped instance: a stop is not an end", async (scene) => {
      scene.seed([{ id: "web", state: "stopped" }]);
      const [verdict] = await scene.adapter.verifyDeleted([await scene.sighting("web")], { deadlineMs: 60_000 });
      assertStatus(verdict, "alive");
      assert.equal(verdict.clean, false);
    });

    suite.it("asks no more than it must: accepted is enough where that is asked", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const record = await scene.sighting("web");
      await scene.adapter.terminate([record], discard);
      const [verdict] = await scene.adapter.verifyDeleted([record], { until: "accepted", ...patience });
      assertStatus(verdict, "terminating", "deleted", "recycled");
      if (verdict.status !== "deleted") assert.equal(verdict.clean, false);
    });

    suite.it("judges each instance by itself", async (scene) => {
      scene.seed([{ id: "web" }, { id: "db" }]);
      const records = [await scene.sighting("web"), await scene.sighting("db")];
      await scene.adapter.terminate(scene.ids("web"), discard);
      await scene.settle();
      const [web, db] = await scene.adapter.verifyDeleted(records, { deadlineMs: 5 * 60_000 });
      assertStatus(web, "deleted", "recycled");
      assertStatus(db, "alive");
    });

    suite.it("names a disk that was kept, with its size, as one that still bills", async (scene) => {
      const kept = { id: "kept", role: "data", sizeGiB: 120, deletedWithInstance: false } as const;
      const { record, before } = await ended(scene, { id: "web", disks: [{ role: "system" }, kept] });
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      const left = verdict?.leftovers.find((one) => one.kind === "disk" && one.id === scene.id("kept"));
      assert.ok(left, "the kept disk is not named");
      assert.equal(left.billing, "continues");
      assert.equal(left.sizeGiB, 120);
      assert.notEqual(left.why, "");
      assert.equal(verdict?.clean, false);
    });

    suite.it("does not hold against a run what its plan said would stay", async (scene) => {
      const kept = { id: "kept", role: "data", deletedWithInstance: false } as const;
      const { record, before } = await ended(scene, { id: "web", disks: [{ role: "system" }, kept] });
      const stays = [{ kind: "disk", id: scene.id("kept") }] as const;
      const [first] = await scene.adapter.verifyDeleted([record], { before, stays, ...patience });
      const skip = first?.coverage.filter((line) => line.status !== "checked").map((line) => line.kind) ?? [];
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, stays, skip, ...patience });
      assert.equal(verdict?.clean, true);
    });

    suite.it("names an elastic address that was left, as one that still bills", async (scene) => {
      const { record, before } = await ended(scene, { id: "web", addresses: [{ id: "front", kind: "elastic" }] });
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      const left = verdict?.leftovers.find((one) => one.kind === "public-address" && one.id === scene.id("front"));
      assert.ok(left, "the address is not named");
      assert.equal(left.billing, "continues");
      assert.equal(verdict?.clean, false);
    });

    suite.it("does not name what somebody else removed meanwhile", async (scene) => {
      const kept = { id: "kept", role: "data", deletedWithInstance: false } as const;
      const { record, before } = await ended(scene, { id: "web", disks: [{ role: "system" }, kept] });
      scene.world.meddle({ remove: ["kept"] });
      await scene.settle();
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      assert.ok(!verdict?.leftovers.some((one) => one.id === scene.id("kept")));
    });

    suite.it("names an interface that was kept", async (scene) => {
      const extra = { id: "second", deletedWithInstance: false } as const;
      if (!scene.trySeed([{ id: "web", extraInterfaces: [extra] }, { id: "bystander" }])) return;
      const record = await scene.sighting("web");
      const before = await scene.adapter.listDependencies([record]);
      await scene.adapter.terminate([record], discard);
      await scene.settle();
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      assert.ok(verdict?.leftovers.some((one) => one.kind === "network-interface" && one.id === scene.id("second")));
    });

    suite.it("does not count our own copies against a clean end", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const record = await scene.sighting("web");
      const before = await scene.adapter.listDependencies([record]);
      const [copies] = await scene.adapter.snapshot([record], { runId: "contract", ...patience });
      assertStatus(copies, "completed");
      await scene.adapter.terminate([record], { data: { proofs: copies.proofs } });
      await scene.settle();
      const [first] = await scene.adapter.verifyDeleted([record], { before, ...patience });
      assertStatus(first, "deleted", "recycled");
      if (first.status !== "deleted") return;
      const skip = first.coverage.filter((line) => line.status !== "checked").map((line) => line.kind);
      const [verdict] = await scene.adapter.verifyDeleted([record], { before, skip, ...patience });
      assert.equal(verdict?.clean, true);
      assert.equal((await collect(scene.adapter.findOwnArtifacts({ runId: "contract" }))).length, 1);
    });

    suite.it("says that leftovers cannot all be known without an earlier report", async (scene) => {
      const { record } = await ended(scene, { id: "web" });
      const [verdict] = await scene.adapter.verifyDeleted([record], patience);
      assertStatus(verdict, "deleted", "recycled");
      assert.equal(verdict.clean, false);
      assert.ok(
        verdict.coverage.some((line) => line.status !== "checked"),
        "the coverage does not say so",
      );
    });

    for (const back of [true, false]) {
      suite.it(`S08 ${back ? "names a rule that came back" : "names no rule that stayed away"}`, async (scene) => {
        await seedClient(scene, (address) => [allow("from-web", host(address))]);
        const record = await scene.sighting("web");
        const before = await scene.adapter.listDependencies([record]);
        const [released] = await scene.adapter.releaseSecurityRules([record], { scope: "own-address" });
        assertStatus(released, "released");
        if (back) await scene.adapter.revert(released.effects);
        assert.equal(ruleNamed(scene.world, "from-web") !== undefined, back);
        await scene.adapter.terminate([record], discard);
        await scene.settle();
        const options = { before, removedRules: released.removed, ...patience };
        const [verdict] = await scene.adapter.verifyDeleted([record], options);
        assertStatus(verdict, "deleted");
        assert.equal(
          verdict.leftovers.some((one) => one.kind === "security-rule"),
          back,
        );
        if (back) assert.equal(verdict.clean, false);
      });
    }

    suite.it("S03 answers unproven, never deleted, through the wrong region", async (scene) => {
      const { record } = await ended(scene, { id: "web" });
      const elsewhere = { ...record, region: "nowhere-1" };
      const [verdict] = await scene.adapter.verifyDeleted([elsewhere], patience);
      assertStatus(verdict, "unproven");
      assert.equal(verdict.clean, false);
    });

    suite.it("sends nothing but reads", async (scene) => {
      const { record, before } = await ended(scene, { id: "web", addresses: [{ id: "front", kind: "elastic" }] });
      const from = scene.world.requests.length;
      await scene.adapter.verifyDeleted([record], { before, ...patience });
      assertNothingSent(scene.world, from);
    });
  });
}

/** An instance that was seen, listed, terminated, and is gone by now. */
async function ended(
  scene: Scene,
  instance: SeedInstance,
): Promise<{ readonly record: InstanceRecord; readonly before: DependencyReport }> {
  scene.seed([instance, { id: "bystander" }]);
  const record = await scene.sighting(instance.id);
  const before = await scene.adapter.listDependencies([record]);
  const [outcome] = await scene.adapter.terminate([record], discard);
  assertStatus(outcome, "accepted", "recycled");
  await scene.settle();
  return { record, before };
}

/** `clean` has to be earned: deleted, all looked at, nothing left that bills. */
function assertCleanIsEarned(verdict: DeletionVerdict): void {
  if (!verdict.clean) return;
  assert.equal(verdict.status, "deleted");
  assert.ok(
    verdict.coverage.every((line) => line.status === "checked"),
    "clean, and not all was checked",
  );
  assert.deepEqual(
    verdict.leftovers.filter((one) => one.billing !== "none"),
    [],
  );
}
