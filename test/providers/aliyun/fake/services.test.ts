import { describe, expect, it } from "vitest";
import { fakeAliyun } from "../../../../providers/aliyun/fake/index.js";
import { at, codeOf, each, errorOf, listAt, openFake, repeat } from "./open.js";

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

describe("Kubernetes clusters", () => {
  it("are asked for by path and answer in small letters, ten rows unless more are asked for", async () => {
    const { cloud, roa } = await openFake();
    cloud.seed({
      instances: names(12).map((id) => ({ id })),
      owners: [{ kind: "cluster-node", id: "k8s", members: names(12) }],
    });
    const id = cloud.id("k8s");
    const clusters = await roa("DescribeClustersForRegion", "/regions/cn-hangzhou/clusters");
    expect(clusters).toMatchObject({
      clusters: [{ cluster_id: id, name: "k8s", size: 12, security_group_id: cloud.id("k8s-group") }],
      page_info: { total_count: 1 },
    });
    // Only a header names the request.
    expect(clusters).not.toHaveProperty("RequestId");
    const nodes = (query: Record<string, string>) => roa("DescribeClusterNodes", `/clusters/${id}/nodes`, query);
    expect(listAt(await nodes({}), "nodes")).toHaveLength(10);
    expect(await nodes({})).toMatchObject({ page: { total_count: 12, page_number: 1, page_size: 10 } });
    expect(each(await nodes({ instanceIds: cloud.id("n11"), pageSize: "100" }), "nodes", "instance_id")).toEqual([
      cloud.id("n11"),
    ]);
    expect(await codeOf(nodes({ pageSize: "101" }))).toBe("InvalidParameter");
    expect(await codeOf(nodes({ InstanceIds: cloud.id("n11") }))).toBe("UnsupportedParameter");
  });

  it("refuse in small letters as well, and only their own paths are known", async () => {
    const { cloud, roa } = await openFake();
    const unknown = `/clusters/c${"0".repeat(32)}/nodes`;
    expect(await errorOf(roa("DescribeClusterNodes", unknown))).toEqual({ code: "ErrorClusterNotFound", status: 404 });
    expect(await errorOf(roa("DescribeClusterNodes", "/clusters"))).toMatchObject({ status: 404 });
    expect(await codeOf(roa("DescribeClustersForRegion", "/regions/nowhere/clusters"))).toBe(
      "InvalidRegionId.NotFound",
    );
    cloud.faults.add({ fault: "deny", api: "cs:DescribeClustersForRegion" });
    expect(await errorOf(roa("DescribeClustersForRegion", "/regions/cn-hangzhou/clusters"))).toEqual({
      code: "StatusForbidden",
      status: 403,
    });
    expect(cloud.requests.map(({ api }) => api)).toContain("cs:DescribeClustersForRegion");
  });

  it("understand the signature of the older clients of the ROA style, and nobody without one", async () => {
    const cloud = fakeAliyun();
    const get = (headers: Record<string, string>) =>
      cloud.fetch(
        new Request("https://cs.cn-hangzhou.aliyuncs.com/regions/cn-hangzhou/clusters", {
          headers: { "x-acs-version": "2015-12-15", ...headers },
        }),
      );
    expect((await get({ authorization: "acs LTAI-home:c2lnbmVk" })).status).toBe(200);
    expect(await (await get({})).json()).toMatchObject({ code: "MissingAccessKeyId" });
  });
});

