import type { ApiRequest, RequestClass } from "../../src/transport.js";

/** Every action that only reads, by service. What is not listed is a mutation, whatever its name says. */
const readsByService: Readonly<Record<string, readonly string[]>> = {
  sts: ["GetCallerIdentity"],
  ec2: [
    "DescribeAddresses",
    "DescribeCapacityReservations",
    "DescribeFlowLogs",
    "DescribeHosts",
    "DescribeIamInstanceProfileAssociations",
    "DescribeImages",
    "DescribeInstanceAttribute",
    "DescribeInstanceEventWindows",
    "DescribeInstanceStatus",
    "DescribeInstanceTypes",
    "DescribeInstances",
    "DescribeKeyPairs",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeManagedPrefixLists",
    "DescribeNetworkAcls",
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
    "DescribeSubnets",
    "DescribeTags",
    "DescribeTrafficMirrorSessions",
    "DescribeTrafficMirrorTargets",
    "DescribeVolumes",
    "DescribeVolumesModifications",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "GetManagedPrefixListEntries",
    "ListImagesInRecycleBin",
    "ListSnapshotsInRecycleBin",
    "ListVolumesInRecycleBin",
  ],
  autoscaling: [
    "DescribeAutoScalingGroups",
    "DescribeAutoScalingInstances",
    "DescribeLaunchConfigurations",
    "DescribeScalingActivities",
    "DescribeWarmPool",
  ],
  elasticloadbalancing: [
    "DescribeListeners",
    "DescribeLoadBalancers",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
  ],
  elb: ["DescribeInstanceHealth", "DescribeLoadBalancerAttributes", "DescribeLoadBalancers"],
  backup: [
    "GetBackupSelection",
    "ListBackupPlans",
    "ListBackupSelections",
    "ListProtectedResources",
    "ListRecoveryPointsByResource",
  ],
  cloudwatch: ["DescribeAlarms"],
  dlm: ["GetLifecyclePolicies", "GetLifecyclePolicy"],
  ecs: ["DescribeContainerInstances", "ListClusters", "ListContainerInstances"],
  elasticfilesystem: ["DescribeFileSystems", "DescribeMountTargetSecurityGroups", "DescribeMountTargets"],
  kms: ["DescribeKey"],
  ram: ["ListResources"],
  rds: ["DescribeDBClusters", "DescribeDBInstances"],
  route53: ["ListHostedZones", "ListResourceRecordSets"],
  savingsplans: ["DescribeSavingsPlans"],
  servicediscovery: ["ListInstances", "ListServices"],
  ssm: ["DescribeInstanceInformation"],
};

const reads: ReadonlySet<string> = new Set(
  Object.entries(readsByService).flatMap(([service, actions]) => actions.map((action) => `${service}:${action}`)),
);

/** What a request does, by action and parameters: `DryRun` makes EC2 check the permission and nothing else. */
export function classify(request: ApiRequest): RequestClass {
  if (reads.has(`${request.service}:${request.action}`)) return "read";
  return request.service === "ec2" && request.parameters.DryRun === true ? "dry-run" : "mutation";
}
