import type { Effect } from "../../../src/effects.js";
import { lazy } from "../../../src/lazy.js";
import { givingBack, type RevertResult, resultOf } from "../../../src/revert.js";
import { type RuleRemoval, ruleReverter } from "../../../src/revert-rules.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AliyunCall } from "../call.js";
import { aliyunCapabilities } from "../capabilities.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readRulesOf, readSecurityGroups } from "../dependencies/security-groups.js";
import { readInstances } from "../instances.js";
import { authorizeRule, sameTraffic, twinOf } from "../rules/restore.js";

/** Puts rules back where what they were for is still so. */
export function ruleRevert(call: AliyunCall, effects: readonly Effect[]) {
  const groups = lazy(() => readSecurityGroups(call));
  const hasGroup = async (id: string) => (await groups()).has(id);
  return ruleReverter(
    {
      requests: call.requests,
      consistencyWindowMs: aliyunCapabilities.consistencyWindowMs,
      hasGroup,
      rulesOf: async (id) => ((await hasGroup(id)) ? await readRulesOf(call, [id]) : undefined),
      usersOf: (id) => readGroupUsers(call, [id]),
      readInstance: async (id) => (await readInstances(call, [id])).byId.get(id)?.record,
      sameTraffic,
      putBack: (effect) => putBack(call, effect),
    },
    effects,
  );
}

async function putBack(call: AliyunCall, effect: RuleRemoval): Promise<RevertResult> {
  const { rule } = effect.undo.removed;
  const answer = await authorizeRule(call, rule, effect.instanceIds, [givingBack(effect, "rule-restored")]);
  return resultOf(answer, answer.effect === "applied" ? await newIdOf(call, rule) : undefined);
}

/** The id under which a rule came back. That it cannot be read just now takes nothing from that. */
async function newIdOf(call: AliyunCall, rule: SecurityRule): Promise<string | undefined> {
  try {
    return (await twinOf(call, rule))?.id;
  } catch {
    return undefined;
  }
}
