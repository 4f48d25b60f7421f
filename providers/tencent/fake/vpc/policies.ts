import type { JsonObject } from "../../../../src/common.js";
import { flag, isRecord, need, number, record, records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { Policy, SecurityGroup } from "../records.js";
import { vpc } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext } from "../state.js";
import { beijing } from "../times.js";

const template = "ServiceTemplate{ServiceId ServiceGroupId}";
const policy =
  `PolicyIndex:n Protocol Port ${template} CidrBlock Ipv6CidrBlock SecurityGroupId ` +
  "AddressTemplate{AddressId AddressGroupId} Action PolicyDescription ModifyTime Priority:n";
const statistics =
  "PolicyStatistics{IngressIPv4TotalCount:n! IngressIPv6TotalCount:n! EgressIPv4TotalCount:n! EgressIPv6TotalCount:n!}";
const policySet = `SecurityGroupPolicySet{Version Egress[]{${policy}} Ingress[]{${policy}} ${statistics}}!`;

/** "SecurityGroupPolicyLimit": rules per direction where the seed does not say. */
const usualLimit = 100;
type Direction = "ingress" | "egress";

/** Rules of security groups: no ids, only places, and a version that each change raises. */
export const policyActions: TencentActions = {
  "vpc:DescribeSecurityGroupPolicies": vpc.read("SecurityGroupId! Filters[]{Name! Values[]!}", (context) => {
    const { parameters } = context;
    if (records(parameters, "Filters").length > 0)
      throw refusal("InvalidParameter.FilterInvalidKey", "The fake reads whole groups only: send no filters.");
    const { version, ingress, egress } = groupFor(context);
    const counts = (policies: readonly Policy[]) => ({
      four: policies.filter(({ ipv6Cidr }) => ipv6Cidr === undefined).length,
      six: policies.filter(({ ipv6Cidr }) => ipv6Cidr !== undefined).length,
    });
    return {
      SecurityGroupPolicySet: {
        Version: String(version),
        Ingress: ingress.map(policyItem),
        Egress: egress.map(policyItem),
        PolicyStatistics: {
          IngressIPv4TotalCount: counts(ingress).four,
          IngressIPv6TotalCount: counts(ingress).six,
          EgressIPv4TotalCount: counts(egress).four,
          EgressIPv6TotalCount: counts(egress).six,
        },
      },
    };
  }),
  "vpc:CreateSecurityGroupPolicies": vpc.write(`SecurityGroupId! ${policySet}`, (context) => {
    const group = groupFor(context);
    const { direction, sent } = oneDirection(context);
    checkVersion(context, group);
    const indexes = new Set(sent.map((one) => number(one, "PolicyIndex")));
    if (indexes.size > 1)
      throw refusal("InvalidParameterValue", "All rules of one request must carry the same `PolicyIndex`.");
    const added = sent.map((one) => readPolicy(context, one));
    const place = [...indexes][0] ?? group[direction].length;
    if (place < 0 || place > group[direction].length)
      throw refusal("InvalidParameterValue.Range", `There is no place ${place} among the rules.`);
    for (const one of added)
      if (group[direction].some((other) => meaning(other) === meaning(one)))
        throw refusal("UnsupportedOperation.DuplicatePolicy", "There is such a rule already.");
    checkLimit(context, group[direction].length + added.length);
    const rules = [...group[direction].slice(0, place), ...added, ...group[direction].slice(place)];
    update(context, group, { [direction]: rules });
    return {};
  }),
  "vpc:DeleteSecurityGroupPolicies": vpc.write(`SecurityGroupId! ${policySet}`, (context) => {
    const group = groupFor(context);
    const { direction, sent } = oneDirection(context);
    checkVersion(context, group);
    const places = new Set(placesOf(group[direction], sent));
    update(context, group, { [direction]: group[direction].filter((_, index) => !places.has(index)) });
    return {};
  }),
  // "Resets the rules": whoever leaves one out here removes it, and Version "0" clears the group.
  "vpc:ModifySecurityGroupPolicies": vpc.write(`SecurityGroupId! ${policySet} SortPolicys:b`, (context) => {
    const group = groupFor(context);
    const set = record(context.parameters, "SecurityGroupPolicySet");
    if (text(set, "Version") === "0") {
      update(context, group, { ingress: [], egress: [] });
      return {};
    }
    if (set.Ingress === undefined || set.Egress === undefined)
      throw refusal("InvalidParameterValue.Empty", "Both directions must be sent.");
    const all = [...records(set, "Ingress"), ...records(set, "Egress")];
    if (all.some((one) => one.PolicyIndex !== undefined))
      throw refusal("InvalidParameter.Coexist", "`PolicyIndex` cannot be sent here.");
    flag(context.parameters, "SortPolicys");
    const ingress = records(set, "Ingress").map((one) => readPolicy(context, one));
    const egress = records(set, "Egress").map((one) => readPolicy(context, one));
    update(context, group, { ingress, egress });
    return {};
  }),
};

