import { describe, expect, it } from "vitest";
import { at, codeOf, day, each, errorOf, listAt, minute, openFake, repeat } from "./open.js";

describe("disks", () => {
  it("page up to 500 at a time, and find the disks of one instance", async () => {
    const { cloud, inRegion } = await openFake();
    const disks = Array.from({ length: 5 }, () => ({ role: "data" as const }));
    cloud.seed(
      Array.from({ length: 110 }, (_, index) => ({
        id: `web-${index}`,
        disks: [{ role: "system" as const }, ...disks],
      })),
    );
    const first = await inRegion("ecs", "DescribeDisks", { MaxResults: "500" });
    expect(listAt(first, "Disks.Disk")).toHaveLength(500);
    expect(first).toMatchObject({ TotalCount: 0, PageSize: 0, PageNumber: 0 });
    const second = await inRegion("ecs", "DescribeDisks", {
      MaxResults: "900",
      NextToken: String(at(first, "NextToken")),
    });
    expect(listAt(second, "Disks.Disk")).toHaveLength(160);
    expect(at(second, "NextToken")).toBe("");
    const own = await inRegion("ecs", "DescribeDisks", { InstanceId: cloud.id("web-7") });
    expect(each(own, "Disks.Disk", "Type")).toEqual(["system", "data", "data", "data", "data", "data"]);
    const status = await inRegion(
      "ecs",
      "DescribeDisksFullStatus",
      repeat("DiskId", each(own, "Disks.Disk", "DiskId").map(String)),
    );
    expect(new Set(each(status, "DiskFullStatusSet.DiskFullStatusType", "InstanceId"))).toEqual(
      new Set([cloud.id("web-7")]),
    );
  });

  it("write absent things as empty texts and their locks under another key than instances", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({ disks: [{ id: "free", sizeGiB: 100 }] });
    const [disk] = listAt(await inRegion("ecs", "DescribeDisks"), "Disks.Disk");
    expect(disk).toMatchObject({
      DiskId: cloud.id("free"),
      Status: "Available",
      InstanceId: "",
      Device: "",
      AttachedTime: "",
      Size: 100,
      OperationLocks: { OperationLock: [] },
      Attachments: { Attachment: [] },
    });
  });

  it("keep their flags where the cloud cannot change them", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([
      {
        id: "web",
        disks: [
          { id: "root" },
          { id: "data", role: "data", deletedWithInstance: true },
          { id: "tied", role: "data", tied: true },
          { id: "scratch", role: "data", medium: "local" },
          { id: "shared", role: "data", medium: "shared" },
        ],
      },
    ]);
    const keep = (...names: readonly string[]) =>
      inRegion("ecs", "ModifyDiskAttribute", {
        ...repeat(
          "DiskIds",
          names.map((name) => cloud.id(name)),
        ),
        DeleteWithInstance: "false",
      });
    await keep("root", "data");
    expect(await errorOf(keep("tied"))).toEqual({ code: "DiskNotPortable", status: 403 });
    expect(await codeOf(keep("scratch"))).toBe("DiskNotPortable");
    expect(await codeOf(keep("shared"))).toBe("InvalidParameter");
    expect(await codeOf(inRegion("ecs", "ModifyDiskAttribute", { DiskId: cloud.id("root") }))).toBe(
      "NoAttributeToModify",
    );
    const both = { DiskId: cloud.id("root"), "DiskIds.1": cloud.id("data"), DeleteWithInstance: "true" };
    expect(await codeOf(inRegion("ecs", "ModifyDiskAttribute", both))).toBe("IncompleteParamter");
    const own = cloud.view().disks.filter(({ instanceId }) => instanceId === cloud.id("web"));
    const dying = own.filter(({ deletedWithInstance }) => deletedWithInstance);
    expect(dying.map(({ id }) => id)).toEqual([cloud.id("tied"), cloud.id("scratch")]);
  });

  it("are detached in about a minute, and deleted only when nobody holds them", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }, { id: "data", role: "data" }] }]);
    const remove = (name: string) => call("ecs", "DeleteDisk", { DiskId: cloud.id(name) });
    const detach = (name: string) => call("ecs", "DetachDisk", { DiskId: cloud.id(name), InstanceId: cloud.id("web") });
    expect(await errorOf(remove("data"))).toEqual({ code: "DiskStillAttached", status: 403 });
    expect(await codeOf(detach("root"))).toBe("IncorrectInstanceStatus");
    await detach("data");
    expect(await codeOf(remove("data"))).toBe("IncorrectDiskStatus");
    await cloud.clock.advance(minute);
    await remove("data");
    expect(cloud.holds("data")).toBe(false);
    await remove("data");
    expect(cloud.view().effects.find(({ api }) => api === "ecs:DeleteDisk")?.count).toBe(1);
  });

  it("paid in advance become free of their instance once they are paid as they go", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }, { id: "data", role: "data", billing: "prepaid" }] }]);
    const change = (name: string, DiskChargeType: string) =>
      inRegion("ecs", "ModifyDiskChargeType", {
        InstanceId: cloud.id("web"),
        DiskIds: JSON.stringify([cloud.id(name)]),
        DiskChargeType,
      });
    const keep = () =>
      inRegion("ecs", "ModifyDiskAttribute", { DiskId: cloud.id("data"), DeleteWithInstance: "false" });
    expect(await codeOf(keep())).toBe("DiskNotPortable");
    expect(await codeOf(change("root", "PrePaid"))).toBe("InvalidDiskChargeType.ValueNotSupported");
    expect(await codeOf(change("data", "Free"))).toBe("InvalidParameter");
    await change("data", "PostPaid");
    await keep();
    const data = cloud.view().disks.find(({ id }) => id === cloud.id("data"));
    expect(data?.deletedWithInstance).toBe(false);
  });

  it("linger for a moment after their instance, so that a delete comes too early", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", state: "stopped", disks: [{ role: "system" }, { id: "kept", role: "data" }] }]);
    await call("ecs", "DeleteInstance", { InstanceId: cloud.id("web") });
    await cloud.clock.advance(16_000);
    const remove = () => call("ecs", "DeleteDisk", { DiskId: cloud.id("kept") });
    expect(await codeOf(remove())).toBe("IncorrectDiskStatus");
    await cloud.clock.advance(minute);
    await remove();
  });

  it("that are shared have more than one holder, and stay while one is left", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed([{ id: "web", disks: [{ role: "system" }, { id: "shared", role: "data", medium: "shared" }] }]);
    const attachments = async () =>
      listAt(await inRegion("ecs", "DescribeDisks", { MultiAttach: "Enabled" }), "Disks.Disk.0.Attachments.Attachment");
    expect(await attachments()).toHaveLength(2);
    await call("ecs", "DeleteInstance", { InstanceId: cloud.id("web"), Force: "true" });
    await cloud.clock.advance(minute);
    expect(await attachments()).toHaveLength(1);
    expect(cloud.holds("shared")).toBe(true);
  });
});

