import type { JsonObject } from "../../../../src/common.js";
import { flag, record, records, text } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { markerPage, passes } from "../list.js";
import type { Rule } from "../records.js";
import { type Asked, vpc } from "../service.js";
import { accountOf, existing, type HuaweiActions, type HuaweiState } from "../state.js";
import { utc } from "../times.js";

/** Protocols by name; others by their number. */
const protocols = ["tcp", "udp", "icmp", "icmpv6", "ipv6-icmp"];

/** A rule as VPC v3 shows it. */
export function ruleOf({ projectId }: HuaweiState, rule: Rule): JsonObject {
  return {
    id: rule.id,
    project_id: projectId,
    security_group_id: rule.groupId,
    remote_group_id: rule.remoteGroupId,
    direction: rule.direction,
    protocol: rule.protocol,
    description: rule.description,
    created_at: utc(rule.createdAt),
    updated_at: utc(rule.createdAt),
    ethertype: rule.ethertype,
    remote_ip_prefix: rule.remoteIpPrefix,
    multiport: rule.multiport,
    remote_address_group_id: rule.remoteAddressGroupId,
    action: rule.action,
    priority: rule.priority,
    enabled: rule.enabled,
  };
}

function listRules({ state, query, requestId }: Asked): JsonObject {
  const found = [...state.rules.values()].filter(
    (rule) =>
      passes(query, "id", rule.id) &&
      passes(query, "security_group_id", rule.groupId) &&
      passes(query, "remote_group_id", rule.remoteGroupId) &&
      passes(query, "remote_ip_prefix", rule.remoteIpPrefix) &&
      passes(query, "protocol", rule.protocol) &&
      passes(query, "direction", rule.direction) &&
      passes(query, "action", rule.action) &&
      passes(query, "description", rule.description),
  );
  const { rows, info } = markerPage(found, query, 2_000);
  return { request_id: requestId, security_group_rules: rows.map((rule) => ruleOf(state, rule)), page_info: info };
}

function bad(message: string): Error {
  return refusal("VPC.0601", message, 400);
}

/** The ports in one text: `22`, `22-30`, `22,3389,8000-8100`. */
function checkPorts(multiport: string | undefined, protocol: string | undefined): void {
  if (multiport === undefined) return;
  if (protocol === "icmp" || protocol === "icmpv6") return;
  if (protocol !== "tcp" && protocol !== "udp") throw bad("multiport requires a protocol with ports.");
  const parts = multiport.split(",");
  const isRange = (part: string) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return /^\d+(-\d+)?$/.test(part) && from >= 1 && from <= to && to <= 65_535;
  };
  if (parts.length > 20 || !parts.every(isRange)) throw bad(`The ports ${multiport} are not valid.`);
}

/** What a request wants a rule to be, with the defaults of the API: allowed, of priority 100 although 1 comes first. */
function ruleFrom(asked: Asked, groupId: string, wanted: JsonObject): Rule {
  const { state, ids, now } = asked;
  existing(state.groups, groupId, "VPC.0603", "security group");
  const remotes = ["remote_group_id", "remote_ip_prefix", "remote_address_group_id"];
  if (remotes.filter((name) => text(wanted, name) !== undefined).length > 1)
    throw bad("Only one of remote_group_id, remote_ip_prefix and remote_address_group_id can be given.");
  const remoteGroupId = text(wanted, "remote_group_id") ?? null;
  if (remoteGroupId !== null) existing(state.groups, remoteGroupId, "VPC.0603", "security group");
  const remoteAddressGroupId = text(wanted, "remote_address_group_id") ?? null;
  if (remoteAddressGroupId !== null) existing(state.addressGroups, remoteAddressGroupId, "VPC.0701", "address group");
  const protocol = text(wanted, "protocol")?.toLowerCase();
  const isNumber = protocol !== undefined && /^\d{1,3}$/.test(protocol) && Number(protocol) <= 255;
  if (protocol !== undefined && !isNumber && !protocols.includes(protocol)) throw bad(`No protocol ${protocol}.`);
  const multiport = text(wanted, "multiport");
  checkPorts(multiport, protocol);
  const priority = Number(wanted.priority ?? 100);
  if (!Number.isInteger(priority) || priority < 1 || priority > 100) throw bad("priority is 1 to 100.");
  const prefix = text(wanted, "remote_ip_prefix") ?? null;
  const ethertype = (text(wanted, "ethertype") ?? "ipv4").toLowerCase() === "ipv6" ? "IPv6" : "IPv4";
  if (prefix !== null && prefix.includes(":") !== (ethertype === "IPv6"))
    throw bad("remote_ip_prefix and ethertype do not agree.");
  return {
    id: ids.assign("security-group-rule"),
    groupId,
    direction: text(wanted, "direction") === "egress" ? "egress" : "ingress",
    ethertype,
    protocol: protocol ?? null,
    multiport: multiport ?? null,
    remoteIpPrefix: prefix,
    remoteGroupId,
    remoteAddressGroupId,
    action: text(wanted, "action") === "deny" ? "deny" : "allow",
    priority,
    enabled: flag(wanted, "enabled") ?? true,
    description: text(wanted, "description") ?? "",
    createdAt: now,
  };
}

