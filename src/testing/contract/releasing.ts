import assert from "node:assert/strict";
import type { DependencyKind, DependencyRef } from "../../dependencies.js";
import type { InstanceRecord } from "../../instances.js";
import type { SeedInstance, SeedOwner } from "../seed.js";
import { assertBlocked, assertNothingSent, assertProblem, assertStatus, discard, essence, patience } from "./expect.js";
import type { Scene, Suite } from "./scene.js";

const pool: SeedOwner = { kind: "load-balancer-target", id: "pool", members: ["web", "other"], ports: [80] };
const crew: SeedOwner = { kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true };

/** What holds an instance, and what it leaves. */
export function releasing(suite: Suite): void {
  suite.describe("releaseDependencies", () => {
    suite.it("takes an instance from its load balancer, and no other", async (scene) => {
      scene.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool] });
      const items = await itemsOf(scene, "web", "load-balancer-target");
      for (const outcome of await scene.adapter.releaseDependencies(items, patience)) assertStatus(outcome, "released");
      assert.deepEqual(membersOf(scene, "load-balancer-target"), scene.ids("other"));
    });

    suite.it("takes an instance from its scaling group without another in its place", async (scene) => {
      scene.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [crew] });
      const standing = scene.world.view().instances.length;
      const items = await itemsOf(scene, "web", "auto-scaling-group");
      const [outcome] = await scene.adapter.releaseDependencies(items, patience);
      assertStatus(outcome, "released");
      await scene.settle();
      assert.deepEqual(membersOf(scene, "auto-scaling-group"), scene.ids("other"));
      assert.equal(scene.world.view().instances.length, standing, "another was put in its place");
      assert.ok(scene.world.holds("web"), "the detached instance is gone");
    });

    suite.it("leaves a membership that the group refuses to give up, and says why", async (scene) => {
      if (!scene.trySeed({ instances: [{ id: "web" }, { id: "other" }], owners: [{ ...crew, inUse: true }] })) return;
      const items = await itemsOf(scene, "web", "auto-scaling-group");
      const [outcome] = await scene.adapter.releaseDependencies(items, patience);
      assertProblem(outcome, ["blocked", "failed"]);
      assert.ok(membersOf(scene, "auto-scaling-group").includes(scene.id("web")));
    });

    suite.it("says already released of what is released already", async (scene) => {
      scene.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool] });
      const items = await itemsOf(scene, "web", "load-balancer-target");
      await scene.adapter.releaseDependencies(items, patience);
      await scene.settle();
      const from = scene.world.requests.length;
      const [again] = await scene.adapter.releaseDependencies(items, patience);
      assertStatus(again, "already-released", "not-found");
      assertNothingSent(scene.world, from);
    });

    suite.it("answers one outcome per item in the order given, duplicates once", async (scene) => {
      scene.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool, crew] });
      const [target] = await itemsOf(scene, "web", "load-balancer-target");
      const [member] = await itemsOf(scene, "web", "auto-scaling-group");
      assert.ok(target && member);
      const outcomes = await scene.adapter.releaseDependencies([member, target, member], patience);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.item),
        [member, target],
      );
    });

    suite.it("shows in a dry run what it would release, and releases nothing", async (scene) => {
      scene.seed({ instances: [{ id: "web" }, { id: "other" }], owners: [pool, crew] });
      const before = essence(scene.world.view());
      const items = [
        ...(await itemsOf(scene, "web", "load-balancer-target")),
        ...(await itemsOf(scene, "web", "auto-scaling-group")),
      ];
      const outcomes = await scene.adapter.releaseDependencies(items, { dryRun: true, ...patience });
      for (const outcome of outcomes) assertStatus(outcome, "would-release");
      assertNothingSent(scene.world);
      assert.deepEqual(essence(scene.world.view()), before);
    });

    suite.it("refuses to release what it does not know how to", async (scene) => {
      scene.seed([{ id: "web" }]);
      const item: DependencyRef = { kind: "commitment", id: "c-1", instanceId: scene.id("web") };
      assertBlocked((await scene.adapter.releaseDependencies([item], patience))[0], "unsupported");
      assertNothingSent(scene.world);
    });

    suite.it("S26 releases an address once its instance is gone", async (scene) => {
      const { record, items } = await endedWith(scene, withAddress, "public-address");
      const [outcome] = await scene.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      assertStatus(outcome, "released");
      assert.equal(addressOf(scene)?.ours ?? false, false, "the address is still held");
    });

    suite.it("S26 keeps an address while its instance stands", async (scene) => {
      scene.seed([withAddress]);
      const record = await scene.sighting("web");
      const items = await itemsOf(scene, "web", "public-address");
      const [outcome] = await scene.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      assertBlocked(outcome);
      assertNothingSent(scene.world);
      assert.equal(addressOf(scene)?.instanceId, scene.id("web"));
    });

    suite.it("S26 keeps an address where nothing shows that its instance ever lived here", async (scene) => {
      const { items } = await endedWith(scene, withAddress, "public-address");
      const from = scene.world.requests.length;
      assertBlocked((await scene.adapter.releaseDependencies(items, patience))[0]);
      assertNothingSent(scene.world, from);
      assert.equal(addressOf(scene)?.ours, true);
    });

    suite.it("S26 leaves an address that is a stranger's by now", async (scene) => {
      const { record, items } = await endedWith(scene, withAddress, "public-address");
      scene.world.meddle({ giveAddressAway: "front" });
      const from = scene.world.requests.length;
      const [outcome] = await scene.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      assertStatus(outcome, "already-released", "not-found", "blocked");
      assertNothingSent(scene.world, from);
    });

    suite.it("S26 reads an address twice, the last time right before it lets it go", async (scene) => {
      const { record, items } = await endedWith(scene, withAddress, "public-address");
      const from = scene.world.requests.length;
      await scene.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      const log = scene.world.requests.slice(from);
      const act = log.findIndex((request) => request.mutating);
      assert.ok(act > 0, "the address was not released");
      const at = Date.parse(log[act]?.at ?? "");
      const reads = log.slice(0, act);
      const last = reads.at(-1);
      assert.ok(last && at - Date.parse(last.at) <= 5_000, "the last read is older than 5 s");
      assert.ok(reads.filter((request) => request.api === last.api).length >= 2, "it was read once only");
    });

    suite.it("S26 keeps an address that a name still points to", async (scene) => {
      const known = scene.trySeed({
        instances: [withAddress, { id: "bystander" }],
        owners: [{ kind: "dns-record", id: "www", members: ["web"], by: "address" }],
      });
      if (!known) return;
      const record = await scene.sighting("web");
      const items = await itemsOf(scene, "web", "public-address");
      await scene.adapter.terminate([record], discard);
      await scene.settle();
      const [outcome] = await scene.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      assertBlocked(outcome);
      assert.equal(addressOf(scene)?.ours, true);
    });

    suite.it("S14 deletes a kept disk only with a decision about its data", async (scene) => {
      const { record, items } = await endedWith(scene, withDisk, "disk");
      const from = scene.world.requests.length;
      const [refused] = await scene.adapter.releaseDependencies(items, { sightings: [record], ...patience });
      assertBlocked(refused, "missing-snapshot-proof");
      assertNothingSent(scene.world, from);
      assert.ok(scene.world.holds("kept"));
      const [outcome] = await scene.adapter.releaseDependencies(items, {
        ...discard,
        sightings: [record],
        ...patience,
      });
      assertStatus(outcome, "released");
      await scene.settle();
      assert.ok(!scene.world.holds("kept"));
    });

    suite.it("S14 does not take a copy from before the detach for a proof", async (scene) => {
      scene.seed([withDisk, { id: "bystander" }]);
      const record = await scene.sighting("web");
      const items = (await itemsOf(scene, "web", "disk")).filter((item) => item.id === scene.id("kept"));
      const [copies] = await scene.adapter.snapshot([record], { runId: "contract", ...patience });
      assertStatus(copies, "completed");
      const data = { proofs: copies.proofs };
      await scene.adapter.terminate([record], { data });
      await scene.settle();
      const [outcome] = await scene.adapter.releaseDependencies(items, { data, sightings: [record], ...patience });
      assertBlocked(outcome, "missing-snapshot-proof");
      assert.ok(scene.world.holds("kept"));
    });

    suite.it("keeps a disk while an instance holds it", async (scene) => {
      scene.seed([withDisk]);
      const record = await scene.sighting("web");
      const items = await itemsOf(scene, "web", "disk");
      for (const outcome of await scene.adapter.releaseDependencies(items, {
        ...discard,
        sightings: [record],
        ...patience,
      })) {
        assertBlocked(outcome);
      }
      assertNothingSent(scene.world);
      assert.ok(scene.world.holds("kept") && scene.world.holds("web"));
    });
  });
}

