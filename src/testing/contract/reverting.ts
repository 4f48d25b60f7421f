import assert from "node:assert/strict";
import type { Effect } from "../../effects.js";
import { seedApp } from "./exclusive-groups.js";
import { assertNothingSent, assertStatus, discard, essence, patience, ruleNamed } from "./expect.js";
import { seedClient } from "./own-address-rules.js";
import type { Scene, Suite } from "./scene.js";
import { allow, host } from "./seeds.js";

/** Changes the world and answers the effects; or nothing where the cloud cannot. */
type Change = (scene: Scene) => Promise<readonly Effect[] | undefined>;

const changes: Readonly<Record<string, Change>> = {
  "tags that were set": async (scene) => {
    scene.seed([{ id: "web", tags: { team: "shop", owner: "alice" } }]);
    return await tag(scene, { set: { owner: "contract", ticket: "T-1" }, remove: ["team"] });
  },
  "rules of an own address": async (scene) => {
    await seedClient(scene, (address) => [
      allow("first", host("203.0.113.1")),
      allow("from-web", host(address)),
      allow("last", host("203.0.113.2")),
    ]);
    return effectsOf(await scene.adapter.releaseSecurityRules(scene.ids("web"), { scope: "own-address" }));
  },
  "rules of an exclusive group": async (scene) => {
    seedApp(scene);
    return effectsOf(await scene.adapter.releaseSecurityRules(scene.ids("web"), { scope: "exclusive-group" }));
  },
  "a stop": async (scene) => {
    scene.seed([{ id: "web" }]);
    return await quarantined(scene, "stop");
  },
  "an isolation": async (scene) => {
    scene.seed({ securityGroups: [{ id: "app" }], instances: [{ id: "web", securityGroups: ["app"] }] });
    return await quarantined(scene, "isolate");
  },
  "a registration with a load balancer": async (scene) => {
    scene.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web", "other"], ports: [80] }],
    });
    return await released(scene, "load-balancer-target");
  },
  "a membership of a scaling group": async (scene) => {
    scene.seed({
      instances: [{ id: "web" }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }],
    });
    return await released(scene, "auto-scaling-group");
  },
};

