import assert from "node:assert/strict";
import type { QuarantineMode } from "../../reversal.js";
import {
  assertBlocked,
  assertNothingSent,
  assertProblem,
  assertStatus,
  assertThrows,
  discard,
  patience,
} from "./expect.js";
import type { Scene, Suite } from "./scene.js";

const reason = "contract";

/** Tags and quarantine: what a run does to an instance before it goes. */
export function holdingBack(suite: Suite): void {
  suite.describe("tagInstances", () => {
    suite.it("sets and removes the tags it is told, and leaves the others", async (scene) => {
      scene.seed([
        { id: "web", tags: { team: "shop", owner: "alice" } },
        { id: "other", tags: { team: "shop" } },
      ]);
      const [outcome] = await scene.adapter.tagInstances(scene.ids("web"), {
        set: { "cloud-decom:claim": "run/journal/1" },
        remove: ["owner"],
      });
      assertStatus(outcome, "tagged");
      assert.deepEqual(tagsOf(scene, "web"), { team: "shop", "cloud-decom:claim": "run/journal/1" });
      assert.deepEqual(tagsOf(scene, "other"), { team: "shop" });
    });

    suite.it("says unchanged and sends nothing where the tags are so already", async (scene) => {
      scene.seed([{ id: "web", tags: { team: "shop" } }]);
      const change = { set: { team: "shop" }, remove: ["owner"] };
      const [outcome] = await scene.adapter.tagInstances(scene.ids("web"), change);
      assertStatus(outcome, "unchanged");
      assert.deepEqual(outcome.effects, []);
      assertNothingSent(scene.world);
    });

    suite.it("refuses a change that contradicts itself", async (scene) => {
      scene.seed([{ id: "web", tags: { team: "shop" } }]);
      const change = { set: { team: "ops" }, remove: ["team"] };
      await assertThrows(() => scene.adapter.tagInstances(scene.ids("web"), change), "invalid-request");
      assertNothingSent(scene.world);
    });

    suite.it("says failed and changes nothing where tagging is denied", async (scene) => {
      scene.seed([{ id: "web", tags: { team: "shop" } }]);
      scene.world.faults.add({ fault: "deny", mutating: true });
      const [outcome] = await scene.adapter.tagInstances(scene.ids("web"), { set: { owner: "contract" } });
      assertProblem(outcome, ["failed", "blocked"], "access-denied");
      assert.deepEqual(tagsOf(scene, "web"), { team: "shop" });
    });
  });

  suite.describe("quarantine", () => {
    for (const mode of ["stop", "isolate"] as const) {
      suite.it(
        `holds an instance back by mode "${mode}" where the cloud can, and says unsupported where not`,
        async (scene) => {
          seedWeb(scene);
          const [outcome] = await scene.adapter.quarantine(scene.ids("web"), { mode, reason, ...patience });
          if (!scene.capabilities.quarantine[mode].supported) {
            assertBlocked(outcome, "unsupported");
            return assertNothingSent(scene.world);
          }
          assertStatus(outcome, "quarantined");
          assert.equal(outcome.already, false);
          await scene.settle();
          assertHeldBack(scene, mode);
          assert.equal(scene.state("other"), "running");
          assert.ok(scene.world.holds("web"), "a quarantine ended the instance");
        },
      );

      suite.it(`does nothing the second time in mode "${mode}"`, async (scene) => {
        if (!scene.capabilities.quarantine[mode].supported) return;
        seedWeb(scene);
        const options = { mode, reason, runId: "contract", ...patience };
        await scene.adapter.quarantine(scene.ids("web"), options);
        await scene.settle();
        const from = scene.world.requests.length;
        const [again] = await scene.adapter.quarantine(scene.ids("web"), options);
        assertStatus(again, "quarantined");
        assert.deepEqual([again.already, again.effects], [true, []]);
        assertNothingSent(scene.world, from);
      });
    }

    suite.it("S17 stops rather than ends an instance whose guest ends it by shutting down", async (scene) => {
      const known = scene.trySeed([{ id: "web", guestShutdown: "terminate" }]);
      if (!known || !scene.capabilities.quarantine.isolate.supported) return;
      const [outcome] = await scene.adapter.quarantine(scene.ids("web"), { mode: "isolate", reason, ...patience });
      assertStatus(outcome, "quarantined", "blocked");
      if (outcome.status === "quarantined") {
        const flag = outcome.effects.some((effect) => effect.kind === "flag-changed");
        assert.ok(flag, "the guest could still end it");
      }
      assert.ok(scene.world.holds("web"));
    });

    suite.it("S16 stops no instance whose disk lives on the host without a word that it may be lost", async (scene) => {
      const disks = [{ role: "system" }, { id: "scratch", role: "data", medium: "local" }] as const;
      if (!scene.capabilities.quarantine.stop.supported || !scene.trySeed([{ id: "web", disks }])) return;
      const [refused] = await scene.adapter.quarantine(scene.ids("web"), { mode: "stop", reason, ...patience });
      assertBlocked(refused, "data-loss", "missing-snapshot-proof");
      assertNothingSent(scene.world);
      const lost = (await scene.sighting("web")).disks.filter((disk) => disk.ephemeral);
      const acceptDataLoss = lost.map((disk) => ({ instanceId: scene.id("web"), diskId: disk.id, reason }));
      const options = { mode: "stop", reason, acceptDataLoss, ...patience } as const;
      assertStatus((await scene.adapter.quarantine(scene.ids("web"), options))[0], "quarantined");
    });

    suite.it(
      "leaves an instance with stop protection running unless it is named, and puts the protection back",
      async (scene) => {
        const { stop } = scene.capabilities.quarantine;
        if (!stop.supported || !scene.trySeed([{ id: "web", stopProtection: true }])) return;
        const [refused] = await scene.adapter.quarantine(scene.ids("web"), { mode: "stop", reason, ...patience });
        assertBlocked(refused, "protected");
        assert.equal(scene.state("web"), "running");
        const protection = { clear: scene.ids("web"), reason };
        const [outcome] = await scene.adapter.quarantine(scene.ids("web"), {
          mode: "stop",
          reason,
          protection,
          ...patience,
        });
        assertStatus(outcome, "quarantined");
        assert.equal(scene.world.view().instances[0]?.stopProtection, true, "the protection was not put back");
      },
    );

    suite.it("leaves a locked instance alone", async (scene) => {
      const { stop } = scene.capabilities.quarantine;
      if (!stop.supported || !scene.trySeed([{ id: "web", locks: [{ unified: "user" }] }])) return;
      const [outcome] = await scene.adapter.quarantine(scene.ids("web"), { mode: "stop", reason, ...patience });
      assertBlocked(outcome, "locked");
      assertNothingSent(scene.world);
    });

    suite.it("does not bring back what is gone", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const record = await scene.sighting("web");
      await scene.adapter.terminate([record], discard);
      await scene.settle();
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.quarantine([record], { mode: "stop", reason, ...patience });
      assertStatus(outcome, "not-found", "blocked");
      assertNothingSent(scene.world, from);
    });
  });
}

function seedWeb(scene: Scene): void {
  scene.seed({
    securityGroups: [{ id: "app" }],
    instances: [
      { id: "web", securityGroups: ["app"] },
      { id: "other", securityGroups: ["app"] },
    ],
  });
}

function assertHeldBack(scene: Scene, mode: QuarantineMode): void {
  if (mode === "stop") {
    assert.equal(scene.state("web"), "stopped");
    return;
  }
  const groups = scene.world.view().instances.find((one) => one.id === scene.id("web"))?.securityGroupIds ?? [];
  assert.ok(!groups.includes(scene.id("app")), "its own group still lets others in");
  const rules = scene.world.view().rules.filter((rule) => groups.includes(rule.groupId) && rule.action === "allow");
  assert.deepEqual(rules, [], "the group it was moved to lets something through");
}

function tagsOf(scene: Scene, name: string): Readonly<Record<string, string>> | undefined {
  return scene.world.view().instances.find((one) => one.id === scene.id(name))?.tags;
}