describe("snapshots", () => {
  it("take a minute, and say how far they are", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", sizeGiB: 80 }] }]);
    await call("ecs", "CreateSnapshot", { DiskId: cloud.id("root"), "Tag.1.Key": "run", "Tag.1.Value": "7" });
    const shown = async () => at(await inRegion("ecs", "DescribeSnapshots"), "Snapshots.Snapshot.0");
    await cloud.clock.advance(30_000);
    expect(await shown()).toMatchObject({
      Status: "progressing",
      Progress: "50%",
      RemainTime: 30,
      Available: true,
      SourceDiskSize: "80",
    });
    await cloud.clock.advance(31_000);
    expect(await shown()).toMatchObject({ Status: "accomplished", Progress: "100%", Usage: "none" });
    expect(await shown()).not.toHaveProperty("RetentionDays");
    expect(cloud.view().snapshots).toEqual([
      { id: expect.any(String), diskIds: [cloud.id("root")], state: "completed", tags: { run: "7" } },
    ]);
  });

  it("are one at a time for a disk, and once for a token", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }] }]);
    const create = (ClientToken: string) => call("ecs", "CreateSnapshot", { DiskId: cloud.id("root"), ClientToken });
    const first = await create("one");
    expect(await create("one")).toMatchObject({ SnapshotId: first.SnapshotId });
    expect(await errorOf(create("two"))).toEqual({ code: "IncorrectDiskStatus.CreatingSnapshot", status: 403 });
    await cloud.clock.advance(2 * minute);
    await create("two");
    expect(cloud.view().effects).toEqual([{ api: "ecs:CreateSnapshot", id: cloud.id("root"), count: 2 }]);
  });

  it.each([
    ["fails", "failed"],
    ["stuck", "pending"],
    ["vanishes", undefined],
    ["too-small", "completed"],
  ] as const)("of a disk whose copy %s end so", async (snapshots, state) => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", sizeGiB: 40, snapshots }] }]);
    await call("ecs", "CreateSnapshot", { DiskId: cloud.id("root") });
    await cloud.clock.advance(day);
    expect(cloud.view().snapshots[0]?.state).toBe(state);
    const [row] = listAt(await inRegion("ecs", "DescribeSnapshots"), "Snapshots.Snapshot");
    if (snapshots === "too-small") expect(row).toMatchObject({ SourceDiskSize: "39" });
    if (snapshots === "stuck") expect(row).toMatchObject({ Status: "progressing", Progress: "47%" });
  });

  it.each([
    [{ snapshots: "refused" }, "CreateSnapshot.Failed"],
    [{ encrypted: true, keyState: "disabled" }, "InvalidParameter.KMSKeyId.CMKNotEnabled"],
  ] as const)("are refused for %o", async (disk, code) => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", ...disk }] }]);
    expect(await errorOf(call("ecs", "CreateSnapshot", { DiskId: cloud.id("root") }))).toEqual({ code, status: 403 });
  });

  it("are refused for local disks, locked instances, instances on their way, and over the quota", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      { id: "local", disks: [{}, { id: "scratch", medium: "local" }] },
      { id: "suspect", locks: [{ unified: "security" }], disks: [{ id: "evidence" }] },
      { id: "new", state: "pending", disks: [{ id: "young" }] },
      { id: "web", disks: [{ id: "root" }] },
      { id: "owing", locks: [{ unified: "overdue" }], state: "stopped", disks: [{ id: "unpaid" }] },
    ]);
    const create = (name: string, over = {}) => call("ecs", "CreateSnapshot", { DiskId: cloud.id(name), ...over });
    expect(await errorOf(create("scratch"))).toEqual({ code: "DiskCategory.OperationNotSupported", status: 400 });
    expect(await codeOf(create("evidence"))).toBe("InstanceLockedForSecurity");
    expect(await errorOf(create("young"))).toEqual({ code: "IncorrectInstanceStatus", status: 400 });
    await create("unpaid");
    expect(await codeOf(create("root", { SnapshotName: "auto-nightly" }))).toBe("InvalidSnapshotName.Malformed");
    expect(await codeOf(create("root", { RetentionDays: "0" }))).toBe("InvalidRetentionDays.Malformed");
    expect(await codeOf(create("root", { "Tag.1.Key": "acs:mine", "Tag.1.Value": "x" }))).toBe(
      "InvalidTagKey.Malformed",
    );
    cloud.seed({ quotas: { snapshots: 1 } });
    await create("root");
    await cloud.clock.advance(2 * minute);
    expect(await errorOf(create("root"))).toEqual({ code: "QuotaExceed.Snapshot", status: 403 });
  });

  it("are spoilt by a stop, and die with a disk that is released under them", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      { id: "web", disks: [{ id: "root" }] },
      { id: "db", disks: [{ id: "data" }] },
    ]);
    for (const name of ["root", "data"]) await call("ecs", "CreateSnapshot", { DiskId: cloud.id(name) });
    await call("ecs", "StopInstance", { InstanceId: cloud.id("web") });
    await call("ecs", "DeleteInstance", { InstanceId: cloud.id("db"), Force: "true" });
    await cloud.clock.advance(5 * minute);
    expect(cloud.view().snapshots.map(({ state }) => state)).toEqual(["failed"]);
  });

  it("are kept as long as they were told, which can only become longer", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }] }]);
    const { SnapshotId } = await call("ecs", "CreateSnapshot", { DiskId: cloud.id("root"), RetentionDays: "10" });
    const keep = (RetentionDays: string) =>
      call("ecs", "ModifySnapshotAttribute", { SnapshotId: String(SnapshotId), RetentionDays });
    expect(await codeOf(keep("9"))).toBe("InvalidRetentionDays.Malformed");
    await keep("30");
    await cloud.clock.advance(29 * day);
    expect(cloud.view().snapshots).toHaveLength(1);
    await cloud.clock.advance(2 * day);
    expect(cloud.view().snapshots).toEqual([]);
  });

  it("cannot be deleted under an image or a lock; unknown ones are ignored", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web", disks: [{ id: "root" }] }],
      owners: [
        { kind: "image", id: "golden", members: ["root"] },
        { kind: "snapshot", id: "manual", members: ["root"] },
      ],
    });
    const images = await inRegion("ecs", "DescribeImages", { ImageOwnerAlias: "self" });
    const used = String(at(images, "Images.Image.0.DiskDeviceMappings.DiskDeviceMapping.0.SnapshotId"));
    const remove = (SnapshotId: string) => call("ecs", "DeleteSnapshot", { SnapshotId });
    expect(await errorOf(remove(used))).toEqual({ code: "SnapshotCreatedImage", status: 403 });
    await inRegion("ecs", "LockSnapshot", {
      SnapshotId: cloud.id("manual"),
      LockMode: "compliance",
      LockDuration: "5",
    });
    expect(await codeOf(remove(cloud.id("manual")))).toBe("InvalidOperation.SnapshotLocked");
    await cloud.clock.advance(6 * day);
    await remove(cloud.id("manual"));
    await remove("s-bp100000000000000000");
    expect(cloud.view().snapshots).toHaveLength(1);
  });
});

