import { unique } from "../../../src/batch.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AliyunCall } from "../call.js";
import { type GroupUse, type GroupUsers, readGroupUsers } from "../dependencies/group-users.js";
import type { SecurityGroup } from "../dependencies/security-groups.js";

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
  call: AliyunCall,
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
      const why = keptBecause(group, users, targets);
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
  targets: readonly RuleTarget[],
): string | undefined {
  if (group.isDefault) return "the cloud made it by itself, as the default group of its network";
  if (group.managedBy !== undefined) return `it belongs to ${group.managedBy}`;
  const [gap] = unchecked;
  if (gap) return `not everybody who may use it could be asked (${gap.source}: ${gap.problem.code})`;
  const ids = new Set(targets.map(({ id }) => id));
  const dying = dyingInterfaces(targets);
  const other = uses.find((use) => use.groupId === group.id && !isTarget(use, ids, dying));
  return other === undefined ? undefined : `others use it, too: ${other.what}`;
}

/** An instance is in a group by its primary interface, which goes with it. One that is kept goes on using its groups. */
function isTarget({ kind, id }: GroupUse, ids: ReadonlySet<string>, dying: ReadonlySet<string>): boolean {
  return kind === "instance" ? ids.has(id) : kind === "network-interface" && dying.has(id);
}

/** The interfaces that go with their targets. */
function dyingInterfaces(targets: readonly RuleTarget[]): ReadonlySet<string> {
  const current = targets.flatMap(({ now }) => now?.networkInterfaces ?? []);
  return new Set(current.filter(({ deletedWithInstance }) => deletedWithInstance === true).map(({ id }) => id));
}

/** What becomes of a rule because of its group, or of the group it names; `undefined` where neither is a target's. */
export function judgeExclusive(
  rule: SecurityRule,
  group: SecurityGroup | undefined,
  standing: ReadonlyMap<string, GroupStanding>,
): Decision | undefined {
  const own = standing.get(rule.groupId);
  if (own) return decisionOf(rule, own, false, own.keptBecause);
  const named = namedBy(rule).flatMap((id) => standing.get(id) ?? [])[0];
  // A reference to a group that stays is nobody's to close.
  if (!named || named.keptBecause !== undefined) return undefined;
  const managed = group?.managedBy === undefined ? undefined : `the group that holds it belongs to ${group.managedBy}`;
  return decisionOf(rule, named, true, managed);
}

/** The groups a rule names as its far or near side. */
function namedBy({ peer, local }: SecurityRule): readonly string[] {
  return [peer, local].flatMap((side) => (side?.kind === "security-group" ? [side.groupId] : []));
}

function decisionOf(
  rule: SecurityRule,
  { group, members, isLive }: GroupStanding,
  reference: boolean,
  why: string | undefined,
): Decision | undefined {
  const [instanceId] = members;
  if (instanceId === undefined) return undefined;
  if (why !== undefined) return { kind: "keep", rule, instanceId, why };
  // S24: what a deny rule keeps out must not get in while an instance stands.
  if (rule.action === "deny" && isLive) {
    return { kind: "keep", rule, instanceId, why: `it denies, and instances of ${group.id} are still there` };
  }
  return {
    kind: "remove",
    rule,
    instanceId,
    ...(group.vpcId === undefined ? {} : { vpcId: group.vpcId }),
    because: { scope: "exclusive-group", instanceIds: members, groupId: group.id, reference },
  };
}
