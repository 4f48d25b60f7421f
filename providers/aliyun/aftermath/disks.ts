import { type Finding, findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { type PollPace, pollUntil } from "../../../src/poll.js";
import type { Ended } from "../../../src/verdicts.js";
import type { AliyunCall } from "../call.js";
import type { DiskFacts } from "../disk-facts.js";
import { readDisks } from "../instances.js";
import type { AftermathSource, AliyunAftermath } from "./survey.js";

const source = "ecs:DescribeDisks";

/** Disks that outlived their instances, on purpose or not. */
export const diskSources: readonly AftermathSource[] = [
  {
    kind: "disk",
    source,
    gate: "required",
    hidesRows: true,
    read: async (aftermath) => ({
      ...findingsOf(source, await disksLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
];

async function disksLeft(aftermath: AliyunAftermath): Promise<readonly Finding[]> {
  const dying = dyingIds(aftermath.ended);
  return (await aftermath.disks()).flatMap((disk) =>
    (aftermath.diskHolders.get(disk.id) ?? []).map((instanceId) => diskFinding(disk, instanceId, dying.has(disk.id))),
  );
}

/** Disks go with their instance, or are let go of, a little after its id has vanished. */
const vanishing: PollPace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 5 * 60_000 };

/** The disks that are there once those that were to die have had their time. */
export async function readDisksLeft(
  call: AliyunCall,
  ended: readonly Ended[],
  ids: readonly string[],
): Promise<readonly DiskFacts[]> {
  const dying = dyingIds(ended);
  const { last } = await pollUntil(
    call.requests,
    vanishing,
    () => readDisks(call, ids),
    (disks) => ![...disks.keys()].some((id) => dying.has(id)),
  );
  return [...last.values()];
}

/** Disks that were to go with their instances, as last seen. */
function dyingIds(ended: readonly Ended[]): ReadonlySet<string> {
  const disks = ended.flatMap(({ record }) => record?.disks ?? []);
  return new Set(disks.filter((disk) => disk.deletedWithInstance === true && !disk.sharedWith).map(({ id }) => id));
}

function diskFinding(disk: DiskFacts, instanceId: string, dying: boolean): Finding {
  const others = disk.attachments.map((holder) => holder.instanceId).filter((id) => id !== instanceId);
  return {
    instanceId,
    node: {
      kind: "disk",
      id: disk.id,
      ...(disk.name === undefined ? {} : { name: disk.name }),
      ...(disk.sizeGiB === "unknown" ? {} : { sizeGiB: disk.sizeGiB }),
      ...(disk.createdAt === undefined ? {} : { since: disk.createdAt }),
      billing: "continues",
    },
    edge: { relation: "attached", effect: "report", atTermination: "kept", why: whyLeft(disk, others, dying) },
  };
}

function whyLeft({ status }: DiskFacts, others: readonly string[], dying: boolean): string {
  if (others.length > 0) return `It is attached to ${others.join(", ")}, and bills as before.`;
  if (dying) return `It was to go with the instance, but is ${status} and bills.`;
  return `It was kept, is ${status} and bills until it is deleted.`;
}
