import { describe, expect, it } from "vitest";
import { at, codeOf, day, each, errorOf, listAt, minute, openFake, repeat } from "./open.js";

describe("load balancers", () => {
  it.each(["alb", "nlb", "gwlb"] as const)(
    "of the kind %s list servers across groups in plain lists, twenty unless more",
    async (product) => {
      const { cloud, call } = await openFake();
      const names = Array.from({ length: 25 }, (_, index) => `web-${index}`);
      cloud.seed({
        instances: names.map((id) => ({ id })),
        owners: [{ kind: "load-balancer-target", id: "pool", members: names, ports: [80], variant: product }],
      });
      const region: Record<string, string> = product === "nlb" ? { RegionId: "cn-hangzhou" } : {};
      const list = (over: Record<string, string>) => call(product, "ListServerGroupServers", { ...region, ...over });
      const usual = await list(
        repeat(
          "ServerIds",
          names.map((name) => cloud.id(name)),
        ),
      );
      expect(listAt(usual, "Servers")).toHaveLength(20);
      expect(usual).toMatchObject({ MaxResults: 20, TotalCount: 25, NextToken: expect.stringMatching(/./) });
      const [one] = listAt(await list(repeat("ServerIds", [cloud.id("web-24")])), "Servers");
      expect(one).toMatchObject({
        ServerGroupId: cloud.id("pool"),
        ServerId: cloud.id("web-24"),
        ServerType: "Ecs",
        Port: 80,
        Status: "Available",
      });
      const most = product === "gwlb" ? 200 : 40;
      const many = Array.from({ length: most + 1 }, (_, index) => `i-bp1${String(index).padStart(17, "0")}`);
      expect(await codeOf(list(repeat("ServerIds", many)))).toBe("InvalidParameter");
    },
  );

  it("remove servers in a while, and say Removing until then", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web", "db"], ports: [80, 443] }],
    });
    const ServerGroupId = cloud.id("pool");
    const one = { "Servers.1.ServerId": cloud.id("web"), "Servers.1.ServerType": "Ecs" };
    expect(
      await errorOf(call("alb", "RemoveServersFromServerGroup", { ServerGroupId, ...one, DryRun: "true" })),
    ).toEqual({ code: "DryRunOperation", status: 400 });
    await call("alb", "RemoveServersFromServerGroup", { ServerGroupId, ...one, "Servers.1.Port": "80" });
    const statuses = async () =>
      each(await call("alb", "ListServerGroupServers", repeat("ServerIds", [cloud.id("web")])), "Servers", "Status");
    expect((await statuses()).toSorted()).toEqual(["Available", "Removing"]);
    await cloud.clock.advance(minute);
    expect(await statuses()).toEqual(["Available"]);
    await call("alb", "RemoveServersFromServerGroup", { ServerGroupId, ...one });
    await cloud.clock.advance(minute);
    expect(cloud.view().memberships).toEqual([
      { kind: "load-balancer-target", id: ServerGroupId, member: cloud.id("db") },
    ]);
    expect(await errorOf(call("alb", "RemoveServersFromServerGroup", { ServerGroupId, ...one }))).toEqual({
      code: "ResourceNotFound.BackendServer",
      status: 404,
    });
    const back = { ...one, "Servers.1.Port": "80", "Servers.1.Weight": "50" };
    await call("alb", "AddServersToServerGroup", { ServerGroupId, ...back });
    expect(await statuses()).toEqual(["Available"]);
  });

  it("know servers by address where the group is one of addresses", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.8.8"] }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address", variant: "nlb" }],
    });
    const byId = await inRegion("nlb", "ListServerGroupServers", repeat("ServerIds", [cloud.id("web")]));
    expect(listAt(byId, "Servers")).toEqual([]);
    const byIp = await inRegion("nlb", "ListServerGroupServers", repeat("ServerIps", ["172.16.8.8"]));
    expect(listAt(byIp, "Servers")).toMatchObject([{ ServerType: "Ip", ServerId: "172.16.8.8" }]);
  });

  it("of the classic kind name backends in three places", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.8.8"] }, { id: "db" }],
      owners: [
        { kind: "load-balancer-target", id: "plain", members: ["web", "db"], variant: "clb", ports: [80] },
        { kind: "load-balancer-target", id: "grouped", members: ["web"], variant: "clb-group", ports: [8080] },
        { kind: "load-balancer-target", id: "pair", members: ["web", "db"], variant: "clb-pair" },
      ],
    });
    const found = await inRegion("slb", "DescribeLoadBalancers", { ServerIntranetAddress: "172.16.8.8,10.9.9.9" });
    const balancers = each(found, "LoadBalancers.LoadBalancer", "LoadBalancerId").map(String);
    expect(balancers).toHaveLength(3);
    expect(balancers).toContain(cloud.id("plain"));
    const attribute = await inRegion("slb", "DescribeLoadBalancerAttribute", { LoadBalancerId: cloud.id("plain") });
    expect(each(attribute, "BackendServers.BackendServer", "ServerId")).toEqual([cloud.id("web"), cloud.id("db")]);
    const [, second = "", third = ""] = balancers;
    const groups = await inRegion("slb", "DescribeVServerGroups", { LoadBalancerId: second, IncludeListener: "true" });
    expect(each(groups, "VServerGroups.VServerGroup", "VServerGroupId")).toEqual([cloud.id("grouped")]);
    const members = await inRegion("slb", "DescribeVServerGroupAttribute", { VServerGroupId: cloud.id("grouped") });
    expect(at(members, "BackendServers.BackendServer.0")).toMatchObject({ ServerId: cloud.id("web"), Port: 8080 });
    const pairs = await inRegion("slb", "DescribeMasterSlaveServerGroups", { LoadBalancerId: third });
    expect(each(pairs, "MasterSlaveServerGroups.MasterSlaveServerGroup", "MasterSlaveServerGroupId")).toEqual([
      cloud.id("pair"),
    ]);
    const pair = await inRegion("slb", "DescribeMasterSlaveServerGroupAttribute", {
      MasterSlaveServerGroupId: cloud.id("pair"),
    });
    expect(each(pair, "MasterSlaveBackendServers.MasterSlaveBackendServer", "ServerType")).toEqual(["Master", "Slave"]);
    const health = await inRegion("slb", "DescribeHealthStatus", { LoadBalancerId: cloud.id("plain") });
    expect(each(health, "BackendServers.BackendServer", "ServerHealthStatus")).toEqual(["normal", "normal"]);
  });

  it("of the classic kind take backends as a JSON text, and refuse while they are configured", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [
        { kind: "load-balancer-target", id: "plain", members: ["web", "db"], variant: "clb" },
        { kind: "load-balancer-target", id: "busy", members: ["db"], variant: "clb", inUse: true },
        { kind: "load-balancer-target", id: "grouped", members: ["web"], variant: "clb-group", ports: [8080] },
      ],
    });
    const one = (name: string) => ({
      BackendServers: JSON.stringify([{ ServerId: cloud.id(name), Type: "ecs", Port: "8080" }]),
    });
    await inRegion("slb", "RemoveBackendServers", { LoadBalancerId: cloud.id("plain"), ...one("web") });
    await inRegion("slb", "RemoveVServerGroupBackendServers", { VServerGroupId: cloud.id("grouped"), ...one("web") });
    expect(cloud.view().memberships.map(({ id, member }) => [id, member])).toEqual([
      [cloud.id("plain"), cloud.id("db")],
      [cloud.id("busy"), cloud.id("db")],
    ]);
    await inRegion("slb", "AddVServerGroupBackendServers", { VServerGroupId: cloud.id("grouped"), ...one("web") });
    await inRegion("slb", "AddBackendServers", { LoadBalancerId: cloud.id("plain"), ...one("web") });
    expect(cloud.view().memberships).toHaveLength(4);
    const busy = inRegion("slb", "RemoveBackendServers", { LoadBalancerId: cloud.id("busy"), ...one("db") });
    expect(await codeOf(busy)).toBe("BackendServer.configuring");
    const release = call("ecs", "DeleteInstance", { InstanceId: cloud.id("db"), Force: "true" });
    expect(await errorOf(release)).toEqual({ code: "DependencyViolation.SLBConfiguring", status: 400 });
    expect(await codeOf(inRegion("slb", "DescribeLoadBalancers", { PageSize: "50" }))).toBe("MissingPageNumber");
  });
});

