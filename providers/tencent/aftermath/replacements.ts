import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import type { Ended } from "../../../src/verdicts.js";
import { hidesRows } from "../dependencies/controls.js";
import { scalingGroupTag } from "../dependencies/owner-tags.js";
import { idLimit } from "../instances.js";
import { momentOf } from "../times.js";
import type { AftermathSource, TencentAftermath } from "./survey.js";

const scalingSource = "as:DescribeAutoScalingInstances";
const clusterSource = "tke:DescribeClusterInstances";
/** Values of one filter (as 2018-04-19, DescribeAutoScalingInstances). */
const filterValues = 5;

/** Instances that took the place of ended ones, and nodes that a cluster still counts. */
export const replacementSources: readonly AftermathSource[] = [
  {
    kind: "auto-scaling-group",
    source: scalingSource,
    gate: "required",
    hidesRows,
    read: async (aftermath) => findingsOf(scalingSource, await launchedSince(aftermath)),
  },
  {
    kind: "cluster-node",
    source: clusterSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(clusterSource, await nodesLeft(aftermath)),
  },
];

/** Members of a group that were added since the ended one was last seen alive. */
async function launchedSince({ call, ended }: TencentAftermath): Promise<readonly Finding[]> {
  const byId = new Map(ended.map((each) => [each.id, each]));
  const owners = namedBy(ended, "auto-scaling-group", ({ tags }) => [tags[scalingGroupTag] ?? []].flat());
  const pieces = await Promise.all(
    chunk([...owners.keys()], filterValues).map((piece) => {
      const Filters = [{ Name: "auto-scaling-group-id", Values: [...piece] }];
      const list = { field: "AutoScalingInstanceSet", id: "InstanceId" };
      return call.pages("as", "DescribeAutoScalingInstances", { Filters }, list);
    }),
  );
  return pieces.flat().flatMap((row) => {
    const id = row.need("InstanceId");
    const group = row.need("AutoScalingGroupId");
    const addedAt = momentOf(row.text("AddTime")) ?? "";
    if (byId.has(id)) return [];
    return (owners.get(group) ?? [])
      .flatMap((ended) => byId.get(ended) ?? [])
      .filter((each) => wasThereBefore(each, addedAt))
      .map((each) => replacement(each.id, id, `The scaling group ${group} added it since the instance was last seen.`));
  });
}

function wasThereBefore({ record }: Ended, addedAt: string): boolean {
  return record !== undefined && addedAt > record.seenAt;
}

function replacement(instanceId: string, id: string, why: string): Finding {
  return {
    instanceId,
    node: { kind: "instance", id, billing: "continues" },
    edge: { relation: "owned-by", effect: "blocks", atTermination: "kept", why },
  };
}

/** The node object of a dead instance stays, not ready, until somebody takes it out. */
async function nodesLeft({ call, ended }: TencentAftermath): Promise<readonly Finding[]> {
  const clusters = [...namedBy(ended, "cluster-node", () => [])].filter(([id]) => id.startsWith("cls-"));
  const found = await Promise.all(
    clusters.map(async ([clusterId, members]) => {
      const pieces = await Promise.all(
        chunk(members, idLimit).map((piece) => {
          const parameters = { ClusterId: clusterId, InstanceIds: [...piece] };
          const list = { field: "InstanceSet", id: "InstanceId", most: piece.length };
          return call.pages("tke", "DescribeClusterInstances", parameters, list);
        }),
      );
      return pieces.flat().map((row): Finding => nodeFinding(row.need("InstanceId"), clusterId));
    }),
  );
  return found.flat();
}

function nodeFinding(instanceId: string, clusterId: string): Finding {
  return {
    instanceId,
    node: { kind: "cluster-node", id: clusterId, billing: "none" },
    edge: {
      relation: "member",
      effect: "report",
      atTermination: "kept",
      why: `The cluster ${clusterId} still counts it as a node, which is not ready. Take it out there.`,
    },
  };
}
