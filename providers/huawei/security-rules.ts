import type { InstanceTarget } from "../../src/instances.js";
import { type RulesCloud, releaseRulesBy } from "../../src/rules/release-rules.js";
import type { ReleaseRulesOptions, RuleReleaseOutcome } from "../../src/security-rules.js";
import { absenceReads } from "./absent.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import { readSecurityGroups } from "./dependencies/security-groups.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { decide, readStandings } from "./rules/decide.js";
import { removeRules } from "./rules/remove.js";

/**
 * Closes rules that exist for the targets alone: those that name one of their addresses, and those of groups that nobody
 * else uses. Deny rules stay until the server is gone.
 */
export async function releaseSecurityRules(
  open: OpenHuaweiCall,
  given: readonly InstanceTarget[],
  options: ReleaseRulesOptions = {},
): Promise<readonly RuleReleaseOutcome[]> {
  return await releaseRulesBy(open, given, options, rulesOfHuawei);
}

const rulesOfHuawei: RulesCloud<HuaweiCall> = {
  instanceIdForm,
  reads: (call) => ({ absence: absenceReads(call), read: (ids) => readInstances(call, ids) }),
  decide,
  readStandings: async (call, targets) => await readStandings(call, targets, await readSecurityGroups(call)),
  remove: removeRules,
};
