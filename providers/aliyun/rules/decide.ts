import { unique } from "../../../src/batch.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleScopes } from "../../../src/rules/release-rules.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { AliyunCall } from "../call.js";
import { readSecurityGroups, type SecurityGroup } from "../dependencies/security-groups.js";
import { judgeExclusive, readStandings } from "./exclusive-group.js";
import { decideOwnAddress } from "./own-address.js";
import { type RuleReader, readReferencing, ruleReader } from "./read.js";

/** Reads all it takes and decides about every rule that concerns the targets. Each rule is decided once. */
export async function decide(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  if (targets.length === 0) return [];
  const groups = await readSecurityGroups(call);
  const rulesOf = ruleReader(call);
  const parts = await Promise.all([
    ...(scopes.ownAddress ? [ownAddress(call, targets, groups, rulesOf)] : []),
    ...(scopes.exclusiveGroup ? [exclusive(call, targets, groups, rulesOf)] : []),
  ]);
  const decisions = new Map<string, Decision>();
  for (const decision of parts.flat()) {
    const key = decision.rule.id ?? "";
    const known = decisions.get(key);
    // One scope may keep what the other takes away.
    if (!known || (known.kind === "keep" && decision.kind === "remove")) decisions.set(key, decision);
  }
  return [...decisions.values()];
}

/** Nothing finds the rules that name an address but reading them all. */
async function ownAddress(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
  rulesOf: RuleReader,
): Promise<readonly Decision[]> {
  const holding = [...groups.values()].filter(({ mayHoldRules }) => mayHoldRules).map(({ id }) => id);
  return await decideOwnAddress(call, targets, groups, await rulesOf(holding));
}

async function exclusive(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
  rulesOf: RuleReader,
): Promise<readonly Decision[]> {
  const standing = await readStandings(call, targets, groups);
  const free = [...standing].flatMap(([id, { keptBecause }]) => (keptBecause === undefined ? [id] : []));
  const concerned = unique([...standing.keys(), ...(await readReferencing(call, free))]);
  const rules = await rulesOf(concerned);
  return rules.flatMap((rule) => judgeExclusive(rule, groups.get(rule.groupId), standing) ?? []);
}
