import type { InstanceTarget } from "../../src/instances.js";
import { type RulesCloud, releaseRulesBy } from "../../src/rules/release-rules.js";
import type { ReleaseRulesOptions, RuleReleaseOutcome } from "../../src/security-rules.js";
import { absenceReads } from "./absent.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { readSecurityGroups } from "./policies.js";
import { decide, readStandings } from "./rules/decide.js";
import { revokeRules } from "./rules/revoke.js";

/**
 * Closes rules that exist for the targets alone: those that name one of their addresses, and those of groups that
 * nobody else uses. Rules that deny stay until their servers are gone.
 */
export async function releaseSecurityRules(
  open: OpenTencentCall,
  given: readonly InstanceTarget[],
  options: ReleaseRulesOptions = {},
): Promise<readonly RuleReleaseOutcome[]> {
  return await releaseRulesBy(open, given, options, rulesOfTencent);
}

const rulesOfTencent: RulesCloud<TencentCall> = {
  instanceIdForm,
  reads: (call) => ({ absence: absenceReads(call), read: (ids) => readInstances(call, ids) }),
  decide,
  readStandings: async (call, targets) => await readStandings(call, targets, await readSecurityGroups(call)),
  remove: revokeRules,
};
