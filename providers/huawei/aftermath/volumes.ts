import { type Finding, findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { pollUntil } from "../../../src/poll.js";
import type { Ended } from "../../../src/verdicts.js";
import type { HuaweiCall } from "../call.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import type { VolumeFacts } from "../facts.js";
import { readVolumes, volumePageLimit } from "../listings.js";
import { momentOf } from "../times.js";
import { vanishing } from "./holdings.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const source = "evs:ListVolumes";
const binSource = "evs:ListRecycleBinVolumes";

/** Disks that outlived their servers, on purpose or not, and those that wait in the bin of EVS. */
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
  {
    kind: "recycle-bin",
    source: binSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      // A disk goes into the bin only when its deletion has ended.
      await aftermath.volumes();
      return findingsOf(binSource, await volumesInBin(aftermath));
    },
  },
];

/** Up to so many disks are asked for one by one: a whole listing may be long. */
const askedOneByOne = 5;

/** The disks that are there once those that were to die have had their time. */
export async function readVolumesLeft(
  call: HuaweiCall,
  ended: readonly Ended[],
  ids: readonly string[],
): Promise<readonly VolumeFacts[]> {
  const dying = dyingIds(ended);
  const found = new Map<string, VolumeFacts>();
  let pending = ids;
  const look = async () => {
    const volumes = await readVolumesById(call, pending);
    for (const id of pending) found.delete(id);
    for (const volume of volumes) found.set(volume.id, volume);
    pending = pending.filter((id) => dying.has(id) && found.has(id));
    return pending.length;
  };
  await pollUntil(call.requests, vanishing, look, (left) => left === 0);
  return [...found.values()];
}

/** Disks that were to be deleted with their servers, as last seen. */
function dyingIds(ended: readonly Ended[]): ReadonlySet<string> {
  const disks = ended.flatMap(({ record }) => record?.disks ?? []);
  return new Set(disks.filter((disk) => disk.deletedWithInstance === true && !disk.sharedWith).map(({ id }) => id));
}

async function readVolumesById(call: HuaweiCall, ids: readonly string[]): Promise<readonly VolumeFacts[]> {
  if (ids.length === 0) return [];
  const wanted = new Set(ids);
  const pieces =
    ids.length > askedOneByOne
      ? [await readVolumes(call)]
      : await Promise.all(ids.map((id) => readVolumes(call, { id })));
  return pieces.flat().filter(({ id }) => wanted.has(id));
}

async function volumesLeft(aftermath: HuaweiAftermath): Promise<readonly Finding[]> {
  const dying = dyingIds(aftermath.ended);
  const endedIds = new Set(aftermath.ended.map(({ id }) => id));
  return (await aftermath.volumes()).flatMap((volume) =>
    (aftermath.disks.get(volume.id) ?? []).map((instanceId) => {
      const others = volume.serverIds.filter((id) => !endedIds.has(id));
      return volumeFinding(volume, instanceId, others, dying.has(volume.id));
    }),
  );
}

function volumeFinding(volume: VolumeFacts, instanceId: string, others: readonly string[], dying: boolean): Finding {
  return {
    instanceId,
    node: {
      kind: "disk",
      id: volume.id,
      ...(volume.name === "" ? {} : { name: volume.name }),
      ...(volume.sizeGiB === "unknown" ? {} : { sizeGiB: volume.sizeGiB }),
      ...(volume.createdAt === undefined ? {} : { since: volume.createdAt }),
      billing: volume.status === "deleting" ? "none" : "continues",
    },
    edge: { relation: "attached", effect: "report", atTermination: "kept", why: whyLeft(volume, others, dying) },
  };
}

function whyLeft({ status, orderId }: VolumeFacts, others: readonly string[], dying: boolean): string {
  if (status === "deleting") return "It is being deleted.";
  if (others.length > 0) return `It is attached to ${others.join(", ")}, and bills as before.`;
  if (dying) return `It was to be deleted with the server, but is ${status} and bills.`;
  if (orderId !== undefined) return `It was kept, is ${status} and paid in advance until it is unsubscribed.`;
  return `It was kept, is ${status} and bills until it is deleted.`;
}

/** The whole bin: it has no filter for several disks. */
async function volumesInBin({ call, disks }: HuaweiAftermath): Promise<readonly Finding[]> {
  if (disks.size === 0) return [];
  const list = { field: "volumes", limit: volumePageLimit, by: "offset" } as const;
  const rows = await call.pages("evs", "GET /v3/{project_id}/recycle-bin-volumes/detail", {}, list);
  return rows.flatMap((row) => {
    const since = momentOf(row.text("pre_deleted_at"));
    const until = momentOf(row.text("plan_delete_at"));
    const sizeGiB = row.number("size");
    return (disks.get(row.need("id")) ?? []).map(
      (instanceId): Finding => ({
        instanceId,
        node: {
          kind: "recycle-bin",
          id: row.need("id"),
          ...(sizeGiB === undefined ? {} : { sizeGiB }),
          ...(since === undefined ? {} : { since }),
          billing: "continues",
        },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: `The disk is in the recycle bin of EVS${until === undefined ? "" : ` until ${until}`}: it can come back, and bills until then.`,
        },
      }),
    );
  });
}
