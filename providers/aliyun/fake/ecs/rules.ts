import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { write } from "../action.js";
import { addRule, rule } from "../build.js";
import { checkForm } from "../lists.js";
import type {
  AliyunActions,
  AliyunRequestContext,
  AliyunState,
  Rule,
  RuleField,
  RuleFields,
  SecurityGroup,
} from "../state.js";
import { accountOf, change, emptyRule } from "../state.js";
import { records, text, texts } from "../wire/read.js";
import { checkUnmanaged, namedGroup } from "./security-groups.js";

type Direction = Rule["direction"];

const ruleFields = Object.keys(emptyRule).filter((name): name is RuleField => name in emptyRule);

/** Rules of one group (ECS limits). */
const usualQuota = 200;

/** The far side of a rule: exactly one of these. */
const peers: Readonly<Record<Direction, readonly RuleField[]>> = {
  ingress: ["SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourcePrefixListId"],
  egress: ["DestCidrIp", "Ipv6DestCidrIp", "DestGroupId", "DestPrefixListId"],
};

/** What a request says of rules: a list, or the older form with the fields of one rule in the request itself. */
function sentRules({ input }: AliyunRequestContext): readonly Partial<RuleFields>[] {
  const list = records(input, "Permissions");
  const flat = fieldsOf(input);
  if (list && Object.keys(flat).length > 0)
    throw refusal("InvalidParameter", "Permissions.N and the fields of a single rule exclude each other.");
  return list ? list.map(fieldsOf) : Object.keys(flat).length > 0 ? [flat] : [];
}

function fieldsOf(sent: JsonObject): Partial<RuleFields> {
  return Object.fromEntries(
    ruleFields.flatMap((name) => {
      const value = text(sent, name);
      return value ? [[name, written[name]?.(value) ?? value]] : [];
    }),
  );
}

/** How fields are stored and listed whatever case they were sent in. */
const written: Partial<Readonly<Record<RuleField, (value: string) => string>>> = {
  IpProtocol: (value) => value.toUpperCase(),
  Policy: (value) => value.charAt(0).toUpperCase() + value.slice(1).toLowerCase(),
};

const ipv4 = /^(\d{1,3}\.){3}\d{1,3}(\/([0-9]|[12][0-9]|3[0-2]))?$/;
const ipv6 = /^[0-9a-f:]+(\/\d{1,3})?$/i;
const ports = /^\d{1,5}\/\d{1,5}$/;

/** Refuses what cannot be a rule, and fills in what was left out. */
function completeRule(
  { state }: AliyunRequestContext,
  group: SecurityGroup,
  direction: Direction,
  sent: Partial<RuleFields>,
): RuleFields {
  const fields = rule({ Policy: "Accept", Priority: "1", NicType: "intranet", ...sent });
  const all = ["ALL", "ICMP", "ICMPV6", "GRE"];
  if (fields.IpProtocol === "") throw refusal("MissingParameter", 'The input parameter "IpProtocol" is mandatory.');
  if (!["TCP", "UDP", ...all].includes(fields.IpProtocol))
    throw refusal(
      "InvalidIpProtocol.ValueNotSupported",
      "The parameter IpProtocol must be specified with case insensitive TCP, UDP, ICMP, GRE or All.",
    );
  if (fields.PortRangeListId === "" && !(all.includes(fields.IpProtocol) ? /^-1\/-1$/ : ports).test(fields.PortRange))
    throw refusal("InvalidIpProtocol.Malformed", 'The specified parameter "PortRange" is not valid.');
  if (!/^([1-9]\d?|100)$/.test(fields.Priority))
    throw refusal("InvalidPriority.ValueNotSupported", "The parameter Priority is invalid.");
  if (fields.Policy !== "Accept" && fields.Policy !== "Drop")
    throw refusal("InvalidPolicy.Malformed", 'The specified parameter "Policy" is not valid.');
  checkPeer(state, group, direction, fields);
  return fields;
}

function checkPeer(state: AliyunState, group: SecurityGroup, direction: Direction, fields: RuleFields): void {
  const side = direction === "ingress" ? "Source" : "Dest";
  const sent = peers[direction].filter((name) => fields[name] !== "");
  if (sent.length === 0)
    throw refusal(`MissingParameter.${side}`, `Either ${side}CidrIp or ${side}GroupId must be specified.`);
  if (sent.length > 1) throw refusal("InvalidParam.Conflict", `Only one of ${sent.join(", ")} can be specified.`);
  for (const name of ["SourceCidrIp", "DestCidrIp"] as const)
    if (fields[name] !== "" && !ipv4.test(fields[name]))
      throw refusal(`Invalid${name}.Malformed`, `The specified parameter "${name}" is not valid.`);
  for (const name of ["Ipv6SourceCidrIp", "Ipv6DestCidrIp"] as const)
    if (fields[name] !== "" && !ipv6.test(fields[name]))
      throw refusal(`InvalidParam.${name}`, `The specified parameter "${name}" is not valid.`);
  checkPeerGroup(state, group, side, direction === "ingress" ? fields.SourceGroupId : fields.DestGroupId);
}

function checkPeerGroup(state: AliyunState, group: SecurityGroup, side: "Source" | "Dest", peerId: string): void {
  if (peerId === "") return;
  if (group.type === "enterprise")
    throw refusal("InvalidOperation.EnterpriseGroupNotSupport", "Advanced groups know no rules between groups.");
  const peer = state.groups.get(peerId);
  if (!peer)
    throw refusal(`Invalid${side}GroupId.NotFound`, `The ${side}GroupId provided does not exist in our records.`, 404);
  if (peer.vpcId !== group.vpcId)
    throw refusal(
      `Invalid${side}GroupId.Mismatch`,
      "Specified security group and source group are not in the same VPC.",
    );
}

