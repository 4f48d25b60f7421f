import { findingsOf } from "../../../src/findings.js";
import { type GroupsSeen, groupFindings, ruleFindings, userSource } from "../../../src/rules/group-findings.js";
import { rulesOf } from "../policies.js";
import { ruleName } from "../rule.js";
import { hidesRows } from "./controls.js";
import { groupUserSources } from "./group-users.js";
import { byAddress, type TencentSource, type TencentSurvey } from "./survey.js";

const groupSource = "vpc:DescribeSecurityGroups";
const ruleSource = "vpc:DescribeSecurityGroupPolicies";

/** Security groups with all who use them, and rules that exist for the instances alone. */
export const groupSources: readonly TencentSource[] = [
  {
    kind: "security-group",
    source: groupSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(groupSource, groupFindings(await seenIn(survey))),
  },
  ...groupUserSources.map(
    (source): TencentSource => ({
      kind: "security-group",
      source,
      gate: "report",
      // The cloud's own count of users shows what a listing hides.
      hidesRows: false,
      read: async ({ reads }) => userSource(await reads.groupUsers(), source),
    }),
  ),
  {
    kind: "security-rule",
    source: ruleSource,
    gate: "report",
    hidesRows,
    read: async (survey) => {
      const [seen, policies] = await Promise.all([seenIn(survey), survey.reads.policies()]);
      const rules = [...policies.values()].flatMap(rulesOf);
      return byAddress(survey, findingsOf(ruleSource, ruleFindings(seen, rules, ruleName)));
    },
  },
];

async function seenIn({ call, instances, reads }: TencentSurvey): Promise<GroupsSeen> {
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const records = instances.map(({ record }) => record);
  return { accountId: call.scope.accountId, records, groups, users };
}
