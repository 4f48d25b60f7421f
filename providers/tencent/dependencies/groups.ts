import { groupBy, unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { singleAddress } from "../../../src/rules/addresses.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import { rulesOf, type SecurityGroup } from "../policies.js";
import { ruleName } from "../rule.js";
import { hidesRows, nothing } from "./controls.js";
import { type GroupUse, type GroupUsers, groupUserSources } from "./group-users.js";
import { addressHolders } from "./holders.js";
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
    read: async (survey) => findingsOf(groupSource, await membershipOf(survey)),
  },
  ...groupUserSources.map(
    (source): TencentSource => ({
      kind: "security-group",
      source,
      gate: "report",
      // The cloud's own count of users shows what a listing hides.
      hidesRows: false,
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
    read: async (survey) => byAddress(survey, await rulesFor(survey)),
  },
];

async function membershipOf({ instances, reads }: TencentSurvey): Promise<readonly Finding[]> {
  const asked = new Set(instances.map(({ record }) => record.id));
  const [groups, users] = await Promise.all([reads.securityGroups(), reads.groupUsers()]);
  const strangers = users.uses.filter((use) => !asked.has(use.instanceId ?? ""));
  const othersOf = groupBy(strangers, (use) => use.groupId);
  return instances.flatMap(({ record }) =>
    record.securityGroupIds.map((id): Finding => {
      const group = groups.get(id);
      return {
        instanceId: record.id,
        node: { kind: "security-group", id, ...(group ? { name: group.name } : {}), billing: "none" },
        edge: {
          relation: "attached",
          effect: "report",
          atTermination: "kept",
          why: usersInWords(group, othersOf.get(id) ?? [], users.unchecked.length),
        },
      };
    }),
  );
}

/** Users named in words before the rest is counted. */
const namedUsers = 3;

function usersInWords(group: SecurityGroup | undefined, others: readonly GroupUse[], unchecked: number): string {
  if (group?.isDefault === true) return "It is a default group.";
  const what = unique(others.map((use) => use.what));
  const rest = what.length > namedUsers ? ` and ${what.length - namedUsers} more` : "";
  if (what.length > 0) return `Others use it, too: ${what.slice(0, namedUsers).join("; ")}${rest}.`;
  if (unchecked > 0) return "No other user was found, but not every source could be read.";
  return "Nobody else uses it.";
}

/** Rules that name one address of an instance, and rules of groups, or naming groups, that only these instances use. */
async function rulesFor(survey: TencentSurvey): Promise<Findings> {
  const { instances, reads } = survey;
  const [groups, users, policies] = await Promise.all([reads.securityGroups(), reads.groupUsers(), reads.policies()]);
  const holders = addressHolders(instances.map(({ record }) => record));
  const members = exclusiveMembers(survey, groups, users);
  const rules = [...policies.values()].flatMap(rulesOf);
  return findingsOf(
    ruleSource,
    rules.flatMap((rule) => [...byPeerAddress(rule, holders), ...byGroup(rule, members)]),
  );
}

/** The instances of each group that nobody else uses, as far as every source says. */
function exclusiveMembers(
  { instances }: TencentSurvey,
  groups: ReadonlyMap<string, SecurityGroup>,
  users: GroupUsers,
): ReadonlyMap<string, readonly string[]> {
  if (users.unchecked.length > 0) return new Map();
  const asked = new Set(instances.map(({ record }) => record.id));
  const shared = new Set(users.uses.filter((use) => !asked.has(use.instanceId ?? "")).map((use) => use.groupId));
  const members = new Map<string, string[]>();
  for (const { record } of instances) {
    for (const id of record.securityGroupIds) {
      const group = groups.get(id);
      if (shared.has(id) || !group || group.isDefault) continue;
      members.set(id, [...(members.get(id) ?? []), record.id]);
    }
  }
  return members;
}

function byPeerAddress(rule: SecurityRule, holders: ReturnType<typeof addressHolders>): readonly Finding[] {
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
  const why = `It names the group ${named}, which only the instances asked about use.`;
  return (members.get(named) ?? []).map((id) => ruleFinding(rule, id, why));
}

function ruleFinding(rule: SecurityRule, instanceId: string, why: string): Finding {
  const name = rule.description;
  return {
    instanceId,
    node: { kind: "security-rule", id: ruleName(rule), ...(name === undefined ? {} : { name }), billing: "none" },
    edge: { relation: "references", effect: "report", atTermination: "kept", why },
  };
}
