import assert from "node:assert/strict";
import type { RuleReleaseOutcome } from "../../security-rules.js";
import type { SeedRule } from "../seed.js";
import { assertNothingSent, assertStatus, assertTruthful, discard, essence, ruleEssence, ruleNamed } from "./expect.js";
import type { Scene, Suite } from "./scene.js";
import { allow, host, range, seedDyingAddress, sharedGroup } from "./seeds.js";

const ownAddress = { scope: "own-address" } as const;

/** Rules that name one address of one server. */
export function ownAddressRules(suite: Suite): void {
  suite.describe("own-address rules", () => {
    suite.it("closes the rule whose only peer is an address that dies with the instance", async (scene) => {
      const ip = await seedClient(scene, (address) => [
        allow("from-web", host(address)),
        allow("from-office", host("203.0.113.9")),
      ]);
      const rule = ruleNamed(scene.world, "from-web");
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "released");
      assert.deepEqual(removedNames(outcome), ["from-web"]);
      assert.equal(ruleNamed(scene.world, "from-web"), undefined);
      assert.notEqual(ruleNamed(scene.world, "from-office"), undefined);
      const [removed] = outcome.removed;
      assert.ok(removed && rule);
      assert.equal(removed.because.scope, "own-address");
      if (removed.because.scope === "own-address") assert.equal(removed.because.address, ip);
      const { native: _native, ...told } = removed.rule;
      assert.deepEqual(ruleEssence(told), ruleEssence(rule));
    });

    suite.it("closes egress rules to such an address as well", async (scene) => {
      await seedClient(scene, (address) => [allow("to-web", host(address), { direction: "egress" })]);
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "released");
      assert.equal(ruleNamed(scene.world, "to-web"), undefined);
    });

    suite.it("closes rules for a public address that dies with the instance", async (scene) => {
      if (!seedDyingAddress(scene, "web", "front")) return;
      const ip = scene.world.view().addresses.find((one) => one.instanceId === scene.id("web"))?.ip;
      assert.ok(ip);
      scene.seed({ securityGroups: [sharedGroup("db", [allow("from-front", host(ip))])] });
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "released");
      assert.equal(ruleNamed(scene.world, "from-front"), undefined);
    });

    suite.it("leaves every rule that also lets others in", async (scene) => {
      await seedClient(scene, (address) => [
        allow("network", range(address.replace(/\.\d+$/, ".0/24"))),
        allow("everybody", range("0.0.0.0/0")),
      ]);
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "nothing-to-release");
      assert.ok(ruleNamed(scene.world, "network") && ruleNamed(scene.world, "everybody"));
      assertNothingSent(scene.world);
    });

    suite.it("leaves the rules of an elastic address that is kept", async (scene) => {
      scene.seed([{ id: "web", addresses: [{ id: "front", kind: "elastic", releasedWithInstance: false }] }]);
      const ip = scene.world.view().addresses.find((one) => one.id === scene.id("front"))?.ip;
      assert.ok(ip);
      scene.seed({ securityGroups: [sharedGroup("db", [allow("from-front", host(ip))])] });
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "nothing-to-release");
      assert.ok(ruleNamed(scene.world, "from-front"));
    });

    suite.it("leaves the rules of an address whose interface is kept", async (scene) => {
      const known = scene.trySeed([{ id: "web", extraInterfaces: [{ id: "second", deletedWithInstance: false }] }]);
      if (!known) return;
      const record = await scene.sighting("web");
      const kept = record.networkInterfaces.find((one) => one.id === scene.id("second"))?.privateIps[0];
      assert.ok(kept, "the second interface is not shown");
      scene.seed({ securityGroups: [sharedGroup("db", [allow("from-second", host(kept))])] });
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "nothing-to-release");
      assert.ok(ruleNamed(scene.world, "from-second"));
    });

    suite.it("S23 leaves a private address in a group of another network", async (scene) => {
      scene.seed([{ id: "web" }]);
      const ip = (await scene.sighting("web")).privateIps[0] ?? "";
      const known = scene.trySeed({
        securityGroups: [{ ...sharedGroup("far", [allow("far", host(ip))]), vpc: "another-network" }],
      });
      if (!known) return;
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "nothing-to-release");
      assert.ok(ruleNamed(scene.world, "far"), "a rule for a stranger of the same address is gone");
    });

    suite.it("S24 leaves deny rules until the instance is gone", async (scene) => {
      scene.seed([{ id: "web" }]);
      const record = await scene.sighting("web");
      const deny = allow("deny-web", host(record.privateIps[0] ?? ""), { action: "deny" });
      if (!scene.trySeed({ securityGroups: [sharedGroup("db", [deny])] })) return;
      const [alive] = await scene.adapter.releaseSecurityRules([record], ownAddress);
      assertStatus(alive, "nothing-to-release");
      assert.ok(
        alive.kept.some(({ rule }) => rule.description === "deny-web"),
        "the deny rule is not named as kept",
      );
      await scene.adapter.terminate([record], discard);
      await scene.settle();
      const [gone] = await scene.adapter.releaseSecurityRules([record], ownAddress);
      assertStatus(gone, "released");
      assert.equal(ruleNamed(scene.world, "deny-web"), undefined);
    });

    suite.it("works from a record when the instance is already gone", async (scene) => {
      await seedClient(scene, (address) => [allow("from-web", host(address))]);
      const record = await scene.sighting("web");
      const [ended] = await scene.adapter.terminate([record], discard);
      await assertTruthful(scene, "web", ended);
      const [outcome] = await scene.adapter.releaseSecurityRules([record], ownAddress);
      if (ended?.status === "accepted") assertStatus(outcome, "released");
      if (outcome?.status === "released") assert.equal(ruleNamed(scene.world, "from-web"), undefined);
    });

    suite.it("S25 leaves the rule of a gone instance whose address somebody else has by now", async (scene) => {
      await seedClient(scene, (address) => [allow("from-web", host(address))]);
      const record = await scene.sighting("web");
      await scene.adapter.terminate([record], discard);
      await scene.settle();
      if (!scene.trySeed([{ id: "heir", privateIps: record.privateIps }])) return;
      await scene.adapter.releaseSecurityRules([record], ownAddress);
      assert.ok(ruleNamed(scene.world, "from-web"), "the rule of another instance is gone");
    });

    suite.it("counts addresses of earlier sightings", async (scene) => {
      if (!seedDyingAddress(scene, "web", "front")) return;
      const record = await scene.sighting("web");
      scene.seed({ securityGroups: [sharedGroup("db", [allow("old", host("203.0.113.77"))])] });
      const earlier = {
        ...record,
        publicAddresses: [{ ip: "203.0.113.77", kind: "ephemeral", releasedWithInstance: true } as const],
      };
      const [without] = await scene.adapter.releaseSecurityRules([record], { ...ownAddress, dryRun: true });
      assertStatus(without, "nothing-to-release");
      const [outcome] = await scene.adapter.releaseSecurityRules([record], { ...ownAddress, sightings: [earlier] });
      assertStatus(outcome, "released");
      assert.equal(ruleNamed(scene.world, "old"), undefined);
    });

    suite.it("shows in a dry run what it would close, and closes nothing", async (scene) => {
      await seedClient(scene, (address) => [allow("from-web", host(address))]);
      const before = essence(scene.world.view());
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), { ...ownAddress, dryRun: true });
      assertStatus(outcome, "would-release");
      assert.deepEqual(
        outcome.rules.map((rule) => rule.description),
        ["from-web"],
      );
      assertNothingSent(scene.world);
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("does nothing the second time", async (scene) => {
      await seedClient(scene, (address) => [allow("from-web", host(address)), allow("other", host("203.0.113.9"))]);
      await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      await scene.settle();
      const from = scene.world.requests.length;
      const [again] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(again, "nothing-to-release");
      assertNothingSent(scene.world, from);
      assert.ok(ruleNamed(scene.world, "other"));
    });

    suite.it("closes several rules of one group, and exactly those", async (scene) => {
      await seedClient(scene, (address) => [
        allow("keep-1", host("203.0.113.1")),
        allow("web-1", host(address)),
        allow("keep-2", host("203.0.113.2")),
        allow("web-2", host(address), { ports: { kind: "ranges", ranges: [{ from: 80, to: 80 }] } }),
        allow("keep-3", host("203.0.113.3")),
      ]);
      const [outcome] = await scene.adapter.releaseSecurityRules(scene.ids("web"), ownAddress);
      assertStatus(outcome, "released");
      assert.deepEqual(removedNames(outcome), ["web-1", "web-2"]);
      const left = ["keep-1", "web-1", "keep-2", "web-2", "keep-3"].filter((name) => ruleNamed(scene.world, name));
      assert.deepEqual(left, ["keep-1", "keep-2", "keep-3"]);
    });
  });
}

/** An instance, and a group used by others whose rules are made from the instance's private address. */
export async function seedClient(scene: Scene, rules: (address: string) => readonly SeedRule[]): Promise<string> {
  scene.seed([{ id: "web" }]);
  const address = (await scene.sighting("web")).privateIps[0];
  assert.ok(address, "the record shows no private address");
  scene.seed({ securityGroups: [sharedGroup("db", rules(address))] });
  return address;
}

function removedNames(outcome: RuleReleaseOutcome & { readonly status: "released" }): readonly string[] {
  return outcome.removed.map(({ rule }) => rule.description ?? "").sort();
}
