import type { Effect } from "../../../src/effects.js";
import { lazy } from "../../../src/lazy.js";
import { givingBack, type RevertResult, resultOf } from "../../../src/revert.js";
import { type RuleRemoval, ruleReverter } from "../../../src/revert-rules.js";
import type { HuaweiCall } from "../call.js";
import { huaweiCapabilities } from "../capabilities.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readSecurityGroups } from "../dependencies/security-groups.js";
import { readInstances } from "../instances.js";
import { createRule, readRules, sameTraffic } from "../rules/restore.js";

/** Puts rules back where what they were for is still so. */
export function ruleRevert(call: HuaweiCall, effects: readonly Effect[]) {
  const groups = lazy(() => readSecurityGroups(call));
  const hasGroup = async (id: string) => (await groups()).has(id);
  return ruleReverter(
    {
      requests: call.requests,
      consistencyWindowMs: huaweiCapabilities.consistencyWindowMs,
      hasGroup,
      rulesOf: async (id) => ((await hasGroup(id)) ? await readRules(call, id) : undefined),
      usersOf: (id) => readGroupUsers(call, [id], []),
      readInstance: async (id) => (await readInstances(call, [id])).byId.get(id)?.record,
      sameTraffic,
      putBack: (effect) => putBack(call, effect),
    },
    effects,
  );
}

async function putBack(call: HuaweiCall, effect: RuleRemoval): Promise<RevertResult> {
  const { rule } = effect.undo.removed;
  const answer = await createRule(call, rule, effect.instanceIds, [givingBack(effect, "rule-restored")]);
  // The refusal of a rule that is there has a code that others have as well.
  if (answer.effect === "not-applied" && answer.sent) {
    const present = await readRules(call, rule.groupId);
    if (present.some((other) => sameTraffic(other) === sameTraffic(rule))) return { status: "already-reverted" };
  }
  return resultOf(answer, answer.ids?.[0]);
}
