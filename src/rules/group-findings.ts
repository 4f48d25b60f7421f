import { addressHolders } from "../address-holders.js";
import { groupBy, unique } from "../batch.js";
import type { Findings } from "../coverage.js";
import { DecommissionError } from "../errors.js";
import type { Finding } from "../findings.js";
import type { InstanceRecord } from "../instances.js";
import type { SecurityRule } from "../security-rules.js";
import { addressIn } from "./addresses.js";
import { namedBy, ownerOf, type RuleGroup } from "./exclusive-group.js";
import type { GroupUse, GroupUsers } from "./group-users.js";

/** What was read of the groups around some instances. */
export interface GroupsSeen {
  readonly accountId: string;
  readonly records: readonly InstanceRecord[];
  readonly groups: ReadonlyMap<string, RuleGroup & { readonly name: string }>;
  readonly users: GroupUsers;
}

/** What one of the sources of users has to say beside the group's own line: nothing, or that it could not be read. */
export function userSource({ unchecked }: GroupUsers, source: string): Findings {
  const gap = unchecked.find((each) => each.source === source);
  if (gap) throw new DecommissionError(gap.problem);
  return { nodes: [], edges: [] };
}

/** The groups that the instances are in, with who else uses them. */
export function groupFindings(seen: GroupsSeen): readonly Finding[] {
  const { records, groups } = seen;
  const othersOf = groupBy(strangers(seen), ({ groupId }) => groupId);
  return records.flatMap(({ id: instanceId, securityGroupIds }) =>
    securityGroupIds.map((id): Finding => {
      const group = groups.get(id);
      return {
        instanceId,
        node: { kind: "security-group", id, ...(group ? { name: group.name } : {}), billing: "none" },
        edge: {
          relation: "attached",
          effect: "report",
          atTermination: "kept",
          why: usersInWords(group, othersOf.get(id) ?? [], seen),
        },
      };
    }),
  );
}

/** Users that are none of the instances. */
function strangers({ records, users }: GroupsSeen): readonly GroupUse[] {
  const asked = new Set(records.map(({ id }) => id));
  return users.uses.filter(({ instanceId }) => instanceId === undefined || !asked.has(instanceId));
}

/** Users named in words before the rest is counted. */
const namedUsers = 3;

function usersInWords(
  group: RuleGroup | undefined,
  others: readonly GroupUse[],
  { accountId, users }: GroupsSeen,
): string {
  if (group?.isDefault === true) return "It is a default group, made by the cloud itself.";
  const owner = group && ownerOf(group, accountId);
  if (owner !== undefined) return `It belongs to ${owner}.`;
  const what = unique(others.map((use) => use.what));
  const rest = what.length > namedUsers ? ` and ${what.length - namedUsers} more` : "";
  if (what.length > 0) return `Others use it, too: ${what.slice(0, namedUsers).join("; ")}${rest}.`;
  if (users.unchecked.length > 0) return "No other user was found, but not every source could be read.";
  return "Nobody else uses it.";
}

/** The instances of each group that nobody else uses, as far as every source says. */
export function exclusiveMembers(seen: GroupsSeen): ReadonlyMap<string, readonly string[]> {
  const { accountId, records, groups, users } = seen;
  if (users.unchecked.length > 0) return new Map();
  const shared = new Set(strangers(seen).map(({ groupId }) => groupId));
  const members = new Map<string, string[]>();
  for (const { id: instanceId, securityGroupIds } of records) {
    for (const id of securityGroupIds) {
      const group = groups.get(id);
      if (shared.has(id) || !group || group.isDefault || ownerOf(group, accountId) !== undefined) continue;
      members.set(id, [...(members.get(id) ?? []), instanceId]);
    }
  }
  return members;
}

/**
 * Rules that exist for the instances alone: they name one of their addresses, or are of a group that only they use, or
 * name such a group. `nameOf` is what a rule is called where it has no id.
 */
export function ruleFindings(
  seen: GroupsSeen,
  rules: readonly SecurityRule[],
  nameOf = ({ id, groupId }: SecurityRule) => id ?? `${groupId}/unnamed`,
): readonly Finding[] {
  const holders = addressHolders(seen.records);
  const members = exclusiveMembers(seen);
  return rules.flatMap((rule) => {
    const ip = addressIn(rule);
    const byAddress = (holders.get(ip ?? "") ?? []).map(({ instanceId }) => ({
      instanceId,
      why: `It names ${ip} alone, an address of this instance.`,
    }));
    return [...byAddress, ...byGroup(rule, members)].map(({ instanceId, why }): Finding => {
      const name = rule.description;
      return {
        instanceId,
        node: { kind: "security-rule", id: nameOf(rule), ...(name === undefined ? {} : { name }), billing: "none" },
        edge: { relation: "references", effect: "report", atTermination: "kept", why },
      };
    });
  });
}

function byGroup(rule: SecurityRule, members: ReadonlyMap<string, readonly string[]>) {
  const own = members.get(rule.groupId);
  if (own) {
    const why = `Only the instances asked about use its group ${rule.groupId}.`;
    return own.map((instanceId) => ({ instanceId, why }));
  }
  return namedBy(rule).flatMap((named) => {
    const why = `It names the group ${named}, which only the instances asked about use.`;
    return (members.get(named) ?? []).map((instanceId) => ({ instanceId, why }));
  });
}
