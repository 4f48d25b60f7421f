import { groupBy } from "../batch.js";
import type { Scope } from "../common.js";
import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import { blocked, refused } from "../outcomes.js";
import type { MutationAnswer } from "../requests.js";
import type { KeptSecurityRule, RemovedSecurityRule, RuleReleaseOutcome } from "../security-rules.js";
import { type Decision, keptIn, type Removal } from "./decision.js";

/** What became of one rule that was to go. */
export interface Revocation {
  readonly removal: Removal;
  /** Set where it went, or may have gone. */
  readonly removed?: RemovedRule;
  /** Why it did not go, or why nobody can tell. */
  readonly problem?: Problem;
  /** The request never left. */
  readonly unsent?: boolean;
}

/** A rule that went, or may have gone, and the effect that brings it back. */
export interface RemovedRule {
  readonly rule: RemovedSecurityRule;
  readonly effect: Effect;
}

/** What taking a rule away leaves behind. `id` names the rule where the cloud has no id of its own for it. */
export function removedRule(
  scope: Scope,
  removal: Removal,
  removedAt: string,
  id = removal.rule.id ?? "",
): RemovedRule {
  const { rule, vpcId, because } = removal;
  const removed: RemovedSecurityRule = {
    ...scope,
    rule,
    ...(vpcId === undefined ? {} : { vpcId }),
    because,
    removedAt,
  };
  const effect: Effect = {
    ...scope,
    kind: "rule-removed",
    resource: { kind: "security-rule", id },
    instanceIds: because.instanceIds,
    undo: { action: "restore-rule", removed },
  };
  return { rule: removed, effect };
}

/** A removed rule with the request that took it away. */
export function signed(removed: RemovedRule, { requestId }: Pick<MutationAnswer, "requestId">): RemovedRule {
  return requestId === undefined ? removed : { ...removed, rule: { ...removed.rule, requestId } };
}

/** Tells each target's outcome from what became of the rules. */
export function tellRemovals(
  revocations: readonly Revocation[],
  decisions: readonly Decision[],
): (instanceId: string) => RuleReleaseOutcome {
  const revoked = groupBy(revocations, ({ removal }) => removal.instanceId);
  const decided = groupBy(decisions, ({ instanceId }) => instanceId);
  return (instanceId) => outcomeOf(instanceId, revoked.get(instanceId) ?? [], keptIn(decided.get(instanceId) ?? []));
}

function outcomeOf(
  instanceId: string,
  revocations: readonly Revocation[],
  kept: readonly KeptSecurityRule[],
): RuleReleaseOutcome {
  const removed = revocations.flatMap((one) => one.removed?.rule ?? []);
  const effects = revocations.flatMap((one) => one.removed?.effect ?? []);
  const troubled = revocations.filter((one) => one.problem);
  const problem = troubled[0]?.problem;
  if (problem && removed.length === 0 && troubled.every(({ unsent }) => unsent)) return blocked(instanceId, problem);
  if (problem) return { ...refused(instanceId, problem), status: "failed", removed, kept, effects };
  if (removed.length === 0) return { status: "nothing-to-release", instanceId, kept, effects: [] };
  return { status: "released", instanceId, removed, kept, effects };
}
