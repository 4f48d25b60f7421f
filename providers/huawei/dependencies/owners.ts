import { groupBy, mapConcurrent } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { hidesRows, hidesScalingGroups, scalingControl } from "./hides-rows.js";
import { tagOwners } from "./owner-tags.js";
import { memberFinding, readScalingMembers } from "./scaling-groups.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const servers = "ecs:ListServersDetails";
const members = "as:ListScalingInstances";
const nodes = "cce:ListNodes";
/** Clusters asked about at a time: nodes are listed cluster by cluster. */
const concurrency = 5;

/** Who made servers, keeps their number, or replaces them. */
export const ownerSources: readonly HuaweiSource[] = [
  {
    kind: "auto-scaling-group",
    source: members,
    gate: "required",
    hidesRows: hidesScalingGroups,
    read: async (survey) => {
      const found = await scaling(survey);
      return found.edges.length > 0 ? found : { ...found, ...(await scalingControl(survey)) };
    },
  },
  {
    kind: "cluster-node",
    source: nodes,
    gate: "required",
    hidesRows,
    read: async (survey) => findingsOf(nodes, await clusterNodes(survey)),
  },
  ...(["cluster-node", "stack", "managed-service", "other"] as const).map(byTag),
];

function byTag(kind: DependencyKind): HuaweiSource {
  return {
    kind,
    source: servers,
    gate: kind === "other" ? "report" : "required",
    hidesRows,
    read: async ({ instances }) =>
      findingsOf(
        servers,
        tagOwners(instances).filter(({ node }) => node.kind === kind),
      ),
  };
}

async function scaling({ call, instances, reads }: HuaweiSurvey): Promise<Findings> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const groups = await reads.scalingGroups();
  const ours = (await readScalingMembers(call, groups)).filter(({ instanceId }) => asked.has(instanceId));
  const byGroup = groupBy(ours, ({ groupId }) => groupId);
  return findingsOf(
    members,
    groups.flatMap((group) => {
      const leaving = byGroup.get(group.id) ?? [];
      return leaving.map((member) => memberFinding(member, leaving.length, group));
    }),
  );
}

/** Nodes of clusters, whose tags a user can have taken off. */
async function clusterNodes({ call, instances }: HuaweiSurvey): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const { body } = await call.read("cce", "GET /api/v3/projects/{project_id}/clusters", {});
  const found = await mapConcurrent(body.needList("items"), concurrency, async (cluster) => {
    const clusterId = cluster.object("metadata")?.need("uid") ?? "";
    const name = cluster.object("metadata")?.text("name") ?? clusterId;
    const action = "GET /api/v3/projects/{project_id}/clusters/{cluster_id}/nodes";
    const answer = await call.read("cce", action, { path: { cluster_id: clusterId } });
    return answer.body.needList("items").flatMap((node): readonly Finding[] => {
      const instanceId = node.object("status")?.text("serverId") ?? "";
      if (!asked.has(instanceId)) return [];
      return [
        {
          instanceId,
          node: { kind: "cluster-node", id: clusterId, name, billing: "unknown" },
          edge: {
            relation: "owned-by",
            effect: "blocks",
            atTermination: "kept",
            why: `It is the node ${node.object("metadata")?.text("name") ?? "of no name"} of the CCE cluster ${name}.`,
            unblock: "Drain the node and delete it in CCE (DeleteNode), which deletes its server, too.",
          },
        },
      ];
    });
  });
  return found.flat();
}
