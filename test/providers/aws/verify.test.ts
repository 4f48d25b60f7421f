import { EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { revert } from "../../../providers/aws/revert.js";
import { releaseSecurityRules } from "../../../providers/aws/security-rules.js";
import { verifyDeleted } from "../../../providers/aws/verify.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { SeedInstance, WorldSeed } from "../../../src/testing/seed.js";
import type { DeletionVerdict, VerifyOptions } from "../../../src/verification.js";
import { type ReadingWorld, readingWorld } from "./reading-world.js";

const hour = 3_600_000;

/** An instance that was seen with all that hung on it, and then ended. */
async function ended(seed: WorldSeed, world?: ReadingWorld) {
  const opened = world ?? (await readingWorld());
  opened.fake.seed(seed);
  const [name = ""] = seed.instances?.map((instance) => instance.id) ?? [];
  const record = await opened.record(name);
  const before = await listDependencies(opened.open, [record]);
  opened.fake.meddle({ remove: [name] });
  return { world: opened, record, before };
}

/** An instance that was terminated as people do, so that its owner notices. */
async function lost(seed: WorldSeed) {
  const world = await readingWorld();
  world.fake.seed(seed);
  const record = await world.record("web");
  const before = await listDependencies(world.open, [record]);
  const client = new EC2Client({
    region: "eu-west-1",
    endpoint: world.url,
    credentials: { accessKeyId: "AKIAHOME", secretAccessKey: "never checked" },
  });
  await client.send(new TerminateInstancesCommand({ InstanceIds: [record.id] }));
  client.destroy();
  await world.fake.clock.advance(hour / 6);
  return { world, record, before };
}

const only = (instance: Partial<SeedInstance> = {}): WorldSeed => ({ instances: [{ id: "web", ...instance }] });

async function verdict(
  world: ReadingWorld,
  record: InstanceRecord | string,
  options?: VerifyOptions,
): Promise<DeletionVerdict> {
  const [found] = await verifyDeleted(world.open, [record], options);
  if (!found) throw new Error("no verdict");
  return found;
}

describe("verifyDeleted: is it gone", () => {
  it("S03 takes the cloud's own tombstone for proof, read twice", async () => {
    const { world, record, before } = await ended(only());
    const found = await verdict(world, record, { before });
    expect(found).toMatchObject({ status: "deleted", billingStopped: true, clean: true });
    if (found.status !== "deleted") return;
    expect(found.absence.control).toMatchObject({ by: "row", row: "tombstone", id: record.id });
    const [first, second] = found.absence.reads;
    expect(Date.parse(second.at) - Date.parse(first.at)).toBeGreaterThanOrEqual(5_000);
    expect(found.evidence.map(({ said }) => said)).toContain(`${record.id} is terminated`);
    expect(found.evidence.every(({ requestId }) => requestId !== undefined)).toBe(true);
  });

  it("S03 proves with a sighting, two reads and a control that one is gone whose tombstone has gone as well", async () => {
    const { world, record, before } = await ended(only());
    await world.fake.clock.advance(3 * hour);
    const found = await verdict(world, record, { before });
    expect(found.status).toBe("deleted");
    expect(found.status === "deleted" && found.absence.sighting.state.unified).toBe("running");
  });

  it("S03 does not believe the absence of an id that nobody ever saw", async () => {
    const world = await readingWorld();
    expect(await verdict(world, "i-0123456789abcdef0")).toMatchObject({
      status: "unproven",
      problem: { code: "not-found" },
      clean: false,
      billingStopped: "unknown",
    });
  });

  it("S03 takes the report of before for a sighting where the target is an id alone", async () => {
    const { world, record, before } = await ended(only());
    await world.fake.clock.advance(3 * hour);
    expect((await verdict(world, record.id, { before })).status).toBe("deleted");
    expect((await verdict(world, record.id)).status).toBe("unproven");
  });

  it("S03 answers unproven for a record of another account, and spares the others", async () => {
    const { world, record, before } = await ended(only());
    world.fake.seed([{ id: "db" }]);
    const stranger = { ...(await world.record("db")), accountId: "210987654321" };
    const [foreign, own] = await verifyDeleted(world.open, [stranger, record], { before });
    expect(foreign).toMatchObject({ status: "unproven", problem: { code: "wrong-account" } });
    expect(own?.status).toBe("deleted");
  });

  it("calls one that stands alive, after no more than the grace that reads are given", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const record = await world.record("web");
    const startedAt = world.fake.clock.now();
    expect(await verdict(world, record)).toMatchObject({ status: "alive", clean: false, billingStopped: false });
    expect(world.fake.clock.now() - startedAt).toBeLessThan(5 * 60_000);
  });

  it("sees the end of one that shuts down for minutes, in bulk reads that grow apart", async () => {
    const world = await readingWorld();
    const names = ["a", "b", "c"];
    world.fake.seed(names.map((id) => ({ id })));
    const records = await Promise.all(names.map((name) => world.record(name)));
    for (const id of names) world.fake.meddle({ set: [{ id, state: "terminating" }] });
    const { answer, byApi } = await world.counted(() => verifyDeleted(world.open, records));
    expect(answer.map(({ status }) => status)).toEqual(["deleted", "deleted", "deleted"]);
    expect(byApi["ec2:DescribeInstances"]).toBeLessThan(12);
  });

  it("stops at shutting-down where accepted is enough, since from there on nothing is billed", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const record = await world.record("web");
    world.fake.meddle({ set: [{ id: "web", state: "terminating" }] });
    const found = await verdict(world, record, { until: "stopped-billing" });
    expect(found).toMatchObject({ status: "terminating", billingStopped: true, clean: false });
  });

  it("answers what it last saw when its time is up", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const record = await world.record("web");
    world.fake.meddle({ set: [{ id: "web", state: "terminating" }] });
    expect((await verdict(world, record, { deadlineMs: 2_000 })).status).toBe("terminating");
  });

  it("does not call one deleted whose proof the deadline cut short", async () => {
    const { world, record } = await ended(only());
    expect(await verdict(world, record, { deadlineMs: 2_000 })).toMatchObject({
      status: "unproven",
      problem: { code: "timeout" },
    });
  });

  it("throws where the first look is denied: nothing at all can be said", async () => {
    const { world, record } = await ended(only());
    world.fake.faults.add({ fault: "deny", api: "ec2:DescribeInstances" });
    await expect(verdict(world, record)).rejects.toMatchObject({ code: "access-denied" });
  });
});

