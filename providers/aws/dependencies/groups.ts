import { addressHolders } from "../../../src/address-holders.js";
import { groupBy, unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import { type GroupUse, groupUserSources } from "./group-users.js";
import { hidesRows, nothing } from "./hides-rows.js";
import { groupsThatName, groupsThatNameAddress, readRulesOf, type SecurityGroup } from "./security-groups.js";
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
    read: async (survey) => findingsOf(groupSource, await membershipOf(survey)),
  },
  ...groupUserSources.map(
    (source): AwsSource => ({
      kind: "security-group",
      source,
      gate: "report",
      hidesRows,
      read: async ({ reads }) => {
        const gap = (await reads.groupUsers()).unchecked.find((each) => each.source === source);
        if (gap) throw new DecommissionError(gap.problem);
        // What it told is part of the group's own line.
        return nothing;
      },
    }),
  ),
  {
    kind: "security-rule",
    source: ruleSource,
    gate: "report",
    hidesRows,
    read: rulesFor,
  },
];

async function membershipOf({ instances, reads }: AwsSurvey): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const strangers = users.uses.filter((use) => !asked.has(use.instanceId ?? ""));
  const othersOf = groupBy(strangers, (use) => use.groupId);
  return instances.flatMap(({ record }) =>
    record.securityGroupIds.map((id): Finding => {
      const group = groups.get(id);
      const others = othersOf.get(id) ?? [];
      return {
        instanceId: record.id,
        node: { kind: "security-group", id, ...(group ? { name: group.name } : {}), billing: "none" },
        edge: {
          relation: "attached",
          effect: "report",
          atTermination: "kept",
          why: usersInWords(group, others, users.unchecked.length),
        },
      };
    }),
  );
}

/** Users named in words before the rest is counted. */
const namedUsers = 3;

function usersInWords(group: SecurityGroup | undefined, others: readonly GroupUse[], unchecked: number): string {
  if (group?.isDefault === true) return "It is the default group of its network.";
  if (group?.managedBy !== undefined) return `It belongs to ${group.managedBy}.`;
  const what = unique(others.map((use) => use.what));
  const rest = what.length > namedUsers ? ` and ${what.length - namedUsers} more` : "";
  if (what.length > 0) return `Others use it, too: ${what.slice(0, namedUsers).join("; ")}${rest}.`;
  if (unchecked > 0) return "No other user was found, but not every source could be read.";
  return "Nobody else uses it.";
}

/** Rules that name one address of an instance, and rules of groups, or naming groups, that only these instances use. */
async function rulesFor(survey: AwsSurvey): Promise<Findings> {
  const { call, instances, reads } = survey;
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const holders = addressHolders(instances.map(({ record }) => record));
  const members = exclusiveMembers(survey, groups, users);
  const exclusive = new Set(members.keys());
  const concerned = unique([
    ...groupsThatNameAddress(groups, new Set(holders.keys())).map(({ id }) => id),
    ...exclusive,
    ...groupsThatName(groups, exclusive).map(({ id }) => id),
  ]);
  const rules = await readRulesOf(call, concerned);
  return findingsOf(
    ruleSource,
    rules.flatMap((rule) => [...byAddress(rule, holders), ...byGroup(rule, members)]),
  );
}

/** The instances of each group that nobody else uses, as far as every source says. */
function exclusiveMembers(
  { instances }: AwsSurvey,
  groups: ReadonlyMap<string, SecurityGroup>,
  users: { readonly uses: readonly GroupUse[]; readonly unchecked: readonly unknown[] },
): ReadonlyMap<string, readonly string[]> {
  if (users.unchecked.length > 0) return new Map();
  const asked = new Set(instances.map(({ record }) => record.id));
  const shared = new Set(users.uses.filter((use) => !asked.has(use.instanceId ?? "")).map((use) => use.groupId));
  const members = new Map<string, string[]>();
  for (const { record } of instances) {
    for (const id of record.securityGroupIds) {
      const group = groups.get(id);
      if (shared.has(id) || !group || group.isDefault || group.managedBy !== undefined) continue;
      members.set(id, [...(members.get(id) ?? []), record.id]);
    }
  }
  return members;
}

function byAddress(rule: SecurityRule, holders: ReturnType<typeof addressHolders>): readonly Finding[] {
  const ip = rule.peer.kind === "cidr" ? singleAddress(rule.peer.cidr) : undefined;
  return (holders.get(ip ?? "") ?? []).map(({ instanceId }) =>
    ruleFinding(rule, instanceId, `It names ${ip} alone, an address of this instance.`),
  );
}

function byGroup(rule: SecurityRule, members: ReadonlyMap<string, readonly string[]>): readonly Finding[] {
  const own = members.get(rule.groupId);
  if (own)
    return own.map((id) => ruleFinding(rule, id, `Only the instances asked about use its group ${rule.groupId}.`));
  const named = rule.peer.kind === "security-group" ? rule.peer.groupId : "";
  return (members.get(named) ?? []).map((id) =>
    ruleFinding(rule, id, `It names the group ${named}, which only the instances asked about use.`),
  );
}

function ruleFinding(rule: SecurityRule, instanceId: string, why: string): Finding {
  return {
    instanceId,
    node: {
      kind: "security-rule",
      id: rule.id ?? `${rule.groupId}/unnamed`,
      ...(rule.description === undefined ? {} : { name: rule.description }),
      billing: "none",
    },
    edge: { relation: "references", effect: "report", atTermination: "kept", why },
  };
}
