import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

const second = 1_000;

describe("load balancers", () => {
  it("keep a target while its instance is in the bin, and lose it when that is destroyed", async () => {
    const { cloud, cvm, clb } = await openFake();
    cloud.seed({
      instances: [{ id: "paid", billing: "prepaid" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["paid"], ports: [80, 443] }],
    });
    const InstanceIds = [cloud.id("paid")];
    const targets = async () =>
      (await clb.DescribeTargets({ LoadBalancerId: cloud.id("pool") })).Listeners?.flatMap(
        ({ Targets }) => Targets ?? [],
      );
    await cvm.TerminateInstances({ InstanceIds });
    await cloud.clock.advance(10 * second);
    expect(await targets()).toHaveLength(2);
    expect(cloud.view().memberships).toMatchObject([{ kind: "load-balancer-target", member: InstanceIds[0] }]);
    await cvm.TerminateInstances({ InstanceIds });
    await cloud.clock.advance(10 * second);
    expect(await targets()).toEqual([]);
    expect(cloud.view().memberships).toEqual([]);
  });

  it("are found by network and address, with the network as a number in the answer", async () => {
    const { cloud, clb } = await openFake();
    cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.9.9"] }],
      owners: [
        { kind: "load-balancer-target", id: "four", members: ["web"] },
        { kind: "load-balancer-target", id: "seven", members: ["web"], variant: "layer7", by: "address" },
      ],
    });
    const ask = (VpcId: string) => clb.DescribeLBListeners({ Backends: [{ VpcId, PrivateIp: "172.16.9.9" }] });
    const { LoadBalancers } = await ask("vpc-default1");
    expect(LoadBalancers).toMatchObject([
      { Listeners: [{ Rules: null, Targets: [{ Type: "cvm", VpcId: 1_000_001 }] }] },
      { Listeners: [{ Targets: null, Rules: [{ Targets: [{ Type: "eni", PrivateIp: "172.16.9.9" }] }] }] },
    ]);
    expect(await ask("vpc-00000000")).toMatchObject({ LoadBalancers: [] });
    const many = { Backends: Array.from({ length: 21 }, () => ({ VpcId: "vpc-default1", PrivateIp: "172.16.9.9" })) };
    expect(await codeOf(clb.DescribeLBListeners(many))).toBe("LimitExceeded");
  });

  it("deregister in batches that can fail in part, in an answer that is a success", async () => {
    const { cloud, clb } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web", "db"], ports: [80] }],
    });
    const LoadBalancerId = cloud.id("pool");
    const { Listeners } = await clb.DescribeTargets({ LoadBalancerId });
    const ListenerId = Listeners?.[0]?.ListenerId ?? "";
    const target = (name: string, Port = 80) => ({ ListenerId, Port, InstanceId: cloud.id(name) });
    const answer = await clb.BatchDeregisterTargets({ LoadBalancerId, Targets: [target("web"), target("db", 81)] });
    expect(answer).toMatchObject({ FailListenerIdSet: [ListenerId], Message: expect.stringMatching(/./) });
    expect(cloud.view().memberships).toMatchObject([{ member: cloud.id("db") }]);
    const status = () => clb.DescribeTaskStatus({ TaskId: answer.RequestId ?? "" });
    expect(await status()).toMatchObject({ Status: 2 });
    await cloud.clock.advance(4 * second);
    expect(await status()).toMatchObject({ Status: 0 });
    await clb.BatchRegisterTargets({ LoadBalancerId, Targets: [target("web")] });
    expect(cloud.view().memberships).toHaveLength(2);
    expect(
      await codeOf(
        clb.BatchDeregisterTargets({ LoadBalancerId, Targets: [{ ...target("web"), ListenerId: "lbl-00000000" }] }),
      ),
    ).toBe("InvalidParameter.ListenerIdNotFound");
  });

  it("of the classic kind, and target groups, are asked and changed in their own ways", async () => {
    const { cloud, clb } = await openFake();
    cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.9.9"] }],
      owners: [
        { kind: "load-balancer-target", id: "old", members: ["web"], variant: "classic" },
        { kind: "load-balancer-target", id: "group", members: ["web"], variant: "target-group", ports: [8080] },
      ],
    });
    const InstanceIds = [cloud.id("web")];
    expect(await clb.DescribeClassicalLBByInstanceId({ InstanceIds })).toMatchObject({
      LoadBalancerInfoList: [{ LoadBalancerIds: [cloud.id("old")] }],
    });
    await clb.DeregisterTargetsFromClassicalLB({ LoadBalancerId: cloud.id("old"), InstanceIds });
    expect(await clb.DescribeClassicalLBByInstanceId({ InstanceIds })).toMatchObject({ LoadBalancerInfoList: [] });
    const TargetGroupId = cloud.id("group");
    const leave = (over: object) =>
      clb.DeregisterTargetGroupInstances({ TargetGroupId, TargetGroupInstances: [{ BindIP: "172.16.9.9", ...over }] });
    expect(await codeOf(leave({}))).toBe("InvalidParameter");
    await leave({ Port: 8080 });
    expect(cloud.view().memberships).toEqual([]);
  });
});

