import { AttachVolumeCommand, CreateSnapshotCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../../src/snapshots.js";
import { awsWorld, discard, expectBlocked, mutations, otherTool, sent, settle } from "./for-test.js";
import type { AwsWorld } from "./world.js";

const createApi = "ec2:CreateSnapshots";
const run = { runId: "test", attempt: 1, deadlineMs: 6 * 3_600_000 } as const;

async function proofsOf(world: AwsWorld, name: string, over: object = {}): Promise<readonly SnapshotProof[]> {
  const [outcome] = await world.adapter.snapshot([world.id(name)], { ...run, ...over });
  if (outcome?.status !== "completed") throw new Error(JSON.stringify(outcome));
  return outcome.proofs;
}

describe("snapshot on EC2", () => {
  it("makes one set per instance, which names its run, attempt, instance and disks", async () => {
    const world = await awsWorld();
    world.seed([
      {
        id: "web",
        disks: [
          { id: "root", role: "system" },
          { id: "data", role: "data" },
        ],
      },
    ]);
    await proofsOf(world, "web");
    const [request, ...more] = mutations(world);
    expect(more).toEqual([]);
    expect(request?.api).toBe(createApi);
    for (const { tags } of world.view().snapshots) {
      expect(tags).toMatchObject({
        "cloud-decom:run": "test",
        "cloud-decom:attempt": "1",
        "cloud-decom:instance": world.id("web"),
        "cloud-decom:taken-from": "running",
      });
      expect(tags["cloud-decom:disks"]?.split(" ").sort()).toEqual([world.id("root"), world.id("data")].sort());
    }
  });

  it("copies only what is new when a disk came since, and leaves the root out by its own switch", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }], disks: [{ id: "late" }] });
    await proofsOf(world, "web");
    const attach = { VolumeId: world.id("late"), InstanceId: world.id("web"), Device: "/dev/sdz" };
    await otherTool(world).send(new AttachVolumeCommand(attach));
    await settle(world);
    const [outcome] = await world.adapter.snapshot([world.id("web")], run);
    expect(outcome).toMatchObject({ status: "completed", consistency: "disk" });
    expect(world.view().snapshots).toHaveLength(2);
    const specification = JSON.stringify(sent(world, createApi)[1]?.parameters.InstanceSpecification);
    expect(specification).toMatch(/"ExcludeBootVolume":"?true/);
    expect(specification).not.toContain("vol-");
  });

  it("waits out a limit that passes by itself, looking for what it may have made before each further try", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "error", api: createApi, cloudCode: "ConcurrentSnapshotLimitExceeded", times: 2 });
    expect(await proofsOf(world, "web")).toHaveLength(1);
    const log = world.requests.filter(({ api }) => api === createApi || api === "ec2:DescribeSnapshots");
    const tries = log.flatMap(({ api }, index) => (api === createApi ? [index] : []));
    expect(tries).toHaveLength(3);
    for (const [nth, index] of tries.entries()) if (nth > 0) expect(log[index - 1]?.api).toBe("ec2:DescribeSnapshots");
    expect(world.view().snapshots).toHaveLength(1);
  });

  it("gives up on a limit that does not pass, and leaves the instance unsaved", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "error", api: createApi, cloudCode: "SnapshotCreationPerVolumeRateExceeded" });
    const [outcome] = await world.adapter.snapshot([world.id("web")], run);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "quota" }, proofs: [] });
    expect(sent(world, createApi).length).toBeLessThan(10);
  });

  it("sends nothing again when the account's quota is used up", async () => {
    const world = await awsWorld();
    world.seed({ instances: [{ id: "web" }], quotas: { snapshots: 0 } });
    const [outcome] = await world.adapter.snapshot([world.id("web")], run);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "quota" } });
    expect(sent(world, createApi)).toHaveLength(1);
  });

  it("waits for a whole fleet with one listing at a time", async () => {
    const world = await awsWorld();
    const names = Array.from({ length: 60 }, (_, index) => `web-${index}`);
    world.seed({
      securityGroups: [{ id: "fleet" }],
      instances: names.map((id) => ({ id, securityGroups: ["fleet"] })),
    });
    const outcomes = await world.adapter.snapshot(
      names.map((name) => world.id(name)),
      run,
    );
    expect(outcomes.every(({ status }) => status === "completed")).toBe(true);
    expect(sent(world, createApi)).toHaveLength(60);
    expect(sent(world, "ec2:DescribeSnapshots").length).toBeLessThan(20);
  });

  it("remembers what the instance was doing when the copy was made, not what it does now", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", state: "stopped" }]);
    expect(await proofsOf(world, "web")).toMatchObject([{ takenFrom: "stopped" }]);
    world.meddle({ set: [{ id: "web", state: "running" }] });
    await settle(world);
    expect(await proofsOf(world, "web")).toMatchObject([{ takenFrom: "stopped" }]);
  });

  it("S10 takes no copy for ours that only carries our tags", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const [proof] = await proofsOf(world, "web");
    if (!proof) throw new Error("no proof");
    const tags = world.view().snapshots.find(({ id }) => id === proof.id)?.tags ?? {};
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const forged = await otherTool(world).send(
      new CreateSnapshotCommand({
        VolumeId: proof.diskId,
        Description: "somebody else's",
        TagSpecifications: [{ ResourceType: "snapshot", Tags }],
      }),
    );
    world.meddle({ remove: [proof.id] });
    await settle(world);
    const proofs = [{ ...proof, id: forged.SnapshotId ?? "" }];
    expectBlocked(
      (await world.adapter.terminate([world.id("web")], { data: { proofs } }))[0],
      "missing-snapshot-proof",
    );
    expect(world.holds("web")).toBe(true);
  });

  it("S10 takes no copy for a proof that is not complete", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [{ id: "root", role: "system", snapshots: "stuck" }] }]);
    const [outcome] = await world.adapter.snapshot([world.id("web")], { ...run, wait: false });
    const { accountId } = await world.adapter.whoAmI();
    const now = new Date(world.clock.now()).toISOString();
    const [copy] = world.view().snapshots;
    expect(outcome?.status).toBe("pending");
    const claimed: SnapshotProof = {
      cloud: "aws",
      accountId,
      region: world.adapter.region,
      id: copy?.id ?? "",
      kind: "disk-snapshot",
      instanceId: world.id("web"),
      diskId: world.id("root"),
      runId: "test",
      attempt: 1,
      sizeGiB: 40,
      encrypted: false,
      keyUsable: true,
      pointInTime: now,
      takenFrom: "running",
      completedAt: now,
      expiresBy: "sweep",
    };
    await settle(world);
    const [ended] = await world.adapter.terminate([world.id("web")], { data: { proofs: [claimed] } });
    expectBlocked(ended, "missing-snapshot-proof");
  });

  it("S10 makes a copy of its own where only somebody else's carries the run's tag", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [{ id: "root", role: "system" }] }]);
    await otherTool(world).send(
      new CreateSnapshotCommand({
        VolumeId: world.id("root"),
        TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "cloud-decom:run", Value: "test" }] }],
      }),
    );
    await settle(world);
    const [proof] = await proofsOf(world, "web");
    expect(sent(world, createApi)).toHaveLength(1);
    expect(world.view().snapshots.find(({ id }) => id === proof?.id)?.tags["cloud-decom:attempt"]).toBe("1");
  });

  it("S15 says that EBS deletes no snapshot by itself", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    expectBlocked((await world.adapter.snapshot([world.id("web")], { ...run, expiry: "cloud" }))[0], "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it("leaves tags that are ours or AWS's own to us and AWS", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    for (const key of ["cloud-decom:run", "aws:backup"]) {
      const call = world.adapter.snapshot([world.id("web")], { ...run, tags: { [key]: "x" } });
      await expect(call).rejects.toMatchObject({ code: "invalid-request" });
    }
    expect(world.requests).toEqual([]);
  });

  it("S06 finds the set of a request whose answer was lost, and makes no second one", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [{ role: "system" }, { role: "data" }] }]);
    world.faults.add({ fault: "drop-after", api: createApi, times: 1, landsAfterMs: 20_000 });
    expect(await proofsOf(world, "web")).toHaveLength(2);
    expect(world.view().snapshots).toHaveLength(2);
  });

  it("has nothing left to save of an instance that is on its way out", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    await world.adapter.terminate([world.id("web")], discard);
    await world.clock.advance(5_000);
    const from = world.requests.length;
    expectBlocked((await world.adapter.snapshot([world.id("web")], run))[0], "wrong-state");
    expect(mutations(world, from)).toEqual([]);
  });
});
