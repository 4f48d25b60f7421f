import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { HuaweiCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** Deletes one rule by its id: VPC v3 takes one a request. */
export async function deleteRule(
  call: HuaweiCall,
  rule: { readonly id: string; readonly groupId: string },
  instanceIds: readonly string[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "vpc",
    action: "DELETE /v3/{project_id}/vpc/security-group-rules/{security_group_rule_id}",
    parameters: { path: { security_group_rule_id: rule.id } },
    instanceIds,
    effects,
    confirm: confirmByReading(call.requests, async () =>
      (await readRulesOf(call, [rule.groupId])).every(({ id }) => id !== rule.id),
    ),
  });
}
