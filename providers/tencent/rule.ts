import type { JsonObject, JsonValue, Mapped } from "../../src/common.js";
import type { RulePeer, RulePorts, SecurityRule } from "../../src/security-rules.js";
import type { Wire } from "../../src/wire.js";

/** Protocols as DescribeSecurityGroupPolicies writes them: recorded in lower case, but for `ALL`. */
const protocols: Readonly<Record<string, SecurityRule["protocol"]["unified"]>> = {
  all: "any",
  tcp: "tcp",
  udp: "udp",
  icmp: "icmp",
  icmpv6: "icmpv6",
};

/** Reads one direction of a group. Rules have no ids: their place, in this version of the group, is their name. */
export function securityRules(
  groupId: string,
  direction: SecurityRule["direction"],
  version: string,
  wires: readonly Wire[],
): readonly SecurityRule[] {
  const natives = wires.map((wire) => wire.toJson());
  return wires.map((wire, index): SecurityRule => {
    const peer = peerOf(wire);
    const description = wire.text("PolicyDescription");
    return {
      groupId,
      direction,
      action: wire.text("Action")?.toUpperCase() === "DROP" ? "deny" : "allow",
      family: peer.kind === "cidr" ? peer.family : "both",
      protocol: protocolOf(wire),
      ports: portsOf(wire),
      peer,
      position: {
        index,
        count: wires.length,
        version,
        neighbours: [fingerprint(natives[index - 1]), fingerprint(natives[index + 1])],
      },
      ...(description === undefined ? {} : { description }),
      native: natives[index] ?? {},
    };
  });
}

/** What tells one rule of a group from another: all of it but its place and its age. `null` for none. */
export function fingerprint(native: JsonObject | undefined): string | null {
  if (native === undefined) return null;
  const { PolicyIndex: _index, ModifyTime: _time, Priority: _priority, ...rest } = native;
  const said = Object.entries(rest).filter(([, value]) => !isEmpty(value));
  return JSON.stringify(said.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Names a rule for a reader: group, direction and place in a version, since the cloud has no name for it. */
export function ruleName({ groupId, direction, position }: SecurityRule): string {
  return `${groupId}/${direction}/${position?.version ?? ""}/${position?.index ?? ""}`;
}

/** The fields that make a rule again. */
const restored = [
  "Protocol",
  "Port",
  "ServiceTemplate",
  "CidrBlock",
  "Ipv6CidrBlock",
  "SecurityGroupId",
  "AddressTemplate",
  "Action",
  "PolicyDescription",
] as const;

/**
 * A rule as CreateSecurityGroupPolicies takes it. Reads fill what a rule does not use with empty texts and objects, which
 * a request must not repeat: sources exclude each other, and a service template excludes protocol and port
 * ("SecurityGroupPolicy", vpc 2017-03-12).
 */
export function policyOf(native: JsonObject): JsonObject {
  const fields = restored.flatMap((name): readonly (readonly [string, JsonValue])[] => {
    const value = withoutEmpty(native[name]);
    return value === undefined ? [] : [[name, value]];
  });
  const policy: Record<string, JsonValue> = Object.fromEntries(fields);
  if (policy.ServiceTemplate !== undefined) {
    delete policy.Protocol;
    delete policy.Port;
  }
  return policy;
}

function withoutEmpty(value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || isEmpty(value)) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => !isEmpty(field)));
}

/** An empty text, nothing, or an object full of them. */
function isEmpty(value: JsonValue): boolean {
  if (value === "" || value === null) return true;
  return typeof value === "object" && !Array.isArray(value) && Object.values(value).every(isEmpty);
}

function protocolOf(wire: Wire): Mapped<SecurityRule["protocol"]["unified"]> {
  const raw = wire.text("Protocol") ?? "";
  // A rule with a service template has no protocol of its own.
  return { unified: protocols[raw.toLowerCase()] ?? "other", raw };
}

function portsOf(wire: Wire): RulePorts {
  const template = wire.object("ServiceTemplate");
  const service = template?.text("ServiceId");
  if (service !== undefined) return { kind: "list", list: "service-template", id: service };
  const group = template?.text("ServiceGroupId");
  if (group !== undefined) return { kind: "list", list: "service-template-group", id: group };
  const port = wire.text("Port");
  if (port === undefined || port.toUpperCase() === "ALL") return { kind: "all" };
  const ranges = port.split(",").map((part) => {
    const [from = Number.NaN, to = from] = part.split("-").map(Number);
    return { from, to };
  });
  return { kind: "ranges", ranges };
}

function peerOf(wire: Wire): RulePeer {
  const ipv4 = wire.text("CidrBlock");
  if (ipv4 !== undefined) return { kind: "cidr", cidr: ipv4, family: "ipv4" };
  const ipv6 = wire.text("Ipv6CidrBlock");
  if (ipv6 !== undefined) return { kind: "cidr", cidr: ipv6, family: "ipv6" };
  const groupId = wire.text("SecurityGroupId");
  if (groupId !== undefined) return { kind: "security-group", groupId };
  const template = wire.object("AddressTemplate");
  const address = template?.text("AddressId");
  if (address !== undefined) return { kind: "address-list", list: "address-template", id: address };
  const addresses = template?.text("AddressGroupId");
  if (addresses !== undefined) return { kind: "address-list", list: "address-template-group", id: addresses };
  return { kind: "any" };
}
