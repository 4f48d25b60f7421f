import { describe, expect, it } from "vitest";
import type { InstanceDisk } from "../../src/instances.js";
import { meddle, openFlow } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

const hour = 3_600_000;
const disk = (id: string, change: Partial<InstanceDisk> = {}): InstanceDisk => ({
  id,
  role: "data",
  sizeGiB: 10,
  encrypted: false,
  ephemeral: false,
  deletedWithInstance: true,
  ...change,
});

describe("S11 proofs", () => {
  it("S11 count their age from the moment they hold, and are taken again when too old", async () => {
    const world = openFlow([aRecord("a")], { snapshot: { maxAgeHours: 4 }, runHours: 100 });
    await world.plan();
    const saved = () => world.cloud.mutations.includes("snapshot a");
    let night = true;
    const control = () =>
      night && saved() ? ({ state: "freeze", reason: "night" } as const) : ({ state: "run" } as const);
    expect((await world.execute({ control })).status).toBe("stopped");
    night = false;
    await world.clock.advance(5 * hour);
    const result = await world.execute({ control });
    expect(result.instances[0]?.status).toBe("accepted");
    const attempts = result.instances[0]?.proofs.map(({ attempt }) => attempt);
    expect(attempts).toEqual([1, 2]);
    expect(world.cloud.options.get("terminate")).toMatchObject({ data: { proofs: [{ attempt: 2 }] } });
  });

  it("S11 from a stopped server are taken again when it was started since", async () => {
    const world = openFlow([aRecord("a", { state: { unified: "stopped", raw: "stopped" } })], {
      snapshot: { from: "stopped" },
    });
    await world.plan();
    world.cloud.takenFrom = "stopped";
    world.cloud.before = async (operation) => {
      if (operation !== "listDependencies" || world.cloud.snapshots.size !== 1) return;
      await world.clock.advance(1_000);
      meddle(world.cloud, "a", { startedAt: new Date(world.clock.now()).toISOString() });
      await world.clock.advance(1_000);
    };
    const result = await world.execute();
    expect(result.instances[0]?.status).toBe("accepted");
    expect(world.cloud.mutations.filter((mutation) => mutation === "snapshot a")).toHaveLength(2);
  });

  it("S11 taken while it ran do not pass for copies of a stopped server", async () => {
    const world = openFlow([aRecord("a", { state: { unified: "stopped", raw: "stopped" } })], {
      snapshot: { from: "stopped" },
    });
    await world.plan();
    world.cloud.takenFrom = "running";
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "missing-snapshot-proof" } });
  });

  it("S11 follow the quarantine's end", async () => {
    const world = openFlow([aRecord("a")], { quarantine: { mode: "stop", forHours: 48 } });
    await world.plan();
    expect((await world.execute()).status).toBe("waiting");
    expect(world.cloud.records.get("a")?.state.unified).toBe("stopped");
    expect(world.cloud.mutations).not.toContain("snapshot a");
    await world.clock.advance(47 * hour);
    expect((await world.execute()).status).toBe("waiting");
    await world.clock.advance(2 * hour);
    expect((await world.execute()).status).toBe("finished");
    expect(world.cloud.mutations).toEqual(["tag a", "stop a", "snapshot a", "terminate a"]);
  });

  it("S11 of a server that was put back into service are void", async () => {
    const { Ledger } = await import("../../src/flow/ledger.js");
    const world = openFlow([aRecord("a")], { quarantine: { mode: "stop", forHours: 1 } });
    await world.plan();
    await world.execute({ maxIdleMs: 1 });
    meddle(world.cloud, "a", { protection: { termination: true, locks: [] } });
    await world.clock.advance(2 * hour);
    expect((await world.execute()).instances[0]?.status).toBe("drifted");
    expect(world.cloud.records.get("a")?.state.unified).toBe("running");
    const ledger = new Ledger();
    for await (const record of world.journal.read()) ledger.add(record);
    expect(ledger.instances[0]?.attempt).toBe(2);
  });
});

