import { describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../../src/snapshots.js";
import type { SeedDisk } from "../../../src/testing/seed.js";
import { aliyunWorld, expectBlocked, mutations, sent, settle } from "./for-test.js";
import { otherTool } from "./other-tool.js";
import type { AliyunWorld } from "./world.js";

const one = "ecs:CreateSnapshot";
const set = "ecs:CreateSnapshotGroup";
const run = { runId: "test", attempt: 1, deadlineMs: 6 * 3_600_000 } as const;

async function worldWith(...disks: readonly SeedDisk[]): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  world.seed([{ id: "web", disks: [{ id: "root", role: "system" }, ...disks] }]);
  return world;
}

async function save(world: AliyunWorld, over: object = {}) {
  const [outcome] = await world.adapter.snapshot([world.id("web")], { ...run, ...over });
  return outcome;
}

async function proofsOf(world: AliyunWorld, over: object = {}): Promise<readonly SnapshotProof[]> {
  const outcome = await save(world, over);
  if (outcome?.status !== "completed") throw new Error(JSON.stringify(outcome));
  return outcome.proofs;
}

const data = (count: number, over: SeedDisk = {}): readonly SeedDisk[] =>
  Array.from({ length: count }, (_, index) => ({ id: `data-${index}`, role: "data", ...over }) as const);

/** Describes what the fake asked for a group of copies. */
const diskCounts = (world: AliyunWorld) =>
  sent(world, set).map(({ parameters }) => (Array.isArray(parameters.DiskId) ? parameters.DiskId.length : 1));

