import { confirmByReading } from "../../../src/confirm.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { AwsCall } from "../call.js";
import { readRulesOf } from "../dependencies/security-groups.js";

/** Takes the rules away with which EC2 makes every group, from a group of ours. */
export async function revokeEgress(
  call: AwsCall,
  rules: readonly SecurityRule[],
  group: Artifact,
): Promise<MutationAnswer> {
  const ids = rules.flatMap(({ id }) => id ?? []);
  return await call.requests.mutate({
    service: "ec2",
    action: "RevokeSecurityGroupEgress",
    parameters: { GroupId: group.id, SecurityGroupRuleIds: ids },
    instanceIds: group.instanceIds,
    effects: ids.map((id) => ({
      ...call.scope,
      kind: "rule-removed",
      resource: { kind: "security-rule", id },
      instanceIds: group.instanceIds,
      undo: { impossible: `It belongs to ${group.id}, a group that was made without rules.` },
    })),
    confirm: confirmByReading(call.requests, async () => (await readRulesOf(call, [group.id])).length === 0),
  });
}
