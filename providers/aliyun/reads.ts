import type { ApiRequest, RequestClass } from "../../src/transport.js";

/** Every action that only reads, by service. What is not listed is a mutation, whatever its name says. */
const reads: Readonly<Record<string, ReadonlySet<string>>> = {
  ecs: new Set([
    "DescribeAutoSnapshotPolicyEx",
    "DescribeDedicatedHosts",
    "DescribeDeploymentSets",
    "DescribeDisks",
    "DescribeImages",
    "DescribeInstanceAttribute",
    "DescribeInstanceAutoRenewAttribute",
    "DescribeInstanceRamRole",
    "DescribeInstanceTypes",
    "DescribeInstances",
    "DescribeKeyPairs",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeNetworkInterfaces",
    "DescribePrefixListAssociations",
    "DescribePrefixListAttributes",
    "DescribePrefixLists",
    "DescribeRegions",
    "DescribeSecurityGroupAttribute",
    "DescribeSecurityGroupReferences",
    "DescribeSecurityGroups",
    "DescribeSnapshotGroups",
    "DescribeSnapshots",
    "DescribeTasks",
    "ListTagResources",
  ]),
  vpc: new Set([
    "DescribeEipAddresses",
    "DescribeForwardTableEntries",
    "DescribeHaVips",
    "DescribeNatGateways",
    "DescribeRouteEntryList",
    "DescribeRouteTableList",
    "DescribeSnatTableEntries",
    "DescribeVpcs",
    "DescribeVSwitches",
  ]),
  slb: new Set([
    "DescribeLoadBalancerAttribute",
    "DescribeLoadBalancers",
    "DescribeMasterSlaveServerGroups",
    "DescribeMasterSlaveServerGroupAttribute",
    "DescribeVServerGroupAttribute",
    "DescribeVServerGroups",
    "DescribeHealthStatus",
  ]),
  alb: new Set(["ListServerGroupServers", "ListServerGroups"]),
  nlb: new Set(["ListServerGroupServers", "ListServerGroups"]),
  ess: new Set([
    "DescribeScalingGroups",
    "DescribeScalingInstances",
    "DescribeScalingConfigurations",
    "DescribeScalingActivities",
  ]),
  rds: new Set(["DescribeDBInstanceIPArrayList", "DescribeDBInstances", "DescribeSecurityGroupConfiguration"]),
  kvstore: new Set(["DescribeInstances", "DescribeSecurityIps", "DescribeSecurityGroupConfiguration"]),
  bss: new Set(["InquiryPriceRefundInstance", "QueryAvailableInstances", "GetOrderDetail"]),
  ram: new Set(["GetRole", "ListRoles"]),
  sts: new Set(["GetCallerIdentity"]),
  alidns: new Set(["DescribeDomainRecords", "DescribeDomains", "DescribeSubDomainRecords"]),
  pvtz: new Set(["DescribeZoneRecords", "DescribeZones"]),
  cms: new Set(["DescribeMetricRuleList", "DescribeMonitorGroupInstances", "DescribeMonitorGroups"]),
};

/** What a request does, by action and parameters: `DryRun` makes the cloud check and do nothing. */
export function classify(request: ApiRequest): RequestClass {
  if (reads[request.service]?.has(request.action) === true) return "read";
  return request.parameters.DryRun === true ? "dry-run" : "mutation";
}