describe("a scaling group", () => {
  it("replaces what it loses, by another instance", async () => {
    const { cloud, cvm, as } = await openFake();
    cloud.seed({ instances: [{ id: "web" }], owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"] }] });
    const InstanceIds = [cloud.id("web")];
    expect(await as.DescribeAutoScalingInstances({ InstanceIds })).toMatchObject({
      AutoScalingInstanceSet: [{ AutoScalingGroupId: cloud.id("crew"), LifeCycleState: "IN_SERVICE" }],
    });
    await cvm.TerminateInstances({ InstanceIds });
    await cloud.clock.advance(70 * second);
    expect(cloud.view().instances).toMatchObject([{ state: "running" }]);
    expect(cloud.view().instances[0]?.id).not.toBe(cloud.id("web"));
    expect(cloud.view().memberships).toMatchObject([
      { kind: "auto-scaling-group", member: cloud.view().instances[0]?.id },
    ]);
  });

  it("lets an instance go that it can spare, one activity at a time, and replaces nothing then", async () => {
    const { cloud, as } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "db" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "db"] }],
    });
    const detach = (name: string) =>
      as.DetachInstances({ AutoScalingGroupId: cloud.id("crew"), InstanceIds: [cloud.id(name)] });
    const { ActivityId = "" } = await detach("web");
    expect(await codeOf(detach("db"))).toBe("ResourceUnavailable.AutoScalingGroupInActivity");
    await cloud.clock.advance(10 * second);
    expect(await as.DescribeAutoScalingActivities({ ActivityIds: [ActivityId] })).toMatchObject({
      ActivitySet: [{ StatusCode: "SUCCESSFUL" }],
    });
    expect(await codeOf(detach("web"))).toBe("ResourceNotFound.InstancesNotInAutoScalingGroup");
    await cloud.clock.advance(120 * second);
    expect(cloud.view().instances).toHaveLength(2);
    expect(cloud.view().memberships).toMatchObject([{ member: cloud.id("db") }]);
  });

  it("keeps its least size", async () => {
    const { cloud, as } = await openFake();
    const owner = { kind: "auto-scaling-group", id: "crew", members: ["web"], inUse: true } as const;
    cloud.seed({ instances: [{ id: "web" }], owners: [owner] });
    const detached = as.DetachInstances({ AutoScalingGroupId: cloud.id("crew"), InstanceIds: [cloud.id("web")] });
    expect(await codeOf(detached)).toBe("ResourceInsufficient.AutoScalingGroupBelowMinSize");
  });
});

describe("a cluster", () => {
  it("says which instances are nodes, and tells in a success what it did not let go", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "node" }, { id: "free" }, { id: "held" }],
      owners: [
        { kind: "cluster-node", id: "open", members: ["node"] },
        { kind: "cluster-node", id: "closed", members: ["held"], inUse: true },
      ],
    });
    const InstanceIds = [cloud.id("node"), cloud.id("free")];
    expect(await call("tke:DescribeExistedInstances", { InstanceIds })).toMatchObject({
      ExistedInstanceSet: [
        { AlreadyInCluster: cloud.id("open"), Usable: false },
        { AlreadyInCluster: "", Usable: true },
      ],
    });
    const remove = (cluster: string, ids: readonly string[]) =>
      call("tke:DeleteClusterInstances", {
        ClusterId: cloud.id(cluster),
        InstanceIds: ids,
        InstanceDeleteMode: "retain",
      });
    expect(await remove("open", InstanceIds)).toMatchObject({
      SuccInstanceIds: [cloud.id("node")],
      NotFoundInstanceIds: [cloud.id("free")],
    });
    expect(await remove("closed", [cloud.id("held")])).toMatchObject({ FailedInstanceIds: [cloud.id("held")] });
    expect(cloud.view().instances).toHaveLength(3);
  });

  it("keeps a node whose instance is gone", async () => {
    const { cloud, cvm, call } = await openFake();
    cloud.seed({ instances: [{ id: "node" }], owners: [{ kind: "cluster-node", id: "cluster", members: ["node"] }] });
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("node")] });
    await cloud.clock.advance(10 * second);
    expect(await call("tke:DescribeClusterInstances", { ClusterId: cloud.id("cluster") })).toMatchObject({
      InstanceSet: [{ InstanceId: cloud.id("node"), InstanceState: "failed" }],
    });
  });
});

