import { groupBy } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge, DependencyNode } from "../../../src/dependencies.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { ownersByTag } from "../../../src/owner-tags.js";
import type { AliyunCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { clusterOwners, nodesSource, readClusters } from "./clusters.js";
import { ownerMarks, scalingGroupTag } from "./owner-tags.js";
import { memberFinding, readScalingGroups, readScalingMembers, type ScalingGroup } from "./scaling-groups.js";

/** Who owns instances, and which owners could not be asked. */
export interface OwnerReading {
  readonly nodes: readonly DependencyNode[];
  readonly edges: readonly DependencyEdge[];
  readonly unread: readonly { readonly source: string; readonly problem: Problem }[];
}

const instancesSource = "ecs:DescribeInstances";
export const interfacesSource = "ecs:DescribeNetworkInterfaces";
export const membersSource = "ess:DescribeScalingInstances";

/**
 * Everything that owns these instances and may replace them: what operates them, owner tags, scaling groups and clusters.
 * Where Auto Scaling or Container Service cannot be asked, tags on the instance count, and `unread` says so.
 */
export async function readOwners(call: AliyunCall, instances: readonly SeenInstance[]): Promise<OwnerReading> {
  const unread: { source: string; problem: Problem }[] = [];
  const orByTag = async (source: string, asked: Promise<Findings>, byTag: readonly Finding[]) => {
    try {
      return await asked;
    } catch (error) {
      if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
      unread.push({ source, problem: error.problem });
      return findingsOf(instancesSource, byTag);
    }
  };
  const scaling = scalingOwners(call, instances, () => readScalingGroups(call));
  const clusters = clusterOwners(call, instances, () => readClusters(call));
  const told = [
    ...(await Promise.all([
      orByTag(membersSource, scaling, membersByTag(instances)),
      // The tags of nodes are among the owners by tag anyway.
      orByTag(nodesSource, clusters, []),
    ])),
    operators(instances),
    tagOwners(instances),
  ];
  return {
    nodes: told.flatMap(({ nodes }) => nodes),
    edges: told.flatMap(({ edges }) => edges),
    unread,
  };
}

/** Owners that the instances' tags name. */
export function tagOwners(instances: readonly SeenInstance[]): Findings {
  return findingsOf(
    instancesSource,
    instances.flatMap(({ record }) => ownersByTag(record.id, Object.entries(record.tags), ownerMarks)),
  );
}

/** Instances whose interfaces a service of the cloud operates: the service made them, and changes them as it needs. */
export function operators(instances: readonly SeenInstance[]): Findings {
  const findings = instances.flatMap(({ record, facts }): readonly Finding[] => {
    const managed = facts.interfaces.filter(({ serviceManaged }) => serviceManaged === true);
    if (managed.length === 0) return [];
    return [
      {
        instanceId: record.id,
        node: { kind: "managed-service", id: `${record.id}/service-managed`, billing: "unknown" },
        edge: {
          relation: "owned-by",
          effect: "blocks",
          atTermination: "kept",
          why: `A service of the cloud operates its interfaces ${managed.map(({ id }) => id).join(", ")}.`,
          unblock: "Delete it through the service that operates it.",
        },
      },
    ];
  });
  return findingsOf(interfacesSource, findings);
}

/** Membership in scaling groups. The groups are asked only where there is a member; without them no minimum is known. */
export async function scalingOwners(
  call: AliyunCall,
  instances: readonly SeenInstance[],
  readGroups: () => Promise<ReadonlyMap<string, ScalingGroup>>,
): Promise<Findings> {
  const members = await readScalingMembers(
    call,
    instances.map(({ record }) => record.id),
  );
  const groups = members.length === 0 ? new Map<string, ScalingGroup>() : await orNone(readGroups);
  const byGroup = groupBy(members, (member) => member.groupId);
  const findings = members.map((member) =>
    memberFinding(member, byGroup.get(member.groupId)?.length ?? 0, groups.get(member.groupId)),
  );
  return findingsOf(membersSource, findings);
}

/** Membership is what counts; that a minimum size is unknown blocks nothing. */
async function orNone(
  readGroups: () => Promise<ReadonlyMap<string, ScalingGroup>>,
): Promise<ReadonlyMap<string, ScalingGroup>> {
  try {
    return await readGroups();
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    return new Map();
  }
}

function membersByTag(instances: readonly SeenInstance[]): readonly Finding[] {
  return instances.flatMap(({ record }): readonly Finding[] => {
    const groupId = record.tags[scalingGroupTag];
    if (groupId === undefined) return [];
    const member = { instanceId: record.id, groupId, lifecycleState: "InService", creationType: "unknown" };
    return [memberFinding(member, 1, undefined)];
  });
}
