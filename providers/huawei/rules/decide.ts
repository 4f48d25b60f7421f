import { unique } from "../../../src/batch.js";
import { decideInScopes, type RuleScopes } from "../../../src/rules/decide.js";
import type { Decision } from "../../../src/rules/decision.js";
import { decideByGroup, groupsOf, standingsOf } from "../../../src/rules/exclusive-group.js";
import { decideByAddress } from "../../../src/rules/own-address.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { HuaweiCall } from "../call.js";
import { knownMembers, readGroupUsers } from "../dependencies/group-users.js";
import { readAllRules, readSecurityGroups, type SecurityGroup } from "../dependencies/security-groups.js";
import { securityRule } from "../rule.js";
import { readHolders } from "./holders.js";
import { readUserNetworks, strangeNetwork } from "./networks.js";

type Groups = ReadonlyMap<string, SecurityGroup>;

/** Reads all it takes and decides about every rule that concerns the targets. No filter finds those that name an address. */
export async function decide(
  call: HuaweiCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  const [groups, facts] = await Promise.all([readSecurityGroups(call), readAllRules(call)]);
  const rules = facts.map(securityRule);
  const { accountId } = call.scope;
  return await decideInScopes(scopes, {
    ownAddress: () =>
      decideByAddress(targets, rules, {
        accountId,
        groups,
        readHolders: (ips) => readHolders(call, ips),
        strangeNetworks: async (naming) => {
          const networks = await readUserNetworks(call, unique(naming.map(({ groupId }) => groupId)));
          return ({ groupId }, address) => strangeNetwork(groupId, address, networks);
        },
      }),
    exclusiveGroup: async () => decideByGroup(rules, groups, await readStandings(call, targets, groups), accountId),
  });
}

/** Who uses the targets' groups, read now. */
export async function readStandings(call: HuaweiCall, targets: readonly RuleTarget[], groups: Groups) {
  const users = await readGroupUsers(
    call,
    groupsOf(targets).filter((id) => groups.has(id)),
    knownMembers(targets.flatMap(({ now }) => now ?? [])),
  );
  return standingsOf(targets, groups, users, call.scope.accountId);
}
