import type { DependencyKind } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";

/** A tag by which an owner marks what it made. */
interface OwnerTag {
  readonly key: RegExp;
  readonly kind: DependencyKind;
  readonly owner: string;
  /** What to do instead of terminating the instance itself. */
  readonly unblock: string;
  /** The owner's id, where it is not the tag's value. */
  readonly id?: (key: string, value: string) => string;
}

const scaleDown = "Drain it and scale its node group down, or delete the cluster.";
const afterSlash = (key: string) => key.slice(key.lastIndexOf("/") + 1);

/**
 * Tags that say who owns an instance. Keys under `aws:` can be written by AWS alone ("Tag restrictions", EC2 User
 * Guide); the others are what each service documents for the instances it launches.
 */
const ownerTags: readonly OwnerTag[] = [
  {
    key: /^aws:cloudformation:stack-(id|name)$/,
    kind: "stack",
    owner: "CloudFormation stack",
    unblock: "Take it out of the stack's template, or delete the stack: else the stack drifts or brings it back.",
    // The id is an ARN, …:stack/<name>/<uuid>; name and id are one stack.
    id: (_, value) => value.split(":stack/")[1]?.split("/")[0] ?? value,
  },
  {
    key: /^aws:servicecatalog:provisionedProductArn$/,
    kind: "stack",
    owner: "Service Catalog product",
    unblock: "Terminate the provisioned product.",
  },
  {
    key: /^aws:ec2:fleet-id$/,
    kind: "fleet",
    owner: "EC2 Fleet",
    unblock: "Delete the fleet or lower its target capacity: a fleet that maintains its capacity launches another.",
  },
  {
    key: /^aws:ec2spot:fleet-request-id$/,
    kind: "fleet",
    owner: "Spot Fleet",
    unblock: "Cancel the request or lower its target capacity: a fleet that maintains its capacity launches another.",
  },
  {
    key: /^(aws:)?eks:cluster-name$/,
    kind: "cluster-node",
    owner: "EKS cluster",
    unblock: scaleDown,
  },
  {
    key: /^(kubernetes\.io\/cluster\/.+|KubernetesCluster)$/,
    kind: "cluster-node",
    owner: "Kubernetes cluster",
    unblock: scaleDown,
    id: (key, value) => (key === "KubernetesCluster" ? value : afterSlash(key)),
  },
  {
    key: /^karpenter\.sh\/(nodepool|provisioner-name)$/,
    kind: "cluster-node",
    owner: "Karpenter node pool",
    unblock: "Delete the node object, so that Karpenter drains the node and ends the instance.",
  },
  {
    key: /^(AmazonECSManaged|aws:ecs:clusterName)$/,
    kind: "cluster-node",
    owner: "ECS cluster",
    unblock: "Drain the container instance and scale its capacity provider down.",
    id: (key, value) => (value === "" || value === "true" ? key : value),
  },
  {
    key: /^parallelcluster:cluster-name$/,
    kind: "cluster-node",
    owner: "ParallelCluster",
    unblock: "Stop or delete the cluster with its own tool.",
  },
  {
    key: /^elasticbeanstalk:environment-(id|name)$/,
    kind: "managed-service",
    owner: "Elastic Beanstalk environment",
    unblock: "Scale the environment down or terminate it.",
  },
  {
    key: /^aws:elasticmapreduce:job-flow-id$/,
    kind: "managed-service",
    owner: "EMR cluster",
    unblock: "Resize or terminate the cluster.",
  },
  {
    key: /^AWSBatchServiceTag$/,
    kind: "managed-service",
    owner: "Batch compute environment",
    unblock: "Disable the compute environment or lower its desired vCPUs.",
  },
  {
    key: /^aws:cloud9:environment$/,
    kind: "managed-service",
    owner: "Cloud9 environment",
    unblock: "Delete the environment.",
  },
  {
    key: /^opsworks:stack$/,
    kind: "managed-service",
    owner: "OpsWorks stack",
    unblock: "Delete the instance in the stack.",
  },
  {
    key: /^Ec2ImageBuilderArn$/,
    kind: "managed-service",
    owner: "Image Builder pipeline",
    unblock: "Let the build end, or cancel it.",
  },
  {
    key: /^(AWSElasticDisasterRecoveryManaged|AWSApplicationMigrationServiceManaged)$/,
    kind: "managed-service",
    owner: "replication service",
    unblock: "Disconnect the source server in that service.",
    id: (key) => key,
  },
];

/** Set by Auto Scaling on the instances of a group. The group itself is asked first: the tag is for when it cannot be. */
export const scalingGroupTag = "aws:autoscaling:groupName";

/** Keys under `aws:` that only tell how an instance was launched: they name no owner. */
const harmless =
  /^aws:(ec2launchtemplate:|ec2:capacity-reservation|servicecatalog:|cloudformation:|autoscaling:|backup:)/;

/** The owners an instance's tags name. An owner's tag blocks; an unknown mark of an AWS service is shown. */
export function ownersByTag(record: InstanceRecord): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [key, value] of Object.entries(record.tags)) {
    const finding = ownerFinding(record.id, key, value) ?? unknownMark(record.id, key);
    if (finding) findings.set(`${finding.node.kind}/${finding.node.id}`, finding);
  }
  return [...findings.values()];
}

/** Whether tags say that another service or a stack made a thing, so that it is not ours to change. */
export function managedByTag(tags: Readonly<Record<string, string>>): string | undefined {
  if (tags[scalingGroupTag] !== undefined) return `the Auto Scaling group ${tags[scalingGroupTag]}`;
  for (const key of Object.keys(tags)) {
    const tag = ownerTags.find((candidate) => candidate.key.test(key));
    if (tag) return `${tag.owner} (tag ${key})`;
    if (key.startsWith("aws:") && !harmless.test(key)) return `another service (tag ${key})`;
  }
  return undefined;
}

function ownerFinding(instanceId: string, key: string, value: string): Finding | undefined {
  const tag = ownerTags.find((candidate) => candidate.key.test(key));
  if (!tag) return undefined;
  const named = tag.id?.(key, value) ?? value;
  const id = named === "" ? key : named;
  return {
    instanceId,
    node: { kind: tag.kind, id, billing: "unknown" },
    edge: {
      relation: "owned-by",
      effect: "blocks",
      atTermination: "kept",
      why: `The tag ${key} says that the ${tag.owner} ${id} owns it.`,
      unblock: tag.unblock,
    },
  };
}

function unknownMark(instanceId: string, key: string): Finding | undefined {
  if (!key.startsWith("aws:") || harmless.test(key)) return undefined;
  return {
    instanceId,
    node: { kind: "other", id: key, billing: "unknown" },
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "unknown",
      why: `Only an AWS service can set the tag ${key}: find out which one, and whether it needs this instance.`,
    },
  };
}
