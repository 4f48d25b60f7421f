import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import { type GroupRemoval, removeGroupBy } from "../../../src/holding/remove-group.js";
import type { MutationAnswer } from "../../../src/requests.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { readGroupUsers } from "../dependencies/group-users.js";
import { ownGroup, readGroupRows } from "./own-group.js";

/** Interfaces leave their groups within seconds of being moved; a group in use cannot be deleted. */
const pace = { firstDelayMs: 2_000, longestDelayMs: 10_000, giveUpAfterMs: 60_000 };
/** A group is taken for some minutes after its last instance has gone (seen by hashicorp/packer, #9054). */
const lingeringMs = 5 * 60_000;
const lingeringPauseMs = 15_000;

/** Deletes an isolation group that is ours, by tags, description and name, once nobody is in it. */
export async function removeIsolationGroup(
  call: TencentCall,
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
      members: (groupId) => usersOf(call, groupId),
      remove: (group, announced) => removeLingering(call, group.id, artifact, announced),
    },
    artifact,
    effects,
  );
}

/** A refusal for use alone, where nobody is listed, passes by itself. */
async function removeLingering(
  call: TencentCall,
  id: string,
  { instanceIds }: Artifact,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const giveUpAt = call.requests.clock.now() + lingeringMs;
  for (;;) {
    const answer = await call.requests.mutate({
      service: "vpc",
      action: "DeleteSecurityGroup",
      parameters: { SecurityGroupId: id },
      instanceIds,
      effects,
      confirm: confirmByReading(call.requests, async () => (await readGroup(call, id)) === undefined),
    });
    const lingers = answer.effect === "not-applied" && answer.problem.cloudCode === "ResourceInUse";
    if (!lingers || call.requests.clock.now() > giveUpAt) return answer;
    try {
      await call.requests.wait(lingeringPauseMs);
    } catch {
      return answer;
    }
  }
}

/** A group by its id, or by its project and name as it was announced before it had an id. */
export async function readGroup(call: TencentCall, id: string): Promise<Wire | undefined> {
  const [projectId, name] = id.split("/");
  if (name === undefined) return (await readGroupRows(call, [{ Name: "security-group-id", Values: [id] }]))[0];
  const rows = await readGroupRows(call, [{ Name: "security-group-name", Values: [name] }]);
  return rows.find((row) => row.text("SecurityGroupName") === name && (row.text("ProjectId") ?? "0") === projectId);
}

/** Who is in the group, in words. What could not be asked counts as somebody. */
async function usersOf(call: TencentCall, groupId: string): Promise<readonly string[]> {
  const { uses, unchecked } = await readGroupUsers(call, [groupId]);
  return [...uses.map(({ what }) => what), ...unchecked.map(({ source }) => `whoever ${source} would show`)];
}
