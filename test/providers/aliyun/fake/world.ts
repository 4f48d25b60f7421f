import type { Fake } from "./open.js";
import { at, listAt, repeat } from "./open.js";

/** A world with something of everything. */
export function seedRich({ cloud }: Fake): void {
  cloud.seed({
    securityGroups: [
      {
        id: "app",
        foreignUsers: ["interface", "template", "scaling-group"],
        rules: [{ direction: "ingress", peer: { kind: "address-list", list: "prefix-list", id: "office" } }],
      },
      { id: "db-group", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
    ],
    instances: [
      {
        id: "web",
        tags: { team: "shop" },
        securityGroups: ["app"],
        keyPair: "ops",
        role: "reader",
        disks: [{ id: "root" }, { id: "data", role: "data" }],
        addresses: [{ id: "front", kind: "elastic" }],
        extraInterfaces: [{ id: "card" }],
        locks: [{ unified: "overdue" }],
      },
      { id: "paid", billing: "prepaid", addresses: [{ kind: "ephemeral" }] },
    ],
    owners: [
      { kind: "address-list", id: "office", members: ["web"] },
      { kind: "snapshot", id: "copy", members: ["root"] },
      { kind: "image", id: "golden", members: ["data"] },
      { kind: "pending-operation", id: "reboot", members: ["web"] },
      { kind: "load-balancer-target", id: "plain", members: ["web", "paid"], variant: "clb", ports: [80] },
      { kind: "load-balancer-target", id: "grouped", members: ["web"], variant: "clb-group" },
      { kind: "load-balancer-target", id: "pair", members: ["web", "paid"], variant: "clb-pair" },
      { kind: "auto-scaling-group", id: "crew", members: ["web"] },
      { kind: "nat-rule", id: "door", members: ["web"] },
      { kind: "nat-rule", id: "way-out", members: ["web"], variant: "snat" },
      { kind: "route", id: "way", members: ["web"] },
    ],
  });
}

/** What each read needs besides the region, in that world. */
export async function queriesOf({ cloud, inRegion }: Fake): Promise<Readonly<Record<string, Record<string, string>>>> {
  const template = listAt(await inRegion("ecs", "DescribeLaunchTemplates"), "LaunchTemplateSets.LaunchTemplateSet")[0];
  const gateway = listAt(await inRegion("vpc", "DescribeNatGateways"), "NatGateways.NatGateway")[0];
  const balancers = listAt(
    await inRegion("slb", "DescribeLoadBalancers", { ServerId: cloud.id("web") }),
    "LoadBalancers.LoadBalancer",
  ).map((balancer) => String(at(balancer, "LoadBalancerId")));
  const NatGatewayId = String(at(gateway, "NatGatewayId"));
  return {
    DescribeInstanceRamRole: { InstanceIds: JSON.stringify([cloud.id("web")]) },
    DescribeInstanceAttachmentAttributes: { InstanceIds: JSON.stringify([cloud.id("web")]) },
    DescribeInstanceAutoRenewAttribute: { InstanceId: cloud.id("paid") },
    DescribeUserData: { InstanceId: cloud.id("web") },
    DescribeSecurityGroupAttribute: { SecurityGroupId: cloud.id("app") },
    DescribeSecurityGroupReferences: repeat("SecurityGroupId", [cloud.id("app")]),
    DescribePrefixListAttributes: { PrefixListId: cloud.id("office") },
    DescribePrefixListAssociations: { PrefixListId: cloud.id("office") },
    DescribeLaunchTemplateVersions: { LaunchTemplateId: String(at(template, "LaunchTemplateId")) },
    ListTagResources: { ResourceType: "instance", ...repeat("ResourceId", [cloud.id("web")]) },
    DescribeForwardTableEntries: { NatGatewayId },
    DescribeSnatTableEntries: { NatGatewayId },
    DescribeLoadBalancerAttribute: { LoadBalancerId: cloud.id("plain") },
    DescribeHealthStatus: { LoadBalancerId: cloud.id("plain") },
    DescribeVServerGroups: { LoadBalancerId: balancers[1] ?? "", IncludeListener: "true" },
    DescribeVServerGroupAttribute: { VServerGroupId: cloud.id("grouped") },
    DescribeMasterSlaveServerGroups: { LoadBalancerId: balancers[2] ?? "" },
    DescribeMasterSlaveServerGroupAttribute: { MasterSlaveServerGroupId: cloud.id("pair") },
  };
}