describe("scaling groups", () => {
  it("are found by member, unknown ids left out", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "free" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }],
    });
    const ids = repeat("InstanceIds", [cloud.id("web"), cloud.id("free"), "i-bp100000000000000000"]);
    const members = await inRegion("ess", "DescribeScalingInstances", ids);
    expect(listAt(members, "ScalingInstances")).toMatchObject([
      {
        InstanceId: cloud.id("web"),
        ScalingGroupId: cloud.id("crew"),
        LifecycleState: "InService",
        CreationType: "AutoCreated",
      },
    ]);
    const groups = await inRegion("ess", "DescribeScalingGroups", repeat("ScalingGroupIds", [cloud.id("crew")]));
    expect(listAt(groups, "ScalingGroups")).toMatchObject([{ TotalCapacity: 1, LifecycleState: "Active" }]);
  });

  it("detach in a while, and take nothing else meanwhile", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "db"], replaces: true }],
    });
    const detach = (name: string, over = {}) =>
      call("ess", "DetachInstances", {
        ScalingGroupId: cloud.id("crew"),
        ...repeat("InstanceIds", [cloud.id(name)]),
        ...over,
      });
    const { ScalingActivityId } = await detach("web");
    const states = async () =>
      each(await inRegion("ess", "DescribeScalingInstances"), "ScalingInstances", "LifecycleState");
    expect(await states()).toEqual(["Removing", "InService"]);
    expect(await codeOf(detach("db"))).toBe("ScalingActivityInProgress");
    const activity = async () =>
      at(
        await inRegion("ess", "DescribeScalingActivities", repeat("ScalingActivityIds", [String(ScalingActivityId)])),
        "ScalingActivities.0.StatusCode",
      );
    expect(await activity()).toBe("InProgress");
    await cloud.clock.advance(minute);
    expect([await activity(), ...(await states())]).toEqual(["Successful", "InService"]);
    expect(await errorOf(detach("web"))).toEqual({ code: "InvalidInstanceId.NotFound", status: 404 });
    await cloud.clock.advance(day);
    expect(cloud.view().instances).toHaveLength(2);
  });

  it("launch another where the wanted size stays, and refuse below the least", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [
        { kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true },
        { kind: "auto-scaling-group", id: "full", members: ["db"], inUse: true },
      ],
    });
    const detach = (group: string, name: string) =>
      call("ess", "DetachInstances", {
        ScalingGroupId: cloud.id(group),
        ...repeat("InstanceIds", [cloud.id(name)]),
        DecreaseDesiredCapacity: "false",
      });
    expect(await codeOf(detach("full", "db"))).toBe("IncorrectCapacity.MinSize");
    await detach("crew", "web");
    await cloud.clock.advance(5 * minute);
    expect(cloud.view().instances).toHaveLength(3);
    expect(cloud.holds("web")).toBe(true);
  });

  it("take back what they gave up", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }],
    });
    const attach = (name: string) =>
      call("ess", "AttachInstances", { ScalingGroupId: cloud.id("crew"), ...repeat("InstanceIds", [cloud.id(name)]) });
    expect(await codeOf(attach("web"))).toBe("InvalidInstanceId.InUse");
    await attach("db");
    expect(cloud.view().memberships.map(({ member }) => member)).toEqual([cloud.id("web"), cloud.id("db")]);
  });
});

