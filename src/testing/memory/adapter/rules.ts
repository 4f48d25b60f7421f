import { chunk } from "../../../batch.js";
import type { JsonObject } from "../../../common.js";
import { DecommissionError } from "../../../errors.js";
import type { SecurityRule } from "../../../security-rules.js";
import type { Wire } from "../../../wire.js";
import { batchSize } from "../options.js";
import type { MemoryCall } from "./call.js";

/** Rules of these groups; of all without any. */
export async function readRules(call: MemoryCall, groupIds?: readonly string[]): Promise<readonly SecurityRule[]> {
  const rows =
    groupIds === undefined
      ? await call.pages("ListRules")
      : (
          await Promise.all(chunk(groupIds, batchSize).map((piece) => call.pages("ListRules", { groupIds: piece })))
        ).flat();
  const rules = rows.map(ruleOf);
  return rules.map((rule) => withNeighbours(rule, rules));
}

function ruleOf(row: Wire): SecurityRule {
  const native = row.object("rule")?.toJson() ?? {};
  const index = row.number("index");
  const described = { ...native, groupId: row.need("groupId"), native };
  if (!isRule(described)) throw malformedRule;
  if (index === undefined) return described;
  const count = row.number("count") ?? 0;
  return { ...described, position: { index, count, version: row.need("version"), neighbours: [null, null] } };
}

const malformedRule = new DecommissionError({
  code: "service",
  message: "ListRules: a rule without direction, ports or peer.",
  hint: "Check what answers at this address.",
});

function isRule(rule: object): rule is SecurityRule {
  return ["groupId", "direction", "action", "family", "protocol", "ports", "peer", "native"].every(
    (name) => name in rule,
  );
}

function withNeighbours(rule: SecurityRule, rules: readonly SecurityRule[]): SecurityRule {
  if (!rule.position) return rule;
  const { index } = rule.position;
  const at = (place: number) =>
    rules.find((other) => other.groupId === rule.groupId && other.position?.index === place)?.native;
  const neighbours = [fingerprint(at(index - 1)), fingerprint(at(index + 1))] as const;
  return { ...rule, position: { ...rule.position, neighbours } };
}

/** What tells one rule from another where none has an id. */
export function fingerprint(native: JsonObject | undefined): string | null {
  if (native === undefined) return null;
  const { id: _id, ...rest } = native;
  return JSON.stringify(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Whether two rules of one group mean the same. */
export function sameRule(one: SecurityRule, other: SecurityRule): boolean {
  if (one.groupId !== other.groupId) return false;
  return one.id !== undefined && other.id !== undefined
    ? one.id === other.id
    : fingerprint(one.native) === fingerprint(other.native);
}