function same(one: RuleFields, other: RuleFields): boolean {
  return ruleFields.every((name) => name === "Description" || one[name] === other[name]);
}

/** "adding an existing rule succeeds and adds nothing" (AuthorizeSecurityGroup). */
function authorize(direction: Direction) {
  return (context: AliyunRequestContext): undefined => {
    const { state } = context;
    const group = namedGroup(context);
    checkUnmanaged(group);
    const sent = sentRules(context);
    if (sent.length === 0) throw refusal("MissingParameter", 'The input parameter "Permissions" is mandatory.');
    const wanted = sent.map((fields) => completeRule(context, group, direction, fields));
    const fresh = wanted.filter(
      (fields) => !group.rules.some((old) => old.direction === direction && same(old.fields, fields)),
    );
    if (group.rules.length + fresh.length > (accountOf(state).rulesPerGroup ?? usualQuota))
      throw refusal(
        "AuthorizationLimitExceed",
        "The limit of authorization records in the security group reaches.",
        403,
      );
    for (const fields of fresh) addRule(context, group.id, direction, fields);
    for (const added of state.groups.get(group.id)?.rules.slice(group.rules.length) ?? []) context.effect(added.id);
  };
}

/**
 * By ids: one that is not a rule of that group and direction fails the whole call, with another code for each direction.
 * By fields: what matches nothing is a silent success (RevokeSecurityGroup, RevokeSecurityGroupEgress).
 */
function revoke(direction: Direction) {
  return (context: AliyunRequestContext): undefined => {
    const { state, input } = context;
    const group = namedGroup(context);
    checkUnmanaged(group);
    const ids = texts(input, "SecurityGroupRuleId");
    const sent = sentRules(context);
    if (ids && sent.length > 0)
      throw refusal("InvalidParameter", "SecurityGroupRuleId.N and Permissions.N exclude each other.");
    if (!ids && sent.length === 0)
      throw refusal("MissingParameter", "Either SecurityGroupRuleId.N or Permissions.N must be specified.");
    const gone = new Set(ids ? rulesById(group, direction, ids) : rulesByFields(group, direction, sent));
    change(state.groups, group.id, { rules: group.rules.filter(({ id }) => !gone.has(id)) });
    for (const id of gone) context.effect(id);
  };
}

function rulesById({ rules }: SecurityGroup, direction: Direction, ids: readonly string[]): readonly string[] {
  const own = new Set(rules.filter((each) => each.direction === direction).map(({ id }) => id));
  for (const id of ids) {
    checkForm("security-rule", id, "InvalidParam.SecurityGroupRuleId");
    if (own.has(id)) continue;
    if (direction === "ingress")
      throw refusal("InvalidParam.SecurityGroupRuleId", `The specified SecurityGroupRuleId ${id} does not exist.`);
    throw refusal("InvalidSecurityGroupRule.RuleNotExist", `The specified rule ${id} does not exist.`, 404);
  }
  return ids;
}

function rulesByFields(
  { rules }: SecurityGroup,
  direction: Direction,
  sent: readonly Partial<RuleFields>[],
): readonly string[] {
  for (const { IpProtocol, PortRange, ...peer } of sent) {
    if (!IpProtocol || !PortRange) throw refusal("MissingParameter", "IpProtocol and PortRange are mandatory.");
    if (!peers[direction].some((name) => name in peer))
      throw refusal(
        direction === "ingress" ? "MissingParameter.Source" : "MissingParameter.Dest",
        "The other side of the rule must be specified.",
      );
  }
  const fits = (fields: RuleFields) => (wanted: Partial<RuleFields>) =>
    ruleFields.every((name) => name === "Description" || wanted[name] === undefined || wanted[name] === fields[name]);
  return rules.filter((each) => each.direction === direction && sent.some(fits(each.fields))).map(({ id }) => id);
}

const common = "IpProtocol PortRange SourcePortRange Policy Priority NicType Description";
const sides: Readonly<Record<Direction, string>> = {
  ingress: `${common} SourceCidrIp Ipv6SourceCidrIp SourceGroupId SourceGroupOwnerAccount SourceGroupOwnerId
    SourcePrefixListId DestCidrIp Ipv6DestCidrIp`,
  egress: `${common} DestCidrIp Ipv6DestCidrIp DestGroupId DestGroupOwnerAccount DestGroupOwnerId DestPrefixListId
    SourceCidrIp`,
};

function parameters(direction: Direction, more = ""): string {
  return `RegionId! SecurityGroupId! ClientToken ${more} Permissions[100]{${sides[direction]} PortRangeListId} ${sides[direction]}`;
}

/** Rules of security groups. */
export const rules: AliyunActions = {
  "ecs:AuthorizeSecurityGroup": write(parameters("ingress"), authorize("ingress")),
  "ecs:AuthorizeSecurityGroupEgress": write(parameters("egress"), authorize("egress")),
  "ecs:RevokeSecurityGroup": write(parameters("ingress", "SecurityGroupRuleId[100]"), revoke("ingress")),
  "ecs:RevokeSecurityGroupEgress": write(parameters("egress", "SecurityGroupRuleId[100]"), revoke("egress")),
};
