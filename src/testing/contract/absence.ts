import assert from "node:assert/strict";
import type { InstanceRecord } from "../../instances.js";
import { assertBlocked, assertNothingSent, assertStatus, assertThrows, attempt, discard, patience } from "./expect.js";
import type { Scene, Suite } from "./scene.js";

const hour = 3_600_000;

/** What "not there" may mean: a typo, another account, or the end of an instance. */
export function absence(suite: Suite): void {
  suite.describe("absence", () => {
    suite.it("S03 calls an id nobody ever saw not found, never gone", async (scene) => {
      scene.seed([{ id: "web" }]);
      const id = scene.unknownId();
      const { adapter } = scene;
      const [ended] = await adapter.terminate([id], discard);
      assertStatus(ended, "not-found");
      assertStatus((await adapter.snapshot([id]))[0], "not-found");
      assertStatus((await adapter.releaseSecurityRules([id]))[0], "not-found");
      assertStatus((await adapter.tagInstances([id], { set: { owner: "contract" } }))[0], "not-found");
      assertStatus((await adapter.listDependencies([id])).instances[0], "not-found");
      const [verdict] = await adapter.verifyDeleted([id], patience);
      assertStatus(verdict, "unproven");
      assert.equal(verdict.clean, false);
      assert.notEqual(verdict.billingStopped, true);
      assertNothingSent(scene.world);
    });

    suite.it("S03 proves with a sighting, two reads apart and a control that an instance is gone", async (scene) => {
      const record = await seenAndGone(scene);
      const before = scene.world.requests.length;
      const [ended] = await scene.adapter.terminate([record], discard);
      assertStatus(ended, "already-gone");
      const { sighting, reads, control } = ended.absence;
      assert.equal(sighting.state.unified, "running");
      assert.equal(sighting.accountId, record.accountId);
      const times = reads.map((read) => Date.parse(read.at));
      assert.ok(times.length >= 2 && (times.at(-1) ?? 0) > (times[0] ?? 0), "the two reads are not apart");
      assert.ok(control.by === "account-wide" || control.id !== "");
      assert.ok(scene.world.requests.length - before >= 2, "absence was believed on one read");
      assertNothingSent(scene.world);
      const [verdict] = await scene.adapter.verifyDeleted([record], patience);
      assertStatus(verdict, "deleted");
    });

    suite.it("S03 does not call an instance gone that only an id names and nobody saw", async (scene) => {
      const record = await seenAndGone(scene);
      const [ended] = await scene.adapter.terminate([record.id], discard);
      assertStatus(ended, "not-found");
      const [verdict] = await scene.adapter.verifyDeleted([record.id], patience);
      assertStatus(verdict, "unproven");
      assert.equal(verdict.clean, false);
    });

    suite.it("S03 does not take a record of a dead instance for a sighting", async (scene) => {
      const record = await seenAndGone(scene);
      const dead: InstanceRecord = { ...record, state: { unified: "gone", raw: "gone" } };
      const [ended] = await scene.adapter.terminate([dead], discard);
      assertStatus(ended, "not-found", "unknown");
    });

    for (const [what, over] of Object.entries(elsewhere)) {
      suite.it(`S03 refuses a record seen in another ${what}`, async (scene) => {
        scene.seed([{ id: "web" }]);
        const record: InstanceRecord = { ...(await scene.sighting("web")), ...over };
        const { adapter } = scene;
        assertBlocked((await adapter.terminate([record], discard))[0], "wrong-account");
        assertBlocked((await adapter.snapshot([record]))[0], "wrong-account");
        assertBlocked((await adapter.releaseSecurityRules([record]))[0], "wrong-account");
        assertBlocked((await adapter.tagInstances([record], { set: { owner: "contract" } }))[0], "wrong-account");
        await assertThrows(() => adapter.listDependencies([record]), "wrong-account");
        const [verdict] = await adapter.verifyDeleted([record], patience);
        assertStatus(verdict, "unproven");
        assert.equal(verdict.problem.code, "wrong-account");
        assertNothingSent(scene.world);
        assert.ok(scene.world.holds("web"));
      });

      suite.it(`S03 spares the others when one record is of another ${what}`, async (scene) => {
        scene.seed([{ id: "web" }, { id: "db" }]);
        const record: InstanceRecord = { ...(await scene.sighting("web")), ...over };
        const [first, second] = await scene.adapter.terminate([record, scene.id("db")], discard);
        assertBlocked(first, "wrong-account");
        assertStatus(second, "accepted", "recycled");
        assert.ok(scene.world.holds("web"));
      });
    }

    suite.it("S03 never proves a deletion through the eyes of another account", async (scene) => {
      const record = await seenAndGone(scene);
      const stranger = await scene.another({ accountId: "210987654321" });
      assertBlocked((await stranger.terminate([record], discard))[0], "wrong-account");
      assertStatus((await stranger.terminate([record.id], discard))[0], "not-found");
      assertStatus((await stranger.verifyDeleted([record], patience))[0], "unproven");
      assertStatus((await stranger.verifyDeleted([record.id], patience))[0], "unproven");
    });

    suite.it("S01 does not take empty lists without a control row for absence", async (scene) => {
      scene.seed([{ id: "web" }]);
      const record = await scene.sighting("web");
      scene.world.faults.add({ fault: "null-lists", mutating: false });
      const told = await attempt(() => scene.adapter.terminate([record], discard));
      if ("answer" in told) assertStatus(told.answer[0], "unknown", "blocked", "failed");
      const verified = await attempt(() => scene.adapter.verifyDeleted([record], patience));
      if ("answer" in verified) {
        assert.notEqual(verified.answer[0]?.status, "deleted");
        assert.equal(verified.answer[0]?.clean, false);
      }
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S01 does not take a denied listing for absence", async (scene) => {
      scene.seed([{ id: "web" }]);
      const record = await scene.sighting("web");
      scene.world.faults.add({ fault: "deny", mutating: false });
      await assertThrows(() => scene.adapter.terminate([record], discard), "access-denied");
      const verified = await attempt(() => scene.adapter.verifyDeleted([record], patience));
      if ("answer" in verified) assertStatus(verified.answer[0], "unproven");
      assert.ok(scene.world.holds("web"));
    });
  });
}

const elsewhere = {
  account: { accountId: "210987654321" },
  region: { region: "nowhere-1" },
  project: { project: "another-project" },
  cloud: { cloud: "another-cloud" },
} as const;

/** A record of an instance that was there and is gone for so long that no trace is left. */
async function seenAndGone(scene: Scene): Promise<InstanceRecord> {
  scene.seed([{ id: "web" }, { id: "bystander" }]);
  const record = await scene.sighting("web");
  scene.world.meddle({ remove: ["web"] });
  await scene.world.clock.advance(3 * hour);
  assert.ok(!scene.world.holds("web"));
  return record;
}
