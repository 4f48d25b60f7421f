import type { JsonObject } from "../../../../src/common.js";
import { need, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { privateIpsOf, publicIpsOf, shownState } from "../cvm/describe.js";
import { terminate } from "../lifecycle.js";
import { list, usualPages } from "../list.js";
import type { Cluster, Instance } from "../records.js";
import { tke } from "../service.js";
import { change, existing, leave, type TencentActions, type TencentRequestContext } from "../state.js";
import { utc } from "../times.js";

/** Kubernetes clusters: which instances are nodes, and taking them out. */
export const clusterActions: TencentActions = {
  "tke:DescribeExistedInstances": list<Instance>(tke, {
    parameters:
      "ClusterId InstanceIds[100] Filters[]{Name! Values[]!} VagueIpAddress VagueInstanceName Offset:n Limit:n IpAddresses[]",
    set: "ExistedInstanceSet",
    things: ({ instances }, { parameters }) => {
      if (parameters.ClusterId !== undefined && texts(parameters, "InstanceIds").length > 0)
        throw refusal("InvalidParameter", "`ClusterId` and `InstanceIds` cannot be sent together.");
      return instances;
    },
    ids: { parameter: "InstanceIds", path: "InstanceId", form: "instance", malformed: "InvalidParameter" },
    item: existedInstance,
    filters: { "instance-id": "InstanceId", "instance-name": "InstanceName" },
    pages: usualPages,
    chooses: ({ PrivateIpAddresses }, { parameters }) => {
      const wanted = texts(parameters, "IpAddresses");
      return (
        wanted.length === 0 ||
        texts({ PrivateIpAddresses: PrivateIpAddresses ?? [] }, "PrivateIpAddresses").some((ip) => wanted.includes(ip))
      );
    },
  }),
  "tke:DescribeClusterInstances": list(tke, {
    parameters: "ClusterId! Offset:n Limit:n InstanceIds[100] InstanceRole Filters[]{Name! Values[]!}",
    set: "InstanceSet",
    things: (_, context) => new Map(clusterFor(context).nodeIds.map((id) => [id, id])),
    ids: { parameter: "InstanceIds", path: "InstanceId", withFilters: true },
    // A node whose instance is gone stays, and is not ready.
    item: (InstanceId: string, { state, now }) => {
      const instance = state.instances.get(InstanceId);
      return {
        InstanceId,
        InstanceRole: "WORKER",
        FailedReason: "",
        InstanceState: instance ? shownState(instance, now).toLowerCase() : "failed",
        DrainStatus: "",
        CreatedTime: utc(instance?.createdAt ?? now),
        LanIP: instance ? (privateIpsOf(state, instance)[0] ?? "") : "",
        NodePoolId: "",
        AutoscalingGroupId: "",
      };
    },
    filters: { "nodepool-id": "NodePoolId" },
    pages: usualPages,
  }),
  // Each node for itself: what failed is in the answer of a success.
  "tke:DeleteClusterInstances": tke.write(
    "ClusterId! InstanceIds[100]! InstanceDeleteMode=terminate|retain! ForceDelete:b " +
      "ResourceDeleteOptions[]{ResourceType! DeleteMode! SkipDeletionProtection:b}",
    (context) => {
      const { state, parameters, effect } = context;
      const cluster = clusterFor(context);
      const asked = texts(parameters, "InstanceIds");
      const NotFoundInstanceIds = asked.filter((id) => !cluster.nodeIds.includes(id));
      const FailedInstanceIds = asked.filter((id) => cluster.nodeIds.includes(id) && isHeld(context, cluster, id));
      const done = asked.filter((id) => cluster.nodeIds.includes(id) && !FailedInstanceIds.includes(id));
      for (const id of done) {
        effect(id);
        leave(state, "cluster-node", cluster.id, id);
        const instance = state.instances.get(id);
        if (text(parameters, "InstanceDeleteMode") === "terminate" && instance) terminate(context, instance);
      }
      change(state.clusters, cluster.id, { nodeIds: cluster.nodeIds.filter((id) => !done.includes(id)) });
      return { SuccInstanceIds: done, FailedInstanceIds, NotFoundInstanceIds };
    },
  ),
};

function clusterFor({ state, parameters }: TencentRequestContext): Cluster {
  return existing(state.clusters, need(parameters, "ClusterId"), "InternalError.ClusterNotFound", "cluster");
}

/** "terminate: pay-as-you-go instances only"; a protected one is not destroyed either. */
function isHeld({ state, parameters }: TencentRequestContext, cluster: Cluster, id: string): boolean {
  if (cluster.heldNodeIds.includes(id)) return true;
  if (text(parameters, "InstanceDeleteMode") !== "terminate") return false;
  const instance = state.instances.get(id);
  return instance !== undefined && (instance.chargeType === "PREPAID" || instance.isProtected);
}

function existedInstance(instance: Instance, { state }: TencentRequestContext): JsonObject {
  const cluster = [...state.clusters.values()].find(({ nodeIds }) => nodeIds.includes(instance.id));
  const group = [...state.scalingGroups.values()].find(({ members }) =>
    members.some(({ instanceId }) => instanceId === instance.id),
  );
  return {
    Usable: cluster === undefined && instance.state === "RUNNING",
    UnusableReason: cluster ? `already in cluster ${cluster.id}` : "",
    AlreadyInCluster: cluster?.id ?? "",
    InstanceId: instance.id,
    InstanceName: instance.name,
    PrivateIpAddresses: privateIpsOf(state, instance),
    PublicIpAddresses: publicIpsOf(state, instance),
    CreatedTime: utc(instance.createdAt),
    CPU: 2,
    Memory: 4,
    OsName: "TencentOS Server 3.1 (TK4)",
    InstanceType: "SA2.MEDIUM4",
    AutoscalingGroupId: group?.id ?? "",
    InstanceChargeType: instance.chargeType,
    IPv6Addresses: null,
  };
}
