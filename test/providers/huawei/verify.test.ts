import { describe, expect, it } from "vitest";
import type { DependencyReport } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { callsOf, discard, huaweiWorld, settle, sighting } from "./for-test.js";
import type { HuaweiWorld } from "./world.js";

interface Scene {
  readonly world: HuaweiWorld;
  readonly record: InstanceRecord;
  readonly before: DependencyReport;
}

/** A world in which "web" was seen in full, another server stands, and "web" is gone as if by hand. */
async function ended(seed: WorldSeed): Promise<Scene> {
  const world = await huaweiWorld();
  world.seed(seed);
  world.seed([{ id: "bystander" }]);
  const record = await sighting(world, "web");
  const before = await world.adapter.listDependencies([record]);
  world.meddle({ remove: ["web"] });
  await settle(world);
  return { world, record, before };
}

/** The verdict on "web". */
async function verdictOf({ world, record, before }: Scene) {
  const [verdict] = await world.adapter.verifyDeleted([record], { before });
  return verdict;
}

const leftover = (verdict: Awaited<ReturnType<typeof verdictOf>>, kind: string) =>
  verdict?.leftovers.filter((one) => one.kind === kind);

describe("what a server leaves", () => {
  it("is nothing where nothing stays", async () => {
    expect(await verdictOf(await ended({ instances: [{ id: "web" }] }))).toMatchObject({
      status: "deleted",
      clean: true,
      leftovers: [],
      billingStopped: true,
    });
  });

  it("is an EIP with its bandwidth, which bill", async () => {
    const verdict = await verdictOf(await ended({ instances: [{ id: "web", addresses: [{ kind: "elastic" }] }] }));
    expect(verdict?.clean).toBe(false);
    expect(leftover(verdict, "public-address")).toMatchObject([
      { billing: "continues", why: expect.stringContaining("its bandwidth") },
    ]);
  });

  it("is a disk that was kept", async () => {
    const disks = [{ role: "system" }, { id: "kept", role: "data", sizeGiB: 120, deletedWithInstance: false }] as const;
    const verdict = await verdictOf(await ended({ instances: [{ id: "web", disks }] }));
    expect(leftover(verdict, "disk")).toMatchObject([{ sizeGiB: 120, billing: "continues" }]);
  });

  it("is the vault that was made for it, which bills for its room and stands against no clean end", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web" }, { id: "bystander" }]);
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    const cloudOptions = { createVault: true };
    await world.adapter.snapshot([record], { runId: "run-1", method: "backup", cloudOptions });
    world.meddle({ remove: ["web"] });
    await settle(world);
    const verdict = await verdictOf({ world, record, before });
    expect(leftover(verdict, "backup-policy")).toMatchObject([{ billing: "continues" }]);
    expect(verdict).toMatchObject({ status: "deleted", clean: true });
  });

  it("is a disk in the bin of EVS, which bills as well", async () => {
    const world = await huaweiWorld();
    world.seed({
      bins: { disk: { enabled: true, hours: 168, minimumAgeDays: 1 } },
      instances: [
        { id: "web", disks: [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }] },
        { id: "bystander" },
      ],
    });
    await world.clock.advance(48 * 3_600_000);
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    world.meddle({ remove: ["web"] });
    await settle(world);
    const call = await callsOf(world)("all");
    await call.requests.mutate({
      service: "evs",
      action: "DELETE /v2/{project_id}/cloudvolumes/{volume_id}",
      parameters: { path: { volume_id: world.id("kept") } },
      instanceIds: [],
      effects: [],
    });
    await settle(world);
    const [verdict] = await world.adapter.verifyDeleted([record], { before });
    expect(leftover(verdict, "recycle-bin")).toMatchObject([{ id: world.id("kept"), billing: "continues" }]);
    expect(leftover(verdict, "disk")).toEqual([]);
  });

  it("is a backend that waits for whoever gets the address next", async () => {
    const owners = [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80] }] as const;
    const verdict = await verdictOf(await ended({ instances: [{ id: "web" }], owners }));
    expect(leftover(verdict, "load-balancer-target")).toHaveLength(1);
  });

  it.each(["route", "nat-rule", "dns-record", "backup", "image"] as const)("is a %s", async (kind) => {
    const variant = { route: "ecs", "nat-rule": "destination", "dns-record": "public" }[kind as string];
    const owner = { kind, id: "thing", members: ["web"], ...(variant === undefined ? {} : { variant }) };
    const verdict = await verdictOf(
      await ended({ instances: [{ id: "web", addresses: [{ kind: "elastic" }] }], owners: [owner] }),
    );
    expect(leftover(verdict, kind)?.length).toBeGreaterThan(0);
  });

  it("is a server that a scaling group made in its place: no clean end", async () => {
    const owners = [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }] as const;
    const verdict = await verdictOf(await ended({ instances: [{ id: "web" }], owners }));
    expect(verdict).toMatchObject({ status: "deleted", clean: false });
    expect(verdict?.status === "deleted" && verdict.replacedBy).toHaveLength(1);
  });

  it("S03 never is told of a server in the bin: that can come back", async () => {
    const world = await huaweiWorld();
    world.seed([{ id: "web", state: "recycled" }]);
    const [verdict] = await world.adapter.verifyDeleted([await sighting(world, "web")]);
    expect(verdict).toMatchObject({ status: "recycled", clean: false, billingStopped: false });
  });

  it.each(["ecs:GET /v1/{project_id}/recycle-bin/cloudservers", "ecs:GET /v1/{project_id}/cloudservers/detail"])(
    "S03 is not judged while %s cannot be read",
    async (api) => {
      const scene = await ended({ instances: [{ id: "web" }] });
      scene.world.faults.add({ fault: "deny", api });
      const verdict = await verdictOf(scene).catch(() => undefined);
      expect(verdict?.status ?? "unproven").toBe("unproven");
    },
  );

  it("S03 needs a sighting from this very project", async () => {
    const scene = await ended({ instances: [{ id: "web" }] });
    const elsewhere = { ...scene.record, project: "f".repeat(32) };
    const [verdict] = await scene.world.adapter.verifyDeleted([elsewhere], { before: scene.before });
    expect(verdict).toMatchObject({ status: "unproven", problem: { code: "wrong-account" } });
  });

  it("S08 is a rule that was taken away and is back", async () => {
    const world = await huaweiWorld();
    const rule = { direction: "ingress", peer: { kind: "any" }, description: "mine" } as const;
    world.seed({
      securityGroups: [{ id: "app", rules: [rule] }],
      instances: [{ id: "web", securityGroups: ["app"] }, { id: "bystander" }],
    });
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    const [released] = await world.adapter.releaseSecurityRules([record]);
    const removedRules = released?.status === "released" ? released.removed : [];
    expect(removedRules.length).toBeGreaterThan(0);
    await world.adapter.terminate([record], discard);
    await settle(world);
    const [gone] = await world.adapter.verifyDeleted([record], { before, removedRules });
    expect(leftover(gone, "security-rule")).toEqual([]);
    world.meddle({ add: { securityGroups: [{ id: "app", rules: [rule] }] } });
    const [back] = await world.adapter.verifyDeleted([record], { before, removedRules });
    expect(back?.clean).toBe(false);
    expect(leftover(back, "security-rule")?.length).toBeGreaterThan(0);
  });
});
