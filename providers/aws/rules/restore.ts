import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** What makes two rules of one group the same to EC2: direction, protocol, ports and peer. Descriptions do not count. */
export function sameTraffic(rule: SecurityRule): string {
  const { direction, protocol, ports, peer } = rule;
  const far =
    peer.kind === "cidr"
      ? peer.cidr
      : peer.kind === "security-group"
        ? peer.groupId
        : peer.kind === "any"
          ? "any"
          : peer.id;
  return JSON.stringify([direction, protocol.raw, ports, far]);
}

/** Puts one rule back as it was described, with its tags. It gets a new id. */
export async function authorizeRule(
  call: AwsCall,
  rule: SecurityRule,
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const tags = Object.entries(rule.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  const isThere = async () =>
    (await readRulesOf(call, [rule.groupId])).some((other) => sameTraffic(other) === sameTraffic(rule));
  return await call.requests.mutate({
    service: "ec2",
    action: rule.direction === "egress" ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress",
    parameters: {
      GroupId: rule.groupId,
      IpPermissions: [permissionOf(rule.native)],
      ...(tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: "security-group-rule", Tags: tags }] }),
    },
    instanceIds,
    effects,
    createdIds: newIdsIn,
    confirm: confirmByReading(call.requests, isThere),
  });
}

/** The permission that makes a rule come back as it was described. */
export function permissionOf(native: JsonObject): JsonObject {
  const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo, Description } = native;
  const described = typeof Description === "string" && Description !== "" ? { Description } : {};
  // "-1 specifies all protocols … regardless of any port range you specify" (IpPermission): so none is sent.
  const ports = IpProtocol === "-1" || FromPort === undefined ? {} : { FromPort, ToPort: ToPort ?? null };
  const common = { IpProtocol: IpProtocol ?? "-1", ...ports };
  if (CidrIpv4 !== undefined) return { ...common, IpRanges: [{ CidrIp: CidrIpv4, ...described }] };
  if (CidrIpv6 !== undefined) return { ...common, Ipv6Ranges: [{ CidrIpv6, ...described }] };
  if (PrefixListId !== undefined) return { ...common, PrefixListIds: [{ PrefixListId, ...described }] };
  return { ...common, UserIdGroupPairs: [{ ...pairOf(ReferencedGroupInfo), ...described }] };
}

function pairOf(referenced: JsonObject[string] | undefined): JsonObject {
  if (typeof referenced !== "object" || referenced === null || Array.isArray(referenced)) return {};
  const { GroupId, UserId, VpcPeeringConnectionId } = Object.fromEntries(Object.entries(referenced));
  return {
    ...(GroupId === undefined ? {} : { GroupId }),
    ...(UserId === undefined ? {} : { UserId }),
    ...(VpcPeeringConnectionId === undefined ? {} : { VpcPeeringConnectionId }),
  };
}

function newIdsIn(body: unknown): readonly string[] {
  try {
    const rows = new Wire(body, "AuthorizeSecurityGroup").list("SecurityGroupRules");
    return rows.flatMap((row) => row.text("SecurityGroupRuleId") ?? []);
  } catch {
    return [];
  }
}