describe("snapshot groups", () => {
  it("copy all disks of an instance at once; the tags are the group's, retention is set one by one", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }, { id: "data", role: "data" }] }]);
    const InstanceId = cloud.id("web");
    expect(await codeOf(inRegion("ecs", "CreateSnapshotGroup", { InstanceId, RetentionDays: "30" }))).toBe(
      "UnsupportedParameter",
    );
    const tags = { "Tag.1.Key": "run", "Tag.1.Value": "7" };
    const { SnapshotGroupId } = await inRegion("ecs", "CreateSnapshotGroup", {
      InstanceId,
      ...tags,
      ClientToken: "once",
    });
    const again = await inRegion("ecs", "CreateSnapshotGroup", { InstanceId, ...tags, ClientToken: "once" });
    expect(again.SnapshotGroupId).toBe(SnapshotGroupId);
    const shown = async () =>
      at(await inRegion("ecs", "DescribeSnapshotGroups", tags), "SnapshotGroups.SnapshotGroup.0");
    expect(await shown()).toMatchObject({
      SnapshotGroupId,
      InstanceId,
      Status: "progressing",
      Tags: { Tag: [{ Key: "run", Value: "7" }] },
    });
    await cloud.clock.advance(2 * minute);
    expect(await shown()).toMatchObject({ Status: "accomplished", ProgressStatus: "100%" });
    const members = each(await shown(), "Snapshots.Snapshot", "SourceDiskId");
    expect(members).toEqual([cloud.id("root"), cloud.id("data")]);
    const [single] = listAt(await inRegion("ecs", "DescribeSnapshots"), "Snapshots.Snapshot");
    expect(single).toMatchObject({ Tags: { Tag: [] } });
    await call("ecs", "ModifySnapshotAttribute", { SnapshotId: String(at(single, "SnapshotId")), RetentionDays: "30" });
    expect(cloud.view().snapshots.map(({ tags: told }) => told)).toEqual([{ run: "7" }, { run: "7" }]);
  });

  it("are for the ESSD family, sixteen disks and what is not shared", async () => {
    const { cloud, inRegion } = await openFake();
    const many = Array.from({ length: 17 }, (_, index) => ({ id: `d-${index}` }));
    cloud.seed([
      { id: "old", disks: [{ id: "root" }, { id: "basic", role: "data", medium: "basic" }] },
      { id: "wide", disks: many },
      { id: "deep", disks: [{ sizeGiB: 20_000 }, { sizeGiB: 20_000 }] },
      { id: "joined", disks: [{}, { id: "shared", medium: "shared" }] },
    ]);
    const create = (name: string, over = {}) =>
      inRegion("ecs", "CreateSnapshotGroup", { InstanceId: cloud.id(name), ...over });
    expect(await codeOf(create("old"))).toBe("DiskCategory.OperationNotSupported");
    expect(await codeOf(create("joined"))).toBe("DiskCategory.OperationNotSupported");
    expect(await codeOf(create("wide"))).toBe("InvalidParameter");
    expect(await codeOf(create("deep"))).toBe("InvalidParameter");
    expect(cloud.view().snapshots).toEqual([]);
    await create("old", repeat("ExcludeDiskId", [cloud.id("basic")]));
    await create("joined", repeat("ExcludeDiskId", [cloud.id("shared")]));
    await create(
      "wide",
      repeat(
        "DiskId",
        many.slice(1).map(({ id }) => cloud.id(id)),
      ),
    );
    const both = { ...repeat("DiskId", [cloud.id("root")]), ...repeat("ExcludeDiskId", [cloud.id("basic")]) };
    expect(await codeOf(create("old", both))).toBe("InvalidParameter");
  });

  it("are all or nothing, and fail when one copy fails", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([
      { id: "web", disks: [{}, { snapshots: "refused" }] },
      { id: "db", disks: [{}, { snapshots: "fails" }] },
    ]);
    const create = (name: string) => inRegion("ecs", "CreateSnapshotGroup", { InstanceId: cloud.id(name) });
    expect(await codeOf(create("web"))).toBe("CreateSnapshot.Failed");
    expect(cloud.view().snapshots).toEqual([]);
    await create("db");
    await cloud.clock.advance(2 * minute);
    const groups = await inRegion("ecs", "DescribeSnapshotGroups", { "Status.1": "failed" });
    expect(listAt(groups, "SnapshotGroups.SnapshotGroup")).toHaveLength(1);
  });

  it("are deleted with a word about each member", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([{ id: "web", disks: [{}, {}] }]);
    const { SnapshotGroupId } = await inRegion("ecs", "CreateSnapshotGroup", { InstanceId: cloud.id("web") });
    const [locked] = cloud.view().snapshots;
    const lock = { SnapshotId: locked?.id ?? "", LockMode: "compliance", LockDuration: "5" };
    await inRegion("ecs", "LockSnapshot", lock);
    const answer = await inRegion("ecs", "DeleteSnapshotGroup", { SnapshotGroupId: String(SnapshotGroupId) });
    expect(each(answer, "OperationProgressSet.OperationProgress", "OperationStatus")).toEqual(["Failed", "Success"]);
    expect(cloud.view().snapshots).toHaveLength(1);
  });
});
