import assert from "node:assert/strict";
import type { Artifact } from "../../snapshots.js";
import { assertBlocked, assertNothingSent, assertStatus, assertThrows, collect, patience } from "./expect.js";
import type { Scene, Suite } from "./scene.js";

const day = 24 * 3_600_000;
const unexpired = { reason: "contract" };

/** What this library made, found again and removed. */
export function artifacts(suite: Suite): void {
  suite.describe("artifacts", () => {
    suite.it("S15 finds what one run made, and nothing of another or of anybody else", async (scene) => {
      scene.seed([{ id: "web" }, { id: "db" }]);
      await scene.adapter.snapshot(scene.ids("web"), { runId: "first", ...patience });
      await scene.adapter.snapshot(scene.ids("db"), { runId: "second", ...patience });
      const found = await collect(scene.adapter.findOwnArtifacts({ runId: "first" }));
      assert.deepEqual(
        found.flatMap((one) => one.instanceIds),
        scene.ids("web"),
      );
      assert.equal((await collect(scene.adapter.findOwnArtifacts({}))).length, 2);
      assert.deepEqual(await collect(scene.adapter.findOwnArtifacts({ runId: "third" })), []);
    });

    suite.it("S15 finds what has expired, and only that", async (scene) => {
      scene.seed([{ id: "web" }, { id: "db" }]);
      await scene.adapter.snapshot(scene.ids("web"), { runId: "first", retentionDays: 10, ...patience });
      await scene.adapter.snapshot(scene.ids("db"), { runId: "second", retentionDays: 60, ...patience });
      const expiredBefore = new Date(scene.world.clock.now() + 30 * day).toISOString();
      const found = await collect(scene.adapter.findOwnArtifacts({ expiredBefore }));
      assert.deepEqual(
        found.map((one) => one.runId),
        ["first"],
      );
    });

    suite.it("refuses an empty value in the selector, before it asks the cloud", async (scene) => {
      await assertThrows(() => collect(scene.adapter.findOwnArtifacts({ runId: "" })), "invalid-request");
      await assertThrows(() => collect(scene.adapter.findOwnArtifacts({ expiredBefore: "soon" })), "invalid-request");
      assert.deepEqual(scene.world.requests, []);
    });

    suite.it("S15 keeps a copy before its time without a word that it may go", async (scene) => {
      const [artifact] = await made(scene);
      const from = scene.world.requests.length;
      assertBlocked((await scene.adapter.removeArtifacts([artifact]))[0], "data-loss");
      assertNothingSent(scene.world, from);
      const [outcome] = await scene.adapter.removeArtifacts([artifact], { unexpired });
      assertStatus(outcome, "removed");
      await scene.settle();
      assert.deepEqual(scene.world.view().snapshots, []);
    });

    suite.it("S15 removes a copy whose time has come", async (scene) => {
      const [artifact] = await made(scene);
      await scene.world.clock.advance(31 * day);
      assertStatus((await scene.adapter.removeArtifacts([artifact]))[0], "removed");
      await scene.settle();
      assert.deepEqual(scene.world.view().snapshots, []);
    });

    suite.it("S15 does not believe what it is told about a copy's time, but reads it", async (scene) => {
      const [artifact] = await made(scene);
      const told: Artifact = { ...artifact, expiresAt: new Date(scene.world.clock.now() - day).toISOString() };
      const from = scene.world.requests.length;
      assertBlocked((await scene.adapter.removeArtifacts([told]))[0], "data-loss");
      assertNothingSent(scene.world, from);
      assert.equal(scene.world.view().snapshots.length, 1);
    });

    suite.it("S15 keeps what carries a protected tag", async (scene) => {
      const [artifact] = await made(scene);
      const from = scene.world.requests.length;
      const options = { unexpired, protectTags: { keep: "yes" } };
      assertBlocked((await scene.adapter.removeArtifacts([artifact], options))[0], "protected");
      assertNothingSent(scene.world, from);
    });

    suite.it("S15 keeps a copy that is not ours, whoever says it is", async (scene) => {
      const [artifact] = await made(scene);
      const owners = [{ kind: "snapshot", id: "foreign", members: ["root"] }] as const;
      if (!scene.trySeed({ owners })) return;
      const from = scene.world.requests.length;
      const foreign: Artifact = { ...artifact, id: scene.id("foreign") };
      assertBlocked((await scene.adapter.removeArtifacts([foreign], { unexpired }))[0]);
      assertNothingSent(scene.world, from);
      assert.ok(scene.world.holds("foreign"));
    });

    suite.it("S15 keeps a copy of another run or disk than the artifact says", async (scene) => {
      const [artifact] = await made(scene);
      const from = scene.world.requests.length;
      for (const claim of [{ runId: "another" }, { diskIds: ["another-disk"] }]) {
        assertBlocked((await scene.adapter.removeArtifacts([{ ...artifact, ...claim }], { unexpired }))[0]);
      }
      assertNothingSent(scene.world, from);
      assert.equal(scene.world.view().snapshots.length, 1);
    });

    suite.it("refuses an artifact of another account", async (scene) => {
      const [artifact] = await made(scene);
      const from = scene.world.requests.length;
      const foreign: Artifact = { ...artifact, accountId: "210987654321" };
      assertBlocked((await scene.adapter.removeArtifacts([foreign], { unexpired }))[0], "wrong-account");
      assertNothingSent(scene.world, from);
    });

    suite.it("says already gone of what is gone", async (scene) => {
      const [artifact] = await made(scene);
      await scene.adapter.removeArtifacts([artifact], { unexpired });
      await scene.settle();
      const from = scene.world.requests.length;
      assertStatus((await scene.adapter.removeArtifacts([artifact], { unexpired }))[0], "already-gone");
      assertNothingSent(scene.world, from);
    });

    suite.it("shows in a dry run what it would remove, and removes nothing", async (scene) => {
      const [artifact] = await made(scene);
      const [outcome] = await scene.adapter.removeArtifacts([artifact], { unexpired, dryRun: true });
      assertStatus(outcome, "would-remove");
      assert.equal(scene.world.view().snapshots.length, 1);
    });
  });
}

/** A copy made for a run. */
async function made(scene: Scene): Promise<readonly [Artifact]> {
  scene.seed([{ id: "web", disks: [{ id: "root", role: "system" }] }]);
  await scene.adapter.snapshot(scene.ids("web"), { runId: "contract", tags: { keep: "yes" }, ...patience });
  const [artifact] = await collect(scene.adapter.findOwnArtifacts({ runId: "contract" }));
  assert.ok(artifact, "the copy is not found again");
  return [artifact];
}
