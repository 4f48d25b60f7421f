import type { Operation, PermissionPolicy } from "../../src/adapter.js";
import { groupBy, unique } from "../../src/batch.js";
import type { JsonObject } from "../../src/common.js";
import { dependencyTable } from "./dependencies/table.js";
import { writeResources, writeWords } from "./permission-resources.js";
import { aftermathTable } from "./verify.js";

/** An action an operation needs; `optional`: without it a coverage line reads `denied`, nothing fails. */
type Need = Omit<PermissionPolicy["actions"][number], "operation">;

const must = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: false }));
const may = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: true }));

const identity = must("sts:GetCallerIdentity");
/** What a record is made of. */
const records = [
  ...identity,
  ...must("ec2:DescribeInstances"),
  ...may("ec2:DescribeVolumes", "ec2:DescribeInstanceTypes", "ec2:DescribeAddresses"),
];
/** A record that something is decided upon: its disks must be known. */
const firmRecords = [
  ...identity,
  ...must("ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeInstanceTypes"),
  ...may("ec2:DescribeAddresses"),
];
/** What shows that an empty answer means "none". */
const control = must("ec2:DescribeSecurityGroups");
const protection = must("ec2:DescribeInstanceAttribute");
const owners = must("autoscaling:DescribeAutoScalingInstances", "ec2:DescribeSpotInstanceRequests");
/** Asked on the way to a source that has a line of its own. */
const onTheWay = may(
  "autoscaling:DescribeAutoScalingGroups",
  "backup:ListBackupPlans",
  "backup:ListBackupSelections",
  "dlm:GetLifecyclePolicies",
  "ec2:DescribeManagedPrefixLists",
  "ecs:ListClusters",
  "ecs:ListContainerInstances",
  "elasticloadbalancing:DescribeTargetGroups",
  "route53:ListHostedZones",
  "servicediscovery:ListServices",
);
/** Who uses a group, and where private addresses are unique: one of them unread keeps the rules. */
const groupUsers = must(
  "autoscaling:DescribeAutoScalingGroups",
  "autoscaling:DescribeLaunchConfigurations",
  "ec2:DescribeLaunchTemplateVersions",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSecurityGroupReferences",
  "ec2:DescribeSecurityGroupRules",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSecurityGroupVpcAssociations",
  "ram:ListResources",
);
/** What names an address: one of them unread keeps it. */
const naming = must(
  "ec2:DescribeManagedPrefixLists",
  "ec2:DescribeNetworkAcls",
  "ec2:GetManagedPrefixListEntries",
  "route53:ListHostedZones",
  "route53:ListResourceRecordSets",
);
const restoreRules = must(
  "ec2:AuthorizeSecurityGroupEgress",
  "ec2:AuthorizeSecurityGroupIngress",
  "ec2:CreateTags",
  "ec2:DescribeSecurityGroupRules",
);
/** Back into a group or behind a load balancer, as it was: on standby, protected from scale-in. */
const rejoin = [
  ...must("autoscaling:AttachInstances", "elasticloadbalancing:RegisterTargets"),
  ...must("elasticloadbalancing:RegisterInstancesWithLoadBalancer"),
  ...must("autoscaling:EnterStandby", "autoscaling:SetInstanceProtection"),
];
const copies = [...must("ec2:DescribeSnapshots"), ...may("kms:DescribeKey")];
const bins = may(
  "ec2:DescribeImages",
  "ec2:DescribeSnapshots",
  "ec2:ListVolumesInRecycleBin",
  "ec2:ListSnapshotsInRecycleBin",
  "ec2:ListImagesInRecycleBin",
  "ec2:RestoreVolumeFromRecycleBin",
  "ec2:RestoreSnapshotFromRecycleBin",
  "ec2:RestoreImageFromRecycleBin",
);
/** The claim of a run: a dry run asks whether it may be set and taken off. */
const claim = may("ec2:CreateTags", "ec2:DeleteTags");

