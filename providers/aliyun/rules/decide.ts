import { unique } from "../../../src/batch.js";
import { decideInScopes, type RuleScopes } from "../../../src/rules/decide.js";
import type { Decision } from "../../../src/rules/decision.js";
import { decideByGroup, exclusiveIn, groupsOf, standingsOf } from "../../../src/rules/exclusive-group.js";
import { decideByAddress, otherNetwork } from "../../../src/rules/own-address.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { AliyunCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readSecurityGroups, type SecurityGroup } from "../dependencies/security-groups.js";
import { canAskFor, readHolders } from "./holders.js";
import { type RuleReader, readReferencing, ruleReader } from "./read.js";

type Groups = ReadonlyMap<string, SecurityGroup>;

/** Reads all it takes and decides about every rule that concerns the targets. */
export async function decide(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  const groups = await readSecurityGroups(call);
  const rulesOf = ruleReader(call);
  return await decideInScopes(scopes, {
    ownAddress: () => ownAddress(call, targets, groups, rulesOf),
    exclusiveGroup: () => exclusiveGroup(call, targets, groups, rulesOf),
  });
}

/** Nothing finds the rules that name an address but reading them all. */
async function ownAddress(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  groups: Groups,
  rulesOf: RuleReader,
): Promise<readonly Decision[]> {
  const holding = [...groups.values()].filter(({ mayHoldRules }) => mayHoldRules).map(({ id }) => id);
  return await decideByAddress(targets, await rulesOf(holding), {
    accountId: call.scope.accountId,
    groups,
    readHolders: (ips) => readHolders(call, ips),
    canAskFor,
    strangeNetworks: async () => (rule, address) => otherNetwork(groups.get(rule.groupId), address),
  });
}

async function exclusiveGroup(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  groups: Groups,
  rulesOf: RuleReader,
): Promise<readonly Decision[]> {
  const standings = await readStandings(call, targets, groups);
  const concerned = unique([...standings.keys(), ...(await readReferencing(call, exclusiveIn(standings)))]);
  return decideByGroup(await rulesOf(concerned), groups, standings, call.scope.accountId);
}

/** Who uses the targets' groups, read now. */
export async function readStandings(call: AliyunCall, targets: readonly RuleTarget[], groups: Groups) {
  const users = await readGroupUsers(
    call,
    groupsOf(targets).filter((id) => groups.has(id)),
  );
  return standingsOf(targets, groups, users, call.scope.accountId);
}
