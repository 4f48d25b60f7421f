import { mapConcurrent, unique } from "../../../src/batch.js";
import { copiesLeft } from "../../../src/copy-findings.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { runTag } from "../../../src/own-tags.js";
import type { AliyunCall } from "../call.js";
import { type Copy, copyOf, readOwnCopies } from "../copies.js";
import { readImages, snapshotsIn } from "../dependencies/images.js";
import type { AftermathSource, AliyunAftermath } from "./survey.js";

const snapshotSource = "ecs:DescribeSnapshots";
const imageSource = "ecs:DescribeImages";

/** Snapshots and images of what is gone. They stay on purpose, and bill. */
export const copySources: readonly AftermathSource[] = [
  {
    kind: "snapshot",
    source: snapshotSource,
    gate: "report",
    hidesRows: true,
    read: async (aftermath) => ({
      ...findingsOf(snapshotSource, await snapshotsLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
  {
    kind: "image",
    source: imageSource,
    gate: "report",
    hidesRows: true,
    read: async (aftermath) => findingsOf(imageSource, await imagesLeft(aftermath)),
  },
];

/** `DiskId` takes one id. From this many on, all snapshots of the region cost fewer requests. */
const askOneByOne = 20;
const concurrency = 5;

/** Snapshots of these disks, wherever they hang now. By instance nothing is found once it is gone. */
export async function readCopiesOf(call: AliyunCall, diskIds: readonly string[]): Promise<readonly Copy[]> {
  const wanted = new Set(diskIds);
  const rows =
    diskIds.length > askOneByOne
      ? await call.pages("ecs", "DescribeSnapshots")
      : (
          await mapConcurrent(diskIds, concurrency, (id) => call.pages("ecs", "DescribeSnapshots", { DiskId: id }))
        ).flat();
  return rows.map(copyOf).filter(({ diskId }) => wanted.has(diskId));
}

/** Ids of the copies that this library made, by their own marks or those of their set. */
export async function ownCopyIds({ call, copies }: AliyunAftermath): Promise<ReadonlySet<string>> {
  if ((await copies()).length === 0) return new Set();
  return new Set((await readOwnCopies(call, [{ Key: runTag }])).map(({ id }) => id));
}

async function snapshotsLeft(aftermath: AliyunAftermath): Promise<readonly Finding[]> {
  const [copies, own] = await Promise.all([aftermath.copies(), ownCopyIds(aftermath)]);
  return copiesLeft(copies, aftermath.diskHolders, own);
}

async function imagesLeft({ call, diskHolders, copies }: AliyunAftermath): Promise<readonly Finding[]> {
  const [images, snapshots] = await Promise.all([readImages(call), copies()]);
  const diskOf = new Map(snapshots.map(({ id, diskId }) => [id, diskId]));
  return images.flatMap((image) => {
    const disks = unique(snapshotsIn(image).flatMap((id) => diskOf.get(id) ?? []));
    const since = image.date("CreationTime");
    return unique(disks.flatMap((id) => diskHolders.get(id) ?? [])).map(
      (instanceId): Finding => ({
        instanceId,
        node: {
          kind: "image",
          id: image.need("ImageId"),
          ...(since === undefined ? {} : { since }),
          billing: "continues",
        },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: "It was made of snapshots of the instance's disks, which bill until it is deleted.",
        },
      }),
    );
  });
}
