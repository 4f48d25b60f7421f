import {
  CreateSnapshotCommand,
  CreateSnapshotsCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  ListSnapshotsInRecycleBinCommand,
  ListVolumesInRecycleBinCommand,
  RestoreSnapshotFromRecycleBinCommand,
  RestoreVolumeFromRecycleBinCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { SeedDisk } from "../../../../src/testing/seed.js";
import { codeOf, openFake } from "./open.js";

const dayMs = 24 * 60 * 60 * 1_000;
const take = (ec2: EC2Client, InstanceId: string, more = {}) =>
  ec2.send(new CreateSnapshotsCommand({ InstanceSpecification: { InstanceId, ...more } }));
const listed = async (ec2: EC2Client) =>
  (await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots;

async function worldWith(...disks: SeedDisk[]) {
  const fake = await openFake();
  fake.cloud.seed([{ id: "db", disks: [{ role: "system", id: "root" }, ...disks] }]);
  return { ...fake, id: fake.cloud.id("db") };
}

describe("snapshots of an instance", () => {
  it("are of one moment, tagged at birth, and complete by the clock", async () => {
    const { cloud, ec2, id } = await worldWith({ id: "data", sizeGiB: 100, encrypted: true });
    const answer = await ec2.send(
      new CreateSnapshotsCommand({
        InstanceSpecification: { InstanceId: id },
        Description: "before the end",
        TagSpecifications: [{ ResourceType: "snapshot", Tags: [{ Key: "run", Value: "42" }] }],
      }),
    );
    expect(answer.Snapshots).toHaveLength(2);
    expect(new Set(answer.Snapshots?.map(({ StartTime }) => StartTime?.toISOString())).size).toBe(1);
    expect(answer.Snapshots?.every(({ State, Progress }) => State === "pending" && Progress === "")).toBe(true);
    await cloud.clock.advance(30_000);
    expect((await listed(ec2))?.map(({ State, Progress }) => [State, Progress])).toEqual([
      ["pending", "50%"],
      ["pending", "50%"],
    ]);
    await cloud.clock.advance(30_000);
    expect((await listed(ec2))?.[1]).toMatchObject({
      State: "completed",
      VolumeId: cloud.id("data"),
      VolumeSize: 100,
      Encrypted: true,
      Tags: [{ Key: "run", Value: "42" }],
    });
  });

  it("leave out the boot volume or named data volumes, but never the root by name", async () => {
    const { cloud, ec2, id } = await worldWith({ id: "data" });
    const named = { ExcludeDataVolumeIds: [cloud.id("root")] };
    expect(await codeOf(take(ec2, id, named))).toBe("InvalidParameterValue");
    const answer = await take(ec2, id, { ExcludeBootVolume: true });
    expect(answer.Snapshots?.map(({ VolumeId }) => VolumeId)).toEqual([cloud.id("data")]);
  });

  it("come too fast within 15 seconds and too many with five pending", async () => {
    const { cloud, ec2, id } = await worldWith({ id: "data", snapshots: "stuck" });
    const VolumeId = cloud.id("data");
    const one = () => ec2.send(new CreateSnapshotCommand({ VolumeId }));
    await take(ec2, id);
    expect(await codeOf(one())).toBe("SnapshotCreationPerVolumeRateExceeded");
    for (let turn = 1; turn < 5; turn++) {
      await cloud.clock.advance(15_000);
      await one();
    }
    await cloud.clock.advance(15_000);
    expect(await codeOf(one())).toBe("ConcurrentSnapshotLimitExceeded");
    expect(cloud.view().effects).toContainEqual({ api: "ec2:CreateSnapshot", id: VolumeId, count: 4 });
  });

  it("are refused altogether when one volume is", async () => {
    const { cloud, ec2, id } = await worldWith({ snapshots: "refused" });
    expect(await codeOf(take(ec2, id))).toBe("ConcurrentSnapshotLimitExceeded");
    expect(cloud.view().snapshots).toEqual([]);
  });

  it("fail, stay small, get stuck or vanish as their disk was seeded", async () => {
    const { cloud, ec2, id } = await worldWith(
      { id: "failing", snapshots: "fails" },
      { id: "small", snapshots: "too-small", sizeGiB: 50 },
      { id: "stuck", snapshots: "stuck" },
      { id: "vanishing", snapshots: "vanishes" },
    );
    await take(ec2, id);
    await cloud.clock.advance(3_600_000);
    const byVolume = async (name: string) =>
      (await listed(ec2))?.filter(({ VolumeId }) => VolumeId === cloud.id(name)).map(({ State }) => State);
    expect(cloud.view().snapshots).toHaveLength(5);
    // Seen completed once, gone at the next look.
    expect(await byVolume("vanishing")).toEqual(["completed"]);
    expect(await byVolume("vanishing")).toEqual([]);
    expect(await byVolume("failing")).toEqual(["error"]);
    expect(await byVolume("stuck")).toEqual(["pending"]);
    expect((await listed(ec2))?.find(({ VolumeId }) => VolumeId === cloud.id("small"))?.VolumeSize).toBe(49);
  });

  it("stop at the quota of the Region", async () => {
    const { cloud, ec2, id } = await worldWith();
    cloud.seed({ quotas: { snapshots: 1 } });
    await take(ec2, id);
    await cloud.clock.advance(60_000);
    expect(await codeOf(take(ec2, id))).toBe("SnapshotLimitExceeded");
  });

  it("of others are listed to those who do not ask for their own, and cannot be deleted", async () => {
    const { cloud, ec2 } = await worldWith();
    expect(await listed(ec2)).toEqual([]);
    const [foreign] = (await ec2.send(new DescribeSnapshotsCommand({}))).Snapshots ?? [];
    expect(foreign?.OwnerId).not.toBe("123456789012");
    const remove = ec2.send(new DeleteSnapshotCommand({ SnapshotId: foreign?.SnapshotId }));
    expect(await codeOf(remove)).toBe("UnauthorizedOperation");
    expect(cloud.view().snapshots).toEqual([]);
  });

  it("of an AMI cannot be deleted", async () => {
    const { cloud, ec2 } = await worldWith();
    cloud.seed({ owners: [{ kind: "image", id: "golden", members: ["root"] }] });
    const SnapshotId = cloud.view().snapshots[0]?.id;
    expect(await codeOf(ec2.send(new DeleteSnapshotCommand({ SnapshotId })))).toBe("InvalidSnapshot.InUse");
  });
});

describe("the Recycle Bin", () => {
  it("is off by default", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({ disks: [{ id: "loose" }] });
    await ec2.send(new DeleteVolumeCommand({ VolumeId: cloud.id("loose") }));
    await cloud.clock.advance(60_000);
    expect((await ec2.send(new ListVolumesInRecycleBinCommand({}))).Volumes).toEqual([]);
    expect(cloud.holds("loose")).toBe(false);
  });

  it("keeps volumes and snapshots by rule, gives them back, and empties itself", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      bins: { disk: { enabled: true, hours: 48 }, snapshot: { enabled: true, hours: 24 } },
      disks: [{ id: "loose" }, { id: "other" }],
      owners: [{ kind: "snapshot", id: "old", members: ["loose"] }],
    });
    const [VolumeId, other, SnapshotId] = [cloud.id("loose"), cloud.id("other"), cloud.id("old")];
    await ec2.send(new DeleteVolumeCommand({ VolumeId }));
    await ec2.send(new DeleteVolumeCommand({ VolumeId: other }));
    await ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
    await cloud.clock.advance(60_000);
    const binned = async () => (await ec2.send(new ListVolumesInRecycleBinCommand({}))).Volumes ?? [];
    expect(await binned()).toHaveLength(2);
    expect(cloud.view().disks.map(({ state }) => state)).toEqual(["recycled", "recycled"]);
    await ec2.send(new RestoreVolumeFromRecycleBinCommand({ VolumeId }));
    await ec2.send(new RestoreSnapshotFromRecycleBinCommand({ SnapshotId }));
    expect([cloud.holds("loose"), cloud.holds("old")]).toEqual([true, true]);
    expect((await ec2.send(new ListSnapshotsInRecycleBinCommand({}))).Snapshots).toEqual([]);
    const restore = ec2.send(new RestoreVolumeFromRecycleBinCommand({ VolumeId }));
    expect(await codeOf(restore)).toBe("InvalidVolume.NotFound");
    await cloud.clock.advance(3 * dayMs);
    expect(await binned()).toEqual([]);
    expect(cloud.view().disks.map(({ id }) => id)).toEqual([VolumeId]);
  });
});
