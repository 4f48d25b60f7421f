import { copiesLeft } from "../../../src/copy-findings.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { ownCopies } from "../copies.js";
import { hidesRows } from "../dependencies/controls.js";
import { imageFindings, readOwnImages } from "../dependencies/images.js";
import type { AftermathSource, TencentAftermath } from "./survey.js";

const snapshotSource = "cbs:DescribeSnapshots";
const imageSource = "cvm:DescribeImages";

/** Snapshots and images of what is gone. They stay on purpose, and bill. */
export const copySources: readonly AftermathSource[] = [
  {
    kind: "snapshot",
    source: snapshotSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(snapshotSource, await snapshotsLeft(aftermath)),
  },
  {
    kind: "image",
    source: imageSource,
    gate: "report",
    hidesRows,
    read: async ({ call, copies, disks }) => {
      const [images, snapshots] = await Promise.all([readOwnImages(call), copies()]);
      return findingsOf(imageSource, imageFindings(images, snapshots, disks));
    },
  },
];

/** Ids of the copies that this library made. */
export async function ownCopyIds({ copies }: TencentAftermath): Promise<ReadonlySet<string>> {
  return new Set(ownCopies(await copies()).map(({ id }) => id));
}

async function snapshotsLeft(aftermath: TencentAftermath): Promise<readonly Finding[]> {
  const [copies, own] = await Promise.all([aftermath.copies(), ownCopyIds(aftermath)]);
  return copiesLeft(copies, aftermath.disks, own);
}
