import { mapConcurrent } from "../../../src/batch.js";
import { isoNow } from "../../../src/clock.js";
import type { Removal } from "../../../src/rules/decision.js";
import { type Revocation, removedRule, signed } from "../../../src/rules/removal.js";
import type { HuaweiCall } from "../call.js";
import { deleteRule } from "./delete.js";

/** Rules being deleted at a time. */
const concurrency = 4;

/** Takes rules away by their ids. */
export async function removeRules(call: HuaweiCall, removals: readonly Removal[]): Promise<readonly Revocation[]> {
  return await mapConcurrent(removals, concurrency, (removal) => removeOne(call, removal));
}

async function removeOne(call: HuaweiCall, removal: Removal): Promise<Revocation> {
  const { rule, because } = removal;
  const removed = removedRule(call.scope, removal, isoNow(call.requests.clock));
  const target = { id: rule.id ?? "", groupId: rule.groupId };
  const answer = await deleteRule(call, target, because.instanceIds, [removed.effect]);
  if (answer.effect === "applied") return { removal, removed: signed(removed, answer) };
  if (answer.effect === "unknown") return { removal, removed, problem: answer.problem };
  // Somebody else took it away: nothing of it is ours to put back.
  if (answer.sent && answer.problem.code === "not-found") return { removal };
  return { removal, problem: answer.problem, unsent: !answer.sent };
}
