import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { type GroupRemoval, removeGroupBy } from "../../../src/holding/remove-group.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { groupMembers } from "../interfaces.js";
import { findGroup } from "./isolation-group.js";
import { ownGroup } from "./own-group.js";

/** A released instance's interfaces keep their groups for a while, and a group in use cannot be deleted. */
const pace = { firstDelayMs: 2_000, longestDelayMs: 10_000, giveUpAfterMs: 3 * 60_000 };

/** Deletes an isolation group that is ours, by tags, description and name, once nobody is in it. */
export async function removeIsolationGroup(
  call: AliyunCall,
  artifact: Artifact,
  effects: readonly Effect[],
): Promise<GroupRemoval> {
  return await removeGroupBy(
    {
      requests: call.requests,
      pace,
      readNow: async ({ id }) => {
        const row = await readGroup(call, id);
        return row && (ownGroup(call, row) ?? "strange");
      },
      members: (groupId) => groupMembers(call, groupId),
      remove: async ({ id }, sent) =>
        await call.requests.mutate({
          service: "ecs",
          action: "DeleteSecurityGroup",
          parameters: { SecurityGroupId: id },
          instanceIds: artifact.instanceIds,
          effects: sent,
          confirm: confirmByReading(call.requests, async () => (await readGroup(call, id)) === undefined),
        }),
    },
    artifact,
    effects,
  );
}

/** A group by its id, or by its network and run as it was announced before it had an id. */
export async function readGroup(call: AliyunCall, id: string): Promise<Wire | undefined> {
  const [vpcId = "", runId] = id.split("/");
  const groupId = runId === undefined ? id : (await findGroup(call, vpcId, runId))?.id;
  if (groupId === undefined) return undefined;
  const rows = await call.pages("ecs", "DescribeSecurityGroups", { SecurityGroupIds: JSON.stringify([groupId]) });
  return rows.find((row) => row.text("SecurityGroupId") === groupId);
}
