import { unique } from "../batch.js";
import type { SecurityRule } from "../security-rules.js";
import type { Decision } from "./decision.js";
import type { GroupUse, GroupUsers } from "./group-users.js";
import type { RuleTarget } from "./target.js";

/** What is asked of a security group to judge its rules. */
export interface RuleGroup {
  readonly id: string;
  /** Its network, where it belongs to one. */
  readonly vpcId?: string;
  /** The account it is of, where others' are listed as well. */
  readonly ownerId?: string;
  /** Made by the cloud itself, for whoever names no other. */
  readonly isDefault: boolean;
  /** What made it, where that is another service or a stack. */
  readonly managedBy?: string;
}

/** A group that a target is in, and why its rules stay; without a reason nobody else uses it. */
export interface GroupStanding {
  readonly groupId: string;
  /** The targets in it, in the order asked. */
  readonly members: readonly string[];
  readonly keptBecause?: string;
}

/** The groups that the targets are in, or were when they were last seen. */
export function groupsOf(targets: readonly RuleTarget[]): readonly string[] {
  return unique(targets.flatMap(({ seen }) => seen.flatMap(({ securityGroupIds }) => securityGroupIds)));
}

/** Whose a group is, where it is not the account's own to change. */
export function ownerOf({ ownerId, managedBy }: RuleGroup, accountId: string): string | undefined {
  return ownerId !== undefined && ownerId !== accountId ? "another account" : managedBy;
}

/** Judges every group of the targets by all who use it. One user outside, or one source not read, keeps it. */
export function standingsOf(
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, RuleGroup>,
  users: GroupUsers,
  accountId: string,
): ReadonlyMap<string, GroupStanding> {
  const standings = new Map<string, GroupStanding>();
  for (const groupId of groupsOf(targets)) {
    const group = groups.get(groupId);
    if (!group) continue;
    const members = targets
      .filter(({ seen }) => seen.some(({ securityGroupIds }) => securityGroupIds.includes(groupId)))
      .map(({ id }) => id);
    const why = keptBecause(group, users, targets, accountId);
    standings.set(groupId, { groupId, members, ...(why === undefined ? {} : { keptBecause: why }) });
  }
  return standings;
}

function keptBecause(
  group: RuleGroup,
  { uses, unchecked }: GroupUsers,
  targets: readonly RuleTarget[],
  accountId: string,
): string | undefined {
  if (group.isDefault) return "it is a default group, made by the cloud itself";
  const owner = ownerOf(group, accountId);
  if (owner !== undefined) return `it belongs to ${owner}`;
  const [gap] = unchecked;
  if (gap) return `not everybody who may use it could be asked (${gap.source}: ${gap.problem.code})`;
  const ids = new Set(targets.map(({ id }) => id));
  const dying = dyingInterfaces(targets);
  const other = uses.find((use) => use.groupId === group.id && !goesAlong(use, ids, dying));
  return other === undefined ? undefined : `others use it, too: ${other.what}`;
}

/** Whether a user is a target itself, or an interface that goes with one. One that is kept goes on using its groups. */
function goesAlong(
  { kind, id, instanceId }: GroupUse,
  targetIds: ReadonlySet<string>,
  dying: ReadonlySet<string>,
): boolean {
  if (instanceId === undefined) return false;
  return kind === "instance" ? targetIds.has(instanceId) : dying.has(id);
}

/** The interfaces that go with their targets. */
function dyingInterfaces(targets: readonly RuleTarget[]): ReadonlySet<string> {
  const current = targets.flatMap(({ now }) => now?.networkInterfaces ?? []);
  return new Set(current.filter(({ deletedWithInstance }) => deletedWithInstance === true).map(({ id }) => id));
}

/** The groups that nobody but the targets uses. */
export function exclusiveIn(standings: ReadonlyMap<string, GroupStanding>): readonly string[] {
  return [...standings].flatMap(([id, { keptBecause }]) => (keptBecause === undefined ? [id] : []));
}

/** What becomes of rules because of their group, or of the group they name. Of others nothing is said. */
export function decideByGroup(
  rules: readonly SecurityRule[],
  groups: ReadonlyMap<string, RuleGroup>,
  standings: ReadonlyMap<string, GroupStanding>,
  accountId: string,
): readonly Decision[] {
  return rules.flatMap((rule) => {
    const group = groups.get(rule.groupId);
    const own = standings.get(rule.groupId);
    if (own) return decisionOf(rule, group, own, own.keptBecause) ?? [];
    const named = namedBy(rule).flatMap((id) => standings.get(id) ?? [])[0];
    // A reference to a group that stays is nobody's to close.
    if (!named || named.keptBecause !== undefined) return [];
    const owner = group && ownerOf(group, accountId);
    const why = owner === undefined ? undefined : `the group that holds it belongs to ${owner}`;
    return decisionOf(rule, group, named, why) ?? [];
  });
}

/** The groups a rule names as its far or near side. */
export function namedBy({ peer, local }: SecurityRule): readonly string[] {
  return [peer, local].flatMap((side) => (side?.kind === "security-group" ? [side.groupId] : []));
}

function decisionOf(
  rule: SecurityRule,
  group: RuleGroup | undefined,
  { groupId, members }: GroupStanding,
  why: string | undefined,
): Decision | undefined {
  const [instanceId] = members;
  if (instanceId === undefined) return undefined;
  if (why !== undefined) return { kind: "keep", rule, instanceId, why };
  return {
    kind: "remove",
    rule,
    instanceId,
    ...(group?.vpcId === undefined ? {} : { vpcId: group.vpcId }),
    because: { scope: "exclusive-group", instanceIds: members, groupId, reference: groupId !== rule.groupId },
  };
}
