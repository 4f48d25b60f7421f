import type { SecurityRule } from "../security-rules.js";
import type { Decision } from "./decision.js";
import type { RuleTarget } from "./target.js";

/** Which rules a call may take away. */
export interface RuleScopes {
  readonly ownAddress: boolean;
  readonly exclusiveGroup: boolean;
}

/** How one cloud decides in each scope. */
export interface ScopeDecisions {
  /** About every rule that names an address of a target. */
  ownAddress(): Promise<readonly Decision[]>;
  /** About every rule of a target's group, or that names such a group. */
  exclusiveGroup(): Promise<readonly Decision[]>;
  /** What tells one rule from another. Default: its id. */
  nameOf?(rule: SecurityRule): string;
}

/** Decides in the scopes that were asked for, about each rule once: one scope may keep what the other takes away. */
export async function decideInScopes(scopes: RuleScopes, cloud: ScopeDecisions): Promise<readonly Decision[]> {
  const parts = await Promise.all([
    ...(scopes.ownAddress ? [cloud.ownAddress()] : []),
    ...(scopes.exclusiveGroup ? [cloud.exclusiveGroup()] : []),
  ]);
  const decisions = new Map<string, Decision>();
  for (const decision of parts.flat()) {
    const name = cloud.nameOf?.(decision.rule) ?? decision.rule.id ?? "";
    const known = decisions.get(name);
    if (!known || (known.kind === "keep" && decision.kind === "remove")) decisions.set(name, decision);
  }
  return [...decisions.values()];
}

/** S24: what a rule that denies keeps out must not get in while one of its instances stands. */
export function keepDenials(decisions: readonly Decision[], targets: readonly RuleTarget[]): readonly Decision[] {
  const standing = new Set(targets.flatMap(({ id, now }) => (now ? [id] : [])));
  return decisions.map((decision): Decision => {
    if (decision.kind === "keep" || decision.rule.action !== "deny") return decision;
    const { rule, instanceId, because } = decision;
    const alive = because.instanceIds.find((id) => standing.has(id));
    return alive === undefined ? decision : { kind: "keep", rule, instanceId, why: `it denies, and ${alive} is there` };
  });
}
