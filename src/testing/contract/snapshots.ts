import assert from "node:assert/strict";
import type { SeedDisk } from "../seed.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertThrows,
  collect,
  patience,
} from "./expect.js";
import { mutations } from "./recording.js";
import type { Scene, Suite } from "./scene.js";

const day = 24 * 3_600_000;
const run = { runId: "contract", attempt: 1, ...patience } as const;

/** Copies, and what is said of them. */
export function snapshots(suite: Suite): void {
  suite.describe("snapshot", () => {
    suite.it("S10 proves each disk with a copy that the world has", async (scene) => {
      scene.seed([
        {
          id: "web",
          disks: [
            { id: "root", role: "system", sizeGiB: 40 },
            { id: "data", role: "data", sizeGiB: 120 },
          ],
        },
      ]);
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), run);
      assertStatus(outcome, "completed");
      assert.deepEqual(outcome.unprotected, []);
      assert.equal(outcome.consistency, scene.capabilities.snapshotConsistency);
      assert.deepEqual(outcome.proofs.map((proof) => proof.diskId).sort(), scene.ids("root", "data").toSorted());
      for (const proof of outcome.proofs) {
        const copy = scene.world.view().snapshots.find((one) => one.id === proof.id);
        assert.equal(copy?.state, "completed");
        assert.ok(copy.diskIds.includes(proof.diskId));
        assert.equal(proof.sizeGiB, proof.diskId === scene.id("root") ? 40 : 120);
        assert.equal(proof.runId, "contract");
        assert.equal(proof.attempt, 1);
        assert.equal(proof.instanceId, scene.id("web"));
        assert.ok(Date.parse(proof.pointInTime) <= Date.parse(proof.completedAt));
        assert.ok(Date.parse(proof.completedAt) <= scene.world.clock.now());
      }
    });

    suite.it("changes nothing but the copies", async (scene) => {
      scene.seed([{ id: "web", tags: { team: "shop" } }]);
      const { snapshots: _before, effects: _effects, ...before } = scene.world.view();
      await scene.adapter.snapshot(scene.ids("web"), run);
      const { snapshots: _after, effects: _more, ...after } = scene.world.view();
      assert.deepEqual(after, before);
    });

    suite.it("finds what the first call of the same run and attempt made", async (scene) => {
      scene.seed([{ id: "web", disks: [{ role: "system" }, { role: "data" }] }]);
      const [first] = await scene.adapter.snapshot(scene.ids("web"), run);
      await scene.settle();
      const [second] = await scene.adapter.snapshot(scene.ids("web"), run);
      assertStatus(first, "completed");
      assertStatus(second, "completed");
      assert.deepEqual(proofIds(second), proofIds(first));
      assertOneCopyPerDisk(scene);
    });

    suite.it("makes new copies for a new attempt", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [first] = await scene.adapter.snapshot(scene.ids("web"), run);
      await scene.settle();
      const [second] = await scene.adapter.snapshot(scene.ids("web"), { ...run, attempt: 2 });
      assertStatus(first, "completed");
      assertStatus(second, "completed");
      assert.ok(proofIds(second).every((id) => !proofIds(first).includes(id)));
      assert.ok(second.proofs.every((proof) => proof.attempt === 2));
    });

    suite.it("answers pending when not to wait, and completes when called again", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [first] = await scene.adapter.snapshot(scene.ids("web"), { ...run, wait: false });
      assertStatus(first, "pending", "completed");
      if (first.status === "pending") assert.equal(first.runId, "contract");
      await scene.world.clock.advance(scene.capabilities.consistencyWindowMs + 1);
      const [second] = await scene.adapter.snapshot(scene.ids("web"), run);
      assertStatus(second, "completed");
      assertOneCopyPerDisk(scene);
    });

    suite.it("never waits for ever: at the deadline a stuck copy is pending", async (scene) => {
      scene.seed([{ id: "web", disks: [{ id: "root", role: "system", snapshots: "stuck" }] }]);
      const started = scene.world.clock.now();
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { ...run, deadlineMs: 30 * 60_000 });
      assertStatus(outcome, "pending", "failed");
      assert.ok(scene.world.clock.now() - started <= 31 * 60_000, "the wait went past its deadline");
    });

    for (const trouble of ["refused", "fails", "too-small", "vanishes"] as const) {
      suite.it(
        `says failed when a copy ${trouble === "too-small" ? "is too small" : trouble === "refused" ? "is refused" : trouble}, and does not prove that disk`,
        async (scene) => {
          scene.seed([{ id: "web", disks: [{ id: "root", role: "system", snapshots: trouble }] }, { id: "db" }]);
          const [web, db] = await scene.adapter.snapshot(scene.ids("web", "db"), run);
          // A copy may vanish only after it was seen whole; then the gate of terminate catches it.
          if (!(trouble === "vanishes" && web?.status === "completed")) {
            assertProblem(web, ["failed", "blocked"]);
            if (web?.status === "failed") assert.ok(web.proofs.every((proof) => proof.diskId !== scene.id("root")));
          }
          assertStatus(db, "completed");
        },
      );
    }

    suite.it("S15 keeps copies for thirty days by default, and lets a sweep remove them", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), run);
      assertStatus(outcome, "completed");
      for (const proof of outcome.proofs) {
        assert.equal(proof.expiresBy, "sweep");
        assert.ok(Date.parse(proof.expiresAt ?? "") - Date.parse(proof.pointInTime) >= 30 * day - 60_000);
      }
      await scene.world.clock.advance(31 * day);
      assert.ok(scene.world.view().snapshots.length > 0, "the cloud removed a copy by itself");
    });

    suite.it("S15 keeps copies at least as long as asked", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { ...run, retentionDays: 90 });
      assertStatus(outcome, "completed");
      for (const proof of outcome.proofs) {
        assert.ok(Date.parse(proof.expiresAt ?? "") - Date.parse(proof.pointInTime) >= 90 * day - 60_000);
      }
    });

    suite.it(
      "S15 marks every copy with its run, attempt and disk, so that it can be found and swept",
      async (scene) => {
        scene.seed([
          {
            id: "web",
            disks: [
              { id: "root", role: "system" },
              { id: "data", role: "data" },
            ],
          },
        ]);
        await scene.adapter.snapshot(scene.ids("web"), { ...run, tags: { ticket: "T-1" } });
        const artifacts = await collect(scene.adapter.findOwnArtifacts({ runId: "contract" }));
        assert.deepEqual(
          artifacts.flatMap((artifact) => artifact.diskIds).sort(),
          scene.ids("root", "data").toSorted(),
        );
        for (const artifact of artifacts) {
          assert.equal(artifact.runId, "contract");
          assert.equal(artifact.attempt, 1);
          assert.deepEqual(artifact.instanceIds, scene.ids("web"));
          assert.equal(artifact.tags.ticket, "T-1");
        }
      },
    );

    suite.it("leaves an unencrypted disk alone where encrypted copies are required", async (scene) => {
      scene.seed([{ id: "web", disks: [{ id: "root", role: "system", encrypted: false }] }]);
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { ...run, encryption: "required" });
      if (outcome?.status === "completed") return assert.ok(outcome.proofs.every((proof) => proof.encrypted === true));
      assertBlocked(outcome);
      assertNothingSent(scene.world);
    });

    suite.it("copies encrypted disks where encrypted copies are required", async (scene) => {
      const disk: SeedDisk = { id: "root", role: "system", encrypted: true };
      if (!scene.trySeed([{ id: "web", disks: [disk] }])) return;
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { ...run, encryption: "required" });
      assertStatus(outcome, "completed");
      assert.ok(outcome.proofs.every((proof) => proof.encrypted === true));
    });

    suite.it("says that there is nothing to save where every disk lives on the host", async (scene) => {
      if (!scene.trySeed([{ id: "web", disks: [{ role: "system", medium: "local" }] }])) return;
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), run);
      assertStatus(outcome, "nothing-to-snapshot", "blocked");
      assert.deepEqual(scene.world.view().snapshots, []);
    });

    suite.it(
      "S06 declares what a repeated request would do for every mutation that costs, refunds or destroys",
      async (scene) => {
        const { repeat } = scene.capabilities;
        const words = ["safe", "token", "look-up-first", "destroys", "refunds-twice"];
        for (const mutation of ["terminate", "unsubscribe", "convert", "renew", "purge", "snapshot"] as const) {
          const declared = repeat[mutation];
          const all = typeof declared === "string" ? [declared] : Object.values(declared);
          assert.ok(all.length > 0 && all.every((word) => words.includes(word)), `${mutation} is not declared`);
        }
        assert.notEqual(repeat.snapshot, "safe", "no cloud takes a second snapshot request for the first");
      },
    );

    for (const [what, over] of Object.entries(senseless)) {
      suite.it(`refuses ${what} before anything is sent`, async (scene) => {
        scene.seed([{ id: "web" }]);
        await assertThrows(
          () => scene.adapter.snapshot(scene.ids("web"), { ...run, ...over }),
          "invalid-request",
          "unsupported",
        );
        assert.deepEqual(mutations(scene.world.requests), []);
      });
    }
  });
}

const senseless = {
  "a retention of no days": { retentionDays: 0 },
  "a negative retention": { retentionDays: -1 },
  "a retention that is no number": { retentionDays: Number.NaN },
  "an empty run id": { runId: "" },
  "an attempt before the first": { attempt: 0 },
  "a way of saving nobody knows": { method: "no-such-method" },
} as const;

function proofIds(outcome: { readonly proofs: readonly { readonly id: string }[] }): readonly string[] {
  return [...new Set(outcome.proofs.map((proof) => proof.id))].sort();
}

/** Fails when any disk has two copies. */
export function assertOneCopyPerDisk(scene: Scene): void {
  const copied = scene.world.view().snapshots.flatMap((snapshot) => snapshot.diskIds);
  assert.equal(new Set(copied).size, copied.length, "a disk was copied twice");
}
