import { absenceGapMs } from "../absence.js";
import { groupBy } from "../batch.js";
import type { Call, OpenCall } from "../calls.js";
import { invalidRequest, type Problem } from "../errors.js";
import type { InstanceTarget } from "../instances.js";
import { blocked, refused } from "../outcomes.js";
import type { ReleaseRulesOptions, RuleReleaseOutcome, SecurityRule } from "../security-rules.js";
import { collapseTargets } from "../targets.js";
import { keepDenials, type RuleScopes } from "./decide.js";
import { type Decision, isRemoval, keptIn, type Removal } from "./decision.js";
import { type Revocation, tellRemovals } from "./removal.js";
import { type RuleTarget, ruleTargets, type TargetReads } from "./target.js";

/** How one cloud closes rules. */
export interface RulesCloud<OneCall extends Call> {
  readonly instanceIdForm: RegExp;
  /** How targets are looked at. */
  reads(call: OneCall): Omit<TargetReads, "scope">;
  /** Reads all it takes and decides about every rule that concerns the targets, each once. */
  decide(call: OneCall, targets: readonly RuleTarget[], scopes: RuleScopes): Promise<readonly Decision[]>;
  /** Who uses the targets' groups, read now: why each must stay, if it must. A group without an entry is gone. */
  readStandings(
    call: OneCall,
    targets: readonly RuleTarget[],
  ): Promise<ReadonlyMap<string, { readonly keptBecause?: string }>>;
  /** Takes rules away. */
  remove(call: OneCall, removals: readonly Removal[]): Promise<readonly Revocation[]>;
  /**
   * Asks the cloud whether we may take a rule away and put it back, without doing either. Absent where it has no dry
   * run: then whether we may is not known.
   */
  refusal?(call: OneCall, rule: SecurityRule): Promise<Problem | undefined>;
}

/** Closes rules that exist for the targets alone: of their own addresses, and of groups that nobody else uses. */
export async function releaseRulesBy<OneCall extends Call>(
  open: (...parameters: Parameters<OpenCall>) => Promise<OneCall>,
  given: readonly InstanceTarget[],
  options: ReleaseRulesOptions,
  cloud: RulesCloud<OneCall>,
): Promise<readonly RuleReleaseOutcome[]> {
  const scopes = scopesOf(options);
  const asked = collapseTargets(given, cloud.instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const reads = { scope: call.scope, ...cloud.reads(call) };
  const { targets, outcomes } = await ruleTargets(reads, given, asked, options.sightings ?? []);
  const decisions = targets.length === 0 ? [] : keepDenials(await cloud.decide(call, targets, scopes), targets);
  const told = options.dryRun
    ? await foretell(call, decisions, cloud)
    : await carryOut(call, targets, decisions, cloud);
  for (const { id } of targets) outcomes.set(id, told(id));
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered(call.scope.cloud)));
}

function scopesOf({ scope = "both" }: ReleaseRulesOptions): RuleScopes {
  if (scope !== "both" && scope !== "own-address" && scope !== "exclusive-group") {
    throw invalidRequest(`\`scope\` is ${JSON.stringify(scope)}.`, "It is own-address, exclusive-group or both.");
  }
  return { ownAddress: scope !== "exclusive-group", exclusiveGroup: scope !== "own-address" };
}

/** Answers one target's outcome. */
type Tell = (instanceId: string) => RuleReleaseOutcome;

/** What would go. */
async function foretell<OneCall extends Call>(
  call: OneCall,
  decisions: readonly Decision[],
  cloud: RulesCloud<OneCall>,
): Promise<Tell> {
  const byId = groupBy(decisions, ({ instanceId }) => instanceId);
  const denied = await deniedRules(
    call,
    decisions.filter(isRemoval).map(({ rule }) => rule),
    cloud,
  );
  return (instanceId) => {
    const mine = byId.get(instanceId) ?? [];
    const rules = mine.filter(isRemoval).map(({ rule }) => rule);
    const kept = keptIn(mine);
    if (rules.length === 0) return { status: "nothing-to-release", instanceId, kept, effects: [] };
    const problem = rules.map((rule) => denied.get(groupAndDirection(rule))).find((found) => found !== undefined);
    if (problem) return { ...refused(instanceId, problem), status: "failed", removed: [], kept };
    const permissionChecked = cloud.refusal !== undefined;
    return { status: "would-release", instanceId, rules, kept, permissionChecked, effects: [] };
  };
}

/** By group and direction, since a policy can allow one group and not another. One rule stands for all of them. */
async function deniedRules<OneCall extends Call>(
  call: OneCall,
  rules: readonly SecurityRule[],
  cloud: RulesCloud<OneCall>,
): Promise<ReadonlyMap<string, Problem>> {
  const denied = new Map<string, Problem>();
  if (!cloud.refusal) return denied;
  for (const [name, [rule]] of groupBy(rules, groupAndDirection)) {
    const problem = rule ? await cloud.refusal(call, rule) : undefined;
    if (problem) denied.set(name, problem);
  }
  return denied;
}

function groupAndDirection({ groupId, direction }: SecurityRule): string {
  return `${groupId}/${direction}`;
}

async function carryOut<OneCall extends Call>(
  call: OneCall,
  targets: readonly RuleTarget[],
  decided: readonly Decision[],
  cloud: RulesCloud<OneCall>,
): Promise<Tell> {
  const decisions = await readAgain(call, targets, decided, cloud);
  return tellRemovals(await cloud.remove(call, decisions.filter(isRemoval)), decisions);
}

/**
 * Looks again, right before the first removal, at who uses the groups: somebody may have joined since. Apart in time, so
 * that a lagging listing has caught up with what happened before the first look.
 */
async function readAgain<OneCall extends Call>(
  call: OneCall,
  targets: readonly RuleTarget[],
  decisions: readonly Decision[],
  cloud: RulesCloud<OneCall>,
): Promise<readonly Decision[]> {
  const ofGroups = (decision: Decision) => isRemoval(decision) && decision.because.scope === "exclusive-group";
  if (!decisions.some(ofGroups)) return decisions;
  await call.requests.wait(absenceGapMs);
  const standing = await cloud.readStandings(call, targets);
  return decisions.map((decision): Decision => {
    if (!isRemoval(decision) || decision.because.scope !== "exclusive-group") return decision;
    const now = standing.get(decision.because.groupId);
    const why = now ? now.keptBecause : "its group is gone";
    if (why === undefined) return decision;
    return { kind: "keep", rule: decision.rule, instanceId: decision.instanceId, why };
  });
}

function unanswered(cloud: string): Problem {
  return {
    code: "unexpected",
    message: "This instance got no answer.",
    hint: "Report this with the events of the call.",
    cloud,
  };
}
