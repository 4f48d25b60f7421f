import { CreateTagsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { findOwnArtifacts, removeArtifacts } from "../../../providers/aws/artifacts.js";
import { snapshot } from "../../../providers/aws/snapshot.js";
import type { Artifact } from "../../../src/snapshots.js";
import { collect, type ReadingWorld, readingWorld } from "./reading-world.js";

const day = 24 * 3_600_000;
const unexpired = { reason: "test" };

async function made(retentionDays = 30): Promise<{ readonly world: ReadingWorld; readonly artifact: Artifact }> {
  const world = await readingWorld();
  world.fake.seed([{ id: "web", disks: [{ id: "root", role: "system" }] }]);
  await snapshot(world.open, [world.fake.id("web")], { runId: "run-1", retentionDays });
  const [artifact] = await collect(findOwnArtifacts(world.open, {}));
  if (!artifact) throw new Error("no artifact was found");
  return { world, artifact };
}

const standing = (world: ReadingWorld) => world.fake.view().snapshots.length;

describe("findOwnArtifacts", () => {
  it("S15 finds what carries our marks: run, disk, description and owner", async () => {
    const { world, artifact } = await made();
    expect(artifact).toMatchObject({
      kind: "disk-snapshot",
      runId: "run-1",
      attempt: 1,
      instanceIds: [world.fake.id("web")],
      diskIds: [world.fake.id("root")],
    });
    expect(await collect(findOwnArtifacts(world.open, { runId: "run-2" }))).toEqual([]);
  });

  it("S15 does not take a copy for ours onto which somebody put our tags", async () => {
    const { world, artifact } = await made();
    world.fake.seed({ owners: [{ kind: "snapshot", id: "foreign", members: ["root"] }] });
    const client = new EC2Client({
      region: "eu-west-1",
      endpoint: world.url,
      credentials: { accessKeyId: "AKIAHOME", secretAccessKey: "never checked" },
    });
    const Tags = Object.entries(artifact.tags).map(([Key, Value]) => ({ Key, Value }));
    await client.send(new CreateTagsCommand({ Resources: [world.fake.id("foreign")], Tags }));
    client.destroy();
    await world.fake.clock.advance(5_000);
    expect((await collect(findOwnArtifacts(world.open, {}))).map(({ id }) => id)).toEqual([artifact.id]);
    const claimed = { ...artifact, id: world.fake.id("foreign") };
    expect(await removeArtifacts(world.open, [claimed], { unexpired })).toMatchObject([{ status: "blocked" }]);
    expect(world.fake.holds("foreign")).toBe(true);
  });

  it("finds what has expired by a day, and not what has no end", async () => {
    const { world, artifact } = await made(10);
    const by = (days: number) => new Date(Date.parse(artifact.createdAt) + days * day).toISOString();
    expect(await collect(findOwnArtifacts(world.open, { expiredBefore: by(9) }))).toEqual([]);
    expect(await collect(findOwnArtifacts(world.open, { expiredBefore: by(12) }))).toHaveLength(1);
  });

  it.each([{ runId: "" }, { runId: undefined }, { expiredBefore: "" }, { expiredBefore: "soon" }])(
    "S43 refuses %j, which would widen the search",
    async (selector) => {
      const world = await readingWorld();
      const wrong = selector as { runId?: string };
      await expect(collect(findOwnArtifacts(world.open, wrong))).rejects.toMatchObject({ code: "invalid-request" });
      expect(world.fake.requests).toEqual([]);
    },
  );
});

describe("removeArtifacts", () => {
  it("S15 keeps a copy before its time unless told otherwise with a reason", async () => {
    const { world, artifact } = await made();
    for (const options of [{}, { unexpired: { reason: " " } }]) {
      expect(await removeArtifacts(world.open, [artifact], options)).toMatchObject([
        { status: "blocked", problem: { code: "data-loss" } },
      ]);
    }
    expect(standing(world)).toBe(1);
    expect(await removeArtifacts(world.open, [artifact], { unexpired })).toMatchObject([{ status: "removed" }]);
    expect(standing(world)).toBe(0);
  });

  it("S15 removes a copy whose time has come", async () => {
    const { world, artifact } = await made();
    await world.fake.clock.advance(31 * day);
    expect(await removeArtifacts(world.open, [artifact])).toMatchObject([{ status: "removed" }]);
  });

  it.each([
    ["runId", { runId: "run-2" }],
    ["attempt", { attempt: 2 }],
    ["diskIds", { diskIds: ["vol-0fffffffffffffff0"] }],
    ["instanceIds", { instanceIds: ["i-0fffffffffffffff0"] }],
    ["createdAt", { createdAt: "2020-01-01T00:00:00.000Z" }],
  ])("S15 keeps a copy whose %s is not what the artifact says", async (_, change) => {
    const { world, artifact } = await made();
    expect(await removeArtifacts(world.open, [{ ...artifact, ...change }], { unexpired })).toMatchObject([
      { status: "blocked", problem: { code: "conflict" } },
    ]);
    expect(standing(world)).toBe(1);
  });

  it("keeps what carries a protected tag, read now and not as told", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    await snapshot(world.open, [world.fake.id("web")], { runId: "run-1", tags: { keep: "yes" } });
    const [artifact] = await collect(findOwnArtifacts(world.open, {}));
    const told = { ...artifact, tags: {} } as Artifact;
    for (const value of ["yes", "*"]) {
      expect(await removeArtifacts(world.open, [told], { unexpired, protectTags: { keep: value } })).toMatchObject([
        { status: "blocked", problem: { code: "protected" } },
      ]);
    }
    expect(standing(world)).toBe(1);
  });

  it("S15 does not believe what it is told about a copy's time", async () => {
    const { world, artifact } = await made();
    const told = { ...artifact, expiresAt: new Date(world.fake.clock.now() - day).toISOString() };
    expect(await removeArtifacts(world.open, [told])).toMatchObject([
      { status: "blocked", problem: { code: "data-loss" } },
    ]);
    expect(standing(world)).toBe(1);
  });

  it("sends nothing in a dry run", async () => {
    const { world, artifact } = await made();
    expect(await removeArtifacts(world.open, [artifact], { unexpired, dryRun: true })).toMatchObject([
      { status: "would-remove" },
    ]);
    expect(standing(world)).toBe(1);
  });

  it("removes once a copy whose removal was answered by silence", async () => {
    const { world, artifact } = await made();
    world.fake.faults.add({ fault: "drop-after", api: "ec2:DeleteSnapshot", times: 1 });
    expect(await removeArtifacts(world.open, [artifact], { unexpired })).toMatchObject([{ status: "removed" }]);
    expect(world.fake.requests.filter(({ action }) => action === "DeleteSnapshot")).toHaveLength(1);
  });

  it("says failed, and why, where the removal is denied", async () => {
    const { world, artifact } = await made();
    world.fake.faults.add({ fault: "deny", api: "ec2:DeleteSnapshot" });
    expect(await removeArtifacts(world.open, [artifact], { unexpired })).toMatchObject([
      { status: "failed", problem: { code: "access-denied" } },
    ]);
    expect(standing(world)).toBe(1);
  });

  it("sends nothing when its intent cannot be recorded", async () => {
    const { world, artifact } = await made();
    const recorder = { intent: () => Promise.reject(new Error("disk full")), settled: async () => undefined };
    const [outcome] = await removeArtifacts(world.open, [artifact], { unexpired, recorder });
    expect(outcome?.status).not.toBe("removed");
    expect(standing(world)).toBe(1);
  });
});
