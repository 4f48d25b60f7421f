import type { JsonObject } from "../../../../src/common.js";
import { text, valuesAt } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { destroy, setState } from "../lifecycle.js";
import { portsOf } from "../network.js";
import { type Asked, plain } from "../service.js";
import { type HuaweiActions, leave, resourcesOf } from "../state.js";
import { timings } from "../timings.js";

function listClusters({ state }: Asked): JsonObject {
  const items = resourcesOf(state, "cluster").map(({ wire }) => wire);
  return { kind: "Cluster", apiVersion: "v3", items };
}

/** What is in a cluster. A node whose server is gone stays until somebody deletes it. */
function listNodes({ state, path }: Asked): JsonObject {
  if (!resourcesOf(state, "cluster").some(({ id }) => id === path.cluster_id))
    throw refusal("CCE.01404001", "Resource not found.", 404);
  const items = resourcesOf(state, "node")
    .filter(({ wire }) => text(wire, "cluster") === path.cluster_id)
    .map(({ wire: { cluster: _cluster, held: _held, ...wire } }) => {
      const server = state.servers.get(valuesAt(wire, "status.serverId")[0] ?? "");
      const [port] = server ? portsOf(state, server) : [];
      return { ...wire, status: { ...statusOf(wire), privateIP: port?.ips[0] ?? "" } };
    });
  return { kind: "List", apiVersion: "v3", items };
}

function statusOf({ status }: JsonObject): JsonObject {
  return typeof status === "object" && status !== null && !Array.isArray(status)
    ? Object.fromEntries(Object.entries(status))
    : {};
}

/** "Deleting a node": its server goes with it, unless it was there before the node. */
function deleteNode(asked: Asked): JsonObject {
  const { state, path } = asked;
  const node = resourcesOf(state, "node").find(({ id }) => id === path.node_id);
  if (!node) throw refusal("CCE.01404001", "Resource not found.", 404);
  if (node.wire.held === true) throw refusal("CCE.01409001", "The node cannot be deleted now.", 409);
  const serverId = valuesAt(node.wire, "status.serverId")[0] ?? "";
  const server = state.servers.get(serverId);
  asked.effect(node.id);
  if (server) {
    setState(asked, serverId, server.status, "deleting");
    asked.effect(serverId);
  }
  asked.later(timings.deleteMs, () => {
    state.resources.delete(`node/${node.id}`);
    leave(state, "cluster-node", text(node.wire, "cluster") ?? "", serverId);
    const last = state.servers.get(serverId);
    if (last) destroy(asked, last, { disks: true, addresses: false });
  });
  const { cluster: _cluster, held: _held, ...wire } = node.wire;
  return wire;
}

/** Cloud Container Engine. */
export const clusterActions: HuaweiActions = {
  "cce:GET /api/v3/projects/{project_id}/clusters": plain.read("detail status type version", listClusters),
  "cce:GET /api/v3/projects/{project_id}/clusters/{cluster_id}/nodes": plain.read("", listNodes),
  "cce:DELETE /api/v3/projects/{project_id}/clusters/{cluster_id}/nodes/{node_id}": plain.remove(
    "nodepoolScaleDown",
    deleteNode,
  ),
};
