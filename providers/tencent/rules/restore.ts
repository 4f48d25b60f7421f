import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { TencentCall } from "../call.js";
import { type GroupPolicies, readPolicies } from "../policies.js";
import { fingerprint, policyOf } from "../rule.js";

/** Whether a group holds a rule of just this content. */
export function isThere(policies: GroupPolicies | undefined, rule: SecurityRule): boolean {
  const print = fingerprint(rule.native);
  return policies?.[rule.direction].some(({ native }) => fingerprint(native) === print) ?? false;
}

/**
 * The place a removed rule goes back to: between the neighbours it had, or between those next to them where its
 * neighbours are away as well and come back with it. `undefined` where those two are not next to each other (S24).
 */
export function placeOf(
  rule: SecurityRule,
  present: readonly SecurityRule[],
  away: readonly SecurityRule[],
): number | undefined {
  const prints = present.map(({ native }) => fingerprint(native));
  const before = neighbour(rule, 0, prints, away);
  const after = neighbour(rule, 1, prints, away);
  const index = before === null ? 0 : prints.indexOf(before) + 1;
  const fits = (before === null || index > 0) && (prints[index] ?? null) === after;
  return fits ? index : undefined;
}

/** The nearest former neighbour on one side that is there. */
function neighbour(
  rule: SecurityRule,
  side: 0 | 1,
  present: readonly (string | null)[],
  away: readonly SecurityRule[],
): string | null {
  const passed = new Set<string>();
  let print = rule.position?.neighbours[side] ?? null;
  while (print !== null && !present.includes(print) && !passed.has(print)) {
    passed.add(print);
    const other = away.find((one) => one.direction === rule.direction && fingerprint(one.native) === print);
    if (!other) return print;
    print = other.position?.neighbours[side] ?? null;
  }
  return print;
}

/**
 * Puts one rule back at a place. One rule a request: all rules of one request must carry the same place
 * ("CreateSecurityGroupPolicies", vpc 2017-03-12).
 */
export async function createRule(
  call: TencentCall,
  rule: SecurityRule,
  place: { readonly version: string; readonly index: number },
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const policy = { PolicyIndex: place.index, ...policyOf(rule.native) };
  return await call.requests.mutate({
    service: "vpc",
    action: "CreateSecurityGroupPolicies",
    parameters: {
      SecurityGroupId: rule.groupId,
      SecurityGroupPolicySet: {
        Version: place.version,
        [rule.direction === "egress" ? "Egress" : "Ingress"]: [policy],
      },
    },
    instanceIds,
    effects,
    confirm: confirmByReading(call.requests, async () => isThere(await readPolicies(call, rule.groupId), rule)),
  });
}
