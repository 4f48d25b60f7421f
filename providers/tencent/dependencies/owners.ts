import { chunk } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { ownersByTag } from "../../../src/owner-tags.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { ownerMarks } from "./owner-tags.js";

/** Who says that an instance is in a scaling group. */
export const scalingSource = "as:DescribeAutoScalingInstances";
/** Where the tags of instances are read. */
export const tagSource = "cvm:DescribeInstances";
/** Who says that an instance is a node of a cluster. */
export const clusterSource = "tke:DescribeExistedInstances";

/** Everything that owns these instances and may replace them. A source that cannot be asked throws: it can replace the server. */
export async function readOwners(call: TencentCall, instances: readonly SeenInstance[]): Promise<Findings> {
  const tagged = instances.flatMap(({ record }) => ownersByTag(record.id, Object.entries(record.tags), ownerMarks));
  const byTag = findingsOf(
    tagSource,
    tagged.filter(({ edge }) => edge.effect !== "report"),
  );
  const told = [byTag, ...(await Promise.all([scalingOwners(call, instances), clusterOwners(call, instances)]))];
  return { nodes: told.flatMap(({ nodes }) => nodes), edges: told.flatMap(({ edges }) => edges) };
}

/** Membership in scaling groups, which replace what is gone. */
export async function scalingOwners(call: TencentCall, instances: readonly SeenInstance[]): Promise<Findings> {
  const pieces = await Promise.all(
    chunk(idsOf(instances), idLimit).map((piece) =>
      call.pages(
        "as",
        "DescribeAutoScalingInstances",
        { InstanceIds: [...piece] },
        { field: "AutoScalingInstanceSet", id: "InstanceId", most: piece.length },
      ),
    ),
  );
  const findings = pieces.flat().map((row): Finding => {
    const group = row.need("AutoScalingGroupId");
    return {
      instanceId: row.need("InstanceId"),
      node: { kind: "auto-scaling-group", id: group, name: row.text("AutoScalingGroupName") ?? group, billing: "none" },
      edge: {
        relation: "member",
        effect: "release-first",
        atTermination: "kept",
        why: `It is ${row.text("LifeCycleState") ?? "a member"} in the scaling group ${group}, which replaces what is gone.`,
        unblock: "Detach it from the group first: detaching keeps it, removing would destroy it.",
      },
    };
  });
  return findingsOf(scalingSource, findings);
}

/** What TKE says of instances. It answers a row for each one; those it leaves out are `untold`. */
export interface ClusterFindings extends Findings {
  readonly untold: readonly string[];
}

/** Nodes of clusters, of all clusters of the region in one call per 100 instances. */
export async function clusterOwners(call: TencentCall, instances: readonly SeenInstance[]): Promise<ClusterFindings> {
  const pieces = await Promise.all(
    chunk(idsOf(instances), idLimit).map((piece) =>
      call.pages(
        "tke",
        "DescribeExistedInstances",
        { InstanceIds: [...piece] },
        { field: "ExistedInstanceSet", id: "InstanceId", most: piece.length },
      ),
    ),
  );
  const findings = pieces.flat().flatMap((row): readonly Finding[] => {
    const cluster = row.text("AlreadyInCluster");
    if (cluster === undefined) return [];
    return [
      {
        instanceId: row.need("InstanceId"),
        node: { kind: "cluster-node", id: cluster, billing: "none" },
        edge: {
          relation: "member",
          effect: "blocks",
          atTermination: "kept",
          why: `It is a node of the cluster ${cluster}.`,
          unblock: "Drain it, then take it out of the cluster with the mode that retains the instance.",
        },
      },
    ];
  });
  const told = new Set(pieces.flat().map((row) => row.need("InstanceId")));
  return { ...findingsOf(clusterSource, findings), untold: idsOf(instances).filter((id) => !told.has(id)) };
}

function idsOf(instances: readonly SeenInstance[]): readonly string[] {
  return instances.map(({ record }) => record.id);
}
