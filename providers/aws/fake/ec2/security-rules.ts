import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { checkForm, type ListSpec, list } from "../describe.js";
import { isDefaultVpc } from "../network.js";
import {
  type AwsRequestContext,
  type AwsState,
  existing,
  type Peer,
  type Rule,
  type SecurityGroup,
  tagSet,
} from "../state.js";
import { need, number, records, text, texts } from "../wire/read.js";
import { type Ec2Actions, read, write } from "./actions.js";
import { namedGroup } from "./security-groups.js";
import { taggedAs } from "./snapshots.js";

/** "Inbound or outbound rules per security group" ("Amazon VPC quotas"), each direction for itself. */
const defaultRulesPerGroup = 60;

const ruleList: ListSpec<Rule> = {
  set: "securityGroupRuleSet",
  things: ({ rules }) => rules,
  ids: [
    {
      parameter: "SecurityGroupRuleId",
      path: "securityGroupRuleId",
      notFound: "InvalidSecurityGroupRuleId.NotFound",
      form: "security-rule",
      malformed: "InvalidSecurityGroupRuleId.Malformed",
    },
  ],
  pages: [5, 1000],
  emptyToken: true,
  filters: { "group-id": "groupId", "security-group-rule-id": "securityGroupRuleId" },
  item: ruleItem,
};

function ruleItem(rule: Rule, { scope }: AwsRequestContext): JsonObject {
  return {
    securityGroupRuleId: rule.id,
    securityGroupRuleArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:security-group-rule/${rule.id}`,
    groupId: rule.groupId,
    groupOwnerId: scope.accountId,
    isEgress: rule.egress,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort,
    toPort: rule.toPort,
    ...peerItem(rule.peer),
    description: rule.description ?? null,
    tagSet: tagSet(rule.tags),
  };
}

function peerItem(peer: Peer): JsonObject {
  if (!("groupId" in peer)) return { ...peer };
  const { groupId, userId, vpcId, peeringId } = peer;
  return {
    referencedGroupInfo: { groupId, userId, vpcId: vpcId ?? null, vpcPeeringConnectionId: peeringId ?? null },
  };
}

/** A rule without what the cloud adds. */
type Wanted = Omit<Rule, "id" | "groupId" | "egress" | "tags">;

const protocolNames: Readonly<Record<string, string>> = {
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
  all: "-1",
};

/** One rule for each source of each permission. The short form of a single CIDR is one permission as well. */
function wantedRules({ state, parameters, scope }: AwsRequestContext): readonly Wanted[] {
  const short = text(parameters, "CidrIp");
  const sent = records(parameters, "IpPermissions");
  const all = short === undefined ? sent : [...sent, { ...parameters, IpRanges: [{ CidrIp: short }] }];
  if (all.length === 0) throw refusal("MissingParameter", "The request must contain the parameter ipPermissions");
  return all.flatMap((permission) => {
    const named = need(permission, "IpProtocol");
    const protocol = protocolNames[named] ?? named;
    const ports = portsOf(permission, protocol);
    const peers = peersOf(permission, state, scope.accountId);
    if (peers.length === 0) throw refusal("MissingParameter", "Source group or CIDR must be specified");
    return peers.map(({ peer, description }) => ({ protocol, ...ports, peer, description }));
  });
}

function portsOf(permission: JsonObject, protocol: string): { readonly fromPort: number; readonly toPort: number } {
  const from = number(permission, "FromPort");
  const to = number(permission, "ToPort");
  if (protocol === "-1") return { fromPort: -1, toPort: -1 };
  if (["tcp", "udp"].includes(protocol)) {
    if (from === undefined || to === undefined)
      throw refusal(
        "InvalidParameterValue",
        "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
      );
    if (from > to || from < 0 || to > 65535)
      throw refusal("InvalidParameterValue", `Invalid TCP/UDP port range (${from}:${to})`);
  }
  return { fromPort: from ?? -1, toPort: to ?? -1 };
}

interface DescribedPeer {
  readonly peer: Peer;
  readonly description: string | undefined;
}

function peersOf(permission: JsonObject, state: AwsState, accountId: string): readonly DescribedPeer[] {
  const each = (name: string, peerOf: (source: JsonObject) => Peer): readonly DescribedPeer[] =>
    records(permission, name).map((source) => ({ peer: peerOf(source), description: text(source, "Description") }));
  return [
    ...each("IpRanges", (source) => ({ cidrIpv4: canonicalCidr(need(source, "CidrIp")) })),
    ...each("Ipv6Ranges", (source) => ({ cidrIpv6: need(source, "CidrIpv6") })),
    ...each("PrefixListIds", (source) => ({ prefixListId: need(source, "PrefixListId") })),
    ...each("Groups", (source) => groupPeer(source, state, accountId)),
  ];
}

function groupPeer(source: JsonObject, state: AwsState, accountId: string): Peer {
  const groupId = need(source, "GroupId");
  const userId = text(source, "UserId") ?? accountId;
  if (userId === accountId) existing(state.groups, groupId, "InvalidGroup.NotFound", "security group");
  const vpcId = text(source, "VpcId");
  const peeringId = text(source, "VpcPeeringConnectionId");
  return {
    groupId,
    userId,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(peeringId === undefined ? {} : { peeringId }),
  };
}

/** Bits behind the prefix are cut: 100.68.0.18/18 becomes 100.68.0.0/18 (AuthorizeSecurityGroupIngress). */
export function canonicalCidr(cidr: string): string {
  const parts = cidr
    .match(/^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/)
    ?.slice(1)
    .map(Number);
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = parts ?? [];
  if (!parts || Math.max(a, b, c, d) > 255 || bits > 32)
    throw refusal("InvalidParameterValue", `CIDR block ${cidr} is malformed`);
  const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const kept = bits === 0 ? 0 : (address & (0xffffffff << (32 - bits))) >>> 0;
  return `${[24, 16, 8, 0].map((shift) => (kept >>> shift) & 255).join(".")}/${bits}`;
}

/** Two rules are the same when direction, protocol, ports and peer are; a description does not count. */
function sameRule(one: Pick<Rule, "protocol" | "fromPort" | "toPort" | "peer">, other: Wanted): boolean {
  const key = ({ protocol, fromPort, toPort, peer }: Pick<Wanted, "protocol" | "fromPort" | "toPort" | "peer">) =>
    JSON.stringify([protocol, fromPort, toPort, "groupId" in peer ? peer.groupId : peer]);
  return key(one) === key(other);
}

function authorize(egress: boolean) {
  return (context: AwsRequestContext): JsonObject => {
    const { state, parameters, ids, effect } = context;
    const group = namedGroup(context);
    const wanted = wantedRules(context);
    const present = ownRules(state, group, egress);
    const duplicate = wanted.find((rule) => present.some((one) => sameRule(one, rule)));
    if (duplicate)
      throw refusal(
        "InvalidPermission.Duplicate",
        `the specified rule "peer: ${JSON.stringify(duplicate.peer)}" already exists`,
      );
    if (present.length + wanted.length > (state.quotas.get("rules") ?? defaultRulesPerGroup))
      throw refusal(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
      );
    const tags = taggedAs(parameters, "security-group-rule");
    const made = wanted.map((rule) => ({ ...rule, id: ids.assign("security-rule"), groupId: group.id, egress, tags }));
    for (const rule of made) {
      state.rules.set(rule.id, rule);
      effect(rule.id);
    }
    return { return: true, securityGroupRuleSet: made.map((rule) => ruleItem(rule, context)) };
  };
}

function ownRules(state: AwsState, group: SecurityGroup, egress: boolean): readonly Rule[] {
  return [...state.rules.values()].filter((rule) => rule.groupId === group.id && rule.egress === egress);
}

function revoke(egress: boolean) {
  return (context: AwsRequestContext): JsonObject => {
    const { state, parameters, effect } = context;
    const group = namedGroup(context);
    const present = ownRules(state, group, egress);
    const ids = texts(parameters, "SecurityGroupRuleId");
    const byId = ids.length > 0;
    if (byId && (parameters.IpPermissions !== undefined || parameters.CidrIp !== undefined))
      throw refusal("InvalidParameterCombination", "Specify either rule IDs or permissions, not both.");
    const { found, unknown } = byId
      ? { found: namedRules(present, ids), unknown: [] }
      : describedRules(context, group, present);
    for (const rule of found) {
      state.rules.delete(rule.id);
      effect(rule.id);
    }
    return {
      return: true,
      ...(unknown.length > 0 ? { unknownIpPermissionSet: unknown } : {}),
      revokedSecurityGroupRuleSet: found.map(revokedItem),
    };
  };
}

/** One id that is not this group's, or not of this direction, and nothing is revoked. */
function namedRules(present: readonly Rule[], ids: readonly string[]): readonly Rule[] {
  return ids.map((id) => {
    checkForm("security-rule", id, "InvalidSecurityGroupRuleId.Malformed");
    const rule = present.find((one) => one.id === id);
    if (!rule)
      throw refusal("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${id}' does not exist`);
    return rule;
  });
}