describe("verifyDeleted: what is left", () => {
  it("names a volume that was kept, with its size and that it bills", async () => {
    const kept = { id: "kept", role: "data", sizeGiB: 120, deletedWithInstance: false } as const;
    const { world, record, before } = await ended(only({ disks: [{ role: "system" }, kept] }));
    const found = await verdict(world, record, { before });
    expect(found.leftovers).toMatchObject([
      { kind: "disk", id: world.fake.id("kept"), sizeGiB: 120, billing: "continues" },
    ]);
    expect(found.clean).toBe(false);
  });

  it("knows a kept volume from the record alone, and says what it cannot know without a report", async () => {
    const kept = { id: "kept", role: "data", deletedWithInstance: false } as const;
    const { world, record } = await ended(only({ disks: [{ role: "system" }, kept] }));
    const found = await verdict(world, record);
    expect(found.leftovers.map(({ id }) => id)).toEqual([world.fake.id("kept")]);
    expect(found.coverage).toContainEqual(expect.objectContaining({ source: "before", status: "partial" }));
  });

  it("does not take a report about another instance for one about this", async () => {
    const { world, record } = await ended(only({ addresses: [{ id: "front", kind: "elastic" }] }));
    world.fake.seed([{ id: "other" }]);
    const before = await listDependencies(world.open, [world.fake.id("other")]);
    const found = await verdict(world, record, { before });
    expect(found.coverage).toContainEqual(expect.objectContaining({ source: "before", status: "partial" }));
    expect(found.clean).toBe(false);
  });

  it("does not hold against a clean end what was to stay", async () => {
    const kept = { id: "kept", role: "data", deletedWithInstance: false } as const;
    const { world, record, before } = await ended(only({ disks: [{ role: "system" }, kept] }));
    const stays = [{ kind: "disk", id: world.fake.id("kept") }] as const;
    const found = await verdict(world, record, { before, stays });
    expect(found.leftovers).toHaveLength(1);
    expect(found.clean).toBe(true);
  });

  it("finds a volume in the Recycle Bin that was to be deleted, and that it bills there", async () => {
    const world = await readingWorld();
    const seed = { ...only({ disks: [{ id: "root", role: "system" }] }), bins: { disk: { enabled: true, hours: 48 } } };
    const { record, before } = await ended(seed, world);
    const found = await verdict(world, record, { before });
    expect(found.leftovers).toMatchObject([{ kind: "recycle-bin", id: world.fake.id("root"), billing: "continues" }]);
    expect(found.clean).toBe(false);
  });

  it("does not call an end clean while the Recycle Bin may not be looked into", async () => {
    const { world, record, before } = await ended(only());
    world.fake.faults.add({ fault: "deny", api: "ec2:ListVolumesInRecycleBin" });
    const found = await verdict(world, record, { before });
    expect(found.clean).toBe(false);
    expect(found.coverage).toContainEqual(
      expect.objectContaining({ source: "ec2:ListVolumesInRecycleBin", status: "denied" }),
    );
    expect((await verdict(world, record, { before, skip: ["recycle-bin"] })).clean).toBe(true);
  });

  it("names an Elastic IP that nobody uses now", async () => {
    const { world, record, before } = await ended(only({ addresses: [{ id: "front", kind: "elastic" }] }));
    const found = await verdict(world, record, { before });
    expect(found.leftovers).toMatchObject([
      { kind: "public-address", id: world.fake.id("front"), billing: "continues" },
    ]);
  });

  it("names an interface that was kept, which costs nothing", async () => {
    const extra = { id: "second", deletedWithInstance: false };
    const { world, record, before } = await ended(only({ extraInterfaces: [extra] }));
    const found = await verdict(world, record, { before });
    expect(found.leftovers).toMatchObject([
      { kind: "network-interface", id: world.fake.id("second"), billing: "none" },
    ]);
  });

  it("names snapshots and images that others made of it", async () => {
    const seed: WorldSeed = {
      ...only({ disks: [{ id: "root", role: "system" }] }),
      owners: [
        { kind: "snapshot", id: "old", members: ["root"] },
        { kind: "image", id: "golden", members: ["root"] },
      ],
    };
    const { world, record, before } = await ended(seed);
    const found = await verdict(world, record, { before });
    const named = found.leftovers.map(({ kind, id }) => `${kind} ${id}`);
    expect(named).toContain(`snapshot ${world.fake.id("old")}`);
    expect(named).toContain(`image ${world.fake.id("golden")}`);
    expect(found.clean).toBe(false);
  });

  it("names a registration by address, which waits for whoever gets it next", async () => {
    const { world, record, before } = await ended({
      ...only(),
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], variant: "ip" }],
    });
    for (const options of [{ before }, {}]) {
      const found = await verdict(world, record, options);
      expect(found.leftovers).toMatchObject([{ kind: "load-balancer-target", id: world.fake.id("pool") }]);
    }
  });

  it("names a route that has become a black hole", async () => {
    const { world, record, before } = await ended({
      ...only(),
      owners: [{ kind: "route", id: "rtb", members: ["web"] }],
    });
    const found = await verdict(world, record, { before });
    expect(found.leftovers).toMatchObject([
      { kind: "route", id: `${world.fake.id("rtb")}/0.0.0.0/0`, billing: "none" },
    ]);
  });

  it("carries over what the report of before said would keep billing and is not read again", async () => {
    const { world, record, before } = await ended({
      ...only(),
      owners: [{ kind: "dedicated-host", id: "host", members: ["web"] }],
    });
    const found = await verdict(world, record, { before });
    expect(found.leftovers).toMatchObject([
      { kind: "dedicated-host", id: world.fake.id("host"), billing: "continues" },
    ]);
    expect(found.clean).toBe(false);
  });

  it("carries over what was not looked at before", async () => {
    const world = await readingWorld();
    world.fake.seed(only());
    const heal = world.fake.faults.add({ fault: "deny", api: "autoscaling:DescribeAutoScalingInstances" });
    const record = await world.record("web");
    const before = await listDependencies(world.open, [record]);
    heal();
    world.fake.meddle({ remove: ["web"] });
    const found = await verdict(world, record, { before });
    expect(found.clean).toBe(false);
    expect(found.coverage).toContainEqual(
      expect.objectContaining({ kind: "auto-scaling-group", status: "denied", gate: "report" }),
    );
  });
});

