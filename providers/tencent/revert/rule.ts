import type { Effect } from "../../../src/effects.js";
import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import { type RuleRemoval, ruleReverter } from "../../../src/revert-rules.js";
import type { GroupUsers } from "../../../src/rules/group-users.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { TencentCall } from "../call.js";
import { tencentCapabilities } from "../capabilities.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { readInstances } from "../instances.js";
import { readPolicies, rulesOf } from "../policies.js";
import { fingerprint } from "../rule.js";
import { createRule, placeOf } from "../rules/restore.js";
import { whileVersionMoves } from "../rules/version.js";

/** Puts rules back where what they were for is still so, and between the same neighbours. */
export function ruleRevert(call: TencentCall, effects: readonly Effect[]) {
  return ruleReverter(
    {
      requests: call.requests,
      consistencyWindowMs: tencentCapabilities.consistencyWindowMs,
      hasGroup: async (id) => (await readPolicies(call, id)) !== undefined,
      rulesOf: async (id) => {
        const policies = await readPolicies(call, id);
        return policies && rulesOf(policies);
      },
      usersOf: (id) => readUsers(call, id),
      readInstance: async (id) => (await readInstances(call, [id])).byId.get(id)?.record,
      sameTraffic: ({ direction, native }) => `${direction} ${fingerprint(native)}`,
      putBack: (effect, away) => putBack(call, effect, away),
    },
    effects,
  );
}

/** An instance counts as itself; a secondary interface of it does not, since it outlives it and can go to others. */
async function readUsers(call: TencentCall, groupId: string): Promise<GroupUsers> {
  const { uses, unchecked } = await readGroupUsers(call, [groupId]);
  const asUses = uses.map(({ instanceId, ...use }) =>
    use.kind === "instance" && instanceId !== undefined ? { ...use, instanceId } : use,
  );
  return { uses: asUses, unchecked };
}

/** Each attempt finds the place anew: it is a place in one version of the group only. */
async function putBack(call: TencentCall, effect: RuleRemoval, away: readonly SecurityRule[]): Promise<RevertResult> {
  const { rule } = effect.undo.removed;
  return await whileVersionMoves<RevertResult>(call, async () => {
    const policies = await readPolicies(call, rule.groupId);
    if (!policies) return { done: resourceGone(`The group ${rule.groupId} is gone.`) };
    const index = placeOf(rule, policies[rule.direction], away);
    if (index === undefined) return { done: orderChanged(rule) };
    const place = { version: policies.version, index };
    const answer = await createRule(call, rule, place, effect.instanceIds, [givingBack(effect, "rule-restored")]);
    const cloudCode = answer.effect === "not-applied" ? answer.problem.cloudCode : undefined;
    if (cloudCode === "UnsupportedOperation.DuplicatePolicy") return { done: { status: "already-reverted" } };
    if (answer.problem && cloudCode === "UnsupportedOperation.VersionMismatch") return { moved: answer.problem };
    return { done: resultOf(answer) };
  });
}

function orderChanged(rule: SecurityRule): RevertResult {
  const why = `In ${rule.groupId} its neighbours are others by now, and the first rule that fits decides.`;
  return { status: "not-restored", cause: "order-changed", why };
}