function groupFor({ state, parameters }: TencentRequestContext): SecurityGroup {
  return existing(state.groups, need(parameters, "SecurityGroupId"), "ResourceNotFound", "security group");
}

/** "One request handles one direction only." */
function oneDirection({ parameters }: TencentRequestContext) {
  const set = record(parameters, "SecurityGroupPolicySet");
  const ingress = records(set, "Ingress");
  const egress = records(set, "Egress");
  if (ingress.length > 0 && egress.length > 0)
    throw refusal("InvalidParameter.Coexist", "`Ingress` and `Egress` cannot be sent together.");
  if (ingress.length + egress.length === 0) throw refusal("InvalidParameterValue.Empty", "The request names no rule.");
  const direction: Direction = ingress.length > 0 ? "ingress" : "egress";
  return { direction, sent: direction === "ingress" ? ingress : egress };
}

/** Without a version no conflict is looked for: whatever sits at a place by now is hit. */
function checkVersion({ parameters }: TencentRequestContext, { version }: SecurityGroup): void {
  const sent = text(record(parameters, "SecurityGroupPolicySet"), "Version");
  if (sent !== undefined && sent !== String(version))
    throw refusal("UnsupportedOperation.VersionMismatch", `The version is ${version}, not ${sent}.`);
}

function checkLimit({ state }: TencentRequestContext, number: number): void {
  const limit = state.quotas.get("rules") ?? usualLimit;
  if (number > limit) throw refusal("LimitExceeded.SecurityGroupPolicySet", `A group has at most ${limit} rules.`);
}

function update({ state, effect }: TencentRequestContext, group: SecurityGroup, rules: Partial<SecurityGroup>): void {
  effect(group.id);
  change(state.groups, group.id, { ...rules, version: group.version + 1 });
}

/** By place or by content, one manner per request. Content knows addresses only. */
function placesOf(rules: readonly Policy[], sent: readonly JsonObject[]): readonly number[] {
  const byPlace = sent.filter((one) => one.PolicyIndex !== undefined);
  const hasContent = byPlace.some((one) => Object.keys(one).length > 1);
  if (hasContent || (byPlace.length > 0 && byPlace.length < sent.length))
    throw refusal("InvalidParameter.Coexist", "Rules are matched by `PolicyIndex` or by content, not by both.");
  return sent.map((one) => {
    const index = number(one, "PolicyIndex");
    if (index === undefined) return placeByContent(rules, one);
    if (!Number.isInteger(index) || index < 0 || index >= rules.length)
      throw refusal("InvalidParameterValue.Range", `There is no rule at place ${index}.`);
    return index;
  });
}

function placeByContent(rules: readonly Policy[], sent: JsonObject): number {
  for (const name of ["Action", "Protocol", "CidrBlock", "Port"])
    if (text(sent, name) === undefined)
      throw refusal("InvalidParameterValue", `A rule is matched by content with \`${name}\` only.`);
  const found = rules.findIndex(
    (rule) =>
      rule.action === text(sent, "Action")?.toUpperCase() &&
      rule.protocol === text(sent, "Protocol")?.toLowerCase() &&
      rule.cidr === text(sent, "CidrBlock") &&
      rule.port?.toLowerCase() === text(sent, "Port")?.toLowerCase(),
  );
  if (found < 0) throw refusal("ResourceNotFound", "There is no such rule.");
  return found;
}