describe("verifyDeleted: what came back", () => {
  const host = (address: string) => ({ kind: "cidr", cidr: `${address}/32`, family: "ipv4" }) as const;

  it.each([true, false])("S08 names a rule that was taken away, and is back: %s", async (back) => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "db", rules: [{ direction: "ingress", peer: host("172.31.0.50"), description: "web" }] }],
      instances: [{ id: "web", privateIps: ["172.31.0.50"] }],
    });
    const record = await world.record("web");
    const before = await listDependencies(world.open, [record]);
    const [released] = await releaseSecurityRules(world.open, [record], { scope: "own-address" });
    if (released?.status !== "released") throw new Error("nothing was released");
    if (back) await revert(world.open, released.effects);
    world.fake.meddle({ remove: ["web"] });
    const found = await verdict(world, record, { before, removedRules: released.removed });
    expect(found.leftovers.filter(({ kind }) => kind === "security-rule")).toHaveLength(back ? 1 : 0);
    expect(found.clean).toBe(!back);
  });
});

describe("verifyDeleted: what takes its place", () => {
  it("names the instance that a scaling group launched instead", async () => {
    const { world, record, before } = await lost({
      ...only(),
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }],
    });
    const standing = world.fake.view().instances.filter(({ state }) => state === "running");
    const found = await verdict(world, record, { before });
    expect(standing).toHaveLength(1);
    expect(found).toMatchObject({ status: "deleted", replacedBy: [standing[0]?.id], clean: false });
  });

  it("names no replacement where the group launched none", async () => {
    const { world, record, before } = await lost({
      ...only(),
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: false }],
    });
    expect(await verdict(world, record, { before })).not.toHaveProperty("replacedBy");
  });

  it("names a Spot request that still stands, with what it launched", async () => {
    const { world, record, before } = await lost({
      ...only({ billing: "spot" }),
      owners: [{ kind: "spot-request", id: "request", members: ["web"], replaces: true }],
    });
    const found = await verdict(world, record, { before });
    expect(found.leftovers.map(({ kind }) => kind)).toContain("spot-request");
    expect(found.clean).toBe(false);
  });
});
