import { type OwnerTag, type OwnerTags, ownerInWords } from "../../../src/owner-tags.js";

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

/** How services of AWS, and tools on it, mark what is theirs. */
export const ownerMarks: OwnerTags = {
  tags: ownerTags,
  setter: "an AWS service",
  isMark: (key) => key.startsWith("aws:") && !harmless.test(key),
};

/** Whether tags say that another service or a stack made a thing, so that it is not ours to change. */
export function managedByTag(tags: Readonly<Record<string, string>>): string | undefined {
  if (tags[scalingGroupTag] !== undefined) return `the Auto Scaling group ${tags[scalingGroupTag]}`;
  const mark = Object.keys(tags).find((key) => ownerMarks.isMark(key));
  return ownerInWords(tags, ownerMarks) ?? (mark === undefined ? undefined : `another service (tag ${mark})`);
}
