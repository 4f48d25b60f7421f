import { groupBy } from "../../../batch.js";
import { isoNow } from "../../../clock.js";
import type { Effect } from "../../../effects.js";
import { type Problem, problemOf } from "../../../errors.js";
import type { InstanceRecord, InstanceTarget } from "../../../instances.js";
import { blocked } from "../../../outcomes.js";
import { settleByReading } from "../../../poll.js";
import type {
  ReleaseRulesOptions,
  RemovedSecurityRule,
  RuleReleaseOutcome,
  SecurityRule,
} from "../../../security-rules.js";
import { type MemoryCall, type OpenMemoryCall, service } from "./call.js";
import { effectFor } from "./effects.js";
import { readGroupUsers } from "./group-users.js";
import { cameBack, lookAt, targetsOf } from "./look.js";
import { type Choice, type ChosenRule, chooseExclusive, chooseOwnAddress, type RuleTarget } from "./rule-choice.js";
import { readRules, sameRule } from "./rules.js";

/** Closes rules that exist for these instances alone. */
export async function releaseSecurityRules(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  options: ReleaseRulesOptions = {},
): Promise<readonly RuleReleaseOutcome[]> {
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const outcomes = new Map<string, RuleReleaseOutcome>();
  const known: RuleTarget[] = [];
  for (const [id, sight] of await lookAt(call, ids, sightings)) {
    const earlier = [sightings.get(id), ...(options.sightings ?? [])].filter((one) => one?.id === id);
    const records = earlier.flatMap((one) => one ?? []);
    if (sight.kind === "elsewhere") outcomes.set(id, blocked(id, sight.problem));
    else if (sight.kind === "seen") known.push(targetOf(id, [sight.seen.record, ...records], sight.seen.record));
    else if (sight.verdict.kind === "proved") known.push(targetOf(id, records, undefined));
    else if (sight.verdict.kind === "never-seen")
      outcomes.set(id, { status: "not-found", instanceId: id, effects: [] });
    else outcomes.set(id, blocked(id, sight.verdict.kind === "present" ? cameBack(id) : sight.verdict.problem));
  }
  if (known.length > 0) {
    const choice = await choose(call, known, options);
    // Users of a group may have come while the rest was read: looked at again right before the first removal.
    const fresh = options.dryRun || choice.chosen.length === 0 ? choice : await choose(call, known, options);
    const removals = options.dryRun ? undefined : await remove(call, fresh.chosen);
    for (const { id } of known) outcomes.set(id, outcomeOf(id, fresh, removals));
  }
  return ids.map((id) => outcomes.get(id) ?? { status: "not-found", instanceId: id, effects: [] });
}

function targetOf(id: string, records: readonly InstanceRecord[], present: InstanceRecord | undefined): RuleTarget {
  return { id, records, gone: present === undefined, takenOver: new Set() };
}

async function choose(
  call: MemoryCall,
  known: readonly RuleTarget[],
  { scope = "both" }: ReleaseRulesOptions,
): Promise<Choice> {
  const [rules, users] = await Promise.all([readRules(call), readGroupUsers(call)]);
  const targets = await withTakenOver(call, known);
  const own = scope === "exclusive-group" ? nothing : chooseOwnAddress({ targets, rules, users });
  const exclusive = scope === "own-address" ? nothing : chooseExclusive({ targets, rules, users });
  // A rule that both name goes once, for the first of them.
  const chosen: ChosenRule[] = [];
  for (const one of [...own.chosen, ...exclusive.chosen]) {
    if (!chosen.some((other) => other.rule === one.rule)) chosen.push(one);
  }
  const goes = new Set(chosen.map(({ rule }) => rule));
  return { chosen, kept: [...own.kept, ...exclusive.kept].filter(({ rule }) => !goes.has(rule)) };
}

const nothing: Choice = { chosen: [], kept: [] };

/** Once an instance is gone, its addresses can be anybody's. */
async function withTakenOver(call: MemoryCall, targets: readonly RuleTarget[]): Promise<readonly RuleTarget[]> {
  if (targets.every(({ gone }) => !gone)) return targets;
  const [interfaces, addresses] = await Promise.all([call.pages("ListInterfaces"), call.pages("ListAddresses")]);
  const holders = new Set([
    ...interfaces.flatMap((row) => row.texts("privateIps")),
    ...addresses.flatMap((row) => (row.text("instanceId") === undefined ? [] : [row.need("ip")])),
  ]);
  return targets.map((target) => (target.gone ? { ...target, takenOver: holders } : target));
}

