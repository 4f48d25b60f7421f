import type { ApiRequest, RequestClass } from "../../src/transport.js";

/** Every action that only reads. What is not listed is a mutation, whatever its name says. */
const reads: ReadonlySet<string> = new Set([
  "sts:GetCallerIdentity",
  ...[
    "DescribeAddresses",
    "DescribeCapacityReservations",
    "DescribeHosts",
    "DescribeIamInstanceProfileAssociations",
    "DescribeImages",
    "DescribeInstanceAttribute",
    "DescribeInstanceTypes",
    "DescribeInstances",
    "DescribeKeyPairs",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeNetworkInterfaces",
    "DescribePlacementGroups",
    "DescribeReplaceRootVolumeTasks",
    "DescribeReservedInstances",
    "DescribeRouteTables",
    "DescribeSecurityGroupReferences",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroupVpcAssociations",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeSpotInstanceRequests",
    "DescribeTags",
    "DescribeVolumes",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
  ].map((action) => `ec2:${action}`),
  ...["DescribeAutoScalingGroups", "DescribeAutoScalingInstances", "DescribeLaunchConfigurations"].map(
    (action) => `autoscaling:${action}`,
  ),
  ...["DescribeLoadBalancers", "DescribeTargetGroups", "DescribeTargetHealth"].map(
    (action) => `elasticloadbalancing:${action}`,
  ),
]);

/** What a request does, by action and parameters: `DryRun` makes EC2 check the permission and nothing else. */
export function classify(request: ApiRequest): RequestClass {
  if (reads.has(`${request.service}:${request.action}`)) return "read";
  return request.service === "ec2" && request.parameters.DryRun === true ? "dry-run" : "mutation";
}
