import type { Decision } from "../../../src/rules/decision.js";
import type { RuleScopes } from "../../../src/rules/release-rules.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { HuaweiCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readAllRules, readSecurityGroups, type SecurityGroup } from "../dependencies/security-groups.js";
import { securityRule } from "../rule.js";
import { groupsOf, judgeExclusive, standings } from "./exclusive-group.js";
import { readUserNetworks } from "./networks.js";
import { judgeOwnAddress, namesOwn, readOwnAddresses } from "./own-address.js";

/** What was read of the project's groups. All rules at once, since no filter finds the groups that name an address. */
interface Firewall {
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly rules: readonly SecurityRule[];
}

/** Reads all it takes and decides about every rule that concerns the targets. Each rule is decided once. */
export async function decide(
  call: HuaweiCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  if (targets.length === 0) return [];
  const [groups, facts] = await Promise.all([readSecurityGroups(call), readAllRules(call)]);
  const firewall: Firewall = { groups, rules: facts.map(securityRule) };
  const parts = await Promise.all([
    ...(scopes.ownAddress ? [decideOwnAddress(call, targets, firewall)] : []),
    ...(scopes.exclusiveGroup ? [decideExclusive(call, targets, firewall)] : []),
  ]);
  const decisions = new Map<string, Decision>();
  for (const decision of parts.flat()) {
    const key = decision.rule.id ?? "";
    const known = decisions.get(key);
    // One scope may keep what the other takes away.
    if (!known || (known.kind === "keep" && decision.kind === "remove")) decisions.set(key, decision);
  }
  return [...decisions.values()].map((decision) => withoutDeny(decision, targets));
}

/** S24: a deny rule goes only once the servers are gone: until then it may be what protects somebody from them. */
function withoutDeny(decision: Decision, targets: readonly RuleTarget[]): Decision {
  if (decision.kind === "keep" || decision.rule.action !== "deny") return decision;
  const { rule, instanceId, because } = decision;
  const standing = targets.some(({ id, now }) => now !== undefined && because.instanceIds.includes(id));
  return standing ? { kind: "keep", rule, instanceId, why: "it denies, and the server is not gone yet" } : decision;
}

async function decideOwnAddress(
  call: HuaweiCall,
  targets: readonly RuleTarget[],
  { groups, rules }: Firewall,
): Promise<readonly Decision[]> {
  const addresses = await readOwnAddresses(call, targets, rules);
  const naming = rules.filter((rule) => namesOwn(rule, addresses));
  if (naming.length === 0) return [];
  const networks = await readUserNetworks(call, [...new Set(naming.map(({ groupId }) => groupId))]);
  return judgeAll(naming, groups, (rule, group) => judgeOwnAddress(rule, group, addresses, networks));
}

async function decideExclusive(
  call: HuaweiCall,
  targets: readonly RuleTarget[],
  { groups, rules }: Firewall,
): Promise<readonly Decision[]> {
  const standing = await readStandings(call, targets, groups);
  return judgeAll(rules, groups, (rule, group) => judgeExclusive(rule, group, standing));
}

/** Who uses the targets' groups, read now. */
export async function readStandings(
  call: HuaweiCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
) {
  const candidates = groupsOf(targets).filter((id) => groups.has(id));
  return standings(targets, groups, await readGroupUsers(call, candidates));
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
