import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

describe("lists", () => {
  it("answer 20 where nothing is said, also of ids, and always tell the full total", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed(Array.from({ length: 25 }, (_, index) => ({ id: `web-${index}` })));
    const InstanceIds = cloud.view().instances.map(({ id }) => id);
    const ofIds = await cvm.DescribeInstances({ InstanceIds });
    expect([ofIds.InstanceSet?.length, ofIds.TotalCount]).toEqual([20, 25]);
    const whole = await cvm.DescribeInstances({ InstanceIds, Limit: 100 });
    expect(whole.InstanceSet).toHaveLength(25);
    const second = await cvm.DescribeInstances({ Offset: 20 });
    expect([second.InstanceSet?.length, second.TotalCount]).toEqual([5, 25]);
    const past = await cvm.DescribeInstances({ Offset: 100, Limit: 100 });
    expect([past.InstanceSet, past.TotalCount]).toEqual([[], 25]);
  });

  it("refuse more than 100, and a negative offset", async () => {
    const { cvm, cbs, vpc } = await openFake();
    expect(await codeOf(cvm.DescribeInstances({ Limit: 101 }))).toBe("InvalidParameterValue");
    expect(await codeOf(cbs.DescribeDisks({ Limit: 0 }))).toBe("InvalidParameterValue");
    expect(await codeOf(vpc.DescribeNetworkInterfaces({ Offset: -1 }))).toBe("InvalidParameterValue.Range");
  });

  it("leave out instances and disks that nobody knows, but refuse groups and interfaces", async () => {
    const { cvm, cbs, vpc } = await openFake();
    expect(await cvm.DescribeInstances({ InstanceIds: ["ins-00000000"] })).toMatchObject({ InstanceSet: [] });
    expect(await cbs.DescribeDisks({ DiskIds: ["disk-00000000"] })).toMatchObject({ TotalCount: 0, DiskSet: [] });
    expect(await codeOf(vpc.DescribeSecurityGroups({ SecurityGroupIds: ["sg-00000000"] }))).toBe("ResourceNotFound");
    expect(await codeOf(vpc.DescribeNetworkInterfaces({ NetworkInterfaceIds: ["eni-00000000"] }))).toBe(
      "ResourceNotFound",
    );
    expect(await codeOf(cvm.DescribeInstances({ InstanceIds: ["i-1234"] }))).toBe("InvalidInstanceId.Malformed");
  });

  it("take an empty list of ids for none at all", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([{ id: "web" }]);
    expect(await cvm.DescribeInstances({ InstanceIds: [] })).toMatchObject({ TotalCount: 1 });
  });

  it("refuse ids with filters, unknown filters, and too many values", async () => {
    const { cloud, cvm, cbs, vpc } = await openFake();
    cloud.seed([{ id: "web" }]);
    const filter = (Name: string, count = 1) => [{ Name, Values: Array.from({ length: count }, (_, i) => `v${i}`) }];
    const InstanceIds = [cloud.id("web")];
    expect(await codeOf(cvm.DescribeInstances({ InstanceIds, Filters: filter("zone") }))).toBe("InvalidParameter");
    expect(await codeOf(cvm.DescribeInstances({ Filters: filter("colour") }))).toBe("InvalidFilter");
    expect(await codeOf(cvm.DescribeInstances({ Filters: filter("zone", 6) }))).toBe(
      "InvalidFilterValue.LimitExceeded",
    );
    expect(await codeOf(cbs.DescribeSnapshots({ Filters: filter("disk-id", 11) }))).toBe(
      "InvalidParameterValue.LimitExceeded",
    );
    expect(await codeOf(vpc.DescribeHaVips({ Filters: filter("vpc-id", 6) }))).toBe(
      "InvalidParameterValue.LimitExceeded",
    );
    expect(await codeOf(vpc.DescribeAddresses({ Filters: filter("private-ip-address", 2) }))).toBe(
      "LimitExceeded.NumberOfFilters",
    );
  });

  it("want texts for offsets where the API does, and numbers elsewhere", async () => {
    const { call } = await openFake();
    await call("vpc:DescribeSecurityGroups", { Offset: "0", Limit: "100" });
    expect(await codeOf(call("vpc:DescribeSecurityGroups", { Limit: 100 }))).toBe("InvalidParameter");
    expect(await codeOf(call("vpc:DescribeAddressTemplates", { Offset: 0 }))).toBe("InvalidParameter");
    expect(await codeOf(call("cvm:DescribeInstances", { Limit: "100" }))).toBe("InvalidParameter");
  });

  it("filter by values of the answer, and by tags", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed([
      { id: "web", tags: { team: "shop" } },
      { id: "db", tags: { team: "data" }, state: "stopped" },
    ]);
    const found = async (Name: string, ...Values: string[]) =>
      (await cvm.DescribeInstances({ Filters: [{ Name, Values }] })).InstanceSet?.map(({ InstanceId }) => InstanceId);
    expect(await found("instance-state", "STOPPED")).toEqual([cloud.id("db")]);
    expect(await found("tag:team", "shop")).toEqual([cloud.id("web")]);
    expect(await found("tag-key", "team")).toHaveLength(2);
    expect(await found("instance-id", cloud.id("db"), "ins-00000000")).toEqual([cloud.id("db")]);
  });

  it("show a default network and group in every region, a control for reads that find nothing else", async () => {
    const { call } = await openFake();
    expect(await call("vpc:DescribeVpcs", {}, { region: "ap-shanghai" })).toMatchObject({
      VpcSet: [{ IsDefault: true }],
    });
    expect(await call("vpc:DescribeSecurityGroups", {}, { region: "ap-shanghai" })).toMatchObject({
      SecurityGroupSet: [{ IsDefault: true }],
    });
  });
});
