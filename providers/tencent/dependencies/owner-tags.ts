import type { DependencyKind } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";

/** A tag by which an owner marks what it made. */
interface OwnerTag {
  readonly key: RegExp;
  readonly kind: DependencyKind;
  readonly owner: string;
  /** The owner's id, where it is not the tag's value. */
  readonly id?: (key: string) => string;
  /** What to do first, where the tag is all that tells of the owner. */
  readonly unblock?: string;
}

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

/** The owners an instance's tags name, and marks that only a service of the cloud sets. */
export function ownersByTag(record: InstanceRecord): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [key, value] of Object.entries(record.tags)) {
    const finding = ownerFinding(record.id, key, value) ?? unknownMark(record.id, key);
    if (finding) findings.set(`${finding.node.kind}/${finding.node.id}`, finding);
  }
  return [...findings.values()];
}

function ownerFinding(instanceId: string, key: string, value: string): Finding | undefined {
  const tag = ownerTags.find((candidate) => candidate.key.test(key));
  if (!tag) return undefined;
  const named = tag.id?.(key) ?? value;
  const id = named === "" ? key : named;
  return {
    instanceId,
    node: { kind: tag.kind, id, billing: "unknown" },
    edge: {
      relation: tag.unblock === undefined ? "inferred" : "owned-by",
      effect: tag.unblock === undefined ? "report" : "blocks",
      atTermination: "kept",
      why: `The tag ${key} says that it belongs to the ${tag.owner} ${id}, which may miss it or make another.`,
      ...(tag.unblock === undefined ? {} : { unblock: tag.unblock }),
    },
  };
}

function unknownMark(instanceId: string, key: string): Finding | undefined {
  if (!reserved.test(key) || key === scalingGroupTag) return undefined;
  return {
    instanceId,
    node: { kind: "other", id: key, billing: "unknown" },
    edge: {
      relation: "inferred",
      effect: "report",
      atTermination: "unknown",
      why: `A service of the cloud sets the tag ${key}: find out which one, and whether it needs this instance.`,
    },
  };
}