describe("MongoDB and PolarDB", () => {
  it("tell of replica sets alone unless another kind is asked for, in pages of three sizes", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app" }],
      instances: [{ id: "web", privateIps: ["172.16.9.9"] }],
      owners: [
        { kind: "address-list", id: "allowed", members: ["web"], variant: "mongodb" },
        { kind: "database", id: "documents", members: ["app"], variant: "mongodb" },
      ],
    });
    const list = (query: Record<string, string>) => inRegion("dds", "DescribeDBInstances", query);
    expect(each(await list({}), "DBInstances.DBInstance", "DBInstanceId")).toEqual([
      cloud.id("allowed"),
      cloud.id("documents"),
    ]);
    expect(listAt(await list({ DBInstanceType: "sharding" }), "DBInstances.DBInstance")).toEqual([]);
    expect(await codeOf(list({ PageSize: "40" }))).toBe("InvalidParameter");
    const ips = await inRegion("dds", "DescribeSecurityIps", { DBInstanceId: cloud.id("allowed") });
    expect(each(ips, "SecurityIpGroups.SecurityIpGroup", "SecurityIpList")).toEqual(["172.16.9.9"]);
    const groups = await inRegion("dds", "DescribeSecurityGroupConfiguration", { DBInstanceId: cloud.id("documents") });
    expect(each(groups, "Items.RdsEcsSecurityGroupRel", "SecurityGroupId")).toEqual([cloud.id("app")]);
    expect(await codeOf(inRegion("dds", "DescribeSecurityIps", { DBInstanceId: "dds-none" }))).toBe(
      "InvalidDBInstanceId.NotFound",
    );
  });

  it("PolarDB tells addresses and groups of a cluster in one answer", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app" }],
      owners: [{ kind: "database", id: "ledger", members: ["app"], variant: "polardb" }],
    });
    const list = await inRegion("polardb", "DescribeDBClusters", { PageSize: "100" });
    expect(each(list, "Items.DBCluster", "DBClusterId")).toEqual([cloud.id("ledger")]);
    expect(list).toMatchObject({ TotalRecordCount: 1, PageRecordCount: 1 });
    const DBClusterId = cloud.id("ledger");
    const access = await inRegion("polardb", "DescribeDBClusterAccessWhitelist", { DBClusterId });
    expect(each(access, "Items.DBClusterIPArray", "SecurityIps")).toEqual(["127.0.0.1"]);
    expect(each(access, "DBClusterSecurityGroups.DBClusterSecurityGroup", "SecurityGroupId")).toEqual([
      cloud.id("app"),
    ]);
  });
});

describe("file systems", () => {
  it("tell who uses them, if they are general-purpose ones, ten clients unless more", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: names(12).map((id) => ({ id })),
      owners: [
        { kind: "file-system", id: "home", members: names(12) },
        { kind: "file-system", id: "fast", members: ["n0"], variant: "extreme" },
      ],
    });
    const all = await inRegion("nas", "DescribeFileSystems");
    expect(each(all, "FileSystems.FileSystem", "FileSystemType")).toEqual(["standard", "extreme"]);
    const domains = each(all, "FileSystems.FileSystem", "MountTargets").map((targets) =>
      String(at(targets, "MountTarget.0.MountTargetDomain")),
    );
    const clients = (FileSystemId: string, query: Record<string, string>) =>
      inRegion("nas", "DescribeMountedClients", { FileSystemId, ...query });
    const [home = "", fast = ""] = domains;
    const mounted = await clients(cloud.id("home"), { MountTargetDomain: home });
    expect(listAt(mounted, "Clients.Client")).toHaveLength(10);
    expect(mounted).toMatchObject({ TotalCount: 12 });
    expect(await codeOf(clients(cloud.id("home"), { MountTargetDomain: fast }))).toBe("InvalidMountTarget.NotFound");
    expect(await codeOf(clients(cloud.id("fast"), { MountTargetDomain: fast }))).toBe(
      "InvalidFileSystemType.NotSupported",
    );
    expect(await codeOf(clients(cloud.id("home"), {}))).toBe("MissingMountTargetDomain");
  });
});