/** What was done for a run, taken back: all of it, and nothing else. */
export function reverting(suite: Suite): void {
  suite.describe("revert", () => {
    for (const [what, change] of Object.entries(changes)) {
      suite.it(`puts ${what} back as it was, from the record alone`, async (scene) => {
        const before = await changed(scene, change);
        if (!before) return;
        const kept: readonly Effect[] = JSON.parse(JSON.stringify(before.effects));
        for (const outcome of await scene.adapter.revert(kept, patience)) assertStatus(outcome, "reverted");
        await scene.settle();
        assert.deepEqual(essence(scene.world.view()), before.view);
      });

      suite.it(`puts ${what} back though reads lag behind the change`, async (scene) => {
        scene.world.faults.add({ fault: "stale", forMs: scene.capabilities.consistencyWindowMs - 1 });
        const untouched: { view?: unknown } = {};
        const effects = await change(watchingSeeds(scene, untouched));
        if (!effects) return;
        await scene.adapter.revert(effects, patience);
        await scene.settle();
        assert.deepEqual(essence(scene.world.view()), untouched.view);
      });

      suite.it(`puts ${what} back once, however often it is asked`, async (scene) => {
        const before = await changed(scene, change);
        if (!before) return;
        await scene.adapter.revert(before.effects, patience);
        await scene.settle();
        for (const outcome of await scene.adapter.revert(before.effects, patience)) {
          assertStatus(outcome, "already-reverted", "not-reverted", "reverted");
        }
        await scene.settle();
        assert.deepEqual(essence(scene.world.view()), before.view);
      });
    }

    suite.it("answers one outcome per effect in the order given, and takes the last back first", async (scene) => {
      scene.seed([{ id: "web", tags: { owner: "alice" } }]);
      const before = essence(scene.world.view());
      const first = (await tag(scene, { set: { owner: "bob" } })) ?? [];
      const second = (await tag(scene, { set: { owner: "carol" } })) ?? [];
      const effects = [...first, ...second];
      const outcomes = await scene.adapter.revert(effects);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.effect),
        effects,
      );
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("leaves a tag that somebody changed since", async (scene) => {
      scene.seed([{ id: "web", tags: { owner: "alice" } }]);
      const effects = (await tag(scene, { set: { owner: "contract" } })) ?? [];
      scene.world.meddle({ set: [{ id: "web", tags: { owner: "dave" } }] });
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.revert(effects);
      assertStatus(outcome, "not-reverted");
      assert.equal(outcome.cause, "changed-since");
      assertNothingSent(scene.world, from);
      assert.equal(scene.world.view().instances[0]?.tags.owner, "dave");
    });

    suite.it("leaves groups that somebody changed since", async (scene) => {
      scene.seed({
        securityGroups: [{ id: "app" }, { id: "ops" }],
        instances: [{ id: "web", securityGroups: ["app"] }],
      });
      const effects = await quarantined(scene, "isolate");
      if (!effects) return;
      scene.world.meddle({ set: [{ id: "web", securityGroups: ["ops"] }] });
      const outcomes = await scene.adapter.revert(effects);
      const groups = outcomes.find((outcome) => outcome.effect.kind === "groups-changed");
      assertStatus(groups, "not-reverted");
      assert.deepEqual(scene.world.view().instances[0]?.securityGroupIds, scene.ids("ops"));
    });

    suite.it("says that there is nothing to do where somebody has put it back already", async (scene) => {
      scene.seed([{ id: "web", tags: { owner: "alice" } }]);
      const effects = (await tag(scene, { set: { owner: "contract" } })) ?? [];
      scene.world.meddle({ set: [{ id: "web", tags: { owner: "alice" } }] });
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.revert(effects);
      assertStatus(outcome, "already-reverted");
      assertNothingSent(scene.world, from);
    });

    suite.it("says that an end cannot be taken back", async (scene) => {
      scene.seed([{ id: "web" }]);
      const [ended] = await scene.adapter.terminate(scene.ids("web"), discard);
      assertStatus(ended, "accepted", "recycled");
      await scene.settle();
      const from = scene.world.requests.length;
      for (const outcome of await scene.adapter.revert(ended.effects)) {
        assertStatus(outcome, "not-reverted");
        assert.ok(["impossible", "needs-recover", "resource-gone"].includes(outcome.cause));
        assert.notEqual(outcome.why, "");
      }
      assertNothingSent(scene.world, from);
    });

    suite.it("says resource-gone of what belonged to an instance that is gone", async (scene) => {
      scene.seed([{ id: "web" }, { id: "bystander" }]);
      const effects = (await tag(scene, { set: { owner: "contract" } })) ?? [];
      await scene.adapter.terminate(scene.ids("web"), discard);
      await scene.settle();
      await scene.world.clock.advance(3 * 3_600_000);
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.revert(effects);
      assertStatus(outcome, "not-reverted");
      assert.equal(outcome.cause, "resource-gone");
      assertNothingSent(scene.world, from);
    });

    suite.it("refuses an effect of another account", async (scene) => {
      scene.seed([{ id: "web", tags: { owner: "alice" } }]);
      const effects = (await tag(scene, { set: { owner: "contract" } })) ?? [];
      const foreign = effects.map((effect) => ({ ...effect, accountId: "210987654321" }));
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.revert(foreign);
      assert.ok(outcome && outcome.status !== "reverted" && outcome.status !== "already-reverted");
      assertNothingSent(scene.world, from);
      assert.equal(scene.world.view().instances[0]?.tags.owner, "contract");
    });

    suite.it("S21 restores no rule for an address that somebody else may have by now", async (scene) => {
      await seedClient(scene, (address) => [allow("from-web", host(address)), allow("other", host("203.0.113.9"))]);
      const effects = effectsOf(await scene.adapter.releaseSecurityRules(scene.ids("web"), { scope: "own-address" }));
      await scene.adapter.terminate(scene.ids("web"), discard);
      await scene.settle();
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.revert(effects);
      assertStatus(outcome, "not-restored");
      assert.equal(outcome.cause, "address-released");
      assertNothingSent(scene.world, from);
      assert.equal(ruleNamed(scene.world, "from-web"), undefined);
    });

    suite.it("S22 restores no rule of a group that strangers use by now", async (scene) => {
      seedApp(scene);
      const effects = effectsOf(
        await scene.adapter.releaseSecurityRules(scene.ids("web"), { scope: "exclusive-group" }),
      );
      scene.world.meddle({ add: { instances: [{ id: "stranger", securityGroups: ["app"] }] } });
      const outcomes = await scene.adapter.revert(effects);
      for (const outcome of outcomes) {
        assertStatus(outcome, "not-restored", "not-reverted");
        if (outcome.status === "not-restored") assert.equal(outcome.cause, "group-in-use");
      }
      assert.equal(ruleNamed(scene.world, "app-office"), undefined);
    });

    suite.it("goes on with the others when one cannot be taken back", async (scene) => {
      scene.seed([
        { id: "web", tags: { owner: "alice" } },
        { id: "db", tags: { owner: "bob" } },
      ]);
      const web = (await tag(scene, { set: { owner: "contract" } })) ?? [];
      const db = effectsOf(await scene.adapter.tagInstances(scene.ids("db"), { set: { owner: "contract" } }));
      scene.world.meddle({ set: [{ id: "web", tags: { owner: "dave" } }] });
      const [first, second] = await scene.adapter.revert([...web, ...db]);
      assertStatus(first, "not-reverted");
      assertStatus(second, "reverted");
      const owners = scene.world.view().instances.map((one) => one.tags.owner);
      assert.deepEqual(owners.toSorted(), ["bob", "dave"]);
    });
  });
}

