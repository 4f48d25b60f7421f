import { mapConcurrent } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import type { AliyunCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { removeNode } from "./owner-tags.js";

/** A Kubernetes cluster of Container Service (ACK). */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly securityGroupId?: string;
}

export const nodesSource = "cs:DescribeClusterNodes";
/** Ids of one DescribeClusterNodes; its largest page is as large (its request model). */
const nodesPerRequest = 100;
/** Reads at a time: nodes are told one cluster each. */
const concurrency = 5;

/** All clusters of the region. */
export async function readClusters(call: AliyunCall): Promise<readonly Cluster[]> {
  const rows = await call.pages("cs", "DescribeClustersForRegion");
  return rows.map((row) => {
    const id = row.need("cluster_id");
    const securityGroupId = row.text("security_group_id");
    return { id, name: row.text("name") ?? id, ...(securityGroupId === undefined ? {} : { securityGroupId }) };
  });
}

/**
 * The clusters that these instances are nodes of, by the clusters' own lists: which tags a node carries is up to who made
 * it. Whatever its state, a node is its cluster's: it schedules work on it, and node pools replace what is missing.
 */
export async function clusterOwners(
  call: AliyunCall,
  instances: readonly SeenInstance[],
  clusters: () => Promise<readonly Cluster[]>,
): Promise<Findings> {
  const ids = instances.map(({ record }) => record.id);
  if (ids.length === 0) return findingsOf(nodesSource, []);
  const found = await mapConcurrent(await clusters(), concurrency, async (cluster) => {
    const rows = await readBulk(
      call,
      {
        service: "cs",
        action: "DescribeClusterNodes",
        whole: { ClusterId: cluster.id },
        some: (some) => ({ ClusterId: cluster.id, instanceIds: some.join(",") }),
        batch: nodesPerRequest,
        keysOf: (row) => [row.text("instance_id") ?? ""],
      },
      ids,
    );
    return rows.map((row) => nodeFinding(cluster, row.need("instance_id"), row.text("nodepool_id")));
  });
  return findingsOf(nodesSource, found.flat());
}

function nodeFinding({ id, name }: Cluster, instanceId: string, poolId: string | undefined): Finding {
  const pool = poolId === undefined ? "" : `, in its node pool ${poolId}`;
  return {
    instanceId,
    node: { kind: "cluster-node", id, name, billing: "continues" },
    edge: {
      relation: "owned-by",
      effect: "blocks",
      atTermination: "kept",
      why: `It is a node of the Kubernetes cluster ${name}${pool}.`,
      unblock: removeNode,
    },
  };
}