describe("others that name instances", () => {
  it("are databases with whitelists and groups", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app" }],
      instances: [{ id: "web", privateIps: ["172.16.8.8"], securityGroups: ["app"] }],
      owners: [
        { kind: "database", id: "orders", members: ["web"], by: "address" },
        { kind: "database", id: "cache", members: ["app"], variant: "redis" },
        { kind: "address-list", id: "session", members: ["web"], variant: "redis" },
      ],
    });
    const list = await inRegion("rds", "DescribeDBInstances", { PageSize: "100" });
    expect(list).toMatchObject({ TotalRecordCount: 1, PageRecordCount: 1 });
    const allowed = await call("rds", "DescribeDBInstanceIPArrayList", { DBInstanceId: cloud.id("orders") });
    expect(at(allowed, "Items.DBInstanceIPArray.0.SecurityIPList")).toBe("172.16.8.8");
    const caches = await inRegion("kvstore", "DescribeInstances");
    expect(each(caches, "Instances.KVStoreInstance", "InstanceId")).toEqual([cloud.id("cache"), cloud.id("session")]);
    const ips = await call("kvstore", "DescribeSecurityIps", { InstanceId: cloud.id("session") });
    expect(at(ips, "SecurityIpGroups.SecurityIpGroup.0.SecurityIpList")).toBe("172.16.8.8");
    const groups = await call("kvstore", "DescribeSecurityGroupConfiguration", { InstanceId: cloud.id("cache") });
    expect(each(groups, "Items.EcsSecurityGroupRelation", "SecurityGroupId")).toEqual([cloud.id("app")]);
  });

  it("are names, public and private, searched for by part of their value", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [
        { id: "web", addresses: [{ id: "front", kind: "elastic", ip: "47.96.7.7" }] },
        { id: "db", privateIps: ["172.16.8.8"] },
      ],
      owners: [
        { kind: "dns-record", id: "www", members: ["web"] },
        { kind: "dns-record", id: "orders", members: ["db"] },
      ],
    });
    const [domain] = listAt(await call("alidns", "DescribeDomains"), "Domains.Domain");
    const records = (ValueKeyWord: string) =>
      call("alidns", "DescribeDomainRecords", {
        DomainName: String(at(domain, "DomainName")),
        SearchMode: "ADVANCED",
        ValueKeyWord,
      });
    expect(each(await records("96.7"), "DomainRecords.Record", "RR")).toEqual(["www"]);
    expect(listAt(await records("10.0.0.1"), "DomainRecords.Record")).toEqual([]);
    const [zone] = listAt(await call("pvtz", "DescribeZones"), "Zones.Zone");
    const inside = await call("pvtz", "DescribeZoneRecords", { ZoneId: String(at(zone, "ZoneId")) });
    expect(inside).toMatchObject({
      TotalItems: 1,
      TotalPages: 1,
      Records: { Record: [{ Rr: "orders", Value: "172.16.8.8" }] },
    });
  });

  it("are alarms, whose instances stand in a JSON text", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web" }], owners: [{ kind: "alarm", id: "cpu", members: ["web"] }] });
    const rules = await call("cms", "DescribeMetricRuleList", { Namespace: "acs_ecs_dashboard" });
    expect(rules).toMatchObject({ Success: true, Code: 200, Total: "1" });
    expect(JSON.parse(String(at(rules, "Alarms.Alarm.0.Resources")))).toEqual([{ instanceId: cloud.id("web") }]);
  });

  it("are clusters and stacks, by tags alone", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web", tags: { team: "shop" } }],
      owners: [
        { kind: "cluster-node", id: "k8s", members: ["web"] },
        { kind: "stack", id: "ros", members: ["web"] },
      ],
    });
    const tags = await inRegion("ecs", "ListTagResources", {
      ResourceType: "instance",
      ...repeat("ResourceId", [cloud.id("web")]),
    });
    expect(each(tags, "TagResources.TagResource", "TagKey")).toEqual(["team", "ack.aliyun.com", "acs:ros:stackId"]);
  });

  it("are prefix lists, backup policies and keys", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed({
      securityGroups: [
        {
          id: "app",
          rules: [{ direction: "ingress", peer: { kind: "address-list", list: "prefix-list", id: "office" } }],
        },
      ],
      instances: [{ id: "web", privateIps: ["172.16.8.8"], disks: [{ id: "root" }] }],
      owners: [
        { kind: "address-list", id: "office", members: ["web"] },
        { kind: "backup-policy", id: "nightly", members: ["web"] },
        { kind: "encryption-key", id: "secret", members: ["root"] },
      ],
    });
    const PrefixListId = cloud.id("office");
    const list = await inRegion("ecs", "DescribePrefixListAttributes", { PrefixListId });
    expect(each(list, "Entries.Entry", "Cidr")).toEqual(["172.16.8.8/32"]);
    const users = await inRegion("ecs", "DescribePrefixListAssociations", { PrefixListId });
    expect(each(users, "PrefixListAssociations.PrefixListAssociation", "ResourceId")).toEqual([cloud.id("app")]);
    const bindings = await call("hbr", "DescribePolicyBindings", { DataSourceIds: JSON.stringify([cloud.id("web")]) });
    expect(each(bindings, "PolicyBindings", "PolicyId")).toEqual([cloud.id("nightly")]);
    expect(at(await call("kms", "DescribeKey", { KeyId: cloud.id("secret") }), "KeyMetadata.KeyState")).toBe("Enabled");
  });
});

