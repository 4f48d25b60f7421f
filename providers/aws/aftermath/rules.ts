import { unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { readRulesOf } from "../dependencies/security-groups.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const source = "ec2:DescribeSecurityGroupRules";

/** Rules that were taken away and came back, as infrastructure as code makes them. */
export const ruleSources: readonly AftermathSource[] = [
  {
    kind: "security-rule",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(source, await rulesThatCameBack(aftermath)),
  },
];

async function rulesThatCameBack({ call, ended, removedRules }: AwsAftermath): Promise<readonly Finding[]> {
  const endedIds = new Set(ended.map(({ id }) => id));
  const removed = removedRules.filter(({ because }) => because.instanceIds.some((id) => endedIds.has(id)));
  if (removed.length === 0) return [];
  const now = await readRulesOf(call, unique(removed.map(({ rule }) => rule.groupId)));
  const standing = new Map(now.map((rule) => [meaningOf(rule), rule]));
  return removed.flatMap(({ rule, because }) => {
    const back = standing.get(meaningOf(rule));
    if (!back) return [];
    const ids = because.instanceIds.filter((id) => endedIds.has(id));
    return ids.map((instanceId) => cameBack(back, instanceId));
  });
}

/** What a rule lets through: it comes back under another id. */
function meaningOf({ groupId, direction, protocol, ports, peer }: SecurityRule): string {
  const { accountName: _, ...source } = { accountName: undefined, ...peer };
  return JSON.stringify([groupId, direction, protocol.unified, protocol.raw, ports, Object.entries(source).sort()]);
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
