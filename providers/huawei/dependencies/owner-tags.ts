import type { Finding } from "../../../src/findings.js";
import { type OwnerTag, type OwnerTags, ownersByTag } from "../../../src/owner-tags.js";
import type { SeenInstance } from "../record.js";

const removeNode = "Drain the node and delete it in CCE (DeleteNode), which deletes its server, too.";

/**
 * Tags and metadata that say who owns a server. Keys under `_sys_` and `__` can be written by the cloud alone ("Tag
 * management"). No one page lists which service writes which; a key of the cloud that is not among them is shown as well.
 */
const ownerTags: readonly OwnerTag[] = [
  {
    key: /^(CCE-Cluster-ID|CCE-Dynamic-Provisioning-Node|cce_cluster_id|cce[-_.].+)$/,
    kind: "cluster-node",
    owner: "CCE cluster",
    unblock: removeNode,
  },
  {
    key: /^(kubernetes\.io\/cluster\/.+|KubernetesCluster)$/,
    kind: "cluster-node",
    owner: "Kubernetes cluster",
    unblock: "Drain it and scale its node group down, or delete the cluster.",
  },
  {
    key: /^(_sys_rfs_.+|_sys_stack_.+|rfs[-_.]stack.*)$/,
    kind: "stack",
    owner: "RFS stack",
    unblock: "Take it out of the stack's template, or delete the stack: else the stack drifts or brings it back.",
  },
  {
    key: /^_sys_root_resource_(id|type)$/,
    kind: "managed-service",
    owner: "resource of another service",
    unblock: "Delete the resource that it belongs to, in that service.",
  },
  {
    key: /^_sys_type_hcss_.+$/,
    kind: "managed-service",
    owner: "Flexus instance",
    unblock: "Release it in Flexus (HCSS).",
  },
  {
    key: /^__type_(baremetal|mrs|workspace|dws|dli)$/,
    kind: "managed-service",
    owner: "service of the platform",
    unblock: "Release it in the service that made it.",
  },
];

/** Keys of the cloud that name no owner. */
const harmless = /^(_sys_enterprise_project_id|_sys_recycle_bin_.+|__support_agent_list)$/;
/** Keys that only the cloud can write. */
const ofTheCloud = /^(_sys_|__)/;

/** How services of the cloud, and tools on it, mark what is theirs. */
export const ownerMarks: OwnerTags = {
  tags: ownerTags,
  setter: "a service of the cloud",
  isMark: (key) => ofTheCloud.test(key) && !harmless.test(key),
};

/** The owners that tags and metadata of servers name. */
export function tagOwners(instances: readonly SeenInstance[]): readonly Finding[] {
  return instances.flatMap(({ record, facts }) => {
    const metadata = facts.metadataKeys.map(
      (key) => [key, key === "CCE-Cluster-ID" ? (facts.clusterId ?? "") : ""] as const,
    );
    const marks = [...Object.entries(record.tags), ...Object.entries(facts.systemTags), ...metadata];
    return ownersByTag(record.id, marks, ownerMarks);
  });
}
