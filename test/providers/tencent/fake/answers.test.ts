import { describe, expect, it } from "vitest";
import { actions } from "../../../../providers/tencent/fake/actions.js";
import { services } from "../../../../providers/tencent/fake/envelopes.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { openFake } from "./open.js";
import { modelsOf } from "./sdk-models.js";

/** A world with something of everything that can be read. */
const world: WorldSeed = {
  securityGroups: [
    {
      id: "app",
      rules: [
        { direction: "ingress", peer: { kind: "cidr", cidr: "10.0.0.1/32", family: "ipv4" } },
        { direction: "egress", peer: { kind: "any" } },
      ],
      foreignUsers: ["load-balancer", "database", "interface", "template", "scaling-group", "managed-service"],
    },
  ],
  instances: [
    {
      id: "web",
      tags: { team: "shop" },
      securityGroups: ["app"],
      addresses: [
        { id: "front", kind: "elastic" },
        { id: "six", kind: "elastic", ip: "2402:4e00::7" },
      ],
      disks: [
        { role: "system", encrypted: true },
        { id: "data", role: "data", billing: "prepaid" },
        { id: "scratch", role: "data", medium: "local" },
      ],
      extraInterfaces: [{ id: "second" }],
      userData: "c2VjcmV0",
      scheduledReleaseAt: "2026-02-01T00:00:00Z",
    },
    { id: "paid", billing: "prepaid", addresses: [{ kind: "ephemeral" }] },
  ],
  peeredVpcs: [["one", "other"]],
  owners: [
    { kind: "load-balancer-target", id: "four", members: ["web"] },
    { kind: "load-balancer-target", id: "seven", members: ["web"], variant: "layer7", by: "address" },
    { kind: "load-balancer-target", id: "classic", members: ["web"], variant: "classic" },
    { kind: "load-balancer-target", id: "pool", members: ["web"], variant: "target-group" },
    { kind: "auto-scaling-group", id: "crew", members: ["web"] },
    { kind: "cluster-node", id: "cluster", members: ["web"] },
    { kind: "virtual-ip", id: "vip", members: ["web"] },
    { kind: "route", id: "route", members: ["web"] },
    { kind: "nat-rule", id: "dnat", members: ["web"] },
    { kind: "nat-rule", id: "snat", members: ["web"], variant: "source" },
    { kind: "dns-record", id: "www", members: ["web"] },
    { kind: "dns-record", id: "private", members: ["web"], variant: "private" },
    { kind: "address-list", id: "list", members: ["web"], variant: "group" },
    { kind: "alarm", id: "cpu", members: ["web"] },
    { kind: "file-system", id: "share", members: ["web"] },
    { kind: "database", id: "mysql", members: ["app"] },
    { kind: "database", id: "redis", members: ["app"], variant: "redis" },
    { kind: "commitment", id: "plan", members: ["web"] },
    { kind: "pending-operation", id: "order", members: ["web"] },
    { kind: "key-pair", id: "key", members: ["web"] },
    { kind: "instance-role", id: "role", members: ["web"] },
    { kind: "placement", id: "spread", members: ["web"] },
    { kind: "dedicated-host", id: "host", members: ["web"] },
    { kind: "encryption-key", id: "cmk", members: ["web"] },
    { kind: "snapshot", id: "old", members: ["data"] },
    { kind: "image", id: "image", members: ["web"] },
    { kind: "backup", id: "point", members: ["data"] },
    { kind: "backup-policy", id: "nightly", members: ["data"] },
  ],
};

/** Reads whose answer is empty here: nothing seeds them. */
const empty = [
  "vpc:DescribeCcnAttachedInstances",
  "vpc:DescribeFlowLogs",
  "vpc:DescribeServiceTemplates",
  "vpc:DescribeServiceTemplateGroups",
  "as:DescribeAutoScalingActivities",
];
/** Fields of recorded answers that the SDK's types do not have. */
const recordedOnly = [
  "DescribeDisks.DiskSet[].LatestOperation",
  "DescribeDisks.DiskSet[].LatestOperationRequestId",
  "DescribeDisks.DiskSet[].LatestOperationState",
  "DescribeInstances.InstanceSet[].Tags[].tagKey",
  "DescribeInstances.InstanceSet[].Tags[].tagValue",
];

describe("every read of the fake", () => {
  it("answers with something, in fields and types the SDK's models know", async () => {
    const fake = await openFake();
    const { cloud, cbs, call } = fake;
    cloud.seed(world);
    await cbs.CreateSnapshotGroup({ DiskIds: [cloud.id("data")] });
    const parametersOf = await parameters(fake);
    const strays = new Set<string>();
    const silent: string[] = [];
    for (const [service, { version }] of Object.entries(services)) {
      const models = modelsOf(service, version);
      for (const [api, { mutating }] of Object.entries(actions)) {
        const action = api.split(":")[1] ?? "";
        const asksForTask = action.endsWith("TaskResult") || action.endsWith("TaskStatus");
        if (!api.startsWith(`${service}:`) || mutating !== false || asksForTask) continue;
        const answer = await call(api, parametersOf[api] ?? {});
        for (const stray of models.unknownIn(action, answer)) strays.add(stray);
        if (saysNothing(answer)) silent.push(api);
      }
    }
    expect([...strays].sort()).toEqual(recordedOnly);
    expect(silent.sort()).toEqual([...empty].sort());
  });
});