/** What each operation needs, the undo of its effects included. */
const needs: Readonly<Record<Operation, readonly Need[]>> = {
  whoAmI: identity,
  findInstances: records,
  listDependencies: [...records, ...sourcesOf(dependencyTable), ...onTheWay],
  verifyDeleted: [...identity, ...must("ec2:DescribeInstances"), ...control, ...sourcesOf(aftermathTable), ...onTheWay],
  findOwnArtifacts: [...identity, ...copies, ...control],
  snapshot: [...firmRecords, ...control, ...copies, ...must("ec2:CreateSnapshots", "ec2:CreateTags")],
  releaseSecurityRules: [
    ...records,
    ...control,
    ...groupUsers,
    ...must("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"),
    ...restoreRules,
  ],
  terminate: [
    ...firmRecords,
    ...control,
    ...protection,
    ...owners,
    ...copies,
    ...must("ec2:ModifyInstanceAttribute", "ec2:TerminateInstances"),
    ...claim,
  ],
  quarantine: [
    ...firmRecords,
    ...control,
    ...protection,
    ...owners,
    ...must(
      "ec2:CreateSecurityGroup",
      "ec2:CreateTags",
      "ec2:DeleteSecurityGroup",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroupRules",
      "ec2:ModifyInstanceAttribute",
      "ec2:ModifyNetworkInterfaceAttribute",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:StartInstances",
      "ec2:StopInstances",
    ),
  ],
  releaseDependencies: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...naming,
    ...rejoin,
    ...must(
      "autoscaling:DescribeAutoScalingGroups",
      "autoscaling:DetachInstances",
      "ec2:CancelSpotInstanceRequests",
      "ec2:DeleteVolume",
      "ec2:DescribeAddresses",
      "ec2:DescribeNetworkInterfaces",
      "ec2:ReleaseAddress",
      "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
      "elasticloadbalancing:DeregisterTargets",
      "elasticloadbalancing:DescribeInstanceHealth",
      "elasticloadbalancing:DescribeLoadBalancerAttributes",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeTargetGroupAttributes",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetHealth",
    ),
  ],
  revert: [
    ...firmRecords,
    ...control,
    ...protection,
    ...groupUsers,
    ...restoreRules,
    ...rejoin,
    ...must(
      "autoscaling:DescribeAutoScalingInstances",
      "ec2:AssociateAddress",
      "ec2:AttachVolume",
      "ec2:DeleteSecurityGroup",
      "ec2:DeleteTags",
      "ec2:ModifyInstanceAttribute",
      "ec2:ModifyNetworkInterfaceAttribute",
      "ec2:StartInstances",
      "ec2:StopInstances",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeTargetHealth",
    ),
  ],
  tagInstances: [...records, ...control, ...must("ec2:CreateTags", "ec2:DeleteTags")],
  recover: [...records, ...bins],
  removeArtifacts: [
    ...identity,
    ...control,
    ...must("ec2:DeleteSecurityGroup", "ec2:DeleteSnapshot", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSnapshots"),
  ],
};

/** Every operation there is. */
const allOperations = Object.keys(needs) as readonly Operation[];

/**
 * The IAM policy these operations need, the undo of their effects included. Sends nothing. Reads are on every resource,
 * since describe actions know no others ("Actions defined by Amazon EC2", Service Authorization Reference); writes are
 * on kinds of resources in this region. Narrow them further with `ec2:ResourceTag` conditions.
 */
export function permissions(region: string, operations: readonly Operation[] = allOperations): PermissionPolicy {
  const actions = unique(operations).flatMap((operation) => needsOf(operation));
  const names = unique(actions.map(({ action }) => action)).toSorted();
  return { cloud: "aws", document: documentOf(region, names), actions };
}

function needsOf(operation: Operation): PermissionPolicy["actions"] {
  const byAction = groupBy(needs[operation], ({ action }) => action);
  return [...byAction].map(([action, told]) => ({
    operation,
    action,
    // What is needed once is needed.
    optional: told.every(({ optional }) => optional),
  }));
}

function documentOf(region: string, actions: readonly string[]): JsonObject {
  const reads = actions.filter((action) => writeResources[action] === undefined);
  const writes = groupBy(
    actions.filter((action) => writeResources[action] !== undefined),
    (action) => JSON.stringify(writeResources[action]),
  );
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "Everywhere", Effect: "Allow", Action: reads, Resource: "*" },
      ...[...writes.values()].map((alike, index) => ({
        Sid: `Scoped${index + 1}`,
        Effect: "Allow",
        Action: alike,
        ...writeWords(region, alike[0] ?? ""),
      })),
    ],
  };
}

/** The actions behind the sources of a table: without one its line reads `denied`. */
function sourcesOf(table: readonly { readonly source: string }[]): readonly Need[] {
  return may(...unique(table.map(({ source }) => actionOf(source))));
}

/** IAM knows both generations of load balancers by one name. */
function actionOf(source: string): string {
  return source.replace(/^elb:/, "elasticloadbalancing:");
}
