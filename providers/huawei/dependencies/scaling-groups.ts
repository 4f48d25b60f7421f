import { mapConcurrent } from "../../../src/batch.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";

/** Largest page of AS ("Querying AS groups", limit). */
export const scalingPageLimit = 100;
/** Groups asked about at a time: members are listed group by group. */
const concurrency = 5;

/** A scaling group, as far as decisions need it. */
export interface ScalingGroup {
  readonly id: string;
  readonly name: string;
  readonly minSize: number;
  readonly desiredCapacity: number;
  readonly members: number;
  /** `INSERVICE` unless it is paused, when it neither adds nor removes. */
  readonly status: string;
  readonly securityGroupIds: readonly string[];
  readonly configurationId?: string;
}

/** A server's place in a scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly groupId: string;
  /** As AS words it: `INSERVICE`, `PENDING`, `REMOVING`, `STANDBY` … */
  readonly lifecycleState: string;
  readonly protectedFromScaleIn: boolean;
}

/** All scaling groups of the project. */
export async function readScalingGroups(call: HuaweiCall): Promise<readonly ScalingGroup[]> {
  const list = {
    field: "scaling_groups",
    id: "scaling_group_id",
    limit: scalingPageLimit,
    by: "start_number",
  } as const;
  return (await call.pages("as", "GET /autoscaling-api/v1/{project_id}/scaling_group", {}, list)).map(scalingGroup);
}

function scalingGroup(row: Wire): ScalingGroup {
  const configurationId = row.text("scaling_configuration_id");
  return {
    id: row.need("scaling_group_id"),
    name: row.text("scaling_group_name") ?? "",
    minSize: row.number("min_instance_number") ?? 0,
    desiredCapacity: row.number("desire_instance_number") ?? 0,
    members: row.number("current_instance_number") ?? 0,
    status: row.text("scaling_group_status") ?? "unknown",
    securityGroupIds: row.list("security_groups").flatMap((group) => group.text("id") ?? []),
    ...(configurationId === undefined ? {} : { configurationId }),
  };
}

/** The members of these groups. There is no search by server, so each group is asked. */
export async function readScalingMembers(
  call: HuaweiCall,
  groups: readonly ScalingGroup[],
): Promise<readonly ScalingMember[]> {
  const action = "GET /autoscaling-api/v1/{project_id}/scaling_group_instance/{scaling_group_id}/list";
  const list = {
    field: "scaling_group_instances",
    id: "instance_id",
    limit: scalingPageLimit,
    by: "start_number",
  } as const;
  const found = await mapConcurrent(groups, concurrency, async ({ id }) => {
    const rows = await call.pages("as", action, { path: { scaling_group_id: id } }, list);
    return rows.flatMap((row): readonly ScalingMember[] => {
      // A member that is being made has no server yet.
      const instanceId = row.text("instance_id");
      if (instanceId === undefined) return [];
      return [
        {
          instanceId,
          groupId: id,
          lifecycleState: row.text("life_cycle_state") ?? "unknown",
          protectedFromScaleIn: row.flag("protect_from_scaling_down") ?? false,
        },
      ];
    });
  });
  return found.flat();
}

/** What membership means for a server: the group replaces whatever is deleted behind its back. */
export function memberFinding(member: ScalingMember, leaving: number, group: ScalingGroup): Finding {
  return {
    instanceId: member.instanceId,
    node: { kind: "auto-scaling-group", id: group.id, name: group.name, billing: "unknown" },
    edge: { relation: "member", atTermination: "kept", ...memberEffect(member, leaving, group) },
  };
}

function memberEffect(
  member: ScalingMember,
  leaving: number,
  group: ScalingGroup,
): Pick<DependencyEdge, "effect" | "why" | "unblock"> {
  const place = `It is ${member.lifecycleState} in the AS group ${group.name}`;
  if (!removable.has(member.lifecycleState)) {
    return {
      effect: "blocks",
      why: `${place}, from where it cannot be removed.`,
      unblock: "Wait until it is in service.",
    };
  }
  if (group.members - leaving < group.minSize) {
    return {
      effect: "blocks",
      why: `${place}, whose minimum size is ${group.minSize}: ${leaving} of ${group.members} cannot leave.`,
      unblock: "Lower the group's minimum size, or name fewer of its servers.",
    };
  }
  return {
    effect: "release-first",
    why: `${place}, which replaces what is deleted.${member.protectedFromScaleIn ? " It is protected from scale-in." : ""}`,
  };
}

/** "Removing instances from an AS group": in service or standby, and the group in service. */
const removable = new Set(["INSERVICE", "STANDBY"]);
