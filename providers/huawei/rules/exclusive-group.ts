import { unique } from "../../../src/batch.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { GroupUsers } from "../dependencies/group-users.js";
import type { SecurityGroup } from "../dependencies/security-groups.js";

/** A group that a target is in, and why its rules stay; without a reason nobody else uses it. */
export interface GroupStanding {
  readonly group: SecurityGroup;
  /** The targets in it, in the order asked. */
  readonly members: readonly string[];
  readonly keptBecause?: string;
}

/** The groups that the targets are in, or were when they were last seen. */
export function groupsOf(targets: readonly RuleTarget[]): readonly string[] {
  return unique(targets.flatMap(({ seen }) => seen.flatMap(({ securityGroupIds }) => securityGroupIds)));
}

/** Judges every group of the targets by all who use it. One user outside, or one source not read, keeps it. */
export function standings(
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
  users: GroupUsers,
): ReadonlyMap<string, GroupStanding> {
  const standing = new Map<string, GroupStanding>();
  for (const groupId of groupsOf(targets)) {
    const group = groups.get(groupId);
    if (!group) continue;
    const members = targets
      .filter(({ seen }) => seen.some(({ securityGroupIds }) => securityGroupIds.includes(groupId)))
      .map(({ id }) => id);
    const why = keptBecause(group, users, targets);
    standing.set(groupId, { group, members, ...(why === undefined ? {} : { keptBecause: why }) });
  }
  return standing;
}

function keptBecause(
  group: SecurityGroup,
  { uses, unchecked }: GroupUsers,
  targets: readonly RuleTarget[],
): string | undefined {
  if (group.isDefault) return "it is the default group of the project";
  if (group.managedBy !== undefined) return `it belongs to ${group.managedBy}`;
  const [gap] = unchecked;
  if (gap) return `not everybody who may use it could be asked (${gap.source}: ${gap.problem.code})`;
  const dying = dyingInterfaces(targets);
  const other = uses.find((use) => use.groupId === group.id && !(use.instanceId !== undefined && dying.has(use.id)));
  return other === undefined ? undefined : `others use it, too: ${other.what}`;
}

/** The interfaces that go with their targets. One that may be kept goes on using its groups. */
function dyingInterfaces(targets: readonly RuleTarget[]): ReadonlySet<string> {
  const current = targets.flatMap(({ now }) => now?.networkInterfaces ?? []);
  return new Set(current.filter(({ deletedWithInstance }) => deletedWithInstance === true).map(({ id }) => id));
}

/** What becomes of a rule because of its group, or of the group it names; `undefined` where neither is a target's. */
export function judgeExclusive(
  rule: SecurityRule,
  group: SecurityGroup,
  standing: ReadonlyMap<string, GroupStanding>,
): Decision | undefined {
  const own = standing.get(rule.groupId);
  if (own) return decisionOf(rule, own, false, own.keptBecause);
  const named = rule.peer.kind === "security-group" ? standing.get(rule.peer.groupId) : undefined;
  // A reference to a group that stays is nobody's to close.
  if (!named || named.keptBecause !== undefined) return undefined;
  const managed = group.managedBy === undefined ? undefined : `the group that holds it belongs to ${group.managedBy}`;
  return decisionOf(rule, named, true, managed);
}

function decisionOf(
  rule: SecurityRule,
  { group, members }: GroupStanding,
  reference: boolean,
  why: string | undefined,
): Decision | undefined {
  const [instanceId] = members;
  if (instanceId === undefined) return undefined;
  if (why !== undefined) return { kind: "keep", rule, instanceId, why };
  const because = { scope: "exclusive-group", instanceIds: members, groupId: group.id, reference } as const;
  return { kind: "remove", rule, instanceId, because };
}
