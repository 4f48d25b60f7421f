import assert from "node:assert/strict";
import type { CloudAdapter } from "../../adapter.js";
import type { InstanceTarget } from "../../instances.js";
import { assertNothingSent, assertStatus, assertThrows, collect, discard, patience } from "./expect.js";
import { assertPlain, mutations } from "./recording.js";
import type { Suite } from "./scene.js";

type Answers = (adapter: CloudAdapter, targets: readonly InstanceTarget[]) => Promise<readonly string[]>;

const idsOf = (outcomes: readonly { readonly instanceId: string }[]) => outcomes.map((outcome) => outcome.instanceId);

/** The operations that answer one outcome per instance, in an order that spoils nothing for the next. */
const perInstance: Readonly<Record<string, Answers>> = {
  listDependencies: async (adapter, targets) =>
    (await adapter.listDependencies(targets)).instances.map((one) =>
      one.status === "found" ? one.record.id : one.instanceId,
    ),
  tagInstances: async (adapter, targets) => idsOf(await adapter.tagInstances(targets, { set: { owner: "contract" } })),
  snapshot: async (adapter, targets) => idsOf(await adapter.snapshot(targets, { runId: "contract", ...patience })),
  quarantine: async (adapter, targets) =>
    idsOf(await adapter.quarantine(targets, { mode: "stop", reason: "contract", ...patience })),
  releaseSecurityRules: async (adapter, targets) => idsOf(await adapter.releaseSecurityRules(targets)),
  terminate: async (adapter, targets) => idsOf(await adapter.terminate(targets, discard)),
  verifyDeleted: async (adapter, targets) => idsOf(await adapter.verifyDeleted(targets, { deadlineMs: 5 * 60_000 })),
};

/** Form and order of answers, the same for every operation. */
export function answers(suite: Suite): void {
  suite.describe("answers", () => {
    for (const [operation, ask] of Object.entries(perInstance)) {
      suite.it(`${operation} answers one outcome per target in the order asked`, async (scene) => {
        scene.seed([{ id: "a" }, { id: "b" }, { id: "c" }]);
        const asked = [scene.id("c"), scene.unknownId(), scene.id("a"), scene.id("b")];
        assert.deepEqual(await ask(scene.adapter, asked), asked);
      });

      suite.it(`${operation} collapses duplicates into the first place asked`, async (scene) => {
        scene.seed([{ id: "a" }, { id: "b" }]);
        const [a = "", b = ""] = scene.ids("a", "b");
        const record = await scene.sighting("a");
        assert.deepEqual(await ask(scene.adapter, [b, a, b, record, a]), [b, a]);
        for (const request of mutations(scene.world.requests)) {
          assert.equal(new Set(request.instanceIds).size, request.instanceIds.length, `${request.api} names one twice`);
        }
      });

      suite.it(`${operation} refuses what cannot be an id, before anything is changed`, async (scene) => {
        scene.seed([{ id: "a" }]);
        for (const malformed of ["", " ", "../etc", "*", "not an id"]) {
          const error = await assertThrows(() => ask(scene.adapter, [scene.id("a"), malformed]));
          assert.equal(error.code, "invalid-request");
        }
        assertNothingSent(scene.world);
        assert.ok(scene.world.holds("a"));
      });
    }

    suite.it("answers nothing to nothing and sends nothing", async (scene) => {
      const { adapter, world } = scene;
      const report = await adapter.listDependencies([]);
      assert.deepEqual([report.instances, report.nodes, report.edges], [[], [], []]);
      assert.deepEqual(await adapter.snapshot([]), []);
      assert.deepEqual(await adapter.releaseSecurityRules([]), []);
      assert.deepEqual(await adapter.terminate([], discard), []);
      assert.deepEqual(await adapter.verifyDeleted([]), []);
      assert.deepEqual(await adapter.tagInstances([], { set: { owner: "contract" } }), []);
      assert.deepEqual(await adapter.quarantine([], { mode: "stop", reason: "contract" }), []);
      assert.deepEqual(await adapter.releaseDependencies([]), []);
      assert.deepEqual(await adapter.revert([]), []);
      assert.deepEqual(await adapter.recover([]), []);
      assert.deepEqual(await adapter.removeArtifacts([]), []);
      assert.deepEqual(world.requests, []);
    });

    suite.it(
      "answers plain data in every operation, so that records, reports and outcomes survive JSON",
      async (scene) => {
        scene.seed({
          securityGroups: [{ id: "app", rules: [] }],
          instances: [
            {
              id: "web",
              tags: { team: "shop" },
              securityGroups: ["app"],
              disks: [{ role: "system" }, { role: "data" }],
            },
          ],
          owners: [{ kind: "load-balancer-target", id: "front", members: ["web"], ports: [443] }],
        });
        const { adapter } = scene;
        const target = scene.ids("web");
        const records = await collect(adapter.findInstances({ ids: target }));
        const before = await adapter.listDependencies(target);
        const snapshots = await adapter.snapshot(target, { runId: "contract", ...patience });
        const rules = await adapter.releaseSecurityRules(target);
        const ended = await adapter.terminate(target, discard);
        await scene.settle();
        const verdicts = await adapter.verifyDeleted(records, { before, ...patience });
        assertPlain({ records, before, snapshots, rules, ended, verdicts }, "a whole run");
        for (const list of [records, before.instances, snapshots, rules, ended, verdicts]) assert.equal(list.length, 1);
      },
    );

    suite.it("tells what it sends as events, and lives on when a listener throws", async (scene) => {
      scene.seed([{ id: "web" }]);
      const told: string[] = [];
      const [outcome] = await scene.adapter.terminate(scene.ids("web"), {
        ...discard,
        onEvent: (event) => {
          if (event.type === "request" && event.mutating) told.push(event.api);
          throw new Error("a listener's own trouble");
        },
      });
      assertStatus(outcome, "accepted", "recycled");
      assert.deepEqual(
        told,
        mutations(scene.world.requests).map((request) => request.api),
      );
    });
  });
}
