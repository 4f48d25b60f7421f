import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { type GroupRemoval, removeGroupBy } from "../../../src/holding/remove-group.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { HuaweiCall } from "../call.js";
import { readPorts } from "../listings.js";
import { groupName, ownGroup, readGroupRows } from "./own-group.js";

/** Ports leave their groups within seconds; a group in use cannot be deleted (SecurityGroupInUse). */
const pace = { firstDelayMs: 2_000, longestDelayMs: 5_000, giveUpAfterMs: 60_000 };

/** Deletes an isolation group that is ours, by name and description, once nobody is in it. */
export async function removeIsolationGroup(
  call: HuaweiCall,
  artifact: Artifact,
  effects: readonly Effect[],
): Promise<GroupRemoval> {
  return await removeGroupBy(
    {
      requests: call.requests,
      pace,
      readNow: (group) => readOwnGroup(call, group),
      members: async (groupId) => {
        const ports = await readPorts(call, { security_groups: [groupId] });
        return ports.filter(({ securityGroupIds }) => securityGroupIds.includes(groupId)).map(({ id }) => id);
      },
      remove: (group, changed) =>
        call.requests.mutate({
          service: "vpc",
          action: "DELETE /v3/{project_id}/vpc/security-groups/{security_group_id}",
          parameters: { path: { security_group_id: group.id } },
          instanceIds: group.instanceIds,
          effects: changed,
          confirm: confirmByReading(call.requests, async () => (await readOwnGroup(call, group)) === undefined),
        }),
    },
    artifact,
    effects,
  );
}

/** The group by its id, or by its name as it was announced before it had an id. */
export async function readOwnGroup(
  call: HuaweiCall,
  { id, runId }: Artifact,
): Promise<Artifact | "strange" | undefined> {
  const name = groupName(runId);
  const row = (await readGroupRows(call)).find((group) => group.id === id || (id === name && group.name === name));
  return row && (ownGroup(call, row) ?? "strange");
}
