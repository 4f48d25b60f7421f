import { unique } from "../../../src/batch.js";
import type { JsonObject } from "../../../src/common.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { type RuleFacts, readRulesOf } from "../dependencies/security-groups.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const source = "vpc:ListSecurityGroupRules";

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

async function rulesThatCameBack({ call, ended, removedRules }: HuaweiAftermath): Promise<readonly Finding[]> {
  const endedIds = new Set(ended.map(({ id }) => id));
  const removed = removedRules.filter(({ because }) => because.instanceIds.some((id) => endedIds.has(id)));
  if (removed.length === 0) return [];
  const now = await readRulesOf(call, unique(removed.map(({ rule }) => rule.groupId)));
  const standing = new Map(now.map((rule) => [meaningOf(rule.wire.toJson()), rule]));
  return removed.flatMap(({ rule, because }) => {
    const back = standing.get(meaningOf(rule.native));
    if (!back) return [];
    return because.instanceIds.filter((id) => endedIds.has(id)).map((instanceId) => cameBack(back, instanceId));
  });
}

/** What a rule lets through, in VPC v3's own fields: it comes back under another id, and with the default priority. */
const telling = [
  "security_group_id",
  "direction",
  "ethertype",
  "protocol",
  "multiport",
  "remote_ip_prefix",
  "remote_group_id",
  "remote_address_group_id",
  "action",
] as const;

function meaningOf(native: JsonObject): string {
  return JSON.stringify(telling.map((name) => String(native[name] ?? "").toLowerCase()));
}

function cameBack(rule: RuleFacts, instanceId: string): Finding {
  return {
    instanceId,
    node: { kind: "security-rule", id: rule.id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "kept",
      why: `It was taken away from ${rule.groupId} and is back: something else sets it.`,
    },
  };
}
