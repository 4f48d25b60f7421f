import assert from "node:assert/strict";
import type { PrepaidExit } from "../../termination.js";
import type { SeedInstance } from "../seed.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertThrows,
  assertTruthful,
  attempt,
  discard,
  essence,
  patience,
} from "./expect.js";
import type { Scene, Suite } from "./scene.js";

const day = 24 * 3_600_000;
const exits: readonly Exclude<PrepaidExit, "refuse">[] = ["unsubscribe", "convert", "expire", "release-expired"];

/** Money, and what ends later than now. */
export function billing(suite: Suite): void {
  suite.describe("billing", () => {
    suite.it("refuses a prepaid instance by default, where there are any", async (scene) => {
      if (!seedPrepaid(scene)) return;
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertBlocked(outcome, "prepaid");
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S51 buys, renews, converts and refunds nothing that was not chosen", async (scene) => {
      scene.seed([{ id: "web" }]);
      const prepaid = seedPrepaid(scene, { id: "paid" }) ? scene.ids("paid") : [];
      const targets = [...scene.ids("web"), ...prepaid];
      await scene.adapter.listDependencies(targets);
      await scene.adapter.snapshot(targets, { runId: "contract", ...patience });
      await scene.adapter.terminate(targets, { ...discard, dryRun: true, prepaid: "unsubscribe" });
      await scene.adapter.terminate(targets, discard);
      await scene.settle();
      assert.deepEqual(scene.world.view().orders, []);
    });

    for (const exit of exits) {
      suite.it(
        `takes the prepaid way out "${exit}" where the cloud has it, and refuses it where not`,
        async (scene) => {
          const expired = exit === "release-expired";
          const expiresAt = new Date(scene.world.clock.now() + (expired ? -2 * day : 90 * day)).toISOString();
          if (!seedPrepaid(scene, { expiresAt, ...(expired ? { state: "stopped" } : {}) })) return;
          const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, prepaid: exit });
          if (!scene.capabilities.prepaidExits.includes(exit)) {
            assertBlocked(outcome, "unsupported");
            assertNothingSent(scene.world);
            assert.deepEqual(scene.world.view().orders, []);
            return;
          }
          assertStatus(outcome, "accepted", "recycled", "scheduled");
          const kinds = scene.world.view().orders.map((order) => order.kind);
          if (exit === "convert") assert.ok(kinds.includes("conversion"));
          if (exit === "expire" || exit === "release-expired") assert.deepEqual(kinds, []);
          assert.ok(kinds.filter((kind) => kind === "refund").length <= 1, "refunded twice");
          await assertTruthful(scene, "web", outcome);
        },
      );
    }

    suite.it("refunds once, however often it is asked", async (scene) => {
      if (!scene.capabilities.prepaidExits.includes("unsubscribe") || !seedPrepaid(scene)) return;
      const record = await scene.sighting("web");
      for (let turn = 0; turn < 3; turn++) {
        await scene.adapter.terminate([record], { ...discard, prepaid: "unsubscribe" });
        await scene.settle();
      }
      assert.equal(scene.world.view().orders.filter((order) => order.kind === "refund").length, 1);
    });

    suite.it(
      "S05 looks again right before a return that must not be repeated, and not shortly before it expires",
      async (scene) => {
        const { prepaidExits, repeat } = scene.capabilities;
        const repeated = typeof repeat.unsubscribe === "string" ? repeat.unsubscribe : repeat.unsubscribe.prepaid;
        if (!prepaidExits.includes("unsubscribe") || !["destroys", "refunds-twice"].includes(repeated)) return;
        const soon = new Date(scene.world.clock.now() + 10 * 60_000).toISOString();
        seedPrepaid(scene, { id: "soon", expiresAt: soon });
        const [late] = await scene.adapter.terminate(scene.ids("soon"), { ...discard, prepaid: "unsubscribe" });
        assertBlocked(late);
        assertNothingSent(scene.world);
        seedPrepaid(scene);
        const from = scene.world.requests.length;
        await scene.adapter.terminate(scene.ids("web"), { ...discard, prepaid: "unsubscribe" });
        const log = scene.world.requests.slice(from);
        const act = log.findIndex((request) => request.mutating);
        const last = log.slice(0, act).findLast((request) => request.instanceIds.includes(scene.id("web")));
        assert.ok(
          last && Date.parse(log[act]?.at ?? "") - Date.parse(last.at) <= 5_000,
          "the last look is older than 5 s",
        );
      },
    );

    suite.it("leaves an instance whose refund is below the least wanted", async (scene) => {
      const { prepaidExits, refundQuote } = scene.capabilities;
      if (!prepaidExits.includes("unsubscribe") || !seedPrepaid(scene)) return;
      const minimumRefund = { amount: "1000000.00", currency: "CNY" };
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
        ...discard,
        prepaid: "unsubscribe",
        minimumRefund,
      });
      assertBlocked(outcome, "prepaid", ...(refundQuote ? [] : (["unsupported"] as const)));
      assertNothingSent(scene.world);
      assert.deepEqual(scene.world.view().orders, []);
    });

    suite.it("does not release a prepaid instance that has not expired as if it had", async (scene) => {
      if (!scene.capabilities.prepaidExits.includes("release-expired") || !seedPrepaid(scene)) return;
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, prepaid: "release-expired" });
      assertBlocked(outcome, "prepaid", "wrong-state");
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web"));
    });

    suite.it("lets a subscription run out without a refund, and takes that back", async (scene) => {
      if (!scene.capabilities.prepaidExits.includes("expire") || !seedPrepaid(scene, { autoRenew: true })) return;
      const before = essence(scene.world.view());
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, prepaid: "expire" });
      assertStatus(outcome, "scheduled", "accepted");
      assert.deepEqual(scene.world.view().orders, []);
      for (const reverted of await scene.adapter.revert(outcome.effects)) assertStatus(reverted, "reverted");
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("releases later where the cloud can, calls that off, and refuses it where not", async (scene) => {
      scene.seed([{ id: "web" }]);
      const { scheduledRelease } = scene.capabilities;
      const leadMinutes = scheduledRelease === false ? 60 : scheduledRelease.minimumLeadMinutes + 120;
      const releaseAt = new Date(scene.world.clock.now() + leadMinutes * 60_000).toISOString();
      const before = essence(scene.world.view());
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), { ...discard, releaseAt });
      if (scheduledRelease === false) {
        assertBlocked(outcome, "unsupported");
        return assertNothingSent(scene.world);
      }
      assertStatus(outcome, "scheduled");
      assert.ok(Math.abs(Date.parse(outcome.at) - Date.parse(releaseAt)) <= 60_000);
      assert.equal(outcome.bypassesBin, scheduledRelease.bypassesBin);
      assert.ok(scene.world.holds("web"));
      assert.notEqual(scene.world.view().instances[0]?.scheduledReleaseAt, undefined);
      assertStatus((await scene.adapter.verifyDeleted(scene.ids("web"), patience))[0], "scheduled");
      for (const reverted of await scene.adapter.revert(outcome.effects)) assertStatus(reverted, "reverted");
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("refuses a release time that is too near or past", async (scene) => {
      if (scene.capabilities.scheduledRelease === false) return;
      scene.seed([{ id: "web" }]);
      for (const releaseAt of [new Date(scene.world.clock.now() - day).toISOString(), "2000-01-01T00:00:00Z"]) {
        const told = await attempt(() => scene.adapter.terminate(scene.ids("web"), { ...discard, releaseAt }));
        if ("answer" in told) assertProblem(told.answer[0], ["blocked"], "invalid-request", "unsupported");
      }
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S51 refuses a least refund that is no amount of money", async (scene) => {
      if (!seedPrepaid(scene)) return;
      const options = {
        ...discard,
        prepaid: "unsubscribe",
        minimumRefund: { amount: "a lot", currency: "CNY" },
      } as const;
      await assertThrows(() => scene.adapter.terminate(scene.ids("web"), options), "invalid-request");
      assertNothingSent(scene.world);
    });
  });
}

/** A subscription that can be returned. False where instances are never paid in advance; then there must be no way out either. */
function seedPrepaid(scene: Scene, over: Partial<SeedInstance> = {}): boolean {
  const known = scene.trySeed([
    {
      id: "web",
      billing: "prepaid",
      expiresAt: new Date(scene.world.clock.now() + 90 * day).toISOString(),
      refund: { quote: { amount: "120.50", currency: "CNY" } },
      ...over,
    },
  ]);
  assert.equal(known, scene.capabilities.prepaidExits.length > 0, "the capabilities and the cloud do not agree");
  return known;
}
