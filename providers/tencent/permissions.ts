import type { Operation, PermissionPolicy } from "../../src/adapter.js";
import { groupBy, unique } from "../../src/batch.js";
import type { JsonObject } from "../../src/common.js";
import { dependencyTable } from "./dependencies/table.js";
import { aftermathTable } from "./verify.js";

/** An action an operation needs; `optional`: without it a coverage line reads `denied`, nothing fails. */
type Need = Omit<PermissionPolicy["actions"][number], "operation">;

const must = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: false }));
const may = (...actions: readonly string[]): readonly Need[] => actions.map((action) => ({ action, optional: true }));

const identity = must("sts:GetCallerIdentity");
const parts = [
  "cbs:DescribeDisks",
  "vpc:DescribeNetworkInterfaces",
  "vpc:DescribeAddresses",
  "cvm:DescribeInstancesActionTimer",
] as const;
/** What a record is made of. */
const records = [...identity, ...must("cvm:DescribeInstances"), ...may(...parts, "vpc:DescribeIPv6Addresses")];
/** A record that something is decided upon: all of it must be known. */
const firmRecords = [
  ...identity,
  ...must("cvm:DescribeInstances", ...parts),
  // Without it an address of IPv6 counts as one that stays.
  ...may("vpc:DescribeIPv6Addresses"),
];
/** What shows that an empty answer means "none". */
const control = must("vpc:DescribeSecurityGroups");
/** The same for services that hide what a policy does not name. */
const controls = may(
  "as:DescribeAutoScalingGroups",
  "cbs:DescribeDisks",
  "clb:DescribeLoadBalancers",
  "cvm:DescribeInstances",
  "vpc:DescribeSecurityGroups",
  "vpc:DescribeVpcs",
);
const owners = must("as:DescribeAutoScalingInstances", "tke:DescribeExistedInstances");
/** Asked on the way to a source that has a line of its own. */
const onTheWay = may(
  "cfs:DescribeCfsPGroups",
  "clb:DescribeTargetGroups",
  "clb:DescribeTargets",
  "dnspod:DescribeDomainList",
  "privatedns:DescribePrivateZoneList",
  "redis:DescribeInstances",
  "vpc:DescribeNatGateways",
);
/** Who uses a group: one of these unread keeps its rules. */
const groupUsers = must(
  "as:DescribeLaunchConfigurations",
  "cvm:DescribeInstances",
  "cvm:DescribeLaunchTemplates",
  "cvm:DescribeLaunchTemplateVersions",
  "vpc:DescribeNetworkInterfaces",
  "vpc:DescribeSecurityGroupAssociationStatistics",
  "vpc:DescribeSecurityGroupPolicies",
  "vpc:DescribeSecurityGroupReferences",
  "vpc:DescribeSecurityGroups",
);
/** What names an address: one of them unread keeps it. */
const naming = must(
  "dnspod:DescribeDomainList",
  "dnspod:DescribeRecordList",
  "privatedns:DescribePrivateZoneList",
  "privatedns:DescribePrivateZoneRecordList",
  "vpc:DescribeAddressTemplateGroups",
  "vpc:DescribeAddressTemplates",
  "vpc:DescribeNatGatewayDestinationIpPortTranslationNatRules",
  "vpc:DescribeVpcs",
);
const restoreRules = must("vpc:CreateSecurityGroupPolicies", "vpc:DescribeSecurityGroupPolicies");
const copies = must("cbs:DescribeSnapshots");
const tags = must("tag:TagResources", "tag:UnTagResources");
/** What `releaseDependencies` reads and changes of load balancers, and what puts it back. */
const balancers = must(
  "clb:BatchDeregisterTargets",
  "clb:BatchModifyTargetWeight",
  "clb:BatchRegisterTargets",
  "clb:DeregisterTargetGroupInstances",
  "clb:DeregisterTargetsFromClassicalLB",
  "clb:DescribeClassicalLBTargets",
  "clb:DescribeLoadBalancers",
  "clb:DescribeTargetGroupInstances",
  "clb:DescribeTargetGroups",
  "clb:DescribeTargets",
  "clb:ModifyTargetGroupInstancesWeight",
  "clb:RegisterTargetGroupInstances",
  "clb:RegisterTargetsWithClassicalLB",
);
const scaling = must(
  "as:AttachInstances",
  "as:DescribeAutoScalingGroups",
  "as:DescribeAutoScalingInstances",
  "as:SetInstancesProtection",
);

