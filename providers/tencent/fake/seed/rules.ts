import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedRule } from "../../../../src/testing/seed.js";
import { groupOf } from "../network.js";
import type { Policy } from "../records.js";
import type { TencentContext } from "../state.js";

const protocols = { any: "all", tcp: "tcp", udp: "udp", icmp: "icmp", icmpv6: "icmpv6", other: undefined } as const;
/** What a rule of Tencent Cloud cannot say. */
const unknownFields = ["sourcePorts", "local", "priority", "nicType", "tags"] as const;

/** A seeded rule as the cloud stores it. What it has no word for is refused, by the name of the field. */
export function policyOf(context: TencentContext, rule: SeedRule, path: string): Policy {
  for (const field of unknownFields)
    if (rule[field] !== undefined) throw unsupported(`${path}.${field}`, "rules have no such field.");
  if (rule.enabled === false) throw unsupported(`${path}.enabled`, "a rule cannot be switched off.");
  return {
    ...peerOf(context, rule, path),
    ...portsOf(rule, path),
    action: rule.action === "deny" ? "DROP" : "ACCEPT",
    description: rule.description ?? "",
    modifiedAt: context.now,
  };
}

type Source = Pick<Policy, "cidr" | "ipv6Cidr" | "groupId" | "addressId" | "addressGroupId">;

function peerOf(context: TencentContext, { peer, family }: SeedRule, path: string): Source {
  const { ids } = context;
  switch (peer.kind) {
    case "any":
      if (family === "both") throw unsupported(`${path}.family`, "one rule is for IPv4 or for IPv6.");
      return family === "ipv6" ? { ipv6Cidr: "::/0" } : { cidr: "0.0.0.0/0" };
    case "cidr":
      return peer.family === "ipv6" ? { ipv6Cidr: peer.cidr } : { cidr: peer.cidr };
    case "security-group":
      if (peer.accountId ?? peer.vpcId ?? peer.peeringConnectionId)
        throw unsupported(`${path}.peer`, "a rule names a group of the same account and project, and nothing else.");
      return { groupId: groupOf(context, ids.assign("security-group", peer.groupId), peer.groupId).id };
    case "address-list":
      if (peer.list === "address-template") return { addressId: ids.assign("address-template", peer.id) };
      if (peer.list === "address-template-group")
        return { addressGroupId: ids.assign("address-template-group", peer.id) };
      throw unsupported(`${path}.peer.list`, "lists are address templates and groups of them.");
  }
}

type Service = Pick<Policy, "protocol" | "port" | "serviceId" | "serviceGroupId">;

function portsOf({ protocol, ports = { kind: "all" } }: SeedRule, path: string): Service {
  if (ports.kind === "list") {
    if (ports.list === "service-template") return { serviceId: ports.id };
    if (ports.list === "service-template-group") return { serviceGroupId: ports.id };
    throw unsupported(`${path}.ports.list`, "port lists are service templates and groups of them.");
  }
  const word = protocol === undefined ? "all" : protocols[protocol.unified];
  if (word === undefined && protocol?.raw.toLowerCase() !== "gre")
    throw unsupported(`${path}.protocol`, "protocols are TCP, UDP, ICMP, ICMPv6, GRE and ALL.");
  const isTyped = ports.kind === "icmp" && (ports.type !== -1 || ports.code !== -1);
  if (isTyped) throw unsupported(`${path}.ports`, "ICMP rules have no types.");
  if (ports.kind !== "ranges") return { protocol: word ?? "gre", port: "ALL" };
  if (word !== "tcp" && word !== "udp") throw unsupported(`${path}.ports`, "only TCP and UDP rules have ports.");
  const words = ports.ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`));
  return { protocol: word, port: words.join(",") };
}

function unsupported(field: string, why: string): Error {
  return unsupportedSeed("tencent", field, why);
}