/** Makes a change, and answers its effects with the world as it was before; nothing where the cloud cannot. */
async function changed(scene: Scene, change: Change) {
  const untouched: { view?: unknown } = {};
  const effects = await change(watchingSeeds(scene, untouched));
  if (effects === undefined) return undefined;
  assert.ok(effects.length > 0, "the change has no effects");
  await scene.settle();
  assert.notDeepEqual(essence(scene.world.view()), untouched.view, "nothing was changed");
  return { effects, view: untouched.view };
}

/** The same scene; notes how the world looks after its last seed. */
function watchingSeeds(scene: Scene, untouched: { view?: unknown }): Scene {
  return {
    ...scene,
    seed: (seed) => {
      scene.seed(seed);
      untouched.view = essence(scene.world.view());
    },
  };
}

function effectsOf(outcomes: readonly { readonly effects?: readonly Effect[] }[]): readonly Effect[] {
  return outcomes.flatMap((outcome) => outcome.effects ?? []);
}

async function tag(scene: Scene, change: Parameters<Scene["adapter"]["tagInstances"]>[1]) {
  const outcomes = await scene.adapter.tagInstances(scene.ids("web"), change);
  assertStatus(outcomes[0], "tagged");
  return effectsOf(outcomes);
}

async function quarantined(scene: Scene, mode: "stop" | "isolate"): Promise<readonly Effect[] | undefined> {
  if (!scene.capabilities.quarantine[mode].supported) return undefined;
  const outcomes = await scene.adapter.quarantine(scene.ids("web"), { mode, reason: "contract", ...patience });
  assertStatus(outcomes[0], "quarantined");
  return effectsOf(outcomes);
}

async function released(scene: Scene, kind: "load-balancer-target" | "auto-scaling-group") {
  const { edges } = await scene.adapter.listDependencies(scene.ids("web"));
  const items = edges
    .filter((edge) => edge.node.kind === kind)
    .map((edge) => ({ ...edge.node, instanceId: edge.instanceId }));
  const outcomes = await scene.adapter.releaseDependencies(items, patience);
  for (const outcome of outcomes) assertStatus(outcome, "released");
  return effectsOf(outcomes);
}
