import { type Finding, findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { type PollPace, pollUntil } from "../../../src/poll.js";
import type { Ended } from "../../../src/verdicts.js";
import { readBulk } from "../bulk.js";
import type { AwsCall } from "../call.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { filterLimit, volumePageLimit } from "../instances.js";
import { type VolumeFacts, volumeFacts } from "../record.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const source = "ec2:DescribeVolumes";

/** Volumes that outlived their instances, on purpose or not. */
export const volumeSources: readonly AftermathSource[] = [
  {
    kind: "disk",
    source,
    gate: "required",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(source, await volumesLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
];

async function volumesLeft(aftermath: AwsAftermath): Promise<readonly Finding[]> {
  const dying = dyingIds(aftermath.ended);
  return (await aftermath.volumes()).flatMap((volume) =>
    (aftermath.disks.get(volume.id) ?? []).map((instanceId) => volumeFinding(volume, instanceId, dying.has(volume.id))),
  );
}

/** A volume in `deleting` needs minutes ("DeleteVolume", EC2 API reference), and only then is it gone or in the bin. */
const deleting: PollPace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 5 * 60_000 };

/** The volumes that are there once those that were to die have had their time. */
export async function readVolumesLeft(
  call: AwsCall,
  ended: readonly Ended[],
  ids: readonly string[],
): Promise<readonly VolumeFacts[]> {
  const dying = dyingIds(ended);
  const found = new Map<string, VolumeFacts>();
  let pending = ids;
  const look = async () => {
    const volumes = await readVolumesById(call, pending);
    for (const id of pending) found.delete(id);
    for (const volume of volumes) if (volume.state !== "deleted") found.set(volume.id, volume);
    pending = pending.filter((id) => dying.has(id) && found.has(id));
    return pending.length;
  };
  await pollUntil(call.requests, deleting, look, (left) => left === 0);
  return [...found.values()];
}

/** Volumes that were to be deleted with their instances, as last seen. */
function dyingIds(ended: readonly Ended[]): ReadonlySet<string> {
  const disks = ended.flatMap(({ record }) => record?.disks ?? []);
  return new Set(disks.filter((disk) => disk.deletedWithInstance === true && !disk.sharedWith).map(({ id }) => id));
}

/** By filter: a volume that is gone would fail the whole request if it were named. */
async function readVolumesById(call: AwsCall, ids: readonly string[]): Promise<readonly VolumeFacts[]> {
  const whole = { MaxResults: volumePageLimit, IncludeManagedResources: true };
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeVolumes",
      list: "Volumes",
      whole,
      some: (piece) => ({ ...whole, Filters: [{ Name: "volume-id", Values: [...piece] }] }),
      batch: filterLimit,
      keysOf: (volume) => [volume.need("VolumeId")],
      oneEach: true,
    },
    ids,
  );
  return items.map(volumeFacts);
}

function volumeFinding(volume: VolumeFacts, instanceId: string, dying: boolean): Finding {
  const others = volume.attachments.map((attachment) => attachment.instanceId).filter((id) => id !== instanceId);
  const gone = volume.state === "deleting";
  return {
    instanceId,
    node: {
      kind: "disk",
      id: volume.id,
      ...(volume.sizeGiB === "unknown" ? {} : { sizeGiB: volume.sizeGiB }),
      ...(volume.createdAt === undefined ? {} : { since: volume.createdAt }),
      billing: gone ? "none" : "continues",
    },
    edge: { relation: "attached", effect: "report", atTermination: "kept", why: whyLeft(volume, others, dying) },
  };
}

function whyLeft({ state }: VolumeFacts, others: readonly string[], dying: boolean): string {
  if (state === "deleting") return "It is being deleted.";
  if (others.length > 0) return `It is attached to ${others.join(", ")}, and bills as before.`;
  if (dying) return `It was to be deleted with the instance, but is ${state} and bills.`;
  return `It was kept, is ${state} and bills until it is deleted.`;
}
