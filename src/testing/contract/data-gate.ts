import assert from "node:assert/strict";
import type { SnapshotProof } from "../../snapshots.js";
import type { SeedDisk } from "../seed.js";
import {
  assertBlocked,
  assertNothingSent,
  assertStatus,
  assertTruthful,
  patience,
  saved,
  terminationApi,
} from "./expect.js";
import { mutations } from "./recording.js";
import type { Scene, Suite } from "./scene.js";

const day = 24 * 3_600_000;

/** No disk dies without a proof that holds now, or a word that it may be lost. */
export function dataGate(suite: Suite): void {
  suite.describe("the data gate", () => {
    suite.it("S10 lets an instance go whose disks are all proved safe", async (scene) => {
      scene.seed([{ id: "web", disks: [{ role: "system" }, { role: "data", deletedWithInstance: true }] }]);
      const proofs = await saved(scene, "web");
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { data: { proofs } });
      assertStatus(outcome, "accepted", "recycled");
      await assertTruthful(scene, "web", outcome);
    });

    suite.it("S10 leaves an instance standing without any proof", async (scene) => {
      scene.seed([{ id: "web" }]);
      assertBlocked(
        (await scene.adapter.terminate(scene.ids("web"), { data: { proofs: [] } }))[0],
        "missing-snapshot-proof",
      );
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web"));
    });

    suite.it(
      "S10 leaves an instance standing while one of its dying disks has no proof, and names the disk",
      async (scene) => {
        scene.seed([
          {
            id: "web",
            disks: [
              { id: "root", role: "system" },
              { id: "data", role: "data", deletedWithInstance: true },
            ],
          },
        ]);
        const proofs = (await saved(scene, "web")).filter((proof) => proof.diskId !== scene.id("data"));
        assert.equal(proofs.length, 1);
        const [outcome] = await scene.adapter.terminate(scene.ids("web"), { data: { proofs } });
        assertBlocked(outcome, "missing-snapshot-proof");
        assert.ok(JSON.stringify(outcome).includes(scene.id("data")), "the disk is not named");
        assert.ok(scene.world.holds("web"));
      },
    );

    suite.it("S10 takes a consent for the disk it names, and for no other", async (scene) => {
      scene.seed([
        {
          id: "web",
          disks: [
            { id: "root", role: "system" },
            { id: "data", role: "data", deletedWithInstance: true },
          ],
        },
      ]);
      const proofs = (await saved(scene, "web")).filter((proof) => proof.diskId !== scene.id("data"));
      const consent = (diskId: string) => [{ instanceId: scene.id("web"), diskId, reason: "contract" }];
      const [wrong] = await scene.adapter.terminate(scene.ids("web"), {
        data: { proofs },
        acceptDataLoss: consent(scene.id("root")),
      });
      assertBlocked(wrong, "missing-snapshot-proof");
      const [right] = await scene.adapter.terminate(scene.ids("web"), {
        data: { proofs },
        acceptDataLoss: consent(scene.id("data")),
      });
      assertStatus(right, "accepted", "recycled");
    });

    suite.it("S10 asks for no proof of a disk that survives", async (scene) => {
      scene.seed([
        {
          id: "web",
          disks: [
            { id: "root", role: "system" },
            { id: "data", role: "data", deletedWithInstance: false },
          ],
        },
      ]);
      const proofs = (await saved(scene, "web")).filter((proof) => proof.diskId === scene.id("root"));
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { data: { proofs } });
      assertStatus(outcome, "accepted", "recycled");
      await scene.settle();
      assert.ok(scene.world.holds("data"));
    });

    suite.it("S10 judges each instance by its own proofs", async (scene) => {
      scene.seed([{ id: "web" }, { id: "db" }]);
      const proofs = await saved(scene, "db");
      const [web, db] = await scene.adapter.terminate(scene.ids("web", "db"), { data: { proofs } });
      assertBlocked(web, "missing-snapshot-proof");
      assertStatus(db, "accepted", "recycled");
      assert.ok(scene.world.holds("web"));
    });

    const forged: Readonly<Record<string, (scene: Scene, proof: SnapshotProof) => SnapshotProof>> = {
      "of a copy that does not exist": (_, proof) => ({ ...proof, id: nextTo(proof.id) }),
      "of another attempt": (_, proof) => ({ ...proof, attempt: proof.attempt + 1 }),
      "of another run": (_, proof) => ({ ...proof, runId: "another-run" }),
      "of another account": (_, proof) => ({ ...proof, accountId: "210987654321" }),
      "of another region": (_, proof) => ({ ...proof, region: "nowhere-1" }),
      "that claims another instance's copy": (scene, proof) => ({
        ...proof,
        instanceId: scene.id("web"),
        diskId: scene.id("web-root"),
      }),
    };
    for (const [what, forge] of Object.entries(forged)) {
      suite.it(`S10 does not believe a proof ${what}`, async (scene) => {
        scene.seed([
          { id: "web", disks: [{ id: "web-root", role: "system" }] },
          { id: "db", disks: [{ id: "db-root", role: "system" }] },
        ]);
        const claimsAnother = what.startsWith("that claims");
        const [proof] = await saved(scene, claimsAnother ? "db" : "web");
        assert.ok(proof);
        const proofs = [forge(scene, proof)];
        assertBlocked(
          (await scene.adapter.terminate(scene.ids("web"), { data: { proofs } }))[0],
          "missing-snapshot-proof",
        );
        assert.ok(scene.world.holds("web"));
      });
    }

    suite.it("S10 does not believe a proof whose copy has vanished since", async (scene) => {
      scene.seed([{ id: "web" }]);
      const proofs = await saved(scene, "web");
      scene.world.meddle({ remove: proofs.map((proof) => proof.id) });
      const api = await terminationApi(scene);
      assertBlocked(
        (await scene.adapter.terminate(scene.ids("web"), { data: { proofs } }))[0],
        "missing-snapshot-proof",
      );
      assert.ok(!mutations(scene.world.requests).some((request) => request.api === api));
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S10 does not believe a proof of data that is a week old", async (scene) => {
      scene.seed([{ id: "web" }]);
      const proofs = await saved(scene, "web");
      await scene.world.clock.advance(7 * day);
      assertBlocked(
        (await scene.adapter.terminate(scene.ids("web"), { data: { proofs } }))[0],
        "missing-snapshot-proof",
      );
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S10 does not believe a copy that somebody else made", async (scene) => {
      const made = scene.trySeed({
        instances: [{ id: "web", disks: [{ id: "root", role: "system" }] }],
        owners: [{ kind: "snapshot", id: "foreign", members: ["root"] }],
      });
      if (!made) return;
      const [proof] = await saved(scene, "web");
      assert.ok(proof);
      const proofs = [{ ...proof, id: scene.id("foreign") }];
      assertBlocked(
        (await scene.adapter.terminate(scene.ids("web"), { data: { proofs } }))[0],
        "missing-snapshot-proof",
      );
      assert.ok(scene.world.holds("web"));
    });

    for (const trouble of ["refused", "fails", "stuck", "too-small", "vanishes"] as const) {
      suite.it(`S10 leaves an instance standing whose snapshot ${said[trouble]}`, async (scene) => {
        scene.seed([{ id: "web", disks: [{ id: "root", role: "system", snapshots: trouble }] }]);
        const [outcome] = await scene.adapter.snapshot(scene.ids("web"), {
          runId: "contract",
          deadlineMs: 10 * 60_000,
        });
        assert.notEqual(outcome?.status, "nothing-to-snapshot");
        const proofs = outcome !== undefined && "proofs" in outcome ? outcome.proofs : [];
        const [ended] = await scene.adapter.terminate(scene.ids("web"), { data: { proofs } });
        assertBlocked(ended, "missing-snapshot-proof");
        assert.ok(scene.world.holds("web"));
      });
    }

    suite.it("S10 leaves an instance standing whose key can no longer open the copy", async (scene) => {
      const disk: SeedDisk = { id: "root", role: "system", encrypted: true, keyState: "disabled" };
      if (!scene.trySeed([{ id: "web", disks: [disk] }])) return;
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", ...patience });
      const proofs = outcome !== undefined && "proofs" in outcome ? outcome.proofs : [];
      assert.ok(proofs.every((proof) => proof.keyUsable !== true));
      assertBlocked(
        (await scene.adapter.terminate(scene.ids("web"), { data: { proofs } }))[0],
        "missing-snapshot-proof",
      );
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S10 takes no copy for a disk that lives on the host", async (scene) => {
      if (
        !scene.trySeed([
          {
            id: "web",
            disks: [
              { id: "root", role: "system" },
              { id: "scratch", role: "data", medium: "local" },
            ],
          },
        ])
      )
        return;
      const [outcome] = await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", ...patience });
      assertStatus(outcome, "completed");
      assert.ok(outcome.unprotected.length > 0, "the disk on the host is not named as unprotected");
      const { proofs } = outcome;
      assertBlocked(
        (await scene.adapter.terminate(scene.ids("web"), { data: { proofs } }))[0],
        "missing-snapshot-proof",
      );
      const acceptDataLoss = outcome.unprotected.map(({ diskId }) => ({
        instanceId: scene.id("web"),
        diskId,
        reason: "contract",
      }));
      const [ended] = await scene.adapter.terminate(scene.ids("web"), { data: { proofs }, acceptDataLoss });
      assertStatus(ended, "accepted", "recycled");
    });

    suite.it("S10 reads the proofs again in the call itself", async (scene) => {
      scene.seed([{ id: "web" }]);
      const proofs = await saved(scene, "web");
      const from = scene.world.requests.length;
      await scene.adapter.terminate(scene.ids("web"), { data: { proofs } });
      const act = scene.world.requests.findIndex(
        (request, index) => index >= from && request.mutating && !request.dryRun,
      );
      const reads = scene.world.requests.slice(from, act).filter((request) => !request.mutating);
      const named = reads.some((request) =>
        proofs.some((proof) => JSON.stringify(request.parameters).includes(proof.id)),
      );
      const byTag = reads.some((request) => JSON.stringify(request.parameters).includes("contract"));
      assert.ok(named || byTag, "no read before the act asks for the copies");
    });
  });
}

const said = {
  refused: "the cloud refuses",
  fails: "fails",
  stuck: "never completes",
  "too-small": "is smaller than the disk",
  vanishes: "vanishes",
} as const;

/** An id of the same form that is most likely nobody's. */
function nextTo(id: string): string {
  return id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
}
