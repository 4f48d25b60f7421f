import { unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { innerList } from "../listings.js";
import { holdersByDisk } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource, AliyunSurvey } from "./survey.js";

const source = "ecs:DescribeImages";

/** Custom images made of the disks: images name snapshots, and snapshots their disk. */
export const imageSources: readonly AliyunSource[] = [
  listing("image", source, "report", async (survey) => findingsOf(source, await imagesOf(survey))),
];

/** All custom images of the account in this region. */
export async function readImages(call: AliyunCall): Promise<readonly Wire[]> {
  return await call.pages("ecs", "DescribeImages", { ImageOwnerAlias: "self" });
}

/** Snapshots that an image is made of. */
export function snapshotsIn(image: Wire): readonly string[] {
  return innerList(image, "DiskDeviceMappings.DiskDeviceMapping").flatMap((row) => row.text("SnapshotId") ?? []);
}

async function imagesOf({ call, instances, reads }: AliyunSurvey): Promise<readonly Finding[]> {
  const holders = holdersByDisk(instances);
  const [images, snapshots] = await Promise.all([readImages(call), reads.snapshots()]);
  const diskOf = new Map(snapshots.map(({ id, diskId }) => [id, diskId]));
  return images.flatMap((image) => {
    const disks = unique(snapshotsIn(image).flatMap((id) => diskOf.get(id) ?? []));
    return unique(disks.flatMap((id) => holders.get(id) ?? [])).map((instanceId) => imageFinding(image, instanceId));
  });
}

function imageFinding(image: Wire, instanceId: string): Finding {
  const name = image.text("ImageName");
  const since = image.date("CreationTime");
  return {
    instanceId,
    node: {
      kind: "image",
      id: image.need("ImageId"),
      ...(name === undefined ? {} : { name }),
      ...(since === undefined ? {} : { since }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It was made of snapshots of its disks: it stays, and so do they, and they bill until it is deleted.",
    },
  };
}
