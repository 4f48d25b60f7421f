import { describe, expect, it } from "vitest";
import type { SeedDisk } from "../../../../src/testing/seed.js";
import { codeOf, openFake } from "./open.js";

const second = 1_000;
const day = 24 * 3_600 * second;

async function openDisks(...disks: readonly SeedDisk[]) {
  const fake = await openFake();
  fake.cloud.seed([{ id: "web", disks: [{ id: "root", role: "system" }, ...disks] }]);
  const { cloud, cvm } = fake;
  return {
    ...fake,
    end: async () => {
      await cvm.TerminateInstances({ InstanceIds: [cloud.id("web")] });
      await cloud.clock.advance(10 * second);
    },
    disk: (name: string) => cloud.view().disks.find(({ id }) => id === cloud.id(name)),
  };
}

describe("the disks of an instance that ends", () => {
  it("die by their flag or because they are not elastic, and stay free otherwise", async () => {
    const { cloud, cbs, end, disk } = await openDisks(
      { id: "dies", role: "data", deletedWithInstance: true },
      { id: "stays", role: "data" },
      { id: "tied", role: "data", tied: true },
      { id: "paid", role: "data", billing: "prepaid" },
    );
    await end();
    expect(["root", "dies", "stays", "tied", "paid"].map((name) => disk(name)?.state)).toEqual([
      undefined,
      undefined,
      "free",
      undefined,
      "free",
    ]);
    const { DiskSet } = await cbs.DescribeDisks({ Filters: [{ Name: "disk-state", Values: ["UNATTACHED"] }] });
    expect(DiskSet).toMatchObject([
      { InstanceId: "", LastAttachInsId: cloud.id("web"), Attached: false },
      { LastAttachInsId: cloud.id("web") },
    ]);
  });

  it("stay attached to others who hold them too", async () => {
    const shared: SeedDisk = { id: "shared", role: "data", medium: "shared", deletedWithInstance: true };
    const { cloud, cbs, end, disk } = await openDisks(shared);
    const { DiskSet } = await cbs.DescribeDisks({ DiskIds: [cloud.id("shared")] });
    expect(DiskSet).toMatchObject([
      { Shareable: true, InstanceId: "", InstanceIdList: [cloud.id("web"), expect.any(String)] },
    ]);
    await end();
    expect(disk("shared")).toMatchObject({ state: "attached", instanceId: DiskSet?.[0]?.InstanceIdList?.[1] });
  });

  it("of the host are shown by the instance alone", async () => {
    const { cloud, cvm, cbs } = await openDisks({ id: "scratch", role: "data", medium: "local" });
    const { InstanceSet } = await cvm.DescribeInstances({});
    expect(InstanceSet?.[0]?.DataDisks).toMatchObject([{ DiskType: "LOCAL_BASIC", DiskId: cloud.id("scratch") }]);
    expect(await cbs.DescribeDisks({})).toMatchObject({ TotalCount: 1 });
    expect(await codeOf(cbs.CreateSnapshot({ DiskId: cloud.id("scratch") }))).toBe("InvalidDiskId.NotFound");
  });

  it("take snapshots with them that were not finished, and leave the others", async () => {
    const { cloud, cbs, end } = await openDisks();
    await cbs.CreateSnapshot({ DiskId: cloud.id("root"), SnapshotName: "finished" });
    await cloud.clock.advance(60 * second);
    await cbs.CreateSnapshot({ DiskId: cloud.id("root"), SnapshotName: "begun" });
    await end();
    expect((await cbs.DescribeSnapshots({})).SnapshotSet?.map(({ SnapshotName }) => SnapshotName)).toEqual([
      "finished",
    ]);
  });

  it("take their backup points with them", async () => {
    const { cloud, cbs, end } = await openDisks();
    cloud.seed({ owners: [{ kind: "backup", id: "point", members: ["root"] }] });
    expect(await cbs.DescribeDiskBackups({})).toMatchObject({ TotalCount: 1 });
    await end();
    expect(await cbs.DescribeDiskBackups({})).toMatchObject({ TotalCount: 0 });
  });

  it("follow their flag only where it may be changed", async () => {
    const { cloud, cbs, disk } = await openDisks(
      { id: "data", role: "data" },
      { id: "tied", role: "data", tied: true },
      { id: "paid", role: "data", billing: "prepaid" },
    );
    const modify = (name: string, over: object) => cbs.ModifyDiskAttributes({ DiskIds: [cloud.id(name)], ...over });
    expect(await codeOf(modify("root", { DeleteWithInstance: false }))).toBe("InvalidDisk.NotSupported");
    expect(await codeOf(modify("paid", { DeleteWithInstance: true }))).toBe("InvalidDisk.NotSupported");
    expect(await codeOf(modify("data", { Portable: false }))).toBe("InvalidParameterValue");
    const both = cbs.ModifyDiskAttributes({ DiskIds: [cloud.id("data"), cloud.id("paid")], DeleteWithInstance: true });
    expect(await codeOf(both)).toBe("InvalidDisk.NotSupported");
    expect(disk("data")?.deletedWithInstance).toBe(false);
    await modify("data", { DeleteWithInstance: true });
    expect(disk("data")?.deletedWithInstance).toBe(true);
    expect(await codeOf(cbs.DetachDisks({ DiskIds: [cloud.id("tied")] }))).toBe("InvalidDisk.NotPortable");
    await modify("tied", { Portable: true });
    await cbs.DetachDisks({ DiskIds: [cloud.id("tied")] });
    expect(await cbs.DescribeDisks({ DiskIds: [cloud.id("tied")] })).toMatchObject({
      DiskSet: [{ DiskState: "DETACHING" }],
    });
    await cloud.clock.advance(5 * second);
    expect(disk("tied")?.state).toBe("free");
  });
});

