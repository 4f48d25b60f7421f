import { copiesLeft } from "../../../src/copy-findings.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { ownCopies } from "../copies.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { readImagesOf } from "../dependencies/images.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const snapshotSource = "ec2:DescribeSnapshots";
const imageSource = "ec2:DescribeImages";

/** Snapshots and images of what is gone. They stay on purpose, and bill. */
export const copySources: readonly AftermathSource[] = [
  {
    kind: "snapshot",
    source: snapshotSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(snapshotSource, await snapshotsLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
  {
    kind: "image",
    source: imageSource,
    gate: "report",
    hidesRows,
    read: async (aftermath) => findingsOf(imageSource, await imagesLeft(aftermath)),
  },
];

/** Ids of the copies that this library made. */
export async function ownCopyIds({ call, copies }: AwsAftermath): Promise<ReadonlySet<string>> {
  return new Set(ownCopies(await copies(), call.scope).map(({ id }) => id));
}

async function snapshotsLeft(aftermath: AwsAftermath): Promise<readonly Finding[]> {
  const [copies, own] = await Promise.all([aftermath.copies(), ownCopyIds(aftermath)]);
  return copiesLeft(copies, aftermath.disks, own);
}

async function imagesLeft({ call, ended }: AwsAftermath): Promise<readonly Finding[]> {
  const images = await readImagesOf(
    call,
    ended.map(({ id }) => id),
  );
  return images.map((image): Finding => {
    const since = image.date("CreationDate");
    return {
      instanceId: image.need("SourceInstanceId"),
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
        why: "It was made from the instance: its snapshots bill until they are deleted.",
      },
    };
  });
}
