import type { Effect } from "../../../src/effects.js";
import { lazy } from "../../../src/lazy.js";
import { givingBack, type RevertResult, resultOf } from "../../../src/revert.js";
import { type RuleRemoval, ruleReverter } from "../../../src/revert-rules.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readRulesOf, readSecurityGroups } from "../dependencies/security-groups.js";
import { readInstances } from "../instances.js";
import { authorizeRule, sameTraffic } from "../rules/restore.js";

/** Puts rules back where what they were for is still so. */
export function ruleRevert(call: AwsCall, effects: readonly Effect[]) {
  const groups = lazy(() => readSecurityGroups(call));
  const hasGroup = async (id: string) => (await groups()).has(id);
  return ruleReverter(
    {
      requests: call.requests,
      consistencyWindowMs: awsCapabilities.consistencyWindowMs,
      hasGroup,
      rulesOf: async (id) => ((await hasGroup(id)) ? await readRulesOf(call, [id]) : undefined),
      usersOf: async (id) => await readGroupUsers(call, [{ id, name: (await groups()).get(id)?.name ?? id }]),
      readInstance: async (id) => (await readInstances(call, [id])).byId.get(id)?.record,
      sameTraffic,
      putBack: (effect) => putBack(call, effect),
    },
    effects,
  );
}

async function putBack(call: AwsCall, effect: RuleRemoval): Promise<RevertResult> {
  const { rule } = effect.undo.removed;
  const answer = await authorizeRule(call, rule, effect.instanceIds, [givingBack(effect, "rule-restored")]);
  if (answer.effect === "not-applied" && answer.problem.cloudCode === "InvalidPermission.Duplicate") {
    return { status: "already-reverted" };
  }
  return resultOf(answer, answer.ids?.[0]);
}
