import { unique } from "../../../src/batch.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { TencentCall } from "../call.js";
import { type GroupUsers, readGroupUsers } from "../dependencies/group-users.js";
import type { SecurityGroup } from "../policies.js";

/** A group that a target is in, and why its rules stay; without a reason nobody else uses it. */
export interface GroupStanding {
  readonly group: SecurityGroup;
  /** The targets in it, in the order asked. */
  readonly members: readonly string[];
  /** Whether one of them is still there. */
  readonly isLive: boolean;
  readonly keptBecause?: string;
}

/** The groups that the targets are in, or were when they were last seen. */
export function groupsOf(targets: readonly RuleTarget[]): readonly string[] {
  return unique(targets.flatMap(({ seen }) => seen.flatMap(({ securityGroupIds }) => securityGroupIds)));
}

/** Judges every group of the targets by all who use it now. One user outside, or one source not read, keeps it. */
export async function readStandings(
  call: TencentCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
): Promise<ReadonlyMap<string, GroupStanding>> {
  const present = groupsOf(targets).flatMap((id) => groups.get(id) ?? []);
  const users = await readGroupUsers(
    call,
    present.map(({ id }) => id),
  );
  return new Map(
    present.map((group) => {
      const within = targets.filter(({ seen }) =>
        seen.some(({ securityGroupIds }) => securityGroupIds.includes(group.id)),
      );
      const why = keptBecause(group, users, new Set(targets.map(({ id }) => id)));
      const standing: GroupStanding = {
        group,
        members: within.map(({ id }) => id),
        isLive: within.some(({ now }) => now !== undefined),
        ...(why === undefined ? {} : { keptBecause: why }),
      };
      return [group.id, standing];
    }),
  );
}

function keptBecause(
  group: SecurityGroup,
  { uses, unchecked }: GroupUsers,
  targetIds: ReadonlySet<string>,
): string | undefined {
  if (group.isDefault) return "it is the default group of its project";
  const [gap] = unchecked;
  if (gap) return `not everybody who may use it could be asked (${gap.source}: ${gap.problem.code})`;
  const other = uses.find((use) => use.groupId === group.id && !isTarget(use, targetIds));
  return other === undefined ? undefined : `others use it, too: ${other.what}`;
}

/** A secondary interface of a target outlives it, and goes on using its groups: only the instance itself counts. */
function isTarget({ kind, instanceId }: GroupUsers["uses"][number], targetIds: ReadonlySet<string>): boolean {
  return kind === "instance" && instanceId !== undefined && targetIds.has(instanceId);
}

/** What becomes of a rule because of its group, or of the group it names; `undefined` where neither is a target's. */
export function judgeExclusive(rule: SecurityRule, standing: ReadonlyMap<string, GroupStanding>): Decision | undefined {
  const own = standing.get(rule.groupId);
  if (own) return decisionOf(rule, own, false);
  const named = rule.peer.kind === "security-group" ? standing.get(rule.peer.groupId) : undefined;
  // A reference to a group that stays is nobody's to close.
  return named && named.keptBecause === undefined ? decisionOf(rule, named, true) : undefined;
}

function decisionOf(rule: SecurityRule, standing: GroupStanding, reference: boolean): Decision | undefined {
  const { group, members, isLive, keptBecause: why } = standing;
  const [instanceId] = members;
  if (instanceId === undefined) return undefined;
  if (why !== undefined) return { kind: "keep", rule, instanceId, why };
  // S24: what a deny rule keeps out must not get in while a server stands.
  if (rule.action === "deny" && isLive) {
    return { kind: "keep", rule, instanceId, why: `it denies, and servers of ${group.id} are still there` };
  }
  return {
    kind: "remove",
    rule,
    instanceId,
    because: { scope: "exclusive-group", instanceIds: members, groupId: group.id, reference },
  };
}
