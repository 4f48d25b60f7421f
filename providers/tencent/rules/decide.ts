import { unique } from "../../../src/batch.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleScopes } from "../../../src/rules/release-rules.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { TencentCall } from "../call.js";
import { readReferences } from "../dependencies/group-users.js";
import { readPoliciesOf, readSecurityGroups, rulesOf, type SecurityGroup } from "../policies.js";
import { ruleName } from "../rule.js";
import { judgeExclusive, readStandings } from "./exclusive-group.js";
import { decideOwnAddress } from "./own-address.js";

/** Reads all it takes and decides about every rule that concerns the targets. Each rule is decided once. */
export async function decide(
  call: TencentCall,
  targets: readonly RuleTarget[],
  scopes: RuleScopes,
): Promise<readonly Decision[]> {
  if (targets.length === 0) return [];
  const groups = await readSecurityGroups(call);
  const parts = await Promise.all([
    ...(scopes.ownAddress ? [ownAddress(call, targets, groups)] : []),
    ...(scopes.exclusiveGroup ? [exclusive(call, targets, groups)] : []),
  ]);
  const decisions = new Map<string, Decision>();
  for (const decision of parts.flat()) {
    const key = ruleName(decision.rule);
    const known = decisions.get(key);
    // One scope may keep what the other takes away.
    if (!known || (known.kind === "keep" && decision.kind === "remove")) decisions.set(key, decision);
  }
  return [...decisions.values()];
}

/** Nothing finds the rules that name an address but reading them all: the listing's filter is fuzzy, and per group. */
async function ownAddress(
  call: TencentCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
): Promise<readonly Decision[]> {
  const policies = await readPoliciesOf(call, [...groups.keys()]);
  return await decideOwnAddress(call, targets, [...policies.values()].flatMap(rulesOf));
}

async function exclusive(
  call: TencentCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
): Promise<readonly Decision[]> {
  const standing = await readStandings(call, targets, groups);
  const free = [...standing].flatMap(([id, { keptBecause }]) => (keptBecause === undefined ? [id] : []));
  const references = free.length === 0 ? new Map<string, readonly string[]>() : await readReferences(call, free);
  const concerned = unique([...standing.keys(), ...[...references.values()].flat()]);
  const policies = await readPoliciesOf(call, concerned);
  return [...policies.values()].flatMap(rulesOf).flatMap((rule) => judgeExclusive(rule, standing) ?? []);
}
