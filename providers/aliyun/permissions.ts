import type { Operation, PermissionPolicy } from "../../src/adapter.js";
import { groupBy, unique } from "../../src/batch.js";
import type { JsonObject } from "../../src/common.js";
import { dependencyTable } from "./dependencies/table.js";
import { resourcesOf, writeResources } from "./permission-resources.js";
import { aftermathTable } from "./verify.js";

/** An action an operation needs; `optional`: without it a coverage line reads `denied`, nothing fails. */
type Need = Omit<PermissionPolicy["actions"][number], "operation">;

const must = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: false }));
const may = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: true }));

/** Sources that RAM calls by another name than their API ("QuerySavingsPlansInstance", authorization information). */
const ramNames: Readonly<Record<string, string>> = {
  "bss:QuerySavingsPlansInstance": "bssapi:QuerySavingsPlansInstance",
};

const identity = must("sts:GetCallerIdentity");
const confirming = ["ecs:DescribeDisks", "ecs:DescribeDisksFullStatus", "ecs:DescribeNetworkInterfaces"] as const;
/** What a record is made of. */
const records = [...identity, ...must("ecs:DescribeInstances"), ...may(...confirming)];
/** A record that something is decided upon: its disks must be known, by both listings. */
const firmRecords = [...identity, ...must("ecs:DescribeInstances", ...confirming)];
/** What shows that an empty answer means "none", besides the instances themselves. */
const control = must("ecs:DescribeSecurityGroups");
/** What shows it for other services: the policies of the caller, or any row. */
const furtherControls = may(
  "alb:ListServerGroups",
  "ess:DescribeScalingGroups",
  "gwlb:ListServerGroups",
  "nlb:ListServerGroups",
  "ram:ListPoliciesForUser",
  "vpc:DescribeVpcs",
);
const owners = [
  ...must("ess:DescribeScalingInstances"),
  ...may("cs:DescribeClusterNodes", "cs:DescribeClustersForRegion", "ess:DescribeScalingGroups"),
];
/** Asked on the way to a source that has a line of its own. */
const onTheWay = may(
  "alidns:DescribeDomains",
  "cms:DescribeMonitorGroups",
  "cs:DescribeClustersForRegion",
  "dds:DescribeDBInstances",
  "ecs:DescribeLaunchTemplates",
  "ecs:DescribePrefixLists",
  "kvstore:DescribeInstances",
  "nas:DescribeFileSystems",
  "polardb:DescribeDBClusters",
  "pvtz:DescribeZones",
  "rds:DescribeDBInstances",
  "slb:DescribeLoadBalancerAttribute",
  "slb:DescribeMasterSlaveServerGroupAttribute",
  "slb:DescribeMasterSlaveServerGroups",
  "slb:DescribeVServerGroupAttribute",
  "slb:DescribeVServerGroups",
  "vpc:DescribeNatGateways",
  "vpc:DescribeRouteTableList",
);
/** Who uses a group: one of them unread keeps the rules. */
const groupUsers = must(
  "cs:DescribeClustersForRegion",
  "dds:DescribeDBInstances",
  "dds:DescribeSecurityGroupConfiguration",
  "ecs:DescribeLaunchTemplateVersions",
  "ecs:DescribeLaunchTemplates",
  "ecs:DescribeSecurityGroupAttribute",
  "ecs:DescribeSecurityGroupReferences",
  "ess:DescribeScalingConfigurations",
  "kvstore:DescribeInstances",
  "kvstore:DescribeSecurityGroupConfiguration",
  "polardb:DescribeDBClusterAccessWhitelist",
  "polardb:DescribeDBClusters",
  "rds:DescribeDBInstances",
  "rds:DescribeSecurityGroupConfiguration",
  "vpcpeer:ListVpcPeerConnections",
);
/** What names an address: one of them unread keeps it. */
const naming = must(
  "alidns:DescribeDomainRecords",
  "alidns:DescribeDomains",
  "dds:DescribeDBInstances",
  "dds:DescribeSecurityIps",
  "ecs:DescribePrefixListAttributes",
  "ecs:DescribePrefixLists",
  "kvstore:DescribeInstances",
  "kvstore:DescribeSecurityIps",
  "polardb:DescribeDBClusterAccessWhitelist",
  "polardb:DescribeDBClusters",
  "pvtz:DescribeZoneRecords",
  "pvtz:DescribeZones",
  "rds:DescribeDBInstanceIPArrayList",
  "rds:DescribeDBInstances",
  "vpc:DescribeForwardTableEntries",
  "vpc:DescribeNatGateways",
  "vpc:DescribeSnatTableEntries",
);
const restoreRules = must(
  "ecs:AuthorizeSecurityGroup",
  "ecs:AuthorizeSecurityGroupEgress",
  "ecs:DescribeSecurityGroupAttribute",
);
const copies = [...must("ecs:DescribeSnapshots", "ecs:DescribeSnapshotGroups"), ...may("kms:DescribeKey")];
/** Changes of the charge type. RAM calls those of a refund by names of its own (RefundInstance, InquiryPriceRefundInstance). */
const billing = may("bss:RefundBatchRemainRefund", "bss:RefundQueryRemainAmount", "ecs:ModifyInstanceChargeType");
const renewal = may("ecs:DescribeInstanceAutoRenewAttribute", "ecs:ModifyInstanceAutoRenewAttribute");
/** The claim of a run. */
const claim = may("ecs:TagResources", "ecs:UntagResources");
const balancers = must(
  "alb:ListServerGroupServers",
  "alb:ListServerGroups",
  "gwlb:ListServerGroupServers",
  "gwlb:ListServerGroups",
  "nlb:ListServerGroupServers",
  "nlb:ListServerGroups",
  "slb:DescribeLoadBalancerAttribute",
  "slb:DescribeMasterSlaveServerGroupAttribute",
  "slb:DescribeVServerGroupAttribute",
);
const rejoin = must(
  "alb:AddServersToServerGroup",
  "ess:AttachInstances",
  "ess:EnterStandby",
  "ess:SetInstancesProtection",
  "gwlb:AddServersToServerGroup",
  "nlb:AddServersToServerGroup",
  "slb:AddBackendServers",
  "slb:AddVServerGroupBackendServers",
);

