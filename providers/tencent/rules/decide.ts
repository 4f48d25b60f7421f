import { unique } from "../../../src/batch.js";
import { decideInScopes, type RuleScopes } from "../../../src/rules/decide.js";
import type { Decision } from "../../../src/rules/decision.js";
import { decideByGroup, exclusiveIn, groupsOf, standingsOf } from "../../../src/rules/exclusive-group.js";
import { decideByAddress } from "../../../src/rules/own-address.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { TencentCall } from "../call.js";
import { readGroupUsers, readReferences } from "../dependencies/group-users.js";
import { readPoliciesOf, readSecurityGroups, rulesOf, type SecurityGroup } from "../policies.js";
import { ruleName } from "../rule.js";
import { canAskFor, readHolders } from "./holders.js";
import { readNetworks, strangeNetwork } from "./networks.js";

type Groups = ReadonlyMap<string, SecurityGroup>;

/** Reads all it takes and decides about every rule that concerns the targets. */
export async function decide(
  call: TencentCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  const groups = await readSecurityGroups(call);
  return await decideInScopes(scopes, {
    ownAddress: () => ownAddress(call, targets, groups),
    exclusiveGroup: () => exclusiveGroup(call, targets, groups),
    nameOf: ruleName,
  });
}

/** Nothing finds the rules that name an address but reading them all: the listing's filter is fuzzy, and per group. */
async function ownAddress(
  call: TencentCall,
  targets: readonly RuleTarget[],
  groups: Groups,
): Promise<readonly Decision[]> {
  const policies = await readPoliciesOf(call, [...groups.keys()]);
  return await decideByAddress(targets, [...policies.values()].flatMap(rulesOf), {
    accountId: call.scope.accountId,
    groups,
    readHolders: (ips) => readHolders(call, ips),
    canAskFor,
    strangeNetworks: async (rules) => {
      const networks = await readNetworks(call, unique(rules.map(({ groupId }) => groupId)));
      return ({ groupId }, address) => strangeNetwork(networks.get(groupId), address);
    },
  });
}

async function exclusiveGroup(
  call: TencentCall,
  targets: readonly RuleTarget[],
  groups: Groups,
): Promise<readonly Decision[]> {
  const standings = await readStandings(call, targets, groups);
  const free = exclusiveIn(standings);
  const references = free.length === 0 ? new Map<string, readonly string[]>() : await readReferences(call, free);
  const concerned = unique([...standings.keys(), ...[...references.values()].flat()]);
  const policies = await readPoliciesOf(call, concerned);
  return decideByGroup([...policies.values()].flatMap(rulesOf), groups, standings, call.scope.accountId);
}

/** Who uses the targets' groups, read now. */
export async function readStandings(call: TencentCall, targets: readonly RuleTarget[], groups: Groups) {
  const users = await readGroupUsers(
    call,
    groupsOf(targets).filter((id) => groups.has(id)),
  );
  return standingsOf(targets, groups, users, call.scope.accountId);
}