describe("giving a disk back", () => {
  it("is refused while it is attached or being saved, and at once for a pay-as-you-go one", async () => {
    const { cloud, cbs, disk, end } = await openDisks({ id: "data", role: "data" });
    const give = () => cbs.TerminateDisks({ DiskIds: [cloud.id("data")] });
    expect(await codeOf(give())).toBe("ResourceUnavailable.NotSupported");
    await end();
    await cbs.CreateSnapshot({ DiskId: cloud.id("data") });
    expect(await codeOf(give())).toBe("ResourceBusy");
    await cloud.clock.advance(60 * second);
    await give();
    expect(disk("data")).toBeUndefined();
    expect(await codeOf(give())).toBe("InvalidDiskId.NotFound");
    expect((await cbs.DescribeSnapshots({})).TotalCount).toBe(1);
  });

  it("puts a prepaid one into a bin of seven days, out of which a second call or a renewal takes it", async () => {
    const { cloud, cbs, disk } = await openDisks();
    cloud.seed({ disks: ["purged", "expires", "renewed"].map((id) => ({ id, billing: "prepaid" })) });
    const give = (...names: string[]) => cbs.TerminateDisks({ DiskIds: names.map((name) => cloud.id(name)) });
    await give("purged", "expires", "renewed");
    expect(await codeOf(give("purged"))).toBe("ResourceUnavailable.RepeatRefund");
    await cloud.clock.advance(5 * second);
    expect(["purged", "expires", "renewed"].map((name) => disk(name)?.state)).toEqual(Array(3).fill("recycled"));
    await give("purged");
    await cbs.RenewDisk({ DiskId: cloud.id("renewed"), DiskChargePrepaid: { Period: 1 } });
    await cloud.clock.advance(7 * day);
    expect(["purged", "expires", "renewed"].map((name) => disk(name)?.state)).toEqual([undefined, undefined, "free"]);
    expect(cloud.view().effects).toContainEqual(
      expect.objectContaining({ api: "cbs:TerminateDisks", id: `${cloud.id("purged")}/second-stage` }),
    );
    expect(cloud.view().orders.map(({ kind }) => kind)).toEqual(["refund", "refund", "refund", "renewal"]);
  });

  it("can take the snapshots that are not permanent with it", async () => {
    const { cloud, cbs } = await openDisks();
    cloud.seed({ disks: [{ id: "free" }] });
    const DiskId = cloud.id("free");
    await cbs.CreateSnapshot({ DiskId, SnapshotName: "permanent" });
    await cloud.clock.advance(60 * second);
    await cbs.CreateSnapshot({ DiskId, SnapshotName: "passing", Deadline: "2026-03-01T00:00:00+00:00" });
    await cloud.clock.advance(60 * second);
    await cbs.TerminateDisks({ DiskIds: [DiskId], DeleteSnapshot: 1 });
    expect((await cbs.DescribeSnapshots({})).SnapshotSet?.map(({ SnapshotName }) => SnapshotName)).toEqual([
      "permanent",
    ]);
  });
});

