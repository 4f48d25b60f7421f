import type { DependencyKind } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";

/** A tag by which an owner marks what it made. */
interface OwnerTag {
  readonly key: RegExp;
  readonly kind: DependencyKind;
  readonly owner: string;
  /** What to do instead of releasing the instance itself. */
  readonly unblock: string;
}

/** How a node leaves its cluster. */
export const removeNode =
  "Drain the node and remove it in Container Service (RemoveNodePoolNodes), which releases it, too.";

/**
 * Tags that say who owns an instance. Keys under `acs:` and `aliyun` can be written by the cloud alone (TagResources).
 * Which services write which keys is documented nowhere in one place; those below were seen in clusters and stacks, so a
 * key of the cloud that is not among them is shown as well.
 */
const ownerTags: readonly OwnerTag[] = [
  {
    key: /^(ack\.aliyun\.com|ack\.alibabacloud\.com\/.+|k8s\.aliyun\.com(\/.+)?)$/,
    kind: "cluster-node",
    owner: "Kubernetes cluster",
    unblock: removeNode,
  },
  {
    key: /^(karpenter\.sh\/nodepool|node\.k8s\.alibabacloud\/.+)$/,
    kind: "cluster-node",
    owner: "node pool",
    unblock: "Delete the node object, so that the node is drained and its instance released.",
  },
  {
    key: /^acs:ros:stack(Id|Name)$/,
    kind: "stack",
    owner: "ROS stack",
    unblock: "Take it out of the stack's template, or delete the stack: else the stack drifts or brings it back.",
  },
  {
    key: /^acs:emr:.+$/,
    kind: "managed-service",
    owner: "EMR cluster",
    unblock: "Scale the cluster in, or release it.",
  },
];

/** Set by Auto Scaling on what it launches. The groups themselves are asked; the tag is for when they cannot be. */
export const scalingGroupTag = "acs:autoscaling:scalingGroupId";

/** Keys that only tell how an instance was made: they name no owner. */
const harmless = /^(acs:rm:|acs:tag:|acs:autoscaling:|acs:ecs:)/;

/** The owners an instance's tags name. An owner's tag blocks; an unknown mark of the cloud is shown. */
export function ownersByTag(record: InstanceRecord): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [key, value] of Object.entries(record.tags)) {
    const finding = ownerFinding(record.id, key, value) ?? unknownMark(record.id, key);
    if (finding) findings.set(`${finding.node.kind}/${finding.node.id}`, finding);
  }
  return [...findings.values()];
}

/** Whose a thing is by its tags, in words; `undefined` where they say nothing. */
export function ownerTagOf(tags: Readonly<Record<string, string>>): string | undefined {
  for (const key of Object.keys(tags)) {
    const tag = ownerTags.find((candidate) => candidate.key.test(key));
    if (tag) return `a ${tag.owner} (tag ${key})`;
  }
  return undefined;
}

function ownerFinding(instanceId: string, key: string, value: string): Finding | undefined {
  const tag = ownerTags.find((candidate) => candidate.key.test(key));
  if (!tag) return undefined;
  const id = value === "" || value === "true" ? key : value;
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
  if (!/^(acs:|aliyun)/.test(key) || harmless.test(key)) return undefined;
  return {
    instanceId,
    node: { kind: "other", id: key, billing: "unknown" },
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "unknown",
      why: `Only a service of the cloud can set the tag ${key}: find out which one, and whether it needs this instance.`,
    },
  };
}
