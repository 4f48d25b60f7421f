import { unique } from "../../../src/batch.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleScopes } from "../../../src/rules/release-rules.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AwsCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import {
  groupsThatName,
  readRulesOf,
  readSecurityGroups,
  type SecurityGroup,
} from "../dependencies/security-groups.js";
import { groupsOf, judgeExclusive, standings } from "./exclusive-group.js";
import { readUsersElsewhere } from "./networks.js";
import { groupsNamingOwn, judgeOwnAddress, readOwnAddresses } from "./own-address.js";

/** Reads all it takes and decides about every rule that concerns the targets. Each rule is decided once. */
export async function decide(
  call: AwsCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  if (targets.length === 0) return [];
  const groups = await readSecurityGroups(call);
  const parts = await Promise.all([
    ...(scopes.ownAddress ? [decideOwnAddress(call, targets, groups)] : []),
    ...(scopes.exclusiveGroup ? [decideExclusive(call, targets, groups)] : []),
  ]);
  const decisions = new Map<string, Decision>();
  for (const decision of parts.flat()) {
    const key = decision.rule.id ?? "";
    const known = decisions.get(key);
    // One scope may keep what the other takes away.
    if (!known || (known.kind === "keep" && decision.kind === "remove")) decisions.set(key, decision);
  }
  return [...decisions.values()];
}

async function decideOwnAddress(
  call: AwsCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
): Promise<readonly Decision[]> {
  const addresses = await readOwnAddresses(call, targets, groups);
  const holding = groupsNamingOwn(groups, addresses);
  if (holding.length === 0) return [];
  const [rules, elsewhere] = await Promise.all([readRulesOf(call, holding), readUsersElsewhere(call, holding)]);
  return judgeAll(rules, groups, (rule, group) =>
    judgeOwnAddress(rule, group, addresses, elsewhere, call.scope.accountId),
  );
}

async function decideExclusive(
  call: AwsCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
): Promise<readonly Decision[]> {
  const standing = await readStandings(call, targets, groups);
  const exclusive = new Set([...standing].flatMap(([id, { keptBecause }]) => (keptBecause === undefined ? [id] : [])));
  const concerned = unique([...standing.keys(), ...groupsThatName(groups, exclusive).map(({ id }) => id)]);
  if (concerned.length === 0) return [];
  const rules = await readRulesOf(call, concerned);
  return judgeAll(rules, groups, (rule, group) => judgeExclusive(rule, group, standing, call.scope.accountId));
}

/** Who uses the targets' groups, read now. */
export async function readStandings(
  call: AwsCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
) {
  const candidates = groupsOf(targets).flatMap((id) => groups.get(id) ?? []);
  return standings(targets, groups, await readGroupUsers(call, candidates), call.scope.accountId);
}

function judgeAll(
  rules: readonly SecurityRule[],
  groups: ReadonlyMap<string, SecurityGroup>,
  judge: (rule: SecurityRule, group: SecurityGroup) => Decision | undefined,
): readonly Decision[] {
  return rules.flatMap((rule) => {
    const group = groups.get(rule.groupId);
    return (group && judge(rule, group)) ?? [];
  });
}
