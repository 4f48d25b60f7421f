import { absenceGapMs } from "../../src/absence.js";
import { groupBy } from "../../src/batch.js";
import { invalidRequest, type Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked, refused } from "../../src/outcomes.js";
import { type Decision, isRemoval, keptIn } from "../../src/rules/decision.js";
import { tellRemovals } from "../../src/rules/removal.js";
import { type RuleTarget, ruleTargets } from "../../src/rules/target.js";
import type { ReleaseRulesOptions, RuleReleaseOutcome, SecurityRule } from "../../src/security-rules.js";
import { collapseTargets } from "../../src/targets.js";
import { absenceReads } from "./absent.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { readSecurityGroups } from "./dependencies/security-groups.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { decide, type RuleScopes, readStandings } from "./rules/decide.js";
import { revokeRules } from "./rules/revoke.js";
import { ruleRefusal } from "./rules/try.js";

/**
 * Closes rules that exist for the targets alone: those that name one of their addresses, and those of groups that
 * nobody else uses. EC2 has allow rules only, so none is left open by taking one away.
 */
export async function releaseSecurityRules(
  open: OpenAwsCall,
  given: readonly InstanceTarget[],
  options: ReleaseRulesOptions = {},
): Promise<readonly RuleReleaseOutcome[]> {
  const scopes = scopesOf(options);
  const asked = collapseTargets(given, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const reads = {
    scope: call.scope,
    absence: absenceReads(call),
    read: (ids: readonly string[]) => readInstances(call, ids),
  };
  const { targets, outcomes } = await ruleTargets(reads, given, asked, options.sightings ?? []);
  const decisions = await decide(call, targets, scopes);
  const told = options.dryRun ? await foretell(call, decisions) : await carryOut(call, targets, decisions);
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

/** What would go. Asks EC2 whether we may take these rules away and put them back, without doing either. */
async function foretell(call: AwsCall, decisions: readonly Decision[]): Promise<Tell> {
  const byId = groupBy(decisions, ({ instanceId }) => instanceId);
  const denied = await deniedRules(
    call,
    decisions.filter(isRemoval).map(({ rule }) => rule),
  );
  return (instanceId) => {
    const mine = byId.get(instanceId) ?? [];
    const rules = mine.filter(isRemoval).map(({ rule }) => rule);
    const kept = keptIn(mine);
    if (rules.length === 0) return { status: "nothing-to-release", instanceId, kept, effects: [] };
    const problem = rules.map((rule) => denied.get(groupAndDirection(rule))).find((found) => found !== undefined);
    if (problem) return { ...refused(instanceId, problem), status: "failed", removed: [], kept };
    return { status: "would-release", instanceId, rules, kept, permissionChecked: true, effects: [] };
  };
}

/** By group and direction, since a policy can allow one group and not another. One rule stands for all of them. */
async function deniedRules(call: AwsCall, rules: readonly SecurityRule[]): Promise<ReadonlyMap<string, Problem>> {
  const denied = new Map<string, Problem>();
  for (const [name, [rule]] of groupBy(rules, groupAndDirection)) {
    const problem = rule ? await ruleRefusal(call, rule) : undefined;
    if (problem) denied.set(name, problem);
  }
  return denied;
}

function groupAndDirection({ groupId, direction }: SecurityRule): string {
  return `${groupId}/${direction}`;
}

async function carryOut(call: AwsCall, targets: readonly RuleTarget[], decided: readonly Decision[]): Promise<Tell> {
  const decisions = await readAgain(call, targets, decided);
  return tellRemovals(await revokeRules(call, decisions.filter(isRemoval)), decisions);
}

/**
 * Looks again, right before the first removal, at who uses the groups: somebody may have joined since. Apart in time, so
 * that a lagging listing has caught up with what happened before the first look ("Eventual consistency", EC2 API).
 */
async function readAgain(
  call: AwsCall,
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
