import { type Finding, findingsOf } from "../../../src/findings.js";
import { pollUntil } from "../../../src/poll.js";
import { readBulk } from "../bulk.js";
import { hidesRows } from "../dependencies/survey.js";
import { filterLimit, volumePageLimit } from "../instances.js";
import { type VolumeFacts, volumeFacts } from "../record.js";
import { type AftermathSource, type AwsAftermath, unknownHoldings, vanishing } from "./survey.js";

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
  const { call, disks } = aftermath;
  const dying = dyingIds(aftermath);
  const stands = ({ id, state }: VolumeFacts) => dying.has(id) && state !== "deleting" && state !== "deleted";
  const { last } = await pollUntil(
    call.requests,
    vanishing,
    () => readVolumesByIds(aftermath),
    (volumes) => !volumes.some(stands),
  );
  return last
    .filter(({ state }) => state !== "deleted")
    .flatMap((volume) =>
      (disks.get(volume.id) ?? []).map((instanceId) => volumeFinding(volume, instanceId, dying.has(volume.id))),
    );
}

/** Volumes that were to be deleted with their instances, as last seen. */
function dyingIds({ ended }: AwsAftermath): ReadonlySet<string> {
  const disks = ended.flatMap(({ record }) => record?.disks ?? []);
  return new Set(disks.filter((disk) => disk.deletedWithInstance === true && !disk.sharedWith).map(({ id }) => id));
}

/** By filter: a volume that is gone would fail the whole request if it were named. */
async function readVolumesByIds({ call, disks }: AwsAftermath): Promise<readonly VolumeFacts[]> {
  const whole = { MaxResults: volumePageLimit, IncludeManagedResources: true };
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeVolumes",
      list: "Volumes",
      whole,
      some: (ids) => ({ ...whole, Filters: [{ Name: "volume-id", Values: [...ids] }] }),
      batch: filterLimit,
      keysOf: (volume) => [volume.need("VolumeId")],
      oneEach: true,
    },
    [...disks.keys()],
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
      sizeGiB: volume.sizeGiB,
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