describe("alarm policies", () => {
  it("want type and namespace with dimensions, few at a time, and unbind by their own ids", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({ instances: [{ id: "web" }, { id: "db" }], owners: [{ kind: "alarm", id: "cpu", members: ["web"] }] });
    const ask = (over: object) => call("monitor:DescribeAlarmPolicies", { Module: "monitor", ...over });
    const Dimensions = (...ids: string[]) => JSON.stringify(ids.map((value) => [{ name: "unInstanceId", value }]));
    const types = { MonitorTypes: ["MT_QCE"], Namespaces: ["cvm_device"] };
    expect(await codeOf(ask({ Dimensions: Dimensions(cloud.id("web")) }))).toBe("FailedOperation");
    expect(await ask({ ...types, Dimensions: Dimensions(cloud.id("db")) })).toMatchObject({ TotalCount: 0 });
    const many = Array.from({ length: 21 }, () => cloud.id("web"));
    expect(await codeOf(ask({ ...types, Dimensions: Dimensions(...many), NeedCorrespondence: 1 }))).toBe(
      "FailedOperation",
    );
    const known = { ...types, Dimensions: Dimensions(cloud.id("web"), cloud.id("db")), NeedCorrespondence: 1 };
    expect(await ask(known)).toMatchObject({ Policies: [{ FilterDimensionsParam: Dimensions(cloud.id("web")) }] });
    const policy = { Module: "monitor", GroupId: 0, PolicyId: cloud.id("cpu") };
    const list = await call("monitor:DescribeBindingPolicyObjectList", policy);
    const [UniqueId] = JSON.stringify(list).match(/[0-9a-f]{8}-[0-9a-f-]{27}/) ?? [];
    await call("monitor:UnBindingPolicyObject", { ...policy, UniqueId: [UniqueId] });
    expect(cloud.view().memberships).toEqual([]);
  });
});

describe("tags", () => {
  it("are set by names of six segments, and tell in a success what they did not reach", async () => {
    const { cloud, cvm, call } = await openFake();
    cloud.seed([{ id: "web", tags: { team: "shop" } }]);
    const name = (id: string, account = "100000000001") => `qcs::cvm:ap-guangzhou:uin/${account}:instance/${id}`;
    const web = name(cloud.id("web"));
    const Tags = [{ TagKey: "cloud-decom", TagValue: "run-1" }];
    const strange = [name("ins-00000000"), name(cloud.id("web"), "200000000002")];
    const answer = await call("tag:TagResources", { ResourceList: [web, ...strange], Tags });
    expect(answer).toMatchObject({ FailedResources: strange.map((Resource) => ({ Resource })) });
    expect(await cvm.DescribeInstances({})).toMatchObject({
      InstanceSet: [
        {
          Tags: [
            { Key: "team", tagKey: "team" },
            { Key: "cloud-decom", Value: "run-1" },
          ],
        },
      ],
    });
    expect(
      await call("tag:GetResources", { TagFilters: [{ TagKey: "cloud-decom", TagValue: ["run-1"] }] }),
    ).toMatchObject({
      ResourceTagMappingList: [{ Resource: web }],
    });
    await call("tag:UnTagResources", { ResourceList: [web], TagKeys: ["team"] });
    expect(cloud.view().instances[0]?.tags).toEqual({ "cloud-decom": "run-1" });
  });

  it("refuse reserved keys, empty values, malformed names and more than ten resources", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    const web = `qcs::cvm:ap-guangzhou:uin/100000000001:instance/${cloud.id("web")}`;
    const set = (ResourceList: readonly string[], TagKey: string, TagValue = "x") =>
      codeOf(call("tag:TagResources", { ResourceList, Tags: [{ TagKey, TagValue }] }));
    expect(await set([web], "tencentcloud:x")).toBe("InvalidParameter.ReservedTagKey");
    expect(await set([web], "key", "")).toBe("InvalidParameterValue.TagValueEmpty");
    expect(await set([cloud.id("web")], "key")).toBe("InvalidParameterValue.ResourceDescriptionError");
    expect(await set(Array(11).fill(web), "key")).toBe("LimitExceeded.ResourceNumPerRequest");
  });
});
