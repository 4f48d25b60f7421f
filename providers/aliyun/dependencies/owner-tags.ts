import type { OwnerTag, OwnerTags } from "../../../src/owner-tags.js";

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

/** How services of the cloud, and tools on it, mark what is theirs. */
export const ownerMarks: OwnerTags = {
  tags: ownerTags,
  setter: "a service of the cloud",
  isMark: (key) => /^(acs:|aliyun)/.test(key) && !harmless.test(key),
};