/** What was removed, and what went wrong, by rule. */
interface Removal {
  readonly removed?: RemovedSecurityRule;
  readonly effect?: Effect;
  readonly problem?: Problem;
  readonly sent: boolean;
}

async function remove(call: MemoryCall, chosen: readonly ChosenRule[]): Promise<ReadonlyMap<SecurityRule, Removal>> {
  const removals = new Map<SecurityRule, Removal>();
  for (const [groupId, group] of groupBy(chosen, ({ rule }) => rule.groupId)) {
    try {
      await removeFrom(call, groupId, group, removals);
    } catch (error) {
      for (const { rule } of group) removals.set(rule, { problem: problemOf(error), sent: false });
    }
  }
  return removals;
}

/** All chosen rules of one group go in one request. Where places are what rules are known by, it carries the version. */
async function removeFrom(
  call: MemoryCall,
  groupId: string,
  group: readonly ChosenRule[],
  removals: Map<SecurityRule, Removal>,
): Promise<void> {
  const removed = group.map((one) => removedOf(call, one));
  const effects = group.map((one, index) => ruleEffect(call, one, removed[index]));
  const { features } = call;
  const version = Number(group[0]?.rule.position?.version);
  const answer = await call.requests.mutate({
    service,
    action: "RemoveRules",
    parameters:
      features.rules === "by-id"
        ? { groupId, ruleIds: group.flatMap(({ rule }) => rule.id ?? []) }
        : { groupId, indexes: group.map(({ rule }) => String(rule.position?.index)), version },
    instanceIds: [...new Set(group.map(({ instanceId }) => instanceId))],
    effects,
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        const left = await readRules(call, [groupId]);
        return group.every(({ rule }) => !left.some((other) => sameRule(other, rule)));
      }),
    }),
  });
  group.forEach(({ rule }, index) => {
    const gone = removed[index];
    const effect = effects[index];
    const may = answer.effect !== "not-applied" && gone && effect ? { removed: gone, effect } : {};
    const problem = answer.effect === "applied" ? {} : { problem: answer.problem };
    removals.set(rule, { ...may, ...problem, sent: answer.effect !== "not-applied" || answer.sent });
  });
}

function removedOf(call: MemoryCall, { rule, because }: ChosenRule): RemovedSecurityRule {
  return { ...call.scope, rule, because, removedAt: isoNow(call.requests.clock) };
}

function ruleEffect(
  call: MemoryCall,
  { rule, instanceId, because }: ChosenRule,
  removed: RemovedSecurityRule | undefined,
): Effect {
  const whole = removed ?? { ...call.scope, rule, because, removedAt: isoNow(call.requests.clock) };
  return effectFor(call, instanceId, {
    kind: "rule-removed",
    resource: { kind: "security-rule", id: rule.id ?? `${rule.groupId}/${rule.position?.index}` },
    undo: { action: "restore-rule", removed: whole },
  });
}

function outcomeOf(
  id: string,
  { chosen, kept }: Choice,
  removals: ReadonlyMap<SecurityRule, Removal> | undefined,
): RuleReleaseOutcome {
  const mine = chosen.filter(({ instanceId }) => instanceId === id).map(({ rule }) => rule);
  const mineKept = kept.filter(({ instanceId }) => instanceId === id).map(({ rule, why }) => ({ rule, why }));
  const base = { instanceId: id, kept: mineKept };
  if (mine.length === 0) return { ...base, status: "nothing-to-release", effects: [] };
  if (!removals) return { ...base, status: "would-release", rules: mine, permissionChecked: false, effects: [] };
  const results = mine.flatMap((rule) => removals.get(rule) ?? []);
  const removed = results.flatMap((one) => one.removed ?? []);
  const effects = results.flatMap((one) => one.effect ?? []);
  const trouble = results.find((one) => one.problem);
  if (!trouble?.problem) return { ...base, status: "released", removed, effects };
  const { problem } = trouble;
  if (results.every((one) => !one.sent)) return blocked(id, problem);
  return { ...base, status: "failed", problem: { ...problem, instanceIds: [id] }, removed, effects };
}
