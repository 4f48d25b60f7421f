import type { ApiRequest, RequestClass } from "../../src/transport.js";

/** Every action that only reads, by service. What is not listed is a mutation, whatever its name says. */
const reads: Readonly<Record<string, ReadonlySet<string>>> = {
  as: new Set([
    "DescribeAutoScalingInstances",
    "DescribeAutoScalingGroups",
    "DescribeAutoScalingActivities",
    "DescribeLaunchConfigurations",
  ]),
  cam: new Set(["GetRole", "DescribeRoleList"]),
  cbs: new Set([
    "DescribeDisks",
    "DescribeSnapshots",
    "DescribeSnapshotGroups",
    "DescribeAutoSnapshotPolicies",
    "DescribeDiskAssociatedAutoSnapshotPolicy",
    "DescribeDiskBackups",
  ]),
  cdb: new Set(["DescribeDBInstances", "DescribeDBSecurityGroups"]),
  clb: new Set([
    "DescribeLBListeners",
    "DescribeLoadBalancers",
    "DescribeTargets",
    "DescribeTargetGroups",
    "DescribeTargetGroupInstances",
    "DescribeClassicalLBByInstanceId",
    "DescribeTaskStatus",
  ]),
  cvm: new Set([
    "DescribeInstances",
    "DescribeInstancesActionTimer",
    "DescribeImages",
    "DescribeKeyPairs",
    "DescribeHosts",
    "DescribeDisasterRecoverGroups",
    "DescribeZones",
    "InquiryPriceTerminateInstances",
    "InquiryPriceRenewInstances",
  ]),
  dnspod: new Set(["DescribeDomainList", "DescribeRecordList", "DescribeRecordFilterList"]),
  monitor: new Set(["DescribeAlarmPolicies", "DescribeBindingPolicyObjectList"]),
  privatedns: new Set(["DescribePrivateZoneList", "DescribePrivateZoneRecordList"]),
  redis: new Set(["DescribeInstances", "DescribeInstanceSecurityGroup"]),
  sts: new Set(["GetCallerIdentity"]),
  tag: new Set(["GetResources", "DescribeResourceTagsByResourceIds"]),
  tke: new Set(["DescribeExistedInstances", "DescribeClusters", "DescribeClusterInstances"]),
  vpc: new Set([
    "DescribeAddresses",
    "DescribeNetworkInterfaces",
    "DescribeIPv6Addresses",
    "DescribeHaVips",
    "DescribeRouteTables",
    "DescribeNatGateways",
    "DescribeNatGatewayDestinationIpPortTranslationNatRules",
    "DescribeNatGatewaySourceIpTranslationNatRules",
    "DescribeSecurityGroups",
    "DescribeSecurityGroupPolicies",
    "DescribeSecurityGroupReferences",
    "DescribeSecurityGroupAssociationStatistics",
    "DescribeAddressTemplates",
    "DescribeAddressTemplateGroups",
    "DescribeUsedIpAddress",
    "DescribeVpcs",
    "DescribeSubnets",
    "DescribeTaskResult",
    "DescribeVpcTaskResult",
  ]),
};

/** What a request does. CVM has no dry run of a termination: a request either reads or changes something. */
export function classify(request: ApiRequest): RequestClass {
  return reads[request.service]?.has(request.action) === true ? "read" : "mutation";
}
