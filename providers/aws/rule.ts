import type { Mapped } from "../../src/common.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../src/security-rules.js";
import type { Wire } from "../../src/wire.js";
import { tagsOf } from "./record.js";

/** Protocols by name, and by the numbers that EC2 also takes ("IpPermission", EC2 API reference). */
const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  "-1": "any",
  tcp: "tcp",
  "6": "tcp",
  udp: "udp",
  "17": "udp",
  icmp: "icmp",
  "1": "icmp",
  icmpv6: "icmpv6",
  "58": "icmpv6",
};

/** Reads one element of DescribeSecurityGroupRules. EC2 has allow rules only, and each has one peer. */
export function securityRule(wire: Wire): SecurityRule {
  const peer = peerOf(wire);
  const protocol = protocolOf(wire);
  const description = wire.text("Description");
  const tags = tagsOf(wire);
  return {
    id: wire.need("SecurityGroupRuleId"),
    groupId: wire.need("GroupId"),
    direction: wire.flag("IsEgress") === true ? "egress" : "ingress",
    action: "allow",
    family: peer.kind === "cidr" ? peer.family : "both",
    protocol,
    ports: portsOf(wire, protocol.unified),
    peer,
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    native: wire.toJson(),
  };
}

function protocolOf(wire: Wire): Mapped<SecurityRule["protocol"]["unified"]> {
  const raw = wire.text("IpProtocol") ?? "";
  return { unified: protocols[raw] ?? "other", raw };
}

function portsOf(wire: Wire, protocol: SecurityRule["protocol"]["unified"]): RulePorts {
  const from = wire.number("FromPort");
  const to = wire.number("ToPort");
  if (protocol === "icmp" || protocol === "icmpv6") return { kind: "icmp", type: from ?? -1, code: to ?? -1 };
  // -1 and an absent port both mean every port.
  if (protocol === "any" || from === undefined || to === undefined || from === -1) return { kind: "all" };
  return { kind: "ranges", ranges: [{ from, to }] };
}

function peerOf(wire: Wire): RulePeer {
  const ipv4 = wire.text("CidrIpv4");
  if (ipv4 !== undefined) return { kind: "cidr", cidr: ipv4, family: "ipv4" };
  const ipv6 = wire.text("CidrIpv6");
  if (ipv6 !== undefined) return { kind: "cidr", cidr: ipv6, family: "ipv6" };
  const list = wire.text("PrefixListId");
  if (list !== undefined) return { kind: "address-list", list: "prefix-list", id: list };
  const group = wire.object("ReferencedGroupInfo");
  const groupId = group?.text("GroupId");
  if (group === undefined || groupId === undefined) return { kind: "any" };
  const accountId = group.text("UserId");
  const vpcId = group.text("VpcId");
  const peeringConnectionId = group.text("VpcPeeringConnectionId");
  return {
    kind: "security-group",
    groupId,
    ...(accountId === undefined ? {} : { accountId }),
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(peeringConnectionId === undefined ? {} : { peeringConnectionId }),
  };
}