describe("Cloud Backup", () => {
  it("shows copies within a time, without pages, and jobs that pass every filter", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [
        { kind: "backup", id: "old", members: ["web", "db"] },
        { kind: "backup", id: "running", members: ["web"], inUse: true },
        { kind: "backup", id: "files", members: ["db"], variant: "file", inUse: true },
      ],
    });
    const now = String(Math.floor(cloud.clock.now() / 1_000));
    const copies = (query: Record<string, string>) =>
      call("hbr", "DescribeUdmSnapshots", {
        SourceType: "UDM_ECS",
        UdmRegionId: "cn-hangzhou",
        StartTime: "0",
        EndTime: now,
        ...query,
      });
    expect(listAt(await copies({}), "Snapshots")).toHaveLength(2);
    expect(each(await copies({ InstanceId: cloud.id("db") }), "Snapshots", "Status")).toEqual(["COMPLETE"]);
    expect(listAt(await copies({ StartTime: now }), "Snapshots")).toEqual([]);
    expect(await codeOf(copies({ PageSize: "10" }))).toBe("UnsupportedParameter");
    const jobs = (query: Record<string, string>) =>
      call("hbr", "DescribeBackupJobs2", { SourceType: "UDM_ECS", ...query });
    const filter = (at: number, Key: string, Operator: string, ...values: readonly string[]) => ({
      [`Filters.${at}.Key`]: Key,
      [`Filters.${at}.Operator`]: Operator,
      ...repeat(`Filters.${at}.Values`, values),
    });
    const listed = async (query: Record<string, string>) => each(await jobs(query), "BackupJobs.BackupJob", "JobId");
    expect(await listed({})).toHaveLength(3);
    expect(await listed(filter(1, "Status", "NOT_EQUAL", "COMPLETE"))).toEqual([cloud.id("running")]);
    expect(
      await listed({
        ...filter(1, "InstanceId", "IN", cloud.id("web")),
        ...filter(2, "Status", "EQUAL", "COMPLETE"),
      }),
    ).toEqual([cloud.id("old")]);
    expect(await listed({ SourceType: "ECS_FILE" })).toEqual([cloud.id("files")]);
    expect(await codeOf(jobs(filter(1, "Colour", "IN", "red")))).toBe("InvalidParameter");
    expect(await codeOf(jobs({ PageSize: "100" }))).toBe("InvalidParameter");
  });
});

describe("commitments", () => {
  it("are reserved instances of ECS, and savings plans that billing tells under Data", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "commitment", id: "reserved", members: ["web"], variant: "zone" },
        { kind: "commitment", id: "plan", members: ["web"], variant: "savings-plan" },
      ],
    });
    const reserved = await inRegion("ecs", "DescribeReservedInstances", repeat("Status", ["Active"]));
    expect(listAt(reserved, "ReservedInstances.ReservedInstance")).toMatchObject([
      {
        ReservedInstanceId: cloud.id("reserved"),
        Scope: "Zone",
        ZoneId: "cn-hangzhou-h",
        InstanceType: "ecs.g7.large",
      },
    ]);
    expect(
      listAt(
        await inRegion("ecs", "DescribeReservedInstances", repeat("Status", ["Expired"])),
        "ReservedInstances.ReservedInstance",
      ),
    ).toEqual([]);
    const plans = await call("bss", "QuerySavingsPlansInstance", { Status: "NORMAL" });
    expect(plans).toMatchObject({ Success: true, Code: "Success" });
    expect(listAt(plans, "Data.Items")).toMatchObject([
      { InstanceId: cloud.id("plan"), SavingsType: "ecs", InstanceFamily: "ecs.g7", Region: "cn-hangzhou" },
    ]);
  });
});

describe("application groups of CloudMonitor", () => {
  it("are listed with their members, ten unless more are asked for", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: names(12).map((id) => ({ id })),
      owners: [{ kind: "alarm", id: "watched", members: names(12), variant: "group" }],
    });
    const groups = await inRegion("cms", "DescribeMonitorGroups", { InstanceId: cloud.id("n0") });
    expect(each(groups, "Resources.Resource", "GroupId")).toEqual([Number(cloud.id("watched"))]);
    const members = await inRegion("cms", "DescribeMonitorGroupInstances", { GroupId: cloud.id("watched") });
    expect(listAt(members, "Resources.Resource")).toHaveLength(10);
    expect(members).toMatchObject({ Total: 12 });
    expect(await codeOf(inRegion("cms", "DescribeMonitorGroupInstances", { GroupId: "1" }))).toBe("ResourceNotFound");
  });
});
