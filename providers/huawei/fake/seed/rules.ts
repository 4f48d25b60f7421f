import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedRule } from "../../../../src/testing/seed.js";
import { groupOf } from "../network.js";
import type { Rule } from "../records.js";
import type { HuaweiContext } from "../state.js";

const protocols = { any: null, tcp: "tcp", udp: "udp", icmp: "icmp", icmpv6: "icmpv6", other: undefined } as const;
/** What a rule of Huawei Cloud cannot say. */
const unknownFields = ["sourcePorts", "local", "position", "nicType", "tags"] as const;

/** Seeds a rule. What the cloud has no word for is refused, by the name of the field. */
export function seedRule(context: HuaweiContext, groupId: string, rule: SeedRule, path: string): void {
  const { state, ids, now } = context;
  for (const field of unknownFields)
    if (field in rule) throw unsupported(`${path}.${field}`, "rules have no such field.");
  if (rule.family === "both") throw unsupported(`${path}.family`, "one rule is for IPv4 or for IPv6.");
  const id = ids.assign("security-group-rule");
  state.rules.set(id, {
    id,
    groupId,
    direction: rule.direction,
    ethertype: familyOf(rule) === "ipv6" ? "IPv6" : "IPv4",
    protocol: protocolOf(rule, path),
    multiport: portsOf(rule, path),
    ...peerOf(context, rule, path),
    action: rule.action ?? "allow",
    priority: rule.priority ?? 1,
    enabled: rule.enabled ?? true,
    description: rule.description ?? "",
    createdAt: now,
  });
}

function familyOf({ family, peer }: SeedRule): string {
  return peer.kind === "cidr" ? peer.family : (family ?? "ipv4");
}

function protocolOf({ protocol }: SeedRule, path: string): string | null {
  const word = protocol === undefined ? null : protocols[protocol.unified];
  if (word !== undefined) return word;
  const raw = protocol?.raw ?? "";
  if (!/^\d{1,3}$/.test(raw)) throw unsupported(`${path}.protocol`, "other protocols are known by their number.");
  return raw;
}

function portsOf({ protocol, ports = { kind: "all" } }: SeedRule, path: string): string | null {
  if (ports.kind === "all") return null;
  if (ports.kind === "list") throw unsupported(`${path}.ports`, "there are no lists of ports with an id.");
  if (ports.kind === "icmp") {
    if (ports.type === -1) return null;
    throw unsupported(`${path}.ports`, "which ICMP types a rule means is not told by this API.");
  }
  const word = protocol?.unified;
  if (word !== "tcp" && word !== "udp") throw unsupported(`${path}.ports`, "only TCP and UDP rules have ports.");
  return ports.ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}

type Remote = Pick<Rule, "remoteIpPrefix" | "remoteGroupId" | "remoteAddressGroupId">;

function peerOf(context: HuaweiContext, { peer }: SeedRule, path: string): Remote {
  const { state, ids, now } = context;
  const nobody: Remote = { remoteIpPrefix: null, remoteGroupId: null, remoteAddressGroupId: null };
  switch (peer.kind) {
    case "any":
      return nobody;
    case "cidr":
      return { ...nobody, remoteIpPrefix: peer.cidr };
    case "security-group": {
      if (peer.accountId ?? peer.vpcId ?? peer.peeringConnectionId)
        throw unsupported(`${path}.peer`, "a rule names a group of the same project, and nothing else.");
      const id = ids.assign("security-group", peer.groupId);
      return { ...nobody, remoteGroupId: groupOf(context, id, peer.groupId).id };
    }
    case "address-list": {
      if (peer.list !== "address-group") throw unsupported(`${path}.peer.list`, "lists are IP address groups.");
      const id = ids.assign("address-group", peer.id);
      if (!state.addressGroups.has(id)) state.addressGroups.set(id, { id, name: peer.id, ips: [], createdAt: now });
      return { ...nobody, remoteAddressGroupId: id };
    }
  }
}

function unsupported(field: string, why: string): Error {
  return unsupportedSeed("huawei", field, why);
}
