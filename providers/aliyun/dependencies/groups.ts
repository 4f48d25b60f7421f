import type { Findings } from "../../../src/coverage.js";
import { findingsOf } from "../../../src/findings.js";
import { type GroupsSeen, groupFindings, ruleFindings, userSource } from "../../../src/rules/group-findings.js";
import { groupUserSources } from "./group-users.js";
import { networksOf } from "./holders.js";
import { listing, ownWord } from "./rows.js";
import { readRulesOf } from "./security-groups.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const groupSource = "ecs:DescribeSecurityGroups";
const ruleSource = "ecs:DescribeSecurityGroupAttribute";

/** Security groups with all who use them, and rules that exist for the instances alone. */
export const groupSources: readonly AliyunSource[] = [
  listing("security-group", groupSource, "report", async (survey) =>
    findingsOf(groupSource, groupFindings(await seenIn(survey))),
  ),
  ...groupUserSources.map((source) =>
    ownWord("security-group", source, "report", async ({ reads }) => userSource(await reads.groupUsers(), source)),
  ),
  listing("security-rule", ruleSource, "report", rulesFor),
];

async function seenIn({ call, instances, reads }: AliyunSurvey) {
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const records = instances.map(({ record }) => record);
  return { accountId: call.scope.accountId, records, groups, users } satisfies GroupsSeen;
}

/** Rules are told one group at a time, and no listing says what they name: so all groups of these networks are read. */
async function rulesFor(survey: AliyunSurvey): Promise<Findings> {
  const seen = await seenIn(survey);
  const networks = new Set(networksOf(survey.instances));
  const concerned = [...seen.groups.values()].filter(
    ({ vpcId, mayHoldRules }) => mayHoldRules && (vpcId === undefined || networks.has(vpcId)),
  );
  const rules = await readRulesOf(
    survey.call,
    concerned.map(({ id }) => id),
  );
  return findingsOf(ruleSource, ruleFindings(seen, rules));
}
