import type { Mapped } from "../../src/common.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../src/security-rules.js";
import type { RuleFacts } from "./dependencies/security-groups.js";

/** Protocols by name and by number ("Creating a Security Group Rule", protocol). None is any. */
const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  tcp: "tcp",
  "6": "tcp",
  udp: "udp",
  "17": "udp",
  icmp: "icmp",
  "1": "icmp",
  icmpv6: "icmpv6",
  "58": "icmpv6",
};

/** Reads a rule of VPC v3, the only API that can express all of it: deny, priority, lists of ports, address groups. */
export function securityRule(facts: RuleFacts): SecurityRule {
  const { id, groupId, direction, action, description, wire } = facts;
  const priority = wire.number("priority");
  const enabled = wire.flag("enabled");
  const family = wire.text("ethertype")?.toLowerCase() === "ipv6" ? "ipv6" : "ipv4";
  return {
    id,
    groupId,
    direction: direction === "egress" ? "egress" : "ingress",
    action: action === "deny" ? "deny" : "allow",
    family,
    protocol: protocolOf(wire.text("protocol")),
    ports: portsOf(wire.text("multiport")),
    peer: peerOf(facts, family),
    ...(priority === undefined ? {} : { priority }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(description === undefined ? {} : { description }),
    native: wire.toJson(),
  };
}

function protocolOf(raw: string | undefined): Mapped<SecurityRule["protocol"]["unified"]> {
  return raw === undefined ? { unified: "any", raw: "any" } : { unified: protocols[raw.toLowerCase()] ?? "other", raw };
}

/** Ports as a list, such as `22,80-90`. */
function portsOf(multiport: string | undefined): RulePorts {
  const ranges = (multiport ?? "").split(",").flatMap((part) => {
    const [from, to = from] = part.trim().split("-").map(Number);
    return from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to) || part.trim() === ""
      ? []
      : [{ from, to }];
  });
  return ranges.length === 0 ? { kind: "all" } : { kind: "ranges", ranges };
}

function peerOf({ remoteIpPrefix, remoteGroupId, remoteAddressGroupId }: RuleFacts, family: "ipv4" | "ipv6"): RulePeer {
  if (remoteIpPrefix !== undefined) return { kind: "cidr", cidr: remoteIpPrefix, family };
  if (remoteGroupId !== undefined) return { kind: "security-group", groupId: remoteGroupId };
  if (remoteAddressGroupId !== undefined) {
    return { kind: "address-list", list: "address-group", id: remoteAddressGroupId };
  }
  return { kind: "any" };
}
