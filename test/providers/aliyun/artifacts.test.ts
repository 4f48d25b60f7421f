import { describe, expect, it } from "vitest";
import type { Artifact } from "../../../src/snapshots.js";
import { aliyunWorld, expectBlocked, mutations, settle } from "./for-test.js";
import { otherTool } from "./other-tool.js";
import { collect } from "./reading-world.js";
import type { AliyunWorld } from "./world.js";

const unexpired = { reason: "test" };
const day = 24 * 3_600_000;

async function made(count = 1): Promise<{ readonly world: AliyunWorld; readonly artifact: Artifact }> {
  const world = await aliyunWorld();
  const data = Array.from({ length: count - 1 }, (_, nth) => ({ id: `data-${nth}`, role: "data" }) as const);
  world.seed([{ id: "web", disks: [{ id: "root", role: "system" }, ...data] }]);
  await world.adapter.snapshot([world.id("web")], { runId: "run-1", retentionDays: 10 });
  const [artifact] = await collect(world.adapter.findOwnArtifacts({}));
  if (!artifact) throw new Error("no artifact was found");
  return { world, artifact };
}

const standing = (world: AliyunWorld) => world.view().snapshots.length;

describe("own artifacts on ECS", () => {
  it("S15 finds what carries our marks, also as a member of a set", async () => {
    const { world, artifact } = await made();
    expect(artifact).toMatchObject({
      kind: "disk-snapshot",
      runId: "run-1",
      attempt: 1,
      instanceIds: [world.id("web")],
      diskIds: [world.id("root")],
    });
    expect(await collect(world.adapter.findOwnArtifacts({ runId: "run-2" }))).toEqual([]);
    const set = await made(3);
    expect(await collect(set.world.adapter.findOwnArtifacts({ runId: "run-1" }))).toHaveLength(3);
  });

  it("finds what has expired by a day", async () => {
    const { world, artifact } = await made();
    const by = (days: number) => new Date(Date.parse(artifact.createdAt) + days * day).toISOString();
    expect(await collect(world.adapter.findOwnArtifacts({ expiredBefore: by(9) }))).toEqual([]);
    expect(await collect(world.adapter.findOwnArtifacts({ expiredBefore: by(12) }))).toHaveLength(1);
  });

  it("S15 takes no copy for ours onto which somebody put our tags, and removes none", async () => {
    const { world, artifact } = await made();
    const Tag = Object.entries(artifact.tags).map(([Key, Value]) => ({ Key, Value }));
    const forged = await otherTool(world, "ecs:CreateSnapshot", {
      DiskId: world.id("root"),
      Description: "theirs",
      Tag,
    });
    await settle(world);
    const id = forged.need("SnapshotId");
    expect((await collect(world.adapter.findOwnArtifacts({}))).map((one) => one.id)).toEqual([artifact.id]);
    const [outcome] = await world.adapter.removeArtifacts([{ ...artifact, id }], { unexpired });
    expect(outcome?.status).toBe("blocked");
    expect(world.view().snapshots.some((one) => one.id === id)).toBe(true);
  });

  it("S15 removes an unexpired copy only with a reason, each member of a set by itself", async () => {
    const { world } = await made(2);
    const artifacts = await collect(world.adapter.findOwnArtifacts({}));
    const from = world.requests.length;
    for (const outcome of await world.adapter.removeArtifacts(artifacts, {})) expect(outcome.status).toBe("blocked");
    expect(mutations(world, from)).toEqual([]);
    const outcomes = await world.adapter.removeArtifacts(artifacts, { unexpired });
    expect(outcomes.map(({ status }) => status)).toEqual(["removed", "removed"]);
    await settle(world);
    expect(standing(world)).toBe(0);
  });

  it("keeps a copy that an image or a disk was made from", async () => {
    const { world, artifact } = await made();
    world.faults.add({ fault: "error", api: "ecs:DeleteSnapshot", cloudCode: "SnapshotCreatedImage" });
    const [outcome] = await world.adapter.removeArtifacts([artifact], { unexpired });
    expect(outcome?.status).not.toBe("removed");
    expect(standing(world)).toBe(1);
    expect(mutations(world).find(({ api }) => api === "ecs:DeleteSnapshot")?.parameters).not.toHaveProperty("Force");
  });
});

describe("recover on ECS", () => {
  it("says that there is no bin, in capabilities and in each answer, and touches nothing", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web" }]);
    const { accountId } = await world.adapter.whoAmI();
    const scope = { cloud: "aliyun", accountId, region: world.adapter.region } as const;
    const [instance, disk, elsewhere] = await world.adapter.recover([
      world.id("web"),
      { ...scope, kind: "disk", id: "d-bp1abc" },
      { ...scope, kind: "disk", id: "d-bp1abc", region: "cn-beijing" },
    ]);
    expectBlocked(instance, "unsupported");
    expectBlocked(disk, "unsupported");
    expectBlocked(elsewhere, "wrong-account");
    await expect(world.adapter.recover(["web"])).rejects.toMatchObject({ code: "invalid-request" });
    expect(mutations(world)).toEqual([]);
  });
});