describe("snapshot on ECS", () => {
  it("takes disks of the ESSD family in one set of one moment, whose mark names run, attempt, instance and disks", async () => {
    const world = await worldWith(...data(2));
    const outcome = await save(world);
    expect(outcome).toMatchObject({ status: "completed", consistency: "instance" });
    expect(mutations(world).map(({ api }) => api)).toEqual([set]);
    const [request] = sent(world, set);
    const text = JSON.stringify(request?.parameters);
    for (const word of ["cloud-decom:run", "cloud-decom:attempt", "cloud-decom:instance", world.id("data-1")]) {
      expect(text).toContain(word);
    }
    expect(world.view().snapshots).toHaveLength(3);
  });

  it("splits a set after 16 disks, and then claims no common moment", async () => {
    const world = await worldWith(...data(16));
    const outcome = await save(world);
    expect(diskCounts(world)).toEqual([16]);
    expect(sent(world, one)).toHaveLength(1);
    expect(outcome).toMatchObject({ status: "completed", consistency: "disk" });
  });

  it("splits a set before it holds more than 32 TiB", async () => {
    const world = await worldWith(...data(3, { sizeGiB: 16_000 }));
    await proofsOf(world);
    expect(diskCounts(world)).toEqual([3]);
    expect(sent(world, one)).toHaveLength(1);
  });

  it("takes disks that no set takes one by one: no two of them are of one moment, though of one second", async () => {
    const world = await worldWith(...data(2, { medium: "basic" }));
    const outcome = await save(world);
    expect(sent(world, set)).toEqual([]);
    expect(sent(world, one)).toHaveLength(3);
    expect(outcome).toMatchObject({ status: "completed", consistency: "disk" });
  });

  it("says of a disk of the host that nothing saves it", async () => {
    const world = await worldWith({ id: "local", role: "data", medium: "local" });
    const outcome = await save(world);
    expect(outcome).toMatchObject({ status: "completed", unprotected: [{ diskId: world.id("local") }] });
    expect(world.view().snapshots).toHaveLength(1);
  });

  it("sends the same token again, so that a repeat makes nothing twice", async () => {
    const world = await worldWith();
    world.faults.add({ fault: "drop-after", api: one, times: 1, landsAfterMs: 20_000 });
    expect(await proofsOf(world)).toHaveLength(1);
    const tokens = sent(world, one).map(({ parameters }) => parameters.ClientToken);
    expect(tokens.every((token) => typeof token === "string" && token.length > 0 && token.length <= 64)).toBe(true);
    expect(new Set(tokens).size).toBe(1);
    expect(world.view().snapshots).toHaveLength(1);
  });

  it.each([one, set])(
    "S06 words the token of %s alike in every process: run, attempt and disks decide it",
    async (api) => {
      const world = await worldWith(...(api === set ? data(1) : []));
      world.faults.add({ fault: "error", api, cloudCode: "QuotaExceed.Snapshot" });
      const ask = async (over: object) => {
        // Another adapter has clients, caches and an identity of its own, as another process would.
        const [outcome] = await world.adapterWith({}).snapshot([world.id("web")], { ...run, ...over });
        expect(outcome?.status).toBe("failed");
      };
      for (const over of [{}, {}, { attempt: 2 }, { runId: "other" }]) await ask(over);
      const [first, again, ...others] = sent(world, api).map(({ parameters }) => parameters.ClientToken);
      expect(first).toMatch(/^[0-9a-f]{48}$/);
      expect(again).toBe(first);
      expect(new Set([first, ...others]).size).toBe(3);
    },
  );

  it("S06 finds the set of a request whose answer was lost, and makes no second one", async () => {
    const world = await worldWith(...data(1));
    world.faults.add({ fault: "drop-after", api: set, times: 1, landsAfterMs: 20_000 });
    expect(await proofsOf(world)).toHaveLength(2);
    expect(world.view().snapshots).toHaveLength(2);
  });

  it("waits out a refusal that passes by itself", async () => {
    const world = await worldWith();
    world.faults.add({ fault: "error", api: one, cloudCode: "IncorrectDiskStatus.CreatingSnapshot", times: 2 });
    expect(await proofsOf(world)).toHaveLength(1);
    expect(sent(world, one)).toHaveLength(3);
  });

  it("sends nothing again when the quota is used up", async () => {
    const world = await worldWith();
    world.seed({ quotas: { snapshots: 0 } });
    expect(await save(world)).toMatchObject({ status: "failed", problem: { code: "quota" } });
    expect(sent(world, one)).toHaveLength(1);
  });

  it("gives the members of a set their retention one by one, since no set takes one", async () => {
    const world = await worldWith(...data(1));
    const keepUntil = new Date(world.clock.now() + 10 * 24 * 3_600_000).toISOString();
    const proofs = await proofsOf(world, { expiry: "cloud", keepUntil });
    expect(sent(world, set)[0]?.parameters).not.toHaveProperty("RetentionDays");
    expect(sent(world, "ecs:ModifySnapshotAttribute")).toHaveLength(2);
    expect(proofs.map(({ expiresBy }) => expiresBy)).toEqual(["cloud", "cloud"]);
  });

  it("gives a single copy its retention as it is made", async () => {
    const world = await worldWith();
    const [proof] = await proofsOf(world, { expiry: "cloud" });
    expect(Number(sent(world, one)[0]?.parameters.RetentionDays)).toBeGreaterThanOrEqual(1);
    expect(sent(world, "ecs:ModifySnapshotAttribute")).toEqual([]);
    expect(proof?.expiresBy).toBe("cloud");
  });

  it("S15 leaves a copy to a sweep where its retention could not be set", async () => {
    const world = await worldWith(...data(1));
    world.faults.add({ fault: "deny", api: "ecs:ModifySnapshotAttribute" });
    const proofs = await proofsOf(world, { expiry: "cloud" });
    expect(proofs.map(({ expiresBy }) => expiresBy)).toEqual(["sweep", "sweep"]);
  });

  it("copies nothing of an instance that is locked for security", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web", locks: [{ unified: "security" }] }]);
    expectBlocked(await save(world), "locked");
    expect(mutations(world)).toEqual([]);
  });

  it("leaves tags that are ours or the cloud's own to us and the cloud", async () => {
    const world = await worldWith();
    for (const key of ["cloud-decom:run", "aliyun-x", "acs:x"]) {
      await expect(save(world, { tags: { [key]: "x" } })).rejects.toMatchObject({ code: "invalid-request" });
    }
    expect(world.requests).toEqual([]);
  });

  it("S10 takes no copy for a proof before it is accomplished to the last percent", async () => {
    const world = await worldWith({ id: "data", role: "data", snapshots: "stuck" });
    const outcome = await save(world, { wait: false });
    expect(outcome?.status).toBe("pending");
    const { accountId } = await world.adapter.whoAmI();
    const now = new Date(world.clock.now()).toISOString();
    const claimed = world.view().snapshots.map(
      ({ id, diskIds }): SnapshotProof => ({
        cloud: "aliyun",
        accountId,
        region: world.adapter.region,
        id,
        kind: "disk-snapshot",
        instanceId: world.id("web"),
        diskId: diskIds[0] ?? "",
        runId: "test",
        attempt: 1,
        sizeGiB: 40,
        encrypted: false,
        keyUsable: true,
        pointInTime: now,
        takenFrom: "running",
        completedAt: now,
        expiresBy: "sweep",
      }),
    );
    world.meddle({ set: [{ id: "web" }] });
    await settle(world);
    const options = { data: { proofs: claimed }, dataDisks: { delete: [world.id("data")] } } as const;
    expectBlocked((await world.adapter.terminate([world.id("web")], options))[0], "missing-snapshot-proof");
    expect(world.holds("web")).toBe(true);
  });

  it("S10 takes no copy for ours that only carries our tags", async () => {
    const world = await worldWith();
    const [proof] = await proofsOf(world);
    if (!proof) throw new Error("no proof");
    const tags = world.view().snapshots.find(({ id }) => id === proof.id)?.tags ?? {};
    const Tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const forged = await otherTool(world, one, { DiskId: world.id("root"), Description: "somebody else's", Tag });
    world.meddle({ remove: [proof.id] });
    await settle(world);
    const proofs = [{ ...proof, id: forged.need("SnapshotId") }];
    const [outcome] = await world.adapter.terminate([world.id("web")], { data: { proofs } });
    expectBlocked(outcome, "missing-snapshot-proof");
    expect(world.holds("web")).toBe(true);
  });
});