/** What each operation needs, the undo of its effects included. */
const needs: Readonly<Record<Operation, readonly Need[]>> = {
  whoAmI: identity,
  findInstances: records,
  listDependencies: [...records, ...sourcesOf(dependencyTable), ...controls, ...onTheWay],
  verifyDeleted: [
    ...identity,
    ...must("cvm:DescribeInstances", "cvm:DescribeInstancesActionTimer"),
    ...control,
    ...sourcesOf(aftermathTable),
    ...controls,
    ...onTheWay,
  ],
  findOwnArtifacts: [...identity, ...copies, ...control],
  snapshot: [...firmRecords, ...control, ...copies, ...must("cbs:CreateSnapshot"), ...tags],
  releaseSecurityRules: [
    ...firmRecords,
    ...control,
    ...groupUsers,
    ...must("vpc:DeleteSecurityGroupPolicies"),
    ...restoreRules,
  ],
  terminate: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...must(
      "cbs:ModifyDiskAttributes",
      "cvm:DeleteInstancesActionTimer",
      "cvm:ImportInstancesActionTimer",
      "cvm:InquiryPriceTerminateInstances",
      "cvm:ModifyInstancesAttribute",
      "cvm:ModifyInstancesChargeType",
      "cvm:ModifyInstancesRenewFlag",
      "cvm:TerminateInstances",
    ),
  ],
  quarantine: [
    ...firmRecords,
    ...control,
    ...owners,
    ...must(
      "cvm:ModifyInstancesAttribute",
      "cvm:StartInstances",
      "cvm:StopInstances",
      "vpc:CreateSecurityGroup",
      "vpc:DeleteSecurityGroup",
      "vpc:DescribeSecurityGroupPolicies",
      "vpc:ModifyNetworkInterfaceAttribute",
    ),
    ...tags,
  ],
  releaseDependencies: [
    ...firmRecords,
    ...control,
    ...owners,
    ...copies,
    ...naming,
    ...balancers,
    ...scaling,
    ...must("as:DetachInstances", "cbs:TerminateDisks", "vpc:DescribeAddresses", "vpc:ReleaseAddresses"),
  ],
  revert: [
    ...firmRecords,
    ...control,
    ...groupUsers,
    ...restoreRules,
    ...balancers,
    ...scaling,
    ...tags,
    ...must(
      "cbs:ModifyDiskAttributes",
      "cvm:DeleteInstancesActionTimer",
      "cvm:ModifyInstancesAttribute",
      "cvm:ModifyInstancesRenewFlag",
      "cvm:StartInstances",
      "cvm:StopInstances",
      "vpc:DeleteSecurityGroup",
      "vpc:ModifyNetworkInterfaceAttribute",
    ),
  ],
  tagInstances: [...firmRecords, ...control, ...tags],
  recover: [
    ...firmRecords,
    ...control,
    ...must("cvm:InquiryPriceRenewInstances", "cvm:RenewInstances", "cbs:InquiryPriceRenewDisks", "cbs:RenewDisk"),
  ],
  removeArtifacts: [...identity, ...control, ...copies, ...must("cbs:DeleteSnapshots", "vpc:DeleteSecurityGroup")],
};

/** Every operation there is. */
const allOperations = Object.keys(needs) as readonly Operation[];

/** Actions that only read, and price questions, which change nothing. */
const readsOnly = /:(Describe|Get|Inquiry)/;

/** Writes that a policy can hold to the instances of a region ("Authorizable Resource Types", 213/10314). */
const onInstances: ReadonlySet<string> = new Set([
  "cvm:ModifyInstancesAttribute",
  "cvm:ModifyInstancesRenewFlag",
  "cvm:RenewInstances",
  "cvm:StartInstances",
  "cvm:StopInstances",
  "cvm:TerminateInstances",
]);

/**
 * The CAM policy these operations need, the undo of their effects included. Sends nothing. Reads are on every resource:
 * one that is held to some shows less instead of refusing. Of the writes only those of CVM are known to be held to
 * instances of a region; what knows no resources is refused where a policy names some (CAM documentation, 598/57156).
 */
export function permissions(region: string, operations: readonly Operation[] = allOperations): PermissionPolicy {
  const actions = unique(operations).flatMap(needsOf);
  const names = unique(actions.map(({ action }) => action)).toSorted();
  return { cloud: "tencent", document: documentOf(region, names), actions };
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

/** "Syntax structure", CAM documentation: version 2.0, lower-case words, and actions of the form `service:Action`. */
function documentOf(region: string, actions: readonly string[]): JsonObject {
  const reads = actions.filter((action) => readsOnly.test(action));
  const writes = actions.filter((action) => !readsOnly.test(action));
  const statement = [
    { effect: "allow", action: reads, resource: ["*"] },
    {
      effect: "allow",
      action: writes.filter((action) => onInstances.has(action)),
      resource: [`qcs::cvm:${region}::instance/*`],
    },
    { effect: "allow", action: writes.filter((action) => !onInstances.has(action)), resource: ["*"] },
  ];
  return { version: "2.0", statement: statement.filter(({ action }) => action.length > 0) };
}

/** The actions behind the sources of a table: without one its line reads `denied`. */
function sourcesOf(table: readonly { readonly source: string }[]): readonly Need[] {
  return may(...unique(table.map(({ source }) => source)));
}