/** Whether all lists of an answer are empty. */
function saysNothing(answer: object): boolean {
  const lists = Object.values(answer).filter(Array.isArray);
  return lists.length > 0 && lists.every((list) => list.length === 0);
}

async function parameters({ cloud, cvm, vpc, call }: Awaited<ReturnType<typeof openFake>>) {
  const { id } = cloud;
  const { InstanceSet } = await cvm.DescribeInstances({ InstanceIds: [id("web")] });
  const VpcId = InstanceSet?.[0]?.VirtualPrivateCloud?.VpcId ?? "";
  const PrivateIp = InstanceSet?.[0]?.PrivateIpAddresses?.[0] ?? "";
  const { NatGatewaySet } = await vpc.DescribeNatGateways({});
  const source = NatGatewaySet?.find((gateway) => gateway.SourceIpTranslationNatRuleSet?.length);
  const NatGatewayId = source?.NatGatewayId ?? "";
  const text = (value: object, pattern: RegExp) => JSON.stringify(value).match(pattern)?.[0] ?? "";
  const ZoneId = text(await call("privatedns:DescribePrivateZoneList"), /zone-\w{8}/);
  const templates = await call("cvm:DescribeLaunchTemplates");
  const groups = { SecurityGroupIds: [id("app")] };
  const instances = { InstanceIds: [id("web")] };
  const prepaid = { Period: 1 };
  const parametersOf: Readonly<Record<string, object>> = {
    "cvm:DescribeInstancesAttributes": { ...instances, Attributes: ["UserData"] },
    "cvm:InquiryPriceTerminateInstances": { InstanceIds: [id("paid")] },
    "cvm:InquiryPriceRenewInstances": { InstanceIds: [id("paid")], InstanceChargePrepaid: prepaid },
    "cvm:InquiryPriceModifyInstancesChargeType": { InstanceIds: [id("paid")], InstanceChargeType: "POSTPAID_BY_HOUR" },
    "cvm:DescribeLaunchTemplateVersions": { LaunchTemplateId: text(templates, /lt-\w{8}/) },
    "cbs:DescribeInstancesDiskNum": instances,
    "cbs:InquiryPriceRenewDisks": { DiskIds: [id("data")], DiskChargePrepaids: [prepaid] },
    "cbs:DescribeDiskAssociatedAutoSnapshotPolicy": { DiskId: id("data") },
    "cbs:DescribeDisks": { ReturnBindAutoSnapshotPolicy: true },
    "vpc:DescribeSecurityGroupPolicies": { SecurityGroupId: id("app") },
    "vpc:DescribeSecurityGroupAssociationStatistics": groups,
    "vpc:DescribeSecurityGroupReferences": groups,
    "vpc:DescribeNatGatewaySourceIpTranslationNatRules": { NatGatewayId },
    "vpc:DescribeUsedIpAddress": { VpcId },
    "clb:DescribeLBListeners": { Backends: [{ VpcId, PrivateIp }] },
    "clb:DescribeListeners": { LoadBalancerId: id("seven") },
    "clb:DescribeTargets": { LoadBalancerId: id("seven") },
    "clb:DescribeTargetGroupInstances": { Filters: [{ Name: "InstanceId", Values: [id("web")] }] },
    "clb:DescribeClassicalLBByInstanceId": instances,
    "clb:DescribeClassicalLBTargets": { LoadBalancerId: id("classic") },
    "tke:DescribeClusterInstances": { ClusterId: id("cluster") },
    "cdb:DescribeDBSecurityGroups": { InstanceId: id("mysql") },
    "redis:DescribeInstanceSecurityGroup": { InstanceIds: [id("redis")] },
    "cam:GetRole": { RoleName: "role" },
    "cam:DescribeRoleList": { Page: 1, Rp: 20 },
    "kms:DescribeKey": { KeyId: id("cmk") },
    "kms:DescribeKeys": { KeyIds: [id("cmk")] },
    "dnspod:DescribeRecordFilterList": { Domain: "example.com" },
    "dnspod:DescribeRecordList": { Domain: "example.com" },
    "privatedns:DescribePrivateZoneRecordList": { ZoneId },
    "monitor:DescribeAlarmPolicies": { Module: "monitor" },
    "monitor:DescribeBindingPolicyObjectList": { Module: "monitor", GroupId: 0, PolicyId: id("cpu") },
    "tag:DescribeResourceTagsByResourceIds": {
      ServiceType: "cvm",
      ResourcePrefix: "instance",
      ResourceIds: [id("web")],
      ResourceRegion: "ap-guangzhou",
    },
    "tag:GetResources": { TagFilters: [{ TagKey: "team" }] },
    "billing:DescribeDealsByCond": { StartTime: "2026-01-01 00:00:00", EndTime: "2026-02-01 00:00:00", Limit: 20 },
    "billing:DescribeSavingPlanResourceInfo": { Limit: 20, Offset: 0 },
    "billing:DescribeRenewInstances": { MaxResults: 20 },
    "cfs:DescribeCfsRules": { PGroupId: id("share") },
  };
  return parametersOf;
}
