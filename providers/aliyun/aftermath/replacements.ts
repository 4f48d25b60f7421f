import { mapConcurrent, unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { scalingGroupTag } from "../dependencies/owner-tags.js";
import { readStates } from "../instances.js";
import type { AftermathSource, AliyunAftermath } from "./survey.js";

const source = "ess:DescribeScalingInstances";
/** Reads at a time: one group each. */
const concurrency = 5;

/** Instances that a scaling group launched in the place of ended ones. */
export const replacementSources: readonly AftermathSource[] = [
  {
    kind: "auto-scaling-group",
    source,
    gate: "required",
    hidesRows: true,
    read: async (aftermath) => findingsOf(source, await replacements(aftermath)),
  },
];

async function replacements({ call, ended }: AliyunAftermath): Promise<readonly Finding[]> {
  const groups = namedBy(ended, "auto-scaling-group", ({ tags }) => {
    const groupId = tags[scalingGroupTag];
    return groupId === undefined ? [] : [groupId];
  });
  const byId = new Map(ended.map((each) => [each.id, each]));
  const endedIds = new Set(byId.keys());
  const members = await mapConcurrent([...groups], concurrency, async ([groupId, ids]) => {
    const rows = await call.pages("ess", "DescribeScalingInstances", { ScalingGroupId: groupId });
    const others = rows.map((row) => row.need("InstanceId")).filter((id) => !endedIds.has(id));
    return others.map((id) => ({ id, groupId, endedIds: ids }));
  });
  const { byId: records } = await readStates(call, unique(members.flat().map(({ id }) => id)));
  return members.flat().flatMap(({ id, groupId, endedIds: ids }) => {
    const createdAt = records.get(id)?.record.createdAt;
    return ids
      .filter((endedId) => launchedAfter(createdAt, byId.get(endedId)?.record?.seenAt))
      .map(
        (instanceId): Finding => ({
          instanceId,
          node: { kind: "instance", id, billing: "continues" },
          edge: {
            relation: "owned-by",
            effect: "blocks",
            atTermination: "kept",
            why: `${groupId} launched it since the instance was last seen.`,
          },
        }),
      );
  });
}

/** Times of instances are told without seconds, so one launched within the same minute counts as later. */
function launchedAfter(createdAt: string | undefined, seenAt: string | undefined): boolean {
  if (createdAt === undefined || seenAt === undefined) return false;
  return Date.parse(createdAt) + 60_000 > Date.parse(seenAt);
}