/** Puts a rule in, unless the very same is there ("VPC.0602") or the group is full. */
function addRule({ state, effect }: Asked, rule: Rule): Rule {
  const own = [...state.rules.values()].filter(({ groupId }) => groupId === rule.groupId);
  const { rulesPerGroup } = accountOf(state);
  if (rulesPerGroup !== undefined && own.length >= rulesPerGroup)
    throw refusal("VPC.0604", "Quota exceeded for resources: security_group_rule.", 409);
  if (own.some((one) => meaning(one) === meaning(rule)))
    throw refusal("VPC.0608", "Security group rule already exists.", 409);
  state.rules.set(rule.id, rule);
  effect(rule.id);
  return rule;
}

/** Everything that makes two rules the same. */
function meaning({
  id: _id,
  createdAt: _createdAt,
  description: _description,
  enabled: _enabled,
  ...rest
}: Rule): string {
  return JSON.stringify(Object.entries(rest).sort());
}

function createRule(asked: Asked): JsonObject {
  const wanted = record(asked.body, "security_group_rule");
  const rule = addRule(asked, ruleFrom(asked, text(wanted, "security_group_id") ?? "", wanted));
  return { request_id: asked.requestId, security_group_rule: ruleOf(asked.state, rule) };
}

/** All or none of them. */
function createRules(asked: Asked): JsonObject {
  const groupId = asked.path.security_group_id ?? "";
  const before = new Map(asked.state.rules);
  try {
    const rules = records(asked.body, "security_group_rules").map((wanted) =>
      addRule(asked, ruleFrom(asked, groupId, wanted)),
    );
    return { request_id: asked.requestId, security_group_rules: rules.map((rule) => ruleOf(asked.state, rule)) };
  } catch (error) {
    asked.state.rules.clear();
    for (const [id, rule] of before) asked.state.rules.set(id, rule);
    throw error;
  }
}

function ruleNamed({ state, path }: Asked): Rule {
  return existing(state.rules, path.security_group_rule_id ?? "", "VPC.0603", "security group rule");
}

function deleteRule(asked: Asked): undefined {
  const rule = ruleNamed(asked);
  asked.state.rules.delete(rule.id);
  asked.effect(rule.id);
  return undefined;
}

const wantedRule =
  "description direction=ingress|egress! ethertype protocol multiport remote_ip_prefix remote_group_id " +
  "remote_address_group_id action=allow|deny priority:a enabled:b";

/** Rules of security groups, by VPC v3: the older APIs know neither deny nor priority nor lists of ports. */
export const ruleActions: HuaweiActions = {
  "vpc:GET /v3/{project_id}/vpc/security-group-rules": vpc.read(
    "limit:n0-2000 marker id[] security_group_id[] protocol[] description[] remote_group_id[] direction action " +
      "remote_ip_prefix[]",
    listRules,
  ),
  "vpc:POST /v3/{project_id}/vpc/security-group-rules": vpc.write(
    `dry_run:b security_group_rule{security_group_id! ${wantedRule}}!`,
    createRule,
    { success: 201 },
  ),
  "vpc:GET /v3/{project_id}/vpc/security-group-rules/{security_group_rule_id}": vpc.read("", (asked) => ({
    request_id: asked.requestId,
    security_group_rule: ruleOf(asked.state, ruleNamed(asked)),
  })),
  "vpc:DELETE /v3/{project_id}/vpc/security-group-rules/{security_group_rule_id}": vpc.remove("", deleteRule),
  "vpc:POST /v3/{project_id}/vpc/security-groups/{security_group_id}/security-group-rules/batch-create": vpc.write(
    `ignore_duplicate:b security_group_rules[20]{${wantedRule}}!`,
    createRules,
    { success: 201 },
  ),
};
