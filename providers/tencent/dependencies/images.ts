import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import type { Copy } from "../copies.js";
import { momentOf } from "../times.js";
import { hidesRows } from "./controls.js";
import { holdersByDisk } from "./holders.js";
import type { TencentSource } from "./survey.js";

const source = "cvm:DescribeImages";

/** Images made from the instances. An image does not say where it is from: its snapshots do. */
export const imageSources: readonly TencentSource[] = [
  {
    kind: "image",
    source,
    gate: "report",
    hidesRows,
    read: async ({ call, instances, reads }) => {
      const [images, snapshots] = await Promise.all([readOwnImages(call), reads.snapshots()]);
      return findingsOf(source, imageFindings(images, snapshots, holdersByDisk(instances)));
    },
  },
];

/** All custom images of the region. */
export async function readOwnImages(call: TencentCall): Promise<readonly Wire[]> {
  const Filters = [{ Name: "image-type", Values: ["PRIVATE_IMAGE"] }];
  return await call.pages("cvm", "DescribeImages", { Filters }, { field: "ImageSet", id: "ImageId" });
}

/** Images that hold a snapshot of one of these disks. */
export function imageFindings(
  images: readonly Wire[],
  snapshots: readonly Copy[],
  holders: ReadonlyMap<string, readonly string[]>,
): readonly Finding[] {
  const diskOf = new Map(snapshots.map(({ id, diskId }) => [id, diskId]));
  return images.flatMap((image) => {
    const disks = image.list("SnapshotSet").flatMap((each) => diskOf.get(each.text("SnapshotId") ?? "") ?? []);
    const instanceIds = new Set(disks.flatMap((disk) => holders.get(disk) ?? []));
    return [...instanceIds].map((instanceId) => imageFinding(image, instanceId));
  });
}

function imageFinding(image: Wire, instanceId: string): Finding {
  const name = image.text("ImageName");
  const since = momentOf(image.text("CreatedTime"));
  const sizeGiB = image.number("ImageSize");
  return {
    instanceId,
    node: {
      kind: "image",
      id: image.need("ImageId"),
      ...(name === undefined ? {} : { name }),
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(since === undefined ? {} : { since }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It was made from its disks: it stays, and its snapshots bill until they are deleted.",
    },
  };
}
