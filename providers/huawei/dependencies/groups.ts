import { findingsOf } from "../../../src/findings.js";
import { type GroupsSeen, groupFindings, ruleFindings, userSource } from "../../../src/rules/group-findings.js";
import { securityRule } from "../rule.js";
import { groupUserSources } from "./group-users.js";
import { hidesRows } from "./hides-rows.js";
import { readAllRules } from "./security-groups.js";
import type { HuaweiSource, HuaweiSurvey } from "./survey.js";

const groupSource = "vpc:ListSecurityGroups";
const ruleSource = "vpc:ListSecurityGroupRules";

/** Security groups with all who use them, and rules that exist for the servers alone. */
export const groupSources: readonly HuaweiSource[] = [
  {
    kind: "security-group",
    source: groupSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(groupSource, groupFindings(await seenIn(survey))),
  },
  ...groupUserSources.map(
    (source): HuaweiSource => ({
      kind: "security-group",
      source,
      gate: "report",
      hidesRows,
      read: async ({ reads }) => userSource(await reads.groupUsers(), source),
    }),
  ),
  {
    kind: "security-rule",
    source: ruleSource,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      const [seen, rules] = await Promise.all([seenIn(survey), readAllRules(survey.call)]);
      return findingsOf(ruleSource, ruleFindings(seen, rules.map(securityRule)));
    },
  },
];

async function seenIn({ call, instances, reads }: HuaweiSurvey): Promise<GroupsSeen> {
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const records = instances.map(({ record }) => record);
  return { accountId: call.scope.accountId, records, groups, users };
}
