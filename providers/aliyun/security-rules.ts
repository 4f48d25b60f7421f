import { absenceGapMs } from "../../src/absence.js";
import { groupBy } from "../../src/batch.js";
import { invalidRequest, type Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked } from "../../src/outcomes.js";
import { type Decision, isRemoval, keptIn } from "../../src/rules/decision.js";
import { tellRemovals } from "../../src/rules/removal.js";
import { type RuleTarget, ruleTargets } from "../../src/rules/target.js";
import type { ReleaseRulesOptions, RuleReleaseOutcome } from "../../src/security-rules.js";
import { collapseTargets } from "../../src/targets.js";
import { absenceReads } from "./absent.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { readSecurityGroups } from "./dependencies/security-groups.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { decide, type RuleScopes } from "./rules/decide.js";
import { readStandings } from "./rules/exclusive-group.js";
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
  const scopes = scopesOf(options);
  const asked = collapseTargets(given, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const read = (ids: readonly string[]) => readInstances(call, ids);
  const reads = { scope: call.scope, absence: absenceReads(call), read };
  const { targets, outcomes } = await ruleTargets(reads, given, asked, options.sightings ?? []);
  const decisions = await decide(call, targets, scopes);
  const told = options.dryRun ? foretell(decisions) : await carryOut(call, targets, decisions);
  for (const { id } of targets) outcomes.set(id, told(id));
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

function scopesOf({ scope = "both" }: ReleaseRulesOptions): RuleScopes {
  if (scope !== "both" && scope !== "own-address" && scope !== "exclusive-group") {
    throw invalidRequest(`\`scope\` is ${JSON.stringify(scope)}.`, "It is own-address, exclusive-group or both.");
  }
  return { ownAddress: scope !== "exclusive-group", exclusiveGroup: scope !== "own-address" };
}

/** Answers one target's outcome. */
type Tell = (instanceId: string) => RuleReleaseOutcome;

/** What would go. The cloud has no dry run that would tell whether we may. */
function foretell(decisions: readonly Decision[]): Tell {
  const byId = groupBy(decisions, ({ instanceId }) => instanceId);
  return (instanceId) => {
    const mine = byId.get(instanceId) ?? [];
    const rules = mine.filter(isRemoval).map(({ rule }) => rule);
    const kept = keptIn(mine);
    if (rules.length === 0) return { status: "nothing-to-release", instanceId, kept, effects: [] };
    return { status: "would-release", instanceId, rules, kept, permissionChecked: false, effects: [] };
  };
}

async function carryOut(call: AliyunCall, targets: readonly RuleTarget[], decided: readonly Decision[]): Promise<Tell> {
  const decisions = await readAgain(call, targets, decided);
  return tellRemovals(await revokeRules(call, decisions.filter(isRemoval)), decisions);
}

/**
 * Looks again, right before the first removal, at who uses the groups: somebody may have joined since. Apart in time, so
 * that a lagging listing has caught up with what happened before the first look.
 */
async function readAgain(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  decisions: readonly Decision[],
): Promise<readonly Decision[]> {
  const ofGroups = (decision: Decision) => isRemoval(decision) && decision.because.scope === "exclusive-group";
  if (!decisions.some(ofGroups)) return decisions;
  await call.requests.wait(absenceGapMs);
  const standing = await readStandings(call, targets, await readSecurityGroups(call));
  return decisions.map((decision): Decision => {
    if (!isRemoval(decision) || decision.because.scope !== "exclusive-group") return decision;
    const now = standing.get(decision.because.groupId);
    const why = now ? now.keptBecause : "its group is gone";
    if (why === undefined) return decision;
    return { kind: "keep", rule: decision.rule, instanceId: decision.instanceId, why };
  });
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