describe("tags", () => {
  it("are set and removed on many things at once or on none", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([{ id: "web", tags: { team: "shop" } }, { id: "db" }]);
    const ids = repeat("ResourceId", [cloud.id("web"), cloud.id("db")]);
    const tag = (over: Record<string, string>) =>
      inRegion("ecs", "TagResources", {
        ResourceType: "instance",
        ...ids,
        "Tag.1.Key": "claim",
        "Tag.1.Value": "run-1",
        ...over,
      });
    await tag({});
    expect(cloud.view().instances.map(({ tags }) => tags)).toEqual([
      { team: "shop", claim: "run-1" },
      { claim: "run-1" },
    ]);
    expect(await errorOf(tag({ "ResourceId.3": "i-bp100000000000000000" }))).toEqual({
      code: "InvalidResourceId.NotFound",
      status: 404,
    });
    expect(await codeOf(tag({ "Tag.1.Key": "acs:mine" }))).toBe("InvalidTagKey.Malformed");
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Tag.${index + 1}.Key`, `key-${index}`]));
    expect(
      await codeOf(
        tag({ ...many, ...Object.fromEntries(Object.keys(many).map((key) => [key.replace("Key", "Value"), "x"])) }),
      ),
    ).toBe("OperationDenied.QuotaExceed");
    const ofMany = repeat(
      "ResourceId",
      Array.from({ length: 51 }, () => cloud.id("web")),
    );
    expect(await codeOf(tag(ofMany))).toBe("NumberExceed.ResourceIds");
    await inRegion("ecs", "UntagResources", { ResourceType: "instance", ...ids, "TagKey.1": "claim" });
    expect(cloud.view().instances.map(({ tags }) => tags)).toEqual([{ team: "shop" }, {}]);
    expect(cloud.requests.at(-1)?.tookEffect).toBe(true);
  });
});