/** In a default VPC what does not match is reported and the rest revoked; elsewhere nothing is revoked (RevokeSecurityGroupIngress). */
function describedRules(
  context: AwsRequestContext,
  group: SecurityGroup,
  present: readonly Rule[],
): { readonly found: readonly Rule[]; readonly unknown: readonly JsonObject[] } {
  const pairs = wantedRules(context).map((wanted) => ({ wanted, rule: present.find((one) => sameRule(one, wanted)) }));
  const unknown = pairs.filter(({ rule }) => !rule).map(({ wanted }) => wanted);
  if (unknown.length > 0 && !isDefaultVpc(context.state, group.vpcId))
    throw refusal("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  return {
    found: pairs.flatMap(({ rule }) => rule ?? []),
    unknown: unknown.map(({ protocol, fromPort, toPort }) => ({ ipProtocol: protocol, fromPort, toPort })),
  };
}

/** Lacks the owner and the peering of a group: not enough to put the rule back. */
function revokedItem(rule: Rule): JsonObject {
  const { peer } = rule;
  return {
    securityGroupRuleId: rule.id,
    groupId: rule.groupId,
    isEgress: rule.egress,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort,
    toPort: rule.toPort,
    ...("groupId" in peer ? { referencedGroupId: peer.groupId } : peer),
    description: rule.description ?? null,
  };
}

/** Security group rules. */
export const ruleActions: Ec2Actions = {
  DescribeSecurityGroupRules: read((context) => list(context, ruleList)),
  AuthorizeSecurityGroupIngress: write(authorize(false)),
  AuthorizeSecurityGroupEgress: write(authorize(true)),
  RevokeSecurityGroupIngress: write(revoke(false)),
  RevokeSecurityGroupEgress: write(revoke(true)),
};
