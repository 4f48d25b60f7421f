import assert from "node:assert/strict";
import type { Operation } from "../../adapter.js";
import type { InstanceSelector } from "../../instances.js";
import { assertNothingSent, assertThrows, collect } from "./expect.js";
import type { Scene, Suite } from "./scene.js";

/** What is known before anything is done: identity, instances, permissions. */
export function inventory(suite: Suite): void {
  suite.describe("inventory", () => {
    suite.it("S03 whoAmI names the account that every record carries", async (scene) => {
      scene.seed([{ id: "web" }]);
      const identity = await scene.adapter.whoAmI();
      const record = await scene.sighting("web");
      assert.notEqual(identity.accountId, "");
      assert.equal(record.accountId, identity.accountId);
      assert.equal(record.project, identity.project);
      assert.equal(record.cloud, scene.adapter.cloud);
      assert.equal(record.region, scene.adapter.region);
    });

    suite.it("S03 whoAmI tells another account apart", async (scene) => {
      const stranger = await scene.another({ accountId: strangersAccount });
      assert.equal((await stranger.whoAmI()).accountId, strangersAccount);
      assert.notEqual((await scene.adapter.whoAmI()).accountId, strangersAccount);
    });

    suite.it("describes an instance as the world has it", async (scene) => {
      scene.seed({
        securityGroups: [{ id: "app" }],
        instances: [{ id: "web", name: "web-1", tags: { team: "shop" }, securityGroups: ["app"], disks: twoDisks }],
      });
      const record = await scene.sighting("web");
      const view = scene.world.view();
      const truth = view.instances.find((one) => one.id === scene.id("web"));
      const disks = view.disks.filter((disk) => disk.instanceId === scene.id("web"));
      assert.equal(record.name, "web-1");
      assert.equal(record.tags.team, "shop");
      assert.equal(record.state.unified, truth?.state);
      assert.equal(record.billing.unified, truth?.billing);
      assert.deepEqual(record.securityGroupIds, truth?.securityGroupIds);
      assert.deepEqual(
        record.disks.map((disk) => [disk.id, disk.sizeGiB, disk.deletedWithInstance]).sort(),
        disks.map((disk) => [disk.id, disk.sizeGiB, disk.deletedWithInstance]).sort(),
      );
      assert.equal(record.disks.filter((disk) => disk.role === "system").length, 1);
      assert.notEqual(record.state.raw, "");
      assert.ok(!Number.isNaN(Date.parse(record.seenAt)));
    });

    suite.it("never calls a protected instance unprotected", async (scene) => {
      scene.seed([{ id: "web", terminationProtection: true }]);
      assert.notEqual((await scene.sighting("web")).protection.termination, false);
      const report = await scene.adapter.listDependencies(scene.ids("web"));
      const [sighting] = report.instances;
      assert.ok(sighting?.status === "found");
      assert.equal(sighting.record.protection.termination, true);
    });

    suite.it("finds instances whose tags match exactly, and no others", async (scene) => {
      scene.seed([
        { id: "one", tags: { team: "shop", tier: "web" } },
        { id: "two", tags: { team: "shop", tier: "db" } },
        { id: "three", tags: { team: "shop-eu", tier: "web" } },
        { id: "four" },
      ]);
      assert.deepEqual(await found(scene, { tags: { team: "shop" } }), scene.ids("one", "two").toSorted());
      assert.deepEqual(await found(scene, { tags: { team: "shop", tier: "web" } }), scene.ids("one"));
      assert.deepEqual(await found(scene, { tags: { team: "Shop" } }), []);
    });

    suite.it("takes a wildcard in a tag for the character it is", async (scene) => {
      scene.seed([
        { id: "one", tags: { team: "shop" } },
        { id: "two", tags: { team: "s*p" } },
      ]);
      assert.deepEqual(await found(scene, { tags: { team: "s*p" } }), scene.ids("two"));
      assert.deepEqual(await found(scene, { tags: { team: "sh?p" } }), []);
    });

    suite.it("narrows by state and by ids and tags together", async (scene) => {
      scene.seed([
        { id: "up", tags: { team: "shop" } },
        { id: "down", tags: { team: "shop" }, state: "stopped" },
        { id: "other" },
      ]);
      assert.deepEqual(await found(scene, { tags: { team: "shop" }, states: ["stopped"] }), scene.ids("down"));
      assert.deepEqual(await found(scene, { ids: scene.ids("up", "other"), tags: { team: "shop" } }), scene.ids("up"));
    });

    suite.it("refuses a selector that names nothing, before it asks the cloud", async (scene) => {
      scene.seed([{ id: "web" }, { id: "db", tags: { team: "shop" } }]);
      const empty: readonly InstanceSelector[] = [
        { tags: {} },
        { ids: [] },
        { tags: {}, states: ["running"] },
        { tags: { team: "" } },
        { tags: { "": "shop" } },
        { ids: [""] },
        // What a script passes when a variable is not set.
        JSON.parse('{ "states": ["running"] }'),
        JSON.parse("{}"),
      ];
      for (const selector of empty) {
        await assertThrows(() => collect(scene.adapter.findInstances(selector)), "invalid-request");
      }
      assert.deepEqual(scene.world.requests, []);
    });

    suite.it("shows nothing of an account to the credentials of another", async (scene) => {
      scene.seed([{ id: "web", tags: { team: "shop" } }]);
      const stranger = await scene.another({ accountId: strangersAccount });
      assert.deepEqual(await collect(stranger.findInstances({ tags: { team: "shop" } })), []);
      assert.deepEqual(await collect(stranger.findInstances({ ids: scene.ids("web") })), []);
    });

    suite.it("names the permissions of every operation without a request", async (scene) => {
      const { actions, cloud, document } = scene.adapter.permissions();
      assert.equal(cloud, scene.adapter.cloud);
      assert.ok(Object.keys(document).length > 0);
      for (const operation of operations) {
        assert.ok(
          actions.some((action) => action.operation === operation),
          `nothing for ${operation}`,
        );
      }
      const reads = scene.adapter.permissions(["findInstances"]).actions;
      assert.ok(reads.length > 0 && reads.length < actions.length);
      assert.deepEqual(scene.world.requests, []);
      assertNothingSent(scene.world);
    });
  });
}

const strangersAccount = "210987654321";

const twoDisks = [
  { role: "system", sizeGiB: 40 },
  { role: "data", sizeGiB: 120, deletedWithInstance: false },
] as const;

const operations: readonly Operation[] = [
  "whoAmI",
  "findInstances",
  "listDependencies",
  "verifyDeleted",
  "findOwnArtifacts",
  "snapshot",
  "releaseSecurityRules",
  "terminate",
  "releaseDependencies",
  "revert",
  "tagInstances",
  "removeArtifacts",
];

async function found(scene: Scene, selector: InstanceSelector): Promise<readonly string[]> {
  const records = await collect(scene.adapter.findInstances(selector));
  return records.map((record) => record.id).sort();
}
