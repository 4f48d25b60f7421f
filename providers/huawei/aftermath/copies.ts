import { type Finding, findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { backupFinding } from "../dependencies/backups.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { imageFinding, readImages, serversOfImages } from "../dependencies/images.js";
import type { DiskSnapshot } from "../dependencies/snapshots.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const legacySource = "evs:ListSnapshots";
const standardSource = "evs:ListSnapshotsV5";
const imageSource = "ims:ListImages";
const backupSource = "cbr:ListBackups";

/** Snapshots, backups and images of what is gone. They stay on purpose, and bill. */
export const copySources: readonly AftermathSource[] = [
  snapshotsLeft(legacySource, ({ legacySnapshots }) => legacySnapshots()),
  snapshotsLeft(standardSource, ({ standardSnapshots }) => standardSnapshots()),
  {
    kind: "image",
    source: imageSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(imageSource, await imagesLeft(aftermath)),
  },
  {
    kind: "backup",
    source: backupSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(backupSource, await backupsLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
];

function snapshotsLeft(
  source: string,
  read: (aftermath: HuaweiAftermath) => Promise<readonly DiskSnapshot[]>,
): AftermathSource {
  return {
    kind: "snapshot",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      const found = aftermath.disks.size === 0 ? [] : await read(aftermath);
      return {
        ...findingsOf(
          source,
          found.flatMap((snapshot) =>
            (aftermath.disks.get(snapshot.diskId) ?? []).map((id) => snapshotFinding(snapshot, id)),
          ),
        ),
        ...unknownHoldings(aftermath),
      };
    },
  };
}

function snapshotFinding({ id, name, diskId, sizeGiB, status, createdAt }: DiskSnapshot, instanceId: string): Finding {
  return {
    instanceId,
    node: {
      kind: "snapshot",
      id,
      ...(name === "" ? {} : { name }),
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(createdAt === undefined ? {} : { since: createdAt }),
      billing: status === "deleting" ? "none" : "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `The snapshot of ${diskId} is ${status} and bills until it is deleted.`,
    },
  };
}

async function imagesLeft({ call, ended, backups }: HuaweiAftermath): Promise<readonly Finding[]> {
  const endedIds = new Set(ended.map(({ id }) => id));
  const made = await serversOfImages(await readImages(call), backups);
  return made.flatMap(({ image, serverId }) => (endedIds.has(serverId) ? [imageFinding(image, serverId)] : []));
}

async function backupsLeft(aftermath: HuaweiAftermath): Promise<readonly Finding[]> {
  const endedIds = new Set(aftermath.ended.map(({ id }) => id));
  return (await aftermath.backups()).flatMap((backup) => {
    const holders = endedIds.has(backup.resourceId)
      ? [backup.resourceId]
      : (aftermath.disks.get(backup.resourceId) ?? []);
    return holders.map((instanceId) => backupFinding(backup, instanceId));
  });
}
