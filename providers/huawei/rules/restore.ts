import type { JsonObject, JsonValue } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";
import { securityRule } from "../rule.js";

/** What a rule is made of ("Creating a Security Group Rule"); of the three remotes one at most is set. */
const fields = [
  "security_group_id",
  "direction",
  "ethertype",
  "protocol",
  "multiport",
  "remote_ip_prefix",
  "remote_group_id",
  "remote_address_group_id",
  "action",
  "description",
] as const;

/** What makes two rules of one group the same: all that they let through or deny, and in which order. */
export function sameTraffic({ direction, action, family, protocol, ports, peer, priority = 1 }: SecurityRule): string {
  const far =
    peer.kind === "cidr"
      ? peer.cidr
      : peer.kind === "security-group"
        ? peer.groupId
        : peer.kind === "any"
          ? "any"
          : peer.id;
  return JSON.stringify([direction, action, family, protocol.raw, ports, far, priority]);
}

/** The rules of a group as they are now. */
export async function readRules(call: HuaweiCall, groupId: string): Promise<readonly SecurityRule[]> {
  return (await readRulesOf(call, [groupId])).map(securityRule);
}

/** Puts one rule back as it was described. It gets a new id. */
export async function createRule(
  call: HuaweiCall,
  rule: SecurityRule,
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const isThere = async () =>
    (await readRules(call, rule.groupId)).some((other) => sameTraffic(other) === sameTraffic(rule));
  return await call.requests.mutate({
    service: "vpc",
    action: "POST /v3/{project_id}/vpc/security-group-rules",
    parameters: { body: { security_group_rule: creationOf(rule.native) } },
    instanceIds,
    effects,
    createdIds: (body) =>
      [new Wire(body, "CreateSecurityGroupRule").object("security_group_rule")?.text("id") ?? []].flat(),
    confirm: confirmByReading(call.requests, isThere),
  });
}

/**
 * The request that makes a rule come back as it was described. The priority is a number in answers and a text in
 * requests, where an absent one means 100 and not what the rule had.
 */
export function creationOf(native: JsonObject): JsonObject {
  const priority: JsonValue | undefined = native.priority;
  return {
    ...Object.fromEntries(
      fields.flatMap((name) => {
        const value = native[name];
        return value === undefined || value === null || value === "" ? [] : [[name, value]];
      }),
    ),
    ...(priority === undefined || priority === null ? {} : { priority: String(priority) }),
    ...(native.enabled === false ? { enabled: false } : {}),
  };
}
