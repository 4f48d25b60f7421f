import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { type AwsRequestContext, addResource, isLive, type Resource, resourcesOf } from "../state.js";
import { need, text, texts } from "../wire/read.js";
import { service } from "./service.js";

const pages = {
  token: "nextToken",
  size: "maxResults",
  usual: 100,
  most: 100,
  invalid: "InvalidParameterException",
} as const;

function nodesOf(context: AwsRequestContext): readonly Resource[] {
  const asked = text(context.parameters, "cluster") ?? "default";
  const cluster = resourcesOf(context.state, "ecs-cluster").find(({ id }) => id === asked || id.endsWith(`/${asked}`));
  if (!cluster) throw refusal("ClusterNotFoundException", "Cluster not found.");
  return resourcesOf(context.state, "ecs-node").filter(({ wire }) => wire.cluster === cluster.id);
}

/** The cluster query language, as far as it names instances: `ec2InstanceId in ['i-1', 'i-2']`, `ec2InstanceId == i-1`. */
function filterOf(expression: string | undefined): (node: Resource) => boolean {
  if (expression === undefined) return () => true;
  if (!/^\s*ec2InstanceId\s*(in\s*\[.*\]|==)/.test(expression))
    throw refusal("InvalidParameterException", `The fake cannot filter by ${expression}.`);
  const ids: readonly string[] = expression.match(/i-[0-9a-f]+/g) ?? [];
  return ({ wire }) => ids.includes(String(wire.ec2InstanceId));
}

function listNodes(context: AwsRequestContext): JsonObject {
  const status = text(context.parameters, "status");
  const matches = filterOf(text(context.parameters, "filter"));
  const chosen = nodesOf(context).filter(
    (node) => matches(node) && (status === undefined || node.wire.status === status),
  );
  const { things, next } = page(context, chosen, pages);
  return { containerInstanceArns: things.map(({ id }) => id), ...next };
}

/** At most 100 at once; absent ones are failures in the answer, not an error. */
function describeNodes(context: AwsRequestContext): JsonObject {
  const asked = texts(context.parameters, "containerInstances");
  if (asked.length > 100) throw refusal("InvalidParameterException", "At most 100 container instances.");
  const known = new Map(nodesOf(context).map((node) => [node.id, node]));
  return {
    containerInstances: asked.flatMap((arn) => {
      const node = known.get(arn);
      return node ? [nodeItem(context, node)] : [];
    }),
    failures: asked.filter((arn) => !known.has(arn)).map((arn) => ({ arn, reason: "MISSING" })),
  };
}

/** A node whose instance went stays listed for a while, its agent gone. */
function nodeItem({ state }: AwsRequestContext, { id, wire }: Resource): JsonObject {
  const { cluster: _cluster, ...rest } = wire;
  return { ...rest, containerInstanceArn: id, agentConnected: isLive(state.instances.get(String(wire.ec2InstanceId))) };
}

function setStatus(context: AwsRequestContext): JsonObject {
  const asked = texts(context.parameters, "containerInstances");
  if (asked.length > 10) throw refusal("InvalidParameterException", "At most 10 container instances.");
  const status = need(context.parameters, "status");
  const nodes = nodesOf(context).filter(({ id }) => asked.includes(id));
  const changed = nodes.map(({ id, wire }) => {
    // Draining moves the tasks elsewhere.
    const next = { ...wire, status, runningTasksCount: status === "DRAINING" ? 0 : (wire.runningTasksCount ?? 0) };
    addResource(context.state, "ecs-node", id, next);
    if (wire.status !== status) context.effect(id);
    return nodeItem(context, { kind: "ecs-node", id, wire: next });
  });
  return { containerInstances: changed, failures: [] };
}

/** ECS. */
export const ecs = service(
  { name: "ecs", protocol: "json", target: "AmazonEC2ContainerServiceV20141113" },
  {
    ListClusters: {
      parameters: "nextToken maxResults:n",
      handle: (context) => {
        const { things, next } = page(context, resourcesOf(context.state, "ecs-cluster"), pages);
        return { clusterArns: things.map(({ id }) => id), ...next };
      },
    },
    ListContainerInstances: { parameters: "cluster filter nextToken maxResults:n status", handle: listNodes },
    DescribeContainerInstances: { parameters: "containerInstances[]! cluster include[]", handle: describeNodes },
    UpdateContainerInstancesState: {
      parameters: "containerInstances[]! status! cluster",
      mutating: true,
      handle: setStatus,
    },
  },
);

/** Name of the one node group that a seeded cluster has. */
function groupOf(cluster: string): string {
  return `${cluster}-nodes`;
}

function namedCluster({ state, parameters }: AwsRequestContext): string {
  const name = need(parameters, "clusterName");
  if (!state.resources.has(`eks-cluster/${name}`))
    throw refusal("ResourceNotFoundException", `No cluster found for name: ${name}.`, 404);
  return name;
}

/** EKS. */
export const eks = service(
  { name: "eks", protocol: "rest-json" },
  {
    ListClusters: {
      parameters: "maxResults:n nextToken include[]",
      http: "GET /clusters?maxResults&nextToken&include",
      handle: (context) => {
        const { things, next } = page(context, resourcesOf(context.state, "eks-cluster"), pages);
        return { clusters: things.map(({ id }) => id), ...next };
      },
    },
    ListNodegroups: {
      parameters: "clusterName! maxResults:n nextToken",
      http: "GET /clusters/{clusterName}/node-groups?maxResults&nextToken",
      handle: (context) => {
        const { things, next } = page(context, [groupOf(namedCluster(context))], pages);
        return { nodegroups: things, ...next };
      },
    },
    DescribeNodegroup: {
      parameters: "clusterName! nodegroupName!",
      http: "GET /clusters/{clusterName}/node-groups/{nodegroupName}",
      handle: (context) => {
        const clusterName = namedCluster(context);
        const nodegroupName = need(context.parameters, "nodegroupName");
        if (nodegroupName !== groupOf(clusterName))
          throw refusal("ResourceNotFoundException", `No node group found for name: ${nodegroupName}.`, 404);
        return { nodegroup: { clusterName, nodegroupName, status: "ACTIVE", resources: { autoScalingGroups: [] } } };
      },
    },
  },
);
