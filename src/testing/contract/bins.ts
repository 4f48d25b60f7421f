import assert from "node:assert/strict";
import type { RecoverableRef } from "../../reversal.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertTruthful,
  collect,
  discard,
  effectCount,
  patience,
} from "./expect.js";
import type { Scene, Suite } from "./scene.js";

const day = 24 * 3_600_000;

/** Bins: what is in one is not gone, can come back, and may still cost money. */
export function bins(suite: Suite): void {
  suite.describe("bins", () => {
    suite.it("says recycled, never accepted or deleted, of an instance that the bin took", async (scene) => {
      if (!seedBinned(scene)) return;
      const record = await scene.sighting("web");
      assert.equal(record.state.unified, "recycled");
      assert.ok(record.recycled, "why it is there, and until when, is not told");
      const [outcome] = await scene.adapter.terminate([record], discard);
      assertStatus(outcome, "recycled");
      assert.notEqual(outcome.restore, "");
      const [verdict] = await scene.adapter.verifyDeleted([record], patience);
      assertStatus(verdict, "recycled");
      assert.equal(verdict.clean, false);
      assert.equal(scene.state("web"), "recycled");
    });

    suite.it("S05 sends no second termination to what is in a bin, unless a purge was asked for", async (scene) => {
      if (!seedBinned(scene)) return;
      for (let turn = 0; turn < 2; turn++) {
        await scene.adapter.terminate(scene.ids("web"), discard);
        await scene.settle();
      }
      assertNothingSent(scene.world);
      assert.equal(scene.state("web"), "recycled");
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, recycleBin: "purge" });
      if (!scene.capabilities.recycleBin.purge) {
        assertBlocked(outcome, "unsupported");
        return assertNothingSent(scene.world);
      }
      assertStatus(outcome, "accepted");
      await scene.settle();
      assert.notEqual(scene.state("web"), "recycled");
      assert.ok(!scene.world.holds("web"));
    });

    suite.it("S10 purges nothing whose data is not proved safe", async (scene) => {
      if (!seedBinned(scene) || !scene.capabilities.recycleBin.purge) return;
      const options = { data: { proofs: [] }, recycleBin: "purge" } as const;
      assertBlocked((await scene.adapter.terminate(scene.ids("web"), options))[0], "missing-snapshot-proof");
      assertNothingSent(scene.world);
      assert.equal(scene.state("web"), "recycled");
    });

    suite.it("tells an instance that its account's bin takes as recycled", async (scene) => {
      if (!seedOptInBin(scene)) return;
      const record = await scene.sighting("web");
      const [outcome] = await scene.adapter.terminate([record], discard);
      assertStatus(outcome, "recycled");
      await assertTruthful(scene, "web", outcome);
      const [verdict] = await scene.adapter.verifyDeleted([record], patience);
      assertStatus(verdict, "recycled");
      assert.ok(["reported", "computed", "unknown"].includes(verdict.recoverableUntil.basis));
      assert.equal(effectCount(scene.world, record.id), 1);
    });

    suite.it("leaves an instance standing that no bin would take, where a bin is required", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, recycleBin: "require" });
      if (outcome?.status === "recycled") return;
      assertBlocked(outcome, "recycle-bin-unavailable", "unsupported");
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web"));
    });

    suite.it("takes an instance out of the bin where the cloud can, and says unsupported where not", async (scene) => {
      const { restore, restoreCostsMoney } = scene.capabilities.recycleBin;
      if (!restore) {
        scene.seed([{ id: "web" }]);
        assertBlocked((await scene.adapter.recover(scene.ids("web")))[0], "unsupported");
        return assertNothingSent(scene.world);
      }
      assert.ok(seedBinned(scene), "the capabilities and the cloud do not agree");
      if (restoreCostsMoney) {
        assertBlocked((await scene.adapter.recover(scene.ids("web"), patience))[0], "prepaid");
        assert.deepEqual(scene.world.view().orders, []);
      }
      const renew = { months: 1, reason: "contract" };
      const [outcome] = await scene.adapter.recover(scene.ids("web"), {
        ...(restoreCostsMoney ? { renew } : {}),
        ...patience,
      });
      assertStatus(outcome, "recovered");
      await scene.settle();
      assert.ok(scene.world.holds("web"), "it is not back");
      const renewals = scene.world.view().orders.filter((order) => order.kind === "renewal");
      assert.equal(renewals.length, restoreCostsMoney ? 1 : 0);
    });

    suite.it("shows in a dry run what it would take out, and takes nothing out", async (scene) => {
      if (!scene.capabilities.recycleBin.restore || !seedBinned(scene)) return;
      const renew = { months: 1, reason: "contract" };
      const [outcome] = await scene.adapter.recover(scene.ids("web"), { dryRun: true, renew });
      assertStatus(outcome, "would-recover");
      assertNothingSent(scene.world);
      assert.equal(scene.state("web"), "recycled");
    });

    suite.it("says not recycled of what stands, and not found of what never was", async (scene) => {
      if (!scene.capabilities.recycleBin.restore) return;
      scene.seed([{ id: "web" }]);
      const [standing, unknown] = await scene.adapter.recover([scene.id("web"), scene.unknownId()]);
      assertStatus(standing, "not-recycled");
      assertStatus(unknown, "not-found");
      assertNothingSent(scene.world);
    });

    suite.it("refuses to recover what is of another account", async (scene) => {
      scene.seed([{ id: "web" }]);
      const item: RecoverableRef = {
        kind: "instance",
        id: scene.id("web"),
        cloud: scene.adapter.cloud,
        region: scene.adapter.region,
        accountId: "210987654321",
      };
      assertProblem((await scene.adapter.recover([item]))[0], ["blocked"], "wrong-account", "unsupported");
      assertNothingSent(scene.world);
    });

    suite.it("finds recycled instances among the others", async (scene) => {
      if (!seedBinned(scene)) return;
      const found = await collect(scene.adapter.findInstances({ tags: { team: "shop" } }));
      assert.deepEqual(found.map((record) => record.id).sort(), scene.ids("web", "standing").toSorted());
    });
  });
}

/** An instance in a bin, beside one that stands. False where the cloud has no bin for instances. */
function seedBinned(scene: Scene): boolean {
  const retention = Object.entries(scene.capabilities.retention).find(([, fact]) => fact.bin !== "none");
  const billing = retention?.[0] === "prepaid" ? "prepaid" : "on-demand";
  const expiresAt = new Date(scene.world.clock.now() + 90 * day).toISOString();
  const tags = { team: "shop" };
  const known = scene.trySeed([
    {
      id: "web",
      tags,
      state: "recycled",
      recycledBecause: "returned",
      billing,
      ...(billing === "prepaid" ? { expiresAt } : {}),
    },
    { id: "standing", tags },
  ]);
  assert.equal(known, retention !== undefined, "the capabilities and the cloud do not agree");
  return known;
}

/** An instance that the account's own bin would take. False where there is no such bin to switch on. */
function seedOptInBin(scene: Scene): boolean {
  if (scene.capabilities.retention["on-demand"].bin !== "opt-in") return false;
  const createdAt = new Date(scene.world.clock.now() - 400 * day).toISOString();
  return scene.trySeed({ instances: [{ id: "web", createdAt }], bins: { instance: { enabled: true, hours: 168 } } });
}