const withAddress: SeedInstance = { id: "web", addresses: [{ id: "front", kind: "elastic" }] };
const withDisk: SeedInstance = {
  id: "web",
  disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }],
};

/** What hangs on an instance of one kind, as items to release. */
async function itemsOf(scene: Scene, name: string, kind: DependencyKind): Promise<readonly DependencyRef[]> {
  const { edges } = await scene.adapter.listDependencies(scene.ids(name));
  const items = edges
    .filter((edge) => edge.node.kind === kind)
    .map((edge) => ({ ...edge.node, instanceId: edge.instanceId }));
  assert.ok(items.length > 0, `no ${kind} is shown`);
  return items;
}

/** An instance that has left something behind, and that thing. */
async function endedWith(
  scene: Scene,
  instance: SeedInstance,
  kind: "public-address" | "disk",
): Promise<{ readonly record: InstanceRecord; readonly items: readonly DependencyRef[] }> {
  scene.seed([instance, { id: "bystander" }]);
  const record = await scene.sighting("web");
  const left = scene.id(kind === "disk" ? "kept" : "front");
  const items = (await itemsOf(scene, "web", kind)).filter((item) => item.id === left);
  assert.equal(items.length, 1);
  await scene.adapter.terminate([record], discard);
  await scene.settle();
  return { record, items };
}

function membersOf(scene: Scene, kind: DependencyKind): readonly string[] {
  return scene.world
    .view()
    .memberships.filter((membership) => membership.kind === kind)
    .map((membership) => membership.member);
}

function addressOf(scene: Scene) {
  return scene.world.view().addresses.find((address) => address.id === scene.id("front"));
}
