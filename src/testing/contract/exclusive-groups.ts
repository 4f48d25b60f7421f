import assert from "node:assert/strict";
import type { DecommissionEvent } from "../../events.js";
import type { SeedSecurityGroup } from "../seed.js";
import { apisOf, assertNothingSent, assertStatus, attempt, essence, ruleNamed } from "./expect.js";
import type { Scene, Suite } from "./scene.js";
import { allow, group, host, sharedGroup } from "./seeds.js";

const exclusive = { scope: "exclusive-group" } as const;
const office = host("203.0.113.9");

/** Groups that exist for the targets alone, and all that look like it and are not. */
export function exclusiveGroups(suite: Suite): void {
  suite.describe("exclusive groups", () => {
    suite.it("S22 empties a group that only the targets use, and closes what refers to it elsewhere", async (scene) => {
      seedApp(scene);
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), exclusive);
      assertStatus(outcome, "released");
      assert.deepEqual(rulesOf(scene, "app"), []);
      assert.equal(ruleNamed(scene.world, "from-app"), undefined);
      assert.ok(ruleNamed(scene.world, "db-office"), "a rule that has nothing to do with it is gone");
      assert.equal(scene.state("web"), "running");
      for (const removed of outcome.removed) {
        assert.equal(removed.because.scope, "exclusive-group");
        if (removed.because.scope === "exclusive-group") {
          assert.equal(removed.because.groupId, scene.id("app"));
          assert.equal(removed.because.reference, removed.rule.groupId !== scene.id("app"));
        }
      }
    });

    suite.it("S22 empties a group whose users are all among the targets", async (scene) => {
      seedApp(scene);
      scene.seed([{ id: "web-2", securityGroups: ["app"] }]);
      const outcomes = await scene.adapter.releaseSecurityRules(scene.ids("web", "web-2"), exclusive);
      assert.deepEqual(rulesOf(scene, "app"), []);
      const removed = outcomes.flatMap((outcome) => (outcome.status === "released" ? outcome.removed : []));
      const told = removed.map(({ rule }) => `${rule.groupId}/${rule.direction}/${rule.description}`);
      assert.equal(new Set(told).size, told.length, "a rule is listed with two targets");
    });

    suite.it("S22 never touches a group that an instance outside the targets uses", async (scene) => {
      seedApp(scene);
      scene.seed([{ id: "bystander", securityGroups: ["app"] }]);
      await assertUntouched(scene);
    });

    for (const user of [
      "interface",
      "load-balancer",
      "database",
      "template",
      "scaling-group",
      "managed-service",
      "share",
    ] as const) {
      suite.it(`S22 never touches a group that a foreign ${user} uses`, async (scene) => {
        const known = scene.trySeed(appWith({ foreignUsers: [user] }));
        if (known) await assertUntouched(scene);
      });
    }

    suite.it("S22 never touches a default group", async (scene) => {
      const known = scene.trySeed(appWith({ isDefault: true }));
      if (known) await assertUntouched(scene);
    });

    suite.it("S22 never touches a managed group", async (scene) => {
      const known = scene.trySeed(appWith({ managed: true }));
      if (known) await assertUntouched(scene);
    });

    suite.it("S22 keeps a group when any read it rests on is denied", async (scene) => {
      const probe = await scene.fresh();
      seedApp(probe);
      // What only describes the instance itself does not speak of who uses a group.
      await probe.sighting("web");
      const describing = apisOf(probe.world.requests);
      const from = probe.world.requests.length;
      await probe.adapter.releaseSecurityRules(probe.ids("web"), exclusive);
      const log = probe.world.requests.slice(from);
      const asked = apisOf(
        log.slice(
          0,
          log.findIndex((request) => request.mutating),
        ),
      );
      const reads = asked.filter((api) => !describing.includes(api));
      assert.ok(reads.length > 0, "it reads nothing of who uses the group");
      for (const api of reads) {
        const world = await scene.fresh();
        seedApp(world);
        // The identity may be asked once per process: it is known by then.
        await world.adapter.whoAmI();
        world.world.faults.add({ fault: "deny", api });
        await attempt(() => world.adapter.releaseSecurityRules(world.ids("web"), exclusive));
        assert.ok(ruleNamed(world.world, "app-office"), `rules went although ${api} was denied`);
        assert.ok(ruleNamed(world.world, "from-app"), `a reference went although ${api} was denied`);
      }
    });

    suite.it("S22 looks again right before the first removal", async (scene) => {
      seedApp(scene);
      await scene.adapter.whoAmI();
      let joined = false;
      const onEvent = (event: DecommissionEvent) => {
        if (event.type !== "request" || joined) return;
        joined = true;
        scene.world.meddle({ add: { instances: [{ id: "joiner", securityGroups: ["app"] }] } });
      };
      await scene.adapter.releaseSecurityRules(scene.ids("web"), { ...exclusive, onEvent });
      assert.ok(joined, "no request was told");
      assert.ok(ruleNamed(scene.world, "app-office"), "rules of a group went that somebody had joined");
    });

    suite.it("does nothing the second time", async (scene) => {
      seedApp(scene);
      await scene.adapter.releaseSecurityRules(scene.ids("web"), exclusive);
      await scene.settle();
      const from = scene.world.requests.length;
      const [again] = await scene.adapter.releaseSecurityRules(scene.ids("web"), exclusive);
      assertStatus(again, "nothing-to-release");
      assertNothingSent(scene.world, from);
    });

    suite.it(
      "does not empty a group in the scope of own addresses, nor close addresses in that of groups",
      async (scene) => {
        seedApp(scene);
        const [own] = await scene.adapter.releaseSecurityRules(scene.ids("web"), { scope: "own-address" });
        assertStatus(own, "nothing-to-release");
        assert.ok(ruleNamed(scene.world, "app-office") && ruleNamed(scene.world, "from-app"));
        const ip = (await scene.sighting("web")).privateIps[0] ?? "";
        scene.seed({ securityGroups: [sharedGroup("cache", [allow("from-ip", host(ip))])] });
        await scene.adapter.releaseSecurityRules(scene.ids("web"), exclusive);
        assert.ok(ruleNamed(scene.world, "from-ip"));
      },
    );

    suite.it("covers both scopes by default", async (scene) => {
      seedApp(scene);
      const ip = (await scene.sighting("web")).privateIps[0] ?? "";
      scene.seed({ securityGroups: [sharedGroup("cache", [allow("from-ip", host(ip))])] });
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"));
      assertStatus(outcome, "released");
      assert.deepEqual(rulesOf(scene, "app"), []);
      assert.equal(ruleNamed(scene.world, "from-ip"), undefined);
    });

    suite.it("shows in a dry run what it would close, and closes nothing", async (scene) => {
      seedApp(scene);
      const before = essence(scene.world.view());
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), { ...exclusive, dryRun: true });
      assertStatus(outcome, "would-release");
      assert.ok(outcome.rules.some((rule) => rule.description === "app-office"));
      assertNothingSent(scene.world);
      assert.deepEqual(essence(scene.world.view()), before);
    });
  });
}

/** A server, its own group, and a group of others that lets that group in. */
function appWith(over: Partial<SeedSecurityGroup>) {
  return {
    securityGroups: [
      { id: "app", rules: [allow("app-office", office)], ...over },
      sharedGroup("db", [allow("from-app", group("app")), allow("db-office", office)]),
    ],
    instances: [{ id: "web", securityGroups: ["app"] }],
  };
}

/** Puts {@link appWith} into the world. */
export function seedApp(scene: Scene): void {
  scene.seed(appWith({}));
}

async function assertUntouched(scene: Scene): Promise<void> {
  const before = scene.world.view().rules;
  const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"));
  assertStatus(outcome, "nothing-to-release");
  assert.ok(outcome.kept.length > 0, "what was kept is not named");
  assert.deepEqual(scene.world.view().rules, before, "rules of a group in use are gone");
  assertNothingSent(scene.world);
}

function rulesOf(scene: Scene, name: string) {
  return scene.world.view().rules.filter((rule) => rule.groupId === scene.id(name));
}
