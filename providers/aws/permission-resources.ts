import type { JsonObject } from "../../src/common.js";

/** What a write may be narrowed to: kinds of resources, and a condition where one holds for all of them. */
interface WriteScope {
  /** Resource parts of an ARN, by service: `instance/*` of EC2 is `arn:aws:ec2:eu-west-1:*:instance/*`. */
  readonly ec2?: readonly string[];
  readonly autoscaling?: readonly string[];
  readonly elasticloadbalancing?: readonly string[];
  readonly kms?: readonly string[];
  readonly condition?: JsonObject;
}

const instance = "instance/*";
const group = "security-group/*";
const rule = "security-group-rule/*";
const volume = "volume/*";
const address = "elastic-ip/*";
const card = "network-interface/*";
const snapshot = "snapshot/*";
const scaling: WriteScope = { autoscaling: ["autoScalingGroup:*:autoScalingGroupName/*"] };
const targets: WriteScope = { elasticloadbalancing: ["targetgroup/*/*"] };
const classicBalancers: WriteScope = { elasticloadbalancing: ["loadbalancer/*"] };
const rules: WriteScope = { ec2: [group, rule] };
/** Only what carries our own mark. */
const ours: JsonObject = { Null: { "aws:ResourceTag/cloud-decom:run": "false" } };

/**
 * The resources each writing action is on ("Actions defined by …" of each service, Service Authorization Reference).
 * What is not listed reads, and takes no resource.
 */
export const writeResources: Readonly<Record<string, WriteScope>> = {
  "autoscaling:AttachInstances": scaling,
  "autoscaling:DetachInstances": scaling,
  "autoscaling:EnterStandby": scaling,
  "autoscaling:SetInstanceProtection": scaling,
  "ec2:AssociateAddress": { ec2: [address, instance, card] },
  "ec2:AttachVolume": { ec2: [instance, volume] },
  "ec2:AuthorizeSecurityGroupEgress": rules,
  "ec2:AuthorizeSecurityGroupIngress": rules,
  "ec2:CancelSpotInstanceRequests": { ec2: ["spot-instances-request/*"] },
  "ec2:CreateSecurityGroup": { ec2: [group, "vpc/*"] },
  "ec2:CreateSnapshots": { ec2: [instance, snapshot, volume] },
  "ec2:CreateTags": { ec2: [instance, group, rule, snapshot] },
  "ec2:DeleteSecurityGroup": { ec2: [group] },
  "ec2:DeleteSnapshot": { ec2: [snapshot], condition: ours },
  "ec2:DeleteTags": { ec2: [instance] },
  "ec2:DeleteVolume": { ec2: [volume] },
  "ec2:ModifyInstanceAttribute": { ec2: [instance, volume] },
  "ec2:ModifyNetworkInterfaceAttribute": { ec2: [instance, card, group] },
  "ec2:ReleaseAddress": { ec2: [address] },
  "ec2:RestoreImageFromRecycleBin": { ec2: ["image/*"] },
  "ec2:RestoreSnapshotFromRecycleBin": { ec2: [snapshot] },
  "ec2:RestoreVolumeFromRecycleBin": { ec2: [volume] },
  "ec2:RevokeSecurityGroupEgress": rules,
  "ec2:RevokeSecurityGroupIngress": rules,
  "ec2:StartInstances": { ec2: [instance] },
  "ec2:StopInstances": { ec2: [instance] },
  "ec2:TerminateInstances": { ec2: [instance] },
  "elasticloadbalancing:DeregisterInstancesFromLoadBalancer": classicBalancers,
  "elasticloadbalancing:DeregisterTargets": targets,
  "elasticloadbalancing:RegisterInstancesWithLoadBalancer": classicBalancers,
  "elasticloadbalancing:RegisterTargets": targets,
  "kms:DescribeKey": { kms: ["key/*"] },
};

/** `Resource` and `Condition` of a statement about this action. */
export function writeWords(region: string, action: string): JsonObject {
  const { condition, ...byService } = writeResources[action] ?? {};
  const resources = Object.entries(byService).flatMap(([service, parts]) =>
    parts.map((part) => arn(region, service, part)),
  );
  return { Resource: resources, ...(condition ? { Condition: condition } : {}) };
}

/** Snapshots and images have no account in their ARN ("Resource types defined by Amazon EC2", Service Authorization Reference). */
function arn(region: string, service: string, resource: string): string {
  const account = resource === snapshot || resource === "image/*" ? "" : "*";
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;
}

/** Each partition has its own ARNs ("Amazon Resource Names", AWS General Reference). */
function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