/** Reads a rule as strictly as the cloud: one source, protocol with port or a template, ports for TCP and UDP only. */
function readPolicy(context: TencentRequestContext, sent: JsonObject): Policy {
  const { state, now } = context;
  const service = record(sent, "ServiceTemplate");
  const address = record(sent, "AddressTemplate");
  const sources = [sent.CidrBlock, sent.Ipv6CidrBlock, sent.SecurityGroupId, sent.AddressTemplate];
  if (sources.filter((source) => source !== undefined).length !== 1)
    throw refusal("InvalidParameter.Coexist", "A rule has exactly one of the four sources, and empty ones count.");
  if (sent.ServiceTemplate !== undefined && (sent.Protocol !== undefined || sent.Port !== undefined))
    throw refusal("InvalidParameter.Coexist", "`ServiceTemplate` excludes `Protocol` and `Port`.");
  const protocol = text(sent, "Protocol")?.toLowerCase();
  const action = text(sent, "Action")?.toUpperCase();
  if (action !== "ACCEPT" && action !== "DROP") throw refusal("InvalidParameterValue", "`Action` is ACCEPT or DROP.");
  checkProtocol(sent, protocol);
  const groupId = text(sent, "SecurityGroupId");
  if (groupId !== undefined) existing(state.groups, groupId, "ResourceNotFound", "security group");
  return {
    protocol,
    port: text(sent, "Port") ?? (protocol === undefined ? undefined : "ALL"),
    serviceId: text(service, "ServiceId"),
    serviceGroupId: text(service, "ServiceGroupId"),
    cidr: text(sent, "CidrBlock"),
    ipv6Cidr: text(sent, "Ipv6CidrBlock"),
    groupId,
    addressId: text(address, "AddressId"),
    addressGroupId: text(address, "AddressGroupId"),
    action,
    description: text(sent, "PolicyDescription") ?? "",
    modifiedAt: now,
  };
}

function checkProtocol(sent: JsonObject, protocol: string | undefined): void {
  if (protocol === undefined && !isRecord(sent.ServiceTemplate))
    throw refusal("InvalidParameterValue", "A rule needs a protocol or a service template.");
  if (protocol !== undefined && !["tcp", "udp", "icmp", "icmpv6", "gre", "all"].includes(protocol))
    throw refusal("InvalidParameterValue", `The protocol ${protocol} is not known.`);
  const port = text(sent, "Port");
  const hasPorts = protocol === "tcp" || protocol === "udp";
  if (port !== undefined && !hasPorts && port.toUpperCase() !== "ALL")
    throw refusal("InvalidParameter.Coexist", `The protocol ${protocol} takes no port.`);
  if (port !== undefined && !/^(all|\d+(-\d+)?(,\d+(-\d+)?)*)$/i.test(port))
    throw refusal("InvalidParameterValue.Malformed", `The port \`${port}\` is malformed.`);
  if (sent.Ipv6CidrBlock !== undefined && protocol === "icmp")
    throw refusal("InvalidParameter.Coexist", "IPv6 addresses go with ICMPv6.");
}

/** What two rules must share to be the same: everything but their description and age. */
function meaning({ description: _description, modifiedAt: _modifiedAt, ...rule }: Policy): string {
  const fields = Object.entries({ ...rule, port: rule.port?.toUpperCase() });
  return JSON.stringify(fields.filter(([, value]) => value !== undefined).sort());
}

/** Recorded: what a rule does not use is an empty text, or an object full of them, never absent. */
function policyItem(rule: Policy, PolicyIndex: number): JsonObject {
  return {
    PolicyIndex,
    // Recorded: "tcp" and "icmp", but "ALL".
    Protocol: rule.protocol === "all" ? "ALL" : (rule.protocol ?? ""),
    Port: rule.port ?? "",
    ServiceTemplate: { ServiceId: rule.serviceId ?? "", ServiceGroupId: rule.serviceGroupId ?? "" },
    CidrBlock: rule.cidr ?? "",
    Ipv6CidrBlock: rule.ipv6Cidr ?? "",
    SecurityGroupId: rule.groupId ?? "",
    AddressTemplate: { AddressId: rule.addressId ?? "", AddressGroupId: rule.addressGroupId ?? "" },
    Action: rule.action,
    PolicyDescription: rule.description,
    ModifyTime: beijing(rule.modifiedAt),
    Priority: PolicyIndex + 1,
  };
}
