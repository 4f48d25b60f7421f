import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aliyun/dependencies.js";
import { releaseSecurityRules } from "../../../providers/aliyun/security-rules.js";
import { terminate } from "../../../providers/aliyun/terminate.js";
import { verifyDeleted } from "../../../providers/aliyun/verify.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { SeedInstance, WorldSeed } from "../../../src/testing/seed.js";
import type { DeletionVerdict, VerifyOptions } from "../../../src/verification.js";
import { type ReadingWorld, readingWorld } from "./reading-world.js";
import { allow, host } from "./rules.js";

const minute = 60_000;

/** An instance that was seen with all that hung on it, and then ended. */
async function ended(seed: WorldSeed) {
  const world = await readingWorld();
  world.fake.seed(seed);
  const record = await world.record("web");
  const before = await listDependencies(world.open, [record]);
  world.fake.meddle({ remove: ["web"] });
  await world.fake.clock.advance(5 * minute);
  return { world, record, before };
}

const only = (instance: Partial<SeedInstance> = {}): WorldSeed => ({
  instances: [{ id: "web", ...instance }, { id: "bystander" }],
});

async function verdict(
  world: ReadingWorld,
  record: InstanceRecord | string,
  options?: VerifyOptions,
): Promise<DeletionVerdict> {
  const [found] = await verifyDeleted(world.open, [record], options);
  if (!found) throw new Error("no verdict");
  return found;
}

const left = ({ leftovers }: DeletionVerdict, kind: DependencyKind) => leftovers.filter((one) => one.kind === kind);

describe("verifyDeleted: is it gone", () => {
  it("S03 takes an id that vanished for gone only with a sighting, two reads apart and a row that is still seen", async () => {
    const { world, record, before } = await ended(only());
    const found = await verdict(world, record, { before });
    expect(found).toMatchObject({ status: "deleted", billingStopped: true, clean: true, leftovers: [] });
    if (found.status !== "deleted") return;
    expect(found.absence.control).toMatchObject({ by: "row", id: world.fake.id("bystander") });
    const [first, second] = found.absence.reads;
    expect(Date.parse(second.at) - Date.parse(first.at)).toBeGreaterThanOrEqual(5_000);
    expect((await verdict(world, record.id)).status).toBe("unproven");
  });

  it("S03 proves the end of the last instance of a region by a security group that is seen", async () => {
    const { world, record, before } = await ended({ instances: [{ id: "web" }] });
    const found = await verdict(world, record, { before });
    expect(found.status === "deleted" && found.absence.control).toMatchObject({ by: "row" });
  });

  it("waits for a release that has no state of its own: until it vanishes it reads Stopping or Stopped", async () => {
    const world = await readingWorld();
    world.fake.seed(only());
    const record = await world.record("web");
    const before = await listDependencies(world.open, [record]);
    await terminate(world.open, [record], { data: { discard: "a test" } });
    expect(world.fake.holds("web")).toBe(false);
    const found = await verdict(world, record, { before });
    expect(found.status).toBe("deleted");
    expect(found.evidence.map(({ said }) => said).some((said) => / is Stop/.test(said))).toBe(true);
  });

  it("calls a stopped instance alive and billing, after no more than its patience", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", state: "stopped" }]);
    const startedAt = world.fake.clock.now();
    expect(await verdict(world, await world.record("web"))).toMatchObject({ status: "alive", billingStopped: false });
    expect(world.fake.clock.now() - startedAt).toBeLessThan(10 * minute);
  });

  it("tells when one is due that is released by a timer", async () => {
    const world = await readingWorld({ now: "2026-11-20T08:00:00Z" });
    world.fake.seed([{ id: "web", scheduledReleaseAt: "2026-12-24T00:00:00Z" }]);
    expect(await verdict(world, await world.record("web"))).toMatchObject({
      status: "scheduled",
      at: "2026-12-24T00:00:00.000Z",
    });
  });
});

