import type { DependencyEdge } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import { readBulk } from "../bulk.js";
import type { AliyunCall } from "../call.js";

/** Ids of one DescribeScalingInstances (DescribeScalingInstancesRequest, InstanceIds.N). */
const membersPerRequest = 20;

/** An instance's place in a scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly groupId: string;
  /** As Auto Scaling words it: `InService`, `Protected`, `Standby`, `Removing` … */
  readonly lifecycleState: string;
  /** `AutoCreated`, `Attached`, `Managed`. */
  readonly creationType: string;
}

/** A scaling group, as far as decisions need it. */
export interface ScalingGroup {
  readonly id: string;
  readonly name: string;
  readonly minSize: number;
  readonly capacity: number;
  /** An inactive group takes no DetachInstances. */
  readonly active: boolean;
}

/** Which of these instances are in a scaling group. Ids that are in none are left out by the cloud. */
export async function readScalingMembers(
  call: AliyunCall,
  instanceIds: readonly string[],
): Promise<readonly ScalingMember[]> {
  const rows = await readBulk(
    call,
    {
      service: "ess",
      action: "DescribeScalingInstances",
      some: (ids) => ({ InstanceIds: [...ids] }),
      batch: membersPerRequest,
      keysOf: (row) => [row.need("InstanceId")],
    },
    instanceIds,
  );
  return rows.map((row) => ({
    instanceId: row.need("InstanceId"),
    groupId: row.need("ScalingGroupId"),
    lifecycleState: row.text("LifecycleState") ?? "unknown",
    creationType: row.text("CreationType") ?? "unknown",
  }));
}

/** All scaling groups of the region, by id. */
export async function readScalingGroups(call: AliyunCall): Promise<ReadonlyMap<string, ScalingGroup>> {
  const rows = await call.pages("ess", "DescribeScalingGroups");
  return new Map(
    rows.map((row) => {
      const id = row.need("ScalingGroupId");
      return [
        id,
        {
          id,
          name: row.text("ScalingGroupName") ?? id,
          minSize: row.number("MinSize") ?? 0,
          capacity: row.number("TotalCapacity") ?? 0,
          active: row.text("LifecycleState") === "Active",
        },
      ];
    }),
  );
}

/** What membership means for an instance: the group replaces whatever is released behind its back. */
export function memberFinding(member: ScalingMember, leaving: number, group: ScalingGroup | undefined): Finding {
  return {
    instanceId: member.instanceId,
    node: { kind: "auto-scaling-group", id: member.groupId, name: group?.name ?? member.groupId, billing: "unknown" },
    edge: { relation: "member", atTermination: "kept", ...memberEffect(member, leaving, group) },
  };
}

function memberEffect(
  member: ScalingMember,
  leaving: number,
  group: ScalingGroup | undefined,
): Pick<DependencyEdge, "effect" | "why" | "unblock"> {
  const place = `It is ${member.lifecycleState} in the scaling group ${group?.name ?? member.groupId}`;
  if (!detachable.has(member.lifecycleState)) {
    return {
      effect: "blocks",
      why: `${place}, from where it cannot be detached.`,
      unblock: "Wait until what the group does with it has ended.",
    };
  }
  if (group && !group.active) {
    return {
      effect: "blocks",
      why: `${place}, which is not enabled and so lets nobody go.`,
      unblock: "Enable the scaling group, or remove the instance from it by hand.",
    };
  }
  if (group && group.capacity - leaving < group.minSize) {
    return {
      effect: "blocks",
      why: `${place}, whose minimum size is ${group.minSize}: ${leaving} of ${group.capacity} cannot leave.`,
      unblock: "Lower the group's minimum size, or name fewer of its instances.",
    };
  }
  return { effect: "release-first", why: `${place}, which replaces what is released.` };
}

/** DetachInstances takes instances in these states (ESS API reference, "Lifecycle state"). */
const detachable = new Set(["InService", "Protected", "Standby", "Stopped"]);
