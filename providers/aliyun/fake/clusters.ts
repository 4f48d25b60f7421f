import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { read } from "./action.js";
import { interfacesOf } from "./network.js";
import type { Cluster } from "./owners.js";
import type { AliyunActions, AliyunRequestContext } from "./state.js";
import { numberedPage } from "./wire/pages.js";
import { need, number, text, texts } from "./wire/read.js";
import { seconds } from "./wire/times.js";

/** Ten rows unless others are asked for. No largest page of clusters is published: 50 is what the cloud's own tools ask for. */
function describeClusters({ state, input, scope }: AliyunRequestContext): JsonObject {
  const wanted = text(input, "cluster_id");
  const word = text(input, "name");
  const found = [...state.clusters.values()].filter(
    ({ id, name }) => (!wanted || id === wanted) && (!word || name.includes(word)),
  );
  const paging = page(number(input, "page_number"), number(input, "page_size"));
  const { rows, fields } = numberedPage(paging, found, 50);
  const clusters = rows.map((cluster) => ({
    cluster_id: cluster.id,
    name: cluster.name,
    cluster_type: "ManagedKubernetes",
    cluster_spec: "ack.pro.small",
    profile: "Default",
    state: "running",
    region_id: scope.region,
    vpc_id: cluster.vpcId,
    security_group_id: cluster.groupId,
    size: cluster.nodeIds.length,
    current_version: "1.32.1-aliyun.1",
    created: seconds(cluster.createdAt),
    updated: seconds(cluster.createdAt),
    deletion_protection: false,
    resource_group_id: "",
    tags: [],
  }));
  return { clusters, page_info: pageInfo(fields) };
}

function describeNodes({ state, input }: AliyunRequestContext): JsonObject {
  const cluster = state.clusters.get(need(input, "ClusterId"));
  if (!cluster) throw refusal("ErrorClusterNotFound", "cluster not found", 404);
  const ids = texts(input, "instanceIds");
  const pool = text(input, "nodepool_id");
  const found = cluster.nodeIds.filter((id) => (!ids || ids.includes(id)) && (!pool || pool === poolOf(cluster)));
  const paging = page(number(input, "pageNumber"), number(input, "pageSize"));
  const { rows, fields } = numberedPage(paging, found, 100);
  const nodes = rows.map((id) => {
    const instance = state.instances.get(id);
    const ip = interfacesOf(state, id)[0]?.privateIps[0] ?? "";
    return {
      instance_id: id,
      instance_name: `worker-k8s-for-cs-${cluster.id}`,
      instance_role: "Worker",
      instance_status: instance?.status ?? "",
      instance_type: instance?.type ?? "",
      instance_charge_type: instance?.chargeType ?? "PostPaid",
      ip_address: ip === "" ? [] : [ip],
      is_aliyun_node: true,
      node_name: `node.${ip}`,
      node_status: instance?.status === "Running" ? "Ready" : "NotReady",
      nodepool_id: poolOf(cluster),
      source: "ess",
      state: "running",
      creation_time: seconds(cluster.createdAt),
    };
  });
  return { nodes, page: pageInfo(fields) };
}

/** One pool a cluster. */
function poolOf({ id }: Cluster): string {
  return `np${id.slice(1)}`;
}

function page(PageNumber = 1, PageSize = 10): JsonObject {
  return { PageNumber, PageSize };
}

function pageInfo({ PageNumber = 1, PageSize = 10, TotalCount = 0 }: JsonObject): JsonObject {
  return { page_number: PageNumber, page_size: PageSize, total_count: TotalCount };
}

/** Kubernetes clusters of Container Service. ROA: the names are those of its paths and queries. */
export const clusters: AliyunActions = {
  "cs:DescribeClustersForRegion": read(
    "RegionId! cluster_id cluster_type cluster_spec name profile page_number:n page_size:n",
    describeClusters,
  ),
  "cs:DescribeClusterNodes": read(
    "ClusterId! instanceIds:c100 nodepool_id state pageNumber:n pageSize:n",
    describeNodes,
  ),
};
