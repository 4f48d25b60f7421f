import { groupBy } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyEdge, DependencyNode } from "../../../src/dependencies.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { ownersByTag } from "../../../src/owner-tags.js";
import type { AwsCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { ownerMarks, scalingGroupTag } from "./owner-tags.js";
import { memberFinding, readScalingMembers, type ScalingGroup } from "./scaling-groups.js";
import { readSpotRequests, spotFinding } from "./spot.js";

/** Who owns instances, and which owners could not be asked. */
export interface OwnerReading {
  readonly nodes: readonly DependencyNode[];
  readonly edges: readonly DependencyEdge[];
  readonly unread: readonly { readonly source: string; readonly problem: Problem }[];
}

const instancesSource = "ec2:DescribeInstances";
export const membersSource = "autoscaling:DescribeAutoScalingInstances";
export const spotSource = "ec2:DescribeSpotInstanceRequests";

/**
 * Everything that owns these instances and may replace them: what operates them, owner tags, scaling groups and Spot
 * requests. Where a scaling group cannot be asked, its tag on the instance counts, and `unread` says so.
 */
export async function readOwners(call: AwsCall, instances: readonly SeenInstance[]): Promise<OwnerReading> {
  const unread: { source: string; problem: Problem }[] = [];
  const attempt = async (source: string, read: () => Promise<Findings>, instead: readonly Finding[]) => {
    try {
      return await read();
    } catch (error) {
      if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
      unread.push({ source, problem: error.problem });
      return findingsOf(instancesSource, instead);
    }
  };
  const [members, spot] = await Promise.all([
    attempt(membersSource, () => scalingOwners(call, instances), membersByTag(instances)),
    attempt(spotSource, () => spotOwners(call, instances), spotByFact(instances)),
  ]);
  const told = [members, spot, operators(instances), tagOwners(instances)];
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

/** Instances that another AWS service operates: EC2 refuses to change them for their account ("Amazon EC2 managed instances"). */
export function operators(instances: readonly SeenInstance[]): Findings {
  const findings = instances.flatMap(({ record, facts }): readonly Finding[] => {
    if (facts.managedBy === undefined) return [];
    return [
      {
        instanceId: record.id,
        node: { kind: "managed-service", id: facts.managedBy, billing: "unknown" },
        edge: {
          relation: "owned-by",
          effect: "blocks",
          atTermination: "kept",
          why: `${facts.managedBy} operates it, and EC2 lets nobody else end it.`,
          unblock: "Delete it through the service that operates it.",
        },
      },
    ];
  });
  return findingsOf(instancesSource, findings);
}

/** Membership in scaling groups. With the groups given, a group's minimum size counts as well. */
export async function scalingOwners(
  call: AwsCall,
  instances: readonly SeenInstance[],
  groups: readonly ScalingGroup[] = [],
): Promise<Findings> {
  const members = await readScalingMembers(
    call,
    instances.map(({ record }) => record.id),
  );
  const byGroup = groupBy(members, (member) => member.groupName);
  const findings = members.map((member) => {
    // Members in standby are not counted in the desired capacity ("Temporarily remove instances", user guide).
    const leaving = byGroup.get(member.groupName)?.filter((other) => other.lifecycleState === "InService").length ?? 0;
    const group = groups.find(({ name }) => name === member.groupName);
    return memberFinding(member, leaving, group);
  });
  return findingsOf(membersSource, findings);
}

/** Spot requests that hold the instances. */
export async function spotOwners(call: AwsCall, instances: readonly SeenInstance[]): Promise<Findings> {
  const requests = await readSpotRequests(call, instances);
  const asked = new Set(instances.map(({ record }) => record.id));
  const findings = requests.flatMap((request) =>
    request.instanceId !== undefined && asked.has(request.instanceId) ? [spotFinding(request, request.instanceId)] : [],
  );
  return findingsOf(spotSource, findings);
}

function membersByTag(instances: readonly SeenInstance[]): readonly Finding[] {
  return instances.flatMap(({ record }): readonly Finding[] => {
    const groupName = record.tags[scalingGroupTag];
    if (groupName === undefined) return [];
    const member = { instanceId: record.id, groupName, lifecycleState: "InService", protectedFromScaleIn: false };
    return [memberFinding(member, 1, undefined)];
  });
}

function spotByFact(instances: readonly SeenInstance[]): readonly Finding[] {
  return instances.flatMap(({ record, facts }) =>
    facts.spotRequestId === undefined
      ? []
      : [spotFinding({ id: facts.spotRequestId, type: "unknown", state: "unknown" }, record.id)],
  );
}