describe("S12 dying disks", () => {
  const shared = (id: string, holders: readonly string[]) => [
    disk(`disk-${id}`, { role: "system" }),
    disk("shared", { sharedWith: holders }),
  ];

  it("S12 include one that is shared among targets alone: it needs a copy before the first of them goes", async () => {
    const world = openFlow([aRecord("a", { disks: shared("a", ["b"]) }), aRecord("b", { disks: shared("b", ["a"]) })], {
      waves: [1],
    });
    await world.plan();
    world.cloud.unsaved.add("shared");
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "missing-snapshot-proof" } });
    expect(world.standing()).toEqual(["a", "b"]);
  });

  it("S12 leave out one that a server outside the plan holds as well", async () => {
    const outside = aRecord("c", { disks: shared("c", ["a"]) });
    const world = openFlow([aRecord("a", { disks: shared("a", ["c"]) })]);
    world.cloud.records.set("c", outside);
    await world.plan();
    world.cloud.unsaved.add("shared");
    expect((await world.execute()).instances[0]?.status).toBe("accepted");
    expect(world.standing()).toEqual(["c"]);
  });

  it.each(["recycled", "gone"] as const)("S12 include one whose other holder is %s already", async (unified) => {
    const world = openFlow([aRecord("a", { disks: shared("a", ["c"]) })]);
    world.cloud.records.set("c", aRecord("c", { state: { unified, raw: unified } }));
    await world.plan();
    world.cloud.unsaved.add("shared");
    expect((await world.execute()).instances[0]).toMatchObject({ problem: { code: "missing-snapshot-proof" } });
    expect(world.standing()).toEqual(["a"]);
  });
});

describe("S14 a kept disk", () => {
  const records = [
    aRecord("a", { disks: [disk("disk-a", { role: "system" }), disk("kept", { deletedWithInstance: false })] }),
  ];
  const release = { after: [{ kind: "disk", id: "kept" }] } as const;

  it("S14 stays when its only copy is older than its detachment", async () => {
    const world = openFlow(records, { release });
    await world.plan();
    expect((await world.execute()).instances[0]?.status).toBe("accepted");
    expect(world.cloud.mutations).not.toContain("release:disk a");
  });

  it("S14 goes when it was given up by name", async () => {
    const given = [{ instanceId: "a", diskId: "kept", reason: "scratch" }];
    const world = openFlow(records, { release, terminate: { acceptDataLoss: given } });
    await world.plan();
    await world.execute();
    expect(world.cloud.mutations).toContain("release:disk a");
  });

  it("S42 stays where the executor's guard names none", async () => {
    const given = [{ instanceId: "a", diskId: "kept", reason: "scratch" }];
    const world = openFlow(records, { release, terminate: { acceptDataLoss: given } });
    const result = await world.execute({ guard: { release: { after: [] } } });
    expect(result.instances[0]?.status).toBe("accepted");
    expect(world.cloud.mutations).not.toContain("release:disk a");
  });

  it("stays when nobody named it", async () => {
    const world = openFlow(records);
    await world.plan();
    await world.execute();
    expect(world.cloud.calls.some((call) => call.startsWith("releaseDependencies"))).toBe(false);
  });
});

describe("S16 a stop", () => {
  it("S16 is refused for a disk on the host that nobody gave up", async () => {
    const disks = [disk("disk-a", { role: "system" }), disk("host", { ephemeral: true })];
    const world = openFlow([aRecord("a", { disks })], { quarantine: { mode: "stop", forHours: 1 } });
    await world.plan();
    expect((await world.execute()).instances[0]).toMatchObject({ status: "blocked", problem: { code: "data-loss" } });
    expect(world.cloud.mutations).toEqual([]);
  });
});

it("a snapshot that is refused, too small, or still pending leaves the instance standing", async () => {
  for (const trouble of ["refused", "too-small", "pending"] as const) {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.snapshotTrouble = trouble;
    expect((await world.execute()).instances[0]?.status, trouble).not.toBe("accepted");
    expect(world.standing(), trouble).toEqual(["a"]);
    expect(world.cloud.records.get("a")?.tags, trouble).toEqual({});
  }
});

it("the day on which the cloud removes the last copy stands in plan and receipt", async () => {
  const world = openFlow([aRecord("a")], { snapshot: { expiry: "cloud", retentionDays: 7 } });
  const plan = await world.plan();
  expect(plan.scopes[0]?.instances[0]?.lastCopyUntil).toBe("2026-01-09T03:04:05.000Z");
  expect(plan.warnings).toEqual([]);
  const swept = await openFlow([aRecord("a")]).plan();
  expect(swept.scopes[0]?.instances[0]?.lastCopyUntil).toBeUndefined();
  expect(swept.warnings).toMatchObject([{ message: expect.stringContaining("1 instances") }]);
});
