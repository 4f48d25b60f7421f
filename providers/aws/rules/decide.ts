import { unique } from "../../../src/batch.js";
import { decideInScopes, type RuleScopes } from "../../../src/rules/decide.js";
import type { Decision } from "../../../src/rules/decision.js";
import { decideByGroup, exclusiveIn, groupsOf, standingsOf } from "../../../src/rules/exclusive-group.js";
import { decideByAddress, otherNetwork, ownAddresses } from "../../../src/rules/own-address.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { AwsCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import {
  groupsThatName,
  groupsThatNameAddress,
  readRulesOf,
  readSecurityGroups,
  type SecurityGroup,
} from "../dependencies/security-groups.js";
import { readHolders } from "./addresses.js";
import { readUsersElsewhere } from "./networks.js";

type Groups = ReadonlyMap<string, SecurityGroup>;

/** Reads all it takes and decides about every rule that concerns the targets. */
export async function decide(
  call: AwsCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  const groups = await readSecurityGroups(call);
  return await decideInScopes(scopes, {
    ownAddress: () => ownAddress(call, targets, groups),
    exclusiveGroup: () => exclusiveGroup(call, targets, groups),
  });
}

async function ownAddress(call: AwsCall, targets: readonly RuleTarget[], groups: Groups): Promise<readonly Decision[]> {
  const naming = groupsThatNameAddress(groups, new Set(ownAddresses(targets).keys())).map(({ id }) => id);
  if (naming.length === 0) return [];
  return await decideByAddress(targets, await readRulesOf(call, naming), {
    accountId: call.scope.accountId,
    groups,
    readHolders: (ips) => readHolders(call, ips),
    strangeNetworks: async (rules) => {
      const elsewhere = await readUsersElsewhere(call, unique(rules.map(({ groupId }) => groupId)));
      return ({ groupId }, address) => otherNetwork(groups.get(groupId), address) ?? usedElsewhere(elsewhere, groupId);
    },
  });
}

function usedElsewhere(elsewhere: ReadonlyMap<string, string>, groupId: string): string | undefined {
  const where = elsewhere.get(groupId);
  return where === undefined ? undefined : `the group is also used elsewhere: ${where}`;
}

async function exclusiveGroup(
  call: AwsCall,
  targets: readonly RuleTarget[],
  groups: Groups,
): Promise<readonly Decision[]> {
  const standings = await readStandings(call, targets, groups);
  const referring = groupsThatName(groups, new Set(exclusiveIn(standings))).map(({ id }) => id);
  const concerned = unique([...standings.keys(), ...referring]);
  if (concerned.length === 0) return [];
  return decideByGroup(await readRulesOf(call, concerned), groups, standings, call.scope.accountId);
}

/** Who uses the targets' groups, read now. */
export async function readStandings(call: AwsCall, targets: readonly RuleTarget[], groups: Groups) {
  const users = await readGroupUsers(
    call,
    groupsOf(targets).flatMap((id) => groups.get(id) ?? []),
  );
  return standingsOf(targets, groups, users, call.scope.accountId);
}
