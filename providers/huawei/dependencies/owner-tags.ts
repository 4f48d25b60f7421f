import type { DependencyKind } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import type { SeenInstance } from "../record.js";

/** A tag by which an owner marks what it made. */
interface OwnerTag {
  readonly key: RegExp;
  readonly kind: DependencyKind;
  readonly owner: string;
  /** What to do instead of deleting the server itself. */
  readonly unblock: string;
}

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

/** The owners that tags and metadata of servers name. An owner's mark blocks; an unknown one of the cloud is shown. */
export function tagOwners(instances: readonly SeenInstance[]): readonly Finding[] {
  const findings = instances.flatMap((seen) => {
    const marks: readonly (readonly [string, string])[] = [
      ...Object.entries(seen.record.tags),
      ...Object.entries(seen.facts.systemTags),
      ...seen.facts.metadataKeys.map(
        (key) => [key, key === "CCE-Cluster-ID" ? (seen.facts.clusterId ?? "") : ""] as const,
      ),
    ];
    return marks.flatMap(
      ([key, value]) => ownerFinding(seen.record.id, key, value) ?? unknownMark(seen.record.id, key) ?? [],
    );
  });
  const once = new Map(findings.map((each) => [`${each.instanceId}/${each.node.kind}/${each.node.id}`, each]));
  return [...once.values()];
}

/** Whose a thing is by its tags, in words; `undefined` where they say nothing. */
export function managedByTag(tags: Readonly<Record<string, string>>): string | undefined {
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
      why: `It belongs to the ${tag.owner} ${id} (${key}).`,
      unblock: tag.unblock,
    },
  };
}

function unknownMark(instanceId: string, key: string): Finding | undefined {
  if (!ofTheCloud.test(key) || harmless.test(key)) return undefined;
  return {
    instanceId,
    node: { kind: "other", id: `${instanceId}/${key}`, name: key, billing: "unknown" },
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "unknown",
      why: `Only the cloud can set ${key}: find out which of its services did, and whether it needs this server.`,
    },
  };
}
