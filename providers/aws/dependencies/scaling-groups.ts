import type { DependencyEdge } from "../../../src/dependencies.js";
import type { Finding } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import type { AwsCall } from "../call.js";

/** Ids, and rows of a page, of one DescribeAutoScalingInstances (Auto Scaling API reference). */
const membersPerRequest = 50;
/** Largest page of the other Auto Scaling listings (Auto Scaling API reference, MaxRecords). */
export const scalingPageLimit = 100;

/** An instance's place in a scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly groupName: string;
  /** As Auto Scaling words it: `InService`, `Standby`, `Warmed:Stopped` … */
  readonly lifecycleState: string;
  readonly protectedFromScaleIn: boolean;
}

/** A scaling group, as far as decisions need it. */
export interface ScalingGroup {
  readonly name: string;
  readonly minSize: number;
  readonly desiredCapacity: number;
  readonly launchConfiguration?: string;
  /** Templates it launches from, with the version it names: a number, `$Latest` or `$Default`. */
  readonly templates: readonly { readonly id: string; readonly version: string }[];
}

/** Which of these instances are in a scaling group. Ids that are in none are left out by the cloud. */
export async function readScalingMembers(
  call: AwsCall,
  instanceIds: readonly string[],
): Promise<readonly ScalingMember[]> {
  const { items } = await readBulk(
    call,
    {
      service: "autoscaling",
      action: "DescribeAutoScalingInstances",
      list: "AutoScalingInstances",
      whole: { MaxRecords: membersPerRequest },
      some: (ids) => ({ InstanceIds: [...ids], MaxRecords: membersPerRequest }),
      batch: membersPerRequest,
      keysOf: (row) => [row.need("InstanceId")],
      oneEach: true,
    },
    instanceIds,
  );
  return items.map((row) => ({
    instanceId: row.need("InstanceId"),
    groupName: row.need("AutoScalingGroupName"),
    lifecycleState: row.text("LifecycleState") ?? "unknown",
    protectedFromScaleIn: row.flag("ProtectedFromScaleIn") ?? false,
  }));
}

/** All scaling groups of the region. */
export async function readScalingGroups(call: AwsCall): Promise<readonly ScalingGroup[]> {
  const parameters = { MaxRecords: scalingPageLimit };
  const rows = await call.pages("autoscaling", "DescribeAutoScalingGroups", parameters, "AutoScalingGroups");
  return rows.map(scalingGroup);
}

function scalingGroup(row: Wire): ScalingGroup {
  const launchConfiguration = row.text("LaunchConfigurationName");
  const mixed = row.object("MixedInstancesPolicy")?.object("LaunchTemplate");
  const specifications = [
    row.object("LaunchTemplate"),
    mixed?.object("LaunchTemplateSpecification"),
    ...(mixed?.list("Overrides") ?? []).map((override) => override.object("LaunchTemplateSpecification")),
  ].filter((specification) => specification !== undefined);
  return {
    name: row.need("AutoScalingGroupName"),
    minSize: row.number("MinSize") ?? 0,
    desiredCapacity: row.number("DesiredCapacity") ?? 0,
    ...(launchConfiguration === undefined ? {} : { launchConfiguration }),
    templates: specifications.flatMap((specification) => {
      const id = specification.text("LaunchTemplateId");
      return id === undefined ? [] : [{ id, version: specification.text("Version") ?? "$Default" }];
    }),
  };
}

/** What membership means for an instance: the group replaces whatever is terminated behind its back. */
export function memberFinding(member: ScalingMember, leaving: number, group: ScalingGroup | undefined): Finding {
  return {
    instanceId: member.instanceId,
    node: { kind: "auto-scaling-group", id: member.groupName, name: member.groupName, billing: "unknown" },
    edge: { relation: "member", atTermination: "kept", ...memberEffect(member, leaving, group) },
  };
}

function memberEffect(
  member: ScalingMember,
  leaving: number,
  group: ScalingGroup | undefined,
): Pick<DependencyEdge, "effect" | "why" | "unblock"> {
  const place = `It is ${member.lifecycleState} in the Auto Scaling group ${member.groupName}`;
  if (!detachable.has(member.lifecycleState)) {
    return {
      effect: "blocks",
      why: `${place}, from where it cannot be detached.`,
      unblock: "Wait until it is in service, or take it out of the warm pool by lowering the pool's size.",
    };
  }
  if (group && group.desiredCapacity - leaving < group.minSize) {
    return {
      effect: "blocks",
      why: `${place}, whose minimum size is ${group.minSize}: ${leaving} of ${group.desiredCapacity} cannot leave.`,
      unblock: "Lower the group's minimum size, or name fewer of its instances.",
    };
  }
  return {
    effect: "release-first",
    why: `${place}, which replaces what is terminated.${member.protectedFromScaleIn ? " It is protected from scale-in." : ""}`,
  };
}

/** "Detach or attach instances from your Auto Scaling group" (user guide) and DetachInstances: in service or standby. */
const detachable = new Set(["InService", "Standby"]);
