import { unique } from "../batch.js";
import type { Finding } from "../findings.js";
import type { RemovedSecurityRule, SecurityRule } from "../security-rules.js";
import type { Ended } from "../verdicts.js";

/** Rules that were taken away for ended instances and stand again: something else sets them. */
export async function rulesThatCameBack(
  { ended, removedRules }: { readonly ended: readonly Ended[]; readonly removedRules: readonly RemovedSecurityRule[] },
  readRulesOf: (groupIds: readonly string[]) => Promise<readonly SecurityRule[]>,
): Promise<readonly Finding[]> {
  const endedIds = new Set(ended.map(({ id }) => id));
  const removed = removedRules.filter(({ because }) => because.instanceIds.some((id) => endedIds.has(id)));
  if (removed.length === 0) return [];
  const now = await readRulesOf(unique(removed.map(({ rule }) => rule.groupId)));
  const standing = new Map(now.map((rule) => [meaningOf(rule), rule]));
  return removed.flatMap(({ rule, because }) => {
    const back = standing.get(meaningOf(rule));
    if (!back) return [];
    const ids = because.instanceIds.filter((id) => endedIds.has(id));
    return ids.map((instanceId) => cameBack(back, instanceId));
  });
}

/** What a rule lets through: it comes back under another id. */
function meaningOf({ groupId, direction, action, protocol, ports, peer }: SecurityRule): string {
  const { accountName: _, ...source } = { accountName: undefined, ...peer };
  return JSON.stringify([
    groupId,
    direction,
    action,
    protocol.unified,
    protocol.raw,
    ports,
    Object.entries(source).sort(),
  ]);
}

function cameBack(rule: SecurityRule, instanceId: string): Finding {
  return {
    instanceId,
    node: { kind: "security-rule", id: rule.id ?? `${rule.groupId}/unnamed`, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "kept",
      why: `It was taken away from ${rule.groupId} and is back: something else sets it.`,
    },
  };
}