/** What each operation needs, the undo of its effects included. */
const needs: Readonly<Record<Operation, readonly Need[]>> = {
  whoAmI: identity,
  findInstances: records,
  listDependencies: [...records, ...sourcesOf(dependencyTable), ...onTheWay, ...furtherControls],
  verifyDeleted: [
    ...identity,
    ...must("ecs:DescribeInstances"),
    ...control,
    ...furtherControls,
    ...sourcesOf(aftermathTable),
    ...onTheWay,
    ...may("ecs:DescribeSnapshotGroups"),
  ],
  findOwnArtifacts: [...identity, ...copies, ...control],
  snapshot: [
    ...firmRecords,
    ...control,
    ...copies,
    ...must("ecs:CreateSnapshot", "ecs:CreateSnapshotGroup", "ecs:ModifySnapshotAttribute", "ecs:TagResources"),
  ],
  releaseSecurityRules: [
    ...records,
    ...control,
    ...groupUsers,
    ...furtherControls,
    ...must("ecs:RevokeSecurityGroup", "ecs:RevokeSecurityGroupEgress"),
    ...restoreRules,
    ...may("vpc:DescribeEipAddresses"),
  ],
  terminate: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...must(
      "ecs:DeleteInstances",
      "ecs:ModifyDiskAttribute",
      "ecs:ModifyInstanceAttribute",
      "ecs:ModifyInstanceAutoReleaseTime",
      "ecs:ModifyNetworkInterfaceAttribute",
    ),
    ...billing,
    ...renewal,
    ...claim,
  ],
  quarantine: [
    ...firmRecords,
    ...control,
    ...owners,
    ...must(
      "ecs:CreateSecurityGroup",
      "ecs:DeleteSecurityGroup",
      "ecs:DescribeSecurityGroupAttribute",
      "ecs:ModifyInstanceAttribute",
      "ecs:ModifyNetworkInterfaceAttribute",
      "ecs:RevokeSecurityGroup",
      "ecs:RevokeSecurityGroupEgress",
      "ecs:StartInstances",
      "ecs:StopInstances",
      "ecs:TagResources",
    ),
  ],
  releaseDependencies: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...naming,
    ...furtherControls,
    ...balancers,
    ...rejoin,
    ...must(
      "alb:RemoveServersFromServerGroup",
      "ecs:DeleteDisk",
      "ess:DescribeScalingActivities",
      "ess:DetachInstances",
      "gwlb:RemoveServersFromServerGroup",
      "nlb:RemoveServersFromServerGroup",
      "slb:RemoveBackendServers",
      "slb:RemoveVServerGroupBackendServers",
      "vpc:DescribeEipAddresses",
      "vpc:ReleaseEipAddress",
      "vpc:UnassociateEipAddress",
    ),
  ],
  revert: [
    ...firmRecords,
    ...control,
    ...owners,
    ...groupUsers,
    ...furtherControls,
    ...restoreRules,
    ...balancers,
    ...rejoin,
    ...renewal,
    ...must(
      "ecs:DeleteSecurityGroup",
      "ecs:ModifyDiskAttribute",
      "ecs:ModifyInstanceAttribute",
      "ecs:ModifyInstanceAutoReleaseTime",
      "ecs:ModifyNetworkInterfaceAttribute",
      "ecs:StartInstances",
      "ecs:StopInstances",
      "ecs:TagResources",
      "ecs:UntagResources",
      "vpc:DescribeEipAddresses",
    ),
  ],
  tagInstances: [...records, ...control, ...must("ecs:TagResources", "ecs:UntagResources")],
  // There is no bin, and so nothing to ask for.
  recover: identity,
  removeArtifacts: [
    ...identity,
    ...control,
    ...copies,
    ...must("ecs:DeleteSecurityGroup", "ecs:DeleteSnapshot", "ecs:DescribeNetworkInterfaces"),
  ],
};

/** Every operation there is. */
const allOperations = Object.keys(needs) as readonly Operation[];

/**
 * The RAM policy these operations need, the undo of their effects included. Sends nothing. Reads are on every resource:
 * a listing that a policy narrows hides what it does not show. Writes are on kinds of resources in this region.
 */
export function permissions(region: string, operations: readonly Operation[] = allOperations): PermissionPolicy {
  const actions = unique(operations).flatMap((operation) => needsOf(operation));
  const names = unique(actions.map(({ action }) => action)).toSorted();
  return { cloud: "aliyun", document: documentOf(region, names), actions };
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
  const everywhere = actions.filter((action) => writeResources[action] === undefined);
  const scoped = groupBy(
    actions.filter((action) => writeResources[action] !== undefined),
    (action) => JSON.stringify(writeResources[action]),
  );
  return {
    Version: "1",
    Statement: [
      { Effect: "Allow", Action: everywhere, Resource: "*" },
      ...[...scoped.values()].map((alike) => ({
        Effect: "Allow",
        Action: alike,
        Resource: resourcesOf(region, alike[0] ?? ""),
      })),
    ],
  };
}

/** The actions behind the sources of a table: without one its line reads `denied`. */
function sourcesOf(table: readonly { readonly source: string }[]): readonly Need[] {
  return may(...unique(table.map(({ source }) => ramNames[source] ?? source)));
}
