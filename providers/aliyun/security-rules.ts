import type { InstanceTarget } from "../../src/instances.js";
import { type RulesCloud, releaseRulesBy } from "../../src/rules/release-rules.js";
import type { ReleaseRulesOptions, RuleReleaseOutcome } from "../../src/security-rules.js";
import { absenceReads } from "./absent.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { readSecurityGroups } from "./dependencies/security-groups.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { decide, readStandings } from "./rules/decide.js";
import { revokeRules } from "./rules/revoke.js";

/**
 * Closes rules that exist for the targets alone: those that name one of their addresses, and those of groups that
 * nobody else uses. Rules that deny stay until their instances are gone.
 */
export async function releaseSecurityRules(
  open: OpenAliyunCall,
  given: readonly InstanceTarget[],
  options: ReleaseRulesOptions = {},
): Promise<readonly RuleReleaseOutcome[]> {
  return await releaseRulesBy(open, given, options, rulesOfAliyun);
}

const rulesOfAliyun: RulesCloud<AliyunCall> = {
  instanceIdForm,
  reads: (call) => ({ absence: absenceReads(call), read: (ids) => readInstances(call, ids) }),
  decide,
  readStandings: async (call, targets) => await readStandings(call, targets, await readSecurityGroups(call)),
  remove: revokeRules,
};
