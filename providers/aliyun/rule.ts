import type { Mapped } from "../../src/common.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../src/security-rules.js";
import type { Wire } from "../../src/wire.js";

/** Protocols as ECS lists them, always in capitals ("Permissions", DescribeSecurityGroupAttribute). */
const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  ALL: "any",
  TCP: "tcp",
  UDP: "udp",
  ICMP: "icmp",
  ICMPV6: "icmpv6",
};

/** Reads one element of DescribeSecurityGroupAttribute, of the group with that id. */
export function securityRule(wire: Wire, groupId: string): SecurityRule {
  const egress = wire.text("Direction") === "egress";
  const peer = peerOf(wire, egress ? "Dest" : "Source") ?? { kind: "any" };
  const local = peerOf(wire, egress ? "Source" : "Dest");
  const sourcePorts = portsOf(wire.text("SourcePortRange"), undefined);
  const description = wire.text("Description");
  const priority = wire.number("Priority");
  const nicType = wire.text("NicType");
  return {
    id: wire.need("SecurityGroupRuleId"),
    groupId,
    direction: egress ? "egress" : "ingress",
    action: wire.text("Policy")?.toLowerCase() === "drop" ? "deny" : "allow",
    family: peer.kind === "cidr" ? peer.family : "both",
    protocol: protocolOf(wire),
    ports: portsOf(wire.text("PortRange"), wire.text("PortRangeListId")),
    ...(sourcePorts.kind === "all" ? {} : { sourcePorts }),
    peer,
    ...(local === undefined ? {} : { local }),
    ...(priority === undefined ? {} : { priority }),
    ...(nicType === "internet" || nicType === "intranet" ? { nicType } : {}),
    ...(description === undefined ? {} : { description }),
    native: wire.toJson(),
  };
}

function protocolOf(wire: Wire): Mapped<SecurityRule["protocol"]["unified"]> {
  const raw = wire.text("IpProtocol") ?? "";
  return { unified: protocols[raw.toUpperCase()] ?? "other", raw };
}

/** `22/22`, or `-1/-1` for every port. */
function portsOf(range: string | undefined, listId: string | undefined): RulePorts {
  if (listId !== undefined) return { kind: "list", list: "port-list", id: listId };
  const [from, to] = (range ?? "").split("/").map(Number);
  if (range === undefined || from === undefined || to === undefined || from < 0) return { kind: "all" };
  return { kind: "ranges", ranges: [{ from, to }] };
}

/** One side of a rule; `undefined` where nothing narrows it. What is absent is an empty text. */
function peerOf(wire: Wire, side: "Source" | "Dest"): RulePeer | undefined {
  const ipv4 = wire.text(`${side}CidrIp`);
  if (ipv4 !== undefined) return { kind: "cidr", cidr: ipv4, family: "ipv4" };
  const ipv6 = wire.text(`Ipv6${side}CidrIp`);
  if (ipv6 !== undefined) return { kind: "cidr", cidr: ipv6, family: "ipv6" };
  const groupId = wire.text(`${side}GroupId`);
  if (groupId !== undefined) {
    const accountName = wire.text(`${side}GroupOwnerAccount`);
    return { kind: "security-group", groupId, ...(accountName === undefined ? {} : { accountName }) };
  }
  const listId = wire.text(`${side}PrefixListId`);
  return listId === undefined ? undefined : { kind: "address-list", list: "prefix-list", id: listId };
}
