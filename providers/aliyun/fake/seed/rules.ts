import type { RulePeer, RulePorts } from "../../../../src/security-rules.js";
import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedRule } from "../../../../src/testing/seed.js";
import type { AliyunContext, RuleFields } from "../state.js";

const field = "securityGroups.rules";

/** A rule of the seed vocabulary in the API's fields. */
export function ruleFieldsOf(context: AliyunContext, seed: SeedRule): Partial<RuleFields> {
  if (seed.enabled === false)
    throw unsupportedSeed("aliyun", `${field}.enabled`, "a rule of a security group cannot be switched off.");
  if (seed.tags && Object.keys(seed.tags).length > 0)
    throw unsupportedSeed("aliyun", `${field}.tags`, "rules have no tags.");
  if (seed.nicType === "internet")
    throw unsupportedSeed("aliyun", `${field}.nicType`, "in a VPC every rule is of the type intranet.");
  if (seed.priority !== undefined && !(seed.priority >= 1 && seed.priority <= 100))
    throw unsupportedSeed("aliyun", `${field}.priority`, "priorities go from 1 to 100.");
  const ingress = seed.direction === "ingress";
  return {
    IpProtocol: protocolOf(seed),
    ...portFields(seed.ports ?? { kind: "all" }, "PortRange"),
    ...(seed.sourcePorts ? portFields(seed.sourcePorts, "SourcePortRange") : {}),
    ...peerFields(context, seed.peer, ingress ? "Source" : "Dest", seed.family),
    ...(seed.local ? localFields(context, seed.local, ingress ? "Dest" : "Source", seed.family) : {}),
    Policy: seed.action === "deny" ? "Drop" : "Accept",
    Priority: String(seed.priority ?? 1),
    NicType: "intranet",
    Description: seed.description ?? "",
  };
}

const protocols = { any: "ALL", tcp: "TCP", udp: "UDP", icmp: "ICMP", icmpv6: "ICMPV6" } as const;

/** Without ports and protocol: everything. With ports alone: TCP. */
function protocolOf({ protocol, ports }: SeedRule): string {
  if (!protocol) return !ports || ports.kind === "all" ? "ALL" : ports.kind === "icmp" ? "ICMP" : "TCP";
  if (protocol.unified !== "other") return protocols[protocol.unified];
  if (protocol.raw.toUpperCase() === "GRE") return "GRE";
  throw unsupportedSeed("aliyun", `${field}.protocol`, `it knows no ${protocol.raw}.`);
}

function portFields(ports: RulePorts, name: "PortRange" | "SourcePortRange"): Partial<RuleFields> {
  if (ports.kind === "all") return { [name]: "-1/-1" };
  if (ports.kind === "icmp" && ports.type === -1) return { [name]: "-1/-1" };
  if (ports.kind === "list" && ports.list === "port-list" && name === "PortRange")
    return { PortRangeListId: ports.id, PortRange: "" };
  const [range, ...more] = ports.kind === "ranges" ? ports.ranges : [];
  if (!range || more.length > 0)
    throw unsupportedSeed("aliyun", `${field}.ports`, "a rule has one range of ports, or a list by its id.");
  return { [name]: `${range.from}/${range.to}` };
}

type Side = "Source" | "Dest";

function peerFields(context: AliyunContext, peer: RulePeer, side: Side, family?: string): Partial<RuleFields> {
  switch (peer.kind) {
    case "any":
      return family === "ipv6" ? { [`Ipv6${side}CidrIp`]: "::/0" } : { [`${side}CidrIp`]: "0.0.0.0/0" };
    case "cidr":
      return { [peer.family === "ipv6" ? `Ipv6${side}CidrIp` : `${side}CidrIp`]: peer.cidr };
    case "security-group":
      return {
        [`${side}GroupId`]: context.ids.assign("security-group", peer.groupId),
        [`${side}GroupOwnerAccount`]: peer.accountId ?? "",
      };
    case "address-list":
      if (peer.list !== "prefix-list")
        throw unsupportedSeed("aliyun", `${field}.peer.list`, "its lists of addresses are prefix lists.");
      return { [`${side}PrefixListId`]: context.ids.assign("prefix-list", peer.id) };
  }
}

function localFields(context: AliyunContext, local: RulePeer, side: Side, family?: string): Partial<RuleFields> {
  if (local.kind !== "any" && local.kind !== "cidr")
    throw unsupportedSeed("aliyun", `${field}.local`, "the near side of a rule can only be narrowed to a CIDR block.");
  return local.kind === "any" ? {} : peerFields(context, local, side, family);
}
