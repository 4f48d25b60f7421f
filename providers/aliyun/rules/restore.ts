import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AliyunCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** The fields of a rule that AuthorizeSecurityGroup takes back as DescribeSecurityGroupAttribute gave them. */
const fields = [
  "IpProtocol",
  "PortRange",
  "SourcePortRange",
  "SourceCidrIp",
  "Ipv6SourceCidrIp",
  "SourceGroupId",
  "SourceGroupOwnerAccount",
  "SourcePrefixListId",
  "DestCidrIp",
  "Ipv6DestCidrIp",
  "DestGroupId",
  "DestGroupOwnerAccount",
  "DestPrefixListId",
  "PortRangeListId",
  "Policy",
  "Priority",
  "NicType",
  "Description",
] as const;

/** The permission that makes a rule come back as it was described. An empty text in the listing means "absent". */
export function permissionOf(native: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.flatMap((name) => {
      const value = native[name];
      return value === undefined || value === null || value === "" ? [] : [[name, String(value)]];
    }),
  );
}

/** What makes two rules of one group the same to ECS: everything but the description. */
export function sameTraffic({ direction, native }: SecurityRule): string {
  const { Description: _, ...traffic } = permissionOf(native);
  return JSON.stringify([direction, traffic]).toLowerCase();
}

/**
 * Puts one rule back as it was described. It gets a new id, which the answer does not tell. Adding a rule that is there
 * succeeds and adds nothing ("AuthorizeSecurityGroup", ECS API reference), so it may be sent again.
 */
export async function authorizeRule(
  call: AliyunCall,
  rule: SecurityRule,
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: rule.direction === "egress" ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroup",
    parameters: {
      SecurityGroupId: rule.groupId,
      Permissions: [permissionOf(rule.native)],
      ClientToken: crypto.randomUUID(),
    },
    instanceIds,
    effects,
    token: true,
    confirm: confirmByReading(call.requests, async () => (await twinOf(call, rule)) !== undefined),
  });
}

/** A rule of the same group and content, where there is one now. */
export async function twinOf(call: AliyunCall, rule: SecurityRule): Promise<SecurityRule | undefined> {
  const rules = await readRulesOf(call, [rule.groupId]);
  return rules.find((other) => sameTraffic(other) === sameTraffic(rule));
}
