import type { OwnerTag, OwnerTags } from "../../../src/owner-tags.js";

/**
 * Tags that name an owner. None is documented as set by the cloud alone, and a member that was detached keeps its tags. So
 * they only tell where the owner itself is asked, as Auto Scaling and TKE are, or where people set them by convention. EMR
 * is not asked, and its nodes are refused only after everything else was done to them: its tag blocks.
 */
const ownerTags: readonly OwnerTag[] = [
  {
    key: /^kubernetes\.io\/cluster\/.+$/,
    kind: "cluster-node",
    owner: "Kubernetes cluster",
    id: (key) => key.slice(key.lastIndexOf("/") + 1),
  },
  { key: /^(tke-clusterId|tencentcloud:tke:cluster-?id)$/i, kind: "cluster-node", owner: "TKE cluster" },
  {
    key: /^(emr|EMR)[-_]?(cluster|instance)?[-_]?id$/i,
    kind: "managed-service",
    owner: "EMR cluster",
    unblock: "Scale the cluster in, or release it, in Elastic MapReduce.",
  },
  {
    key: /^(terraform|Terraform|pulumi:stack|ManagedBy|managed-by|tic:stack|rosStackId)$/,
    kind: "stack",
    owner: "infrastructure as code",
  },
];

/** The mark of a scaling group, which is asked itself. */
export const scalingGroupTag = "tencentcloud:autoscaling:auto-scaling-group-id";
/** Keys that the cloud keeps for its own services. */
const reserved = /^(tencentcloud:|qcloud:|qcs:|tke-)/i;

/** The marks of clusters and services. Those of stacks do not count on things that others change by hand as well. */
export const serviceMarks: Pick<OwnerTags, "tags"> = { tags: ownerTags.filter(({ kind }) => kind !== "stack") };

/** How services of the cloud, and tools on it, mark what is theirs. */
export const ownerMarks: OwnerTags = {
  tags: ownerTags,
  setter: "a service of the cloud",
  isMark: (key) => reserved.test(key) && key !== scalingGroupTag,
};
