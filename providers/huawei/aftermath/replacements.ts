import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { readScalingGroups, readScalingMembers } from "../dependencies/scaling-groups.js";
import { readStates } from "../instances.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const source = "as:ListScalingInstances";

/** Servers that a scaling group made up for those that ended. */
export const replacementSources: readonly AftermathSource[] = [
  {
    kind: "auto-scaling-group",
    source,
    gate: "required",
    hidesRows,
    read: async (aftermath) => findingsOf(source, await replacements(aftermath)),
  },
];

/** Members of the ended servers' groups that were made since those were last seen alive. */
async function replacements({ call, ended }: HuaweiAftermath): Promise<readonly Finding[]> {
  const owners = namedBy(ended, "auto-scaling-group", () => []);
  if (owners.size === 0) return [];
  const groups = (await readScalingGroups(call)).filter(({ id }) => owners.has(id));
  const endedIds = new Set(ended.map(({ id }) => id));
  const members = (await readScalingMembers(call, groups)).filter(({ instanceId }) => !endedIds.has(instanceId));
  const { byId } = await readStates(
    call,
    members.map(({ instanceId }) => instanceId),
  );
  return members.flatMap(({ instanceId, groupId }) => {
    const madeAt = byId.get(instanceId)?.record.createdAt ?? "";
    return ended
      .filter(({ id, record }) => owners.get(groupId)?.includes(id) && record !== undefined && madeAt > record.seenAt)
      .map(
        ({ id }): Finding => ({
          instanceId: id,
          node: { kind: "instance", id: instanceId, billing: "continues" },
          edge: {
            relation: "owned-by",
            effect: "blocks",
            atTermination: "kept",
            why: `The AS group ${groupId} made it since the server was last seen.`,
          },
        }),
      );
  });
}