describe("a snapshot", () => {
  it("is NORMAL with 100 percent only after a while, and one disk has one at a time", async () => {
    const { cloud, cbs } = await openDisks();
    const DiskId = cloud.id("root");
    const Tags = [{ Key: "run", Value: "1" }];
    const { SnapshotId = "" } = await cbs.CreateSnapshot({ DiskId, SnapshotName: "mine", Tags });
    const read = async () => (await cbs.DescribeSnapshots({ SnapshotIds: [SnapshotId] })).SnapshotSet?.[0];
    expect(await read()).toMatchObject({ SnapshotState: "CREATING", Percent: 0, IsPermanent: true, DeadlineTime: "" });
    expect(await codeOf(cbs.CreateSnapshot({ DiskId }))).toBe("InvalidDisk.SnapshotCreating");
    expect(await codeOf(cbs.DeleteSnapshots({ SnapshotIds: [SnapshotId] }))).toBe(
      "ResourceUnavailable.SnapshotCreating",
    );
    await cloud.clock.advance(60 * second);
    expect(await read()).toMatchObject({ SnapshotState: "NORMAL", Percent: 100, Tags });
    expect(cloud.view().snapshots).toEqual([
      { id: SnapshotId, diskIds: [DiskId], state: "completed", tags: { run: "1" } },
    ]);
  });

  it("goes by itself at its deadline, a day ahead at least, and shows it in Beijing time", async () => {
    const { cloud, cbs } = await openDisks();
    const make = (Deadline: string) => cbs.CreateSnapshot({ DiskId: cloud.id("root"), Deadline });
    expect(await codeOf(make("2026-01-02T12:00:00+00:00"))).toBe("InvalidParameterValue");
    expect(await codeOf(make("2026-02-01 00:00:00"))).toBe("InvalidParameterValue");
    const { SnapshotId = "" } = await make("2026-01-10T00:00:00+00:00");
    await cloud.clock.advance(60 * second);
    expect(await cbs.DescribeSnapshots({})).toMatchObject({
      SnapshotSet: [{ IsPermanent: false, DeadlineTime: "2026-01-10 08:00:00" }],
    });
    const change = (over: object) => cbs.ModifySnapshotAttribute({ SnapshotId, ...over });
    await change({ Deadline: "2026-06-01T00:00:00+00:00" });
    await cloud.clock.advance(9 * day);
    expect(await cbs.DescribeSnapshots({})).toMatchObject({ TotalCount: 0 });
    expect(await codeOf(change({ IsPermanent: true }))).toBe("InvalidSnapshotId.NotFound");
  });

  it("of several disks of one instance is a group that is not consistent, with tags of its own", async () => {
    const { cloud, cbs } = await openDisks({ id: "data", role: "data" });
    cloud.seed({ instances: [{ id: "other", disks: [{ id: "far", role: "system" }] }] });
    const group = (...names: string[]) =>
      cbs.CreateSnapshotGroup({
        DiskIds: names.map((name) => cloud.id(name)),
        SnapshotGroupName: "run-1",
        Tags: [{ Key: "run", Value: "1" }],
      });
    expect(await codeOf(group("root", "far"))).toBe("InvalidParameterValue");
    const { SnapshotGroupId = "" } = await group("root", "data");
    const read = async () => (await cbs.DescribeSnapshotGroups({})).SnapshotGroupSet?.[0];
    expect(await read()).toMatchObject({
      SnapshotGroupId,
      SnapshotGroupType: "NORMAL",
      SnapshotGroupState: "CREATING",
      ContainRootSnapshot: true,
    });
    await cloud.clock.advance(60 * second);
    expect(await read()).toMatchObject({ SnapshotGroupState: "NORMAL", Percent: 100, DeadlineTime: null });
    const { SnapshotSet = [] } = await cbs.DescribeSnapshots({});
    expect(SnapshotSet.map(({ SnapshotName, Tags }) => [SnapshotName, Tags])).toEqual([
      ["run-1_0", []],
      ["run-1_1", []],
    ]);
    await cbs.DeleteSnapshotGroup({ SnapshotGroupId });
    expect(await cbs.DescribeSnapshots({})).toMatchObject({ TotalCount: 0 });
  });

  it.each([
    ["stuck", { SnapshotState: "CREATING", Percent: 50 }],
    ["fails", undefined],
    ["vanishes", undefined],
    ["too-small", { SnapshotState: "NORMAL", DiskSize: 20 }],
  ] as const)("can be %s, since there is no failed state", async (snapshots, outcome) => {
    const { cloud, cbs } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", role: "system", snapshots }] }]);
    await cbs.CreateSnapshot({ DiskId: cloud.id("root") });
    await cloud.clock.advance(day);
    const [found] = (await cbs.DescribeSnapshots({})).SnapshotSet ?? [];
    if (outcome === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(outcome);
  });

  it("can be refused: by the disk, by the quota, by an empty account", async () => {
    const { cloud, cbs } = await openFake();
    cloud.seed({
      instances: [{ id: "web", disks: [{ id: "root" }, { id: "never", role: "data", snapshots: "refused" }] }],
      quotas: { snapshots: 1 },
    });
    const make = (name: string) => cbs.CreateSnapshot({ DiskId: cloud.id(name) });
    expect(await codeOf(make("never"))).toBe("ResourceUnavailable.NotSupported");
    await make("root");
    await cloud.clock.advance(60 * second);
    expect(await codeOf(make("root"))).toBe("InsufficientSnapshotQuota");
    cloud.seed({ accountState: "overdue" });
    expect(await codeOf(make("root"))).toBe("InvalidAccount.InsufficientBalance");
  });

  it("that an image is made of is not deleted, nor any other of the same request", async () => {
    const { cloud, cbs, cvm } = await openDisks();
    cloud.seed({ owners: [{ kind: "image", id: "golden", members: ["root"] }] });
    const { SnapshotId: own = "" } = await cbs.CreateSnapshot({ DiskId: cloud.id("root") });
    await cloud.clock.advance(60 * second);
    const { SnapshotSet = [] } = await cbs.DescribeSnapshots({});
    const bound = SnapshotSet.find(({ ImageCount }) => ImageCount === 1)?.SnapshotId ?? "";
    const remove = (...SnapshotIds: string[]) => cbs.DeleteSnapshots({ SnapshotIds });
    expect(await codeOf(remove(own, bound))).toBe("UnsupportedOperation.SnapshotHasBindedImage");
    expect(cloud.view().snapshots).toHaveLength(2);
    await remove(own);
    await cvm.DeleteImages({ ImageIds: [cloud.id("golden")] });
    await remove(bound);
    expect(cloud.view().snapshots).toEqual([]);
  });
});

describe("an image", () => {
  it("is only checked in a dry run, and made of snapshots otherwise", async () => {
    const { cloud, cvm } = await openDisks({ id: "data", role: "data" });
    const make = (over: object) => cvm.CreateImage({ ImageName: "golden", InstanceId: cloud.id("web"), ...over });
    await make({ DryRun: true });
    expect(await cvm.DescribeImages({})).toMatchObject({ TotalCount: 0 });
    await make({ DataDiskIds: [cloud.id("data")] });
    expect(await codeOf(make({}))).toBe("InvalidImageName.Duplicate");
    await cloud.clock.advance(120 * second);
    const { ImageSet } = await cvm.DescribeImages({});
    expect(ImageSet).toMatchObject([{ ImageState: "NORMAL", ImageType: "PRIVATE_IMAGE" }]);
    expect(ImageSet?.[0]?.SnapshotSet).toHaveLength(2);
  });
});