describe("verifyDeleted: what is left", () => {
  it("names a kept disk, an EIP, an interface, a snapshot and an image, each with what it costs", async () => {
    const { world, record, before } = await ended({
      instances: [
        {
          id: "web",
          disks: [{ id: "root" }, { id: "data", role: "data", deletedWithInstance: false, sizeGiB: 120 }],
          addresses: [{ id: "front", kind: "elastic" }],
          extraInterfaces: [{ id: "card", deletedWithInstance: false }],
        },
        { id: "bystander" },
      ],
      owners: [
        { kind: "snapshot", id: "copy", members: ["root"] },
        { kind: "image", id: "golden", members: ["data"] },
      ],
    });
    const found = await verdict(world, record, { before });
    const { id } = world.fake;
    expect(left(found, "disk")).toMatchObject([{ id: id("data"), sizeGiB: 120, billing: "continues" }]);
    expect(left(found, "public-address")).toMatchObject([{ id: id("front"), billing: "continues" }]);
    expect(left(found, "network-interface")).toMatchObject([{ id: id("card"), billing: "none" }]);
    expect(left(found, "snapshot").map((one) => one.id)).toContain(id("copy"));
    expect(left(found, "image")).toMatchObject([{ id: id("golden"), billing: "continues" }]);
    expect(found.clean).toBe(false);
  });

  it("does not name an EIP that somebody else uses by now", async () => {
    const { world, record, before } = await ended(only({ addresses: [{ id: "front", kind: "elastic" }] }));
    const address = world.fake.view().addresses.find(({ id }) => id === world.fake.id("front"));
    expect(address?.instanceId).toBeUndefined();
    world.fake.meddle({ remove: ["front"] });
    expect(left(await verdict(world, record, { before }), "public-address")).toEqual([]);
  });

  it("names servers that stayed behind load balancers of every kind", async () => {
    const { world, record, before } = await ended({
      instances: [{ id: "web" }, { id: "bystander" }],
      owners: [
        { kind: "load-balancer-target", id: "pool", members: ["web"] },
        { kind: "load-balancer-target", id: "by-address", members: ["web"], variant: "nlb", by: "address" },
        { kind: "load-balancer-target", id: "plain", members: ["web"], variant: "clb" },
        { kind: "load-balancer-target", id: "grouped", members: ["web"], variant: "clb-group" },
      ],
    });
    const ids = left(await verdict(world, record, { before }), "load-balancer-target").map(({ id }) => id);
    for (const name of ["pool", "by-address", "plain", "grouped"])
      expect(ids.some((id) => id.includes(world.fake.id(name)))).toBe(true);
  });

  it("names routes and DNAT entries that still lead to it, and whitelists that still let its address in", async () => {
    const { world, record, before } = await ended({
      instances: [{ id: "web" }, { id: "bystander" }],
      owners: [
        { kind: "route", id: "way", members: ["web"] },
        { kind: "nat-rule", id: "door", members: ["web"] },
        { kind: "address-list", id: "allowed", members: ["web"], variant: "rds" },
      ],
    });
    const found = await verdict(world, record, { before });
    expect(left(found, "route").map(({ id }) => id)).toEqual([world.fake.id("way")]);
    expect(left(found, "nat-rule").map(({ id }) => id)).toEqual([world.fake.id("door")]);
    expect(left(found, "address-list")).toHaveLength(1);
    // None of them costs anything.
    expect(found.clean).toBe(true);
  });

  it("names the instance that a scaling group launched in its place, and is not clean", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web" }, { id: "bystander" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }],
    });
    const record = await world.record("web");
    const before = await listDependencies(world.open, [record]);
    world.fake.meddle({ remove: ["web"] });
    await world.fake.clock.advance(20 * minute);
    const found = await verdict(world, record, { before });
    expect(found).toMatchObject({ status: "deleted", clean: false });
    expect(found.status === "deleted" && found.replacedBy).toHaveLength(1);
  });

  it("S08 names a rule that was taken away and is back, under whatever id", async () => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [allow("from-web", host("172.16.0.60"))] }],
      instances: [{ id: "web", privateIps: ["172.16.0.60"] }, { id: "bystander" }],
    });
    const record = await world.record("web");
    const before = await listDependencies(world.open, [record]);
    const [released] = await releaseSecurityRules(world.open, [record], { scope: "own-address" });
    const removedRules = released?.status === "released" ? released.removed : [];
    expect(removedRules).toHaveLength(1);
    world.fake.meddle({ remove: ["web"] });
    await world.fake.clock.advance(5 * minute);
    expect(left(await verdict(world, record, { before, removedRules }), "security-rule")).toEqual([]);
    world.fake.seed({
      securityGroups: [{ id: "db", rules: [allow("from-web", host("172.16.0.60"))] }],
    });
    const back = await verdict(world, record, { before, removedRules });
    expect(left(back, "security-rule")).toHaveLength(1);
    expect(back.clean).toBe(false);
  });

  it("S01 is not clean where nobody can say what a service hides", async () => {
    const { world, record, before } = await ended(only());
    world.fake.faults.add({ fault: "deny", api: "ram:ListPoliciesForUser" });
    const found = await verdict(world, record, { before });
    expect(found.clean).toBe(false);
    expect(found.coverage.filter(({ status }) => status === "partial").map(({ source }) => source)).toContain(
      "alb:ListServerGroupServers",
    );
  });
});
