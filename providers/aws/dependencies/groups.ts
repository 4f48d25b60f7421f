import { addressHolders } from "../../../src/address-holders.js";
import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { findingsOf } from "../../../src/findings.js";
import {
  exclusiveMembers,
  type GroupsSeen,
  groupFindings,
  ruleFindings,
  userSource,
} from "../../../src/rules/group-findings.js";
import { groupUserSources } from "./group-users.js";
import { hidesRows } from "./hides-rows.js";
import { groupsThatName, groupsThatNameAddress, readRulesOf } from "./security-groups.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const groupSource = "ec2:DescribeSecurityGroups";
const ruleSource = "ec2:DescribeSecurityGroupRules";

/** Security groups with all who use them, and rules that exist for the instances alone. */
export const groupSources: readonly AwsSource[] = [
  {
    kind: "security-group",
    source: groupSource,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(groupSource, groupFindings(await seenIn(survey))),
  },
  ...groupUserSources.map(
    (source): AwsSource => ({
      kind: "security-group",
      source,
      gate: "report",
      hidesRows,
      read: async ({ reads }) => userSource(await reads.groupUsers(), source),
    }),
  ),
  { kind: "security-rule", source: ruleSource, gate: "report", hidesRows, read: rulesFor },
];

async function seenIn({ call, instances, reads }: AwsSurvey) {
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const records = instances.map(({ record }) => record);
  return { accountId: call.scope.accountId, records, groups, users } satisfies GroupsSeen;
}

/** Only groups are read in full that are the instances' own, or that the listing shows to name one of them or an address. */
async function rulesFor(survey: AwsSurvey): Promise<Findings> {
  const seen = await seenIn(survey);
  const exclusive = new Set(exclusiveMembers(seen).keys());
  const concerned = unique([
    ...groupsThatNameAddress(seen.groups, new Set(addressHolders(seen.records).keys())).map(({ id }) => id),
    ...exclusive,
    ...groupsThatName(seen.groups, exclusive).map(({ id }) => id),
  ]);
  return findingsOf(ruleSource, ruleFindings(seen, await readRulesOf(survey.call, concerned)));
}
