import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import type { Wire } from "../../../src/wire.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import { pageLimit } from "../instances.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

/** Largest page of ListVolumesInRecycleBin (EC2 API reference, MaxResults). */
const binnedVolumePageLimit = 500;

/** What a Recycle Bin rule of the account caught: it can come back, and bills at its normal rate while it is there. */
export const recycleBinSources: readonly AftermathSource[] = [
  bin("ListVolumesInRecycleBin", "Volumes", binnedVolumePageLimit, "volume", (row, { disks }) =>
    disks.get(row.need("VolumeId")),
  ),
  bin("ListSnapshotsInRecycleBin", "Snapshots", pageLimit, "snapshot", (row, { disks }) =>
    disks.get(row.text("VolumeId") ?? ""),
  ),
  bin("ListImagesInRecycleBin", "Images", pageLimit, "image", (row, { ended }) =>
    namedBy(ended, "image", () => []).get(row.need("ImageId")),
  ),
];

/** The whole bin: whether one name that is not in it fails the request is not documented. */
function bin(
  action: string,
  list: string,
  pageSize: number,
  what: "volume" | "snapshot" | "image",
  holdersOf: (row: Wire, aftermath: AwsAftermath) => readonly string[] | undefined,
): AftermathSource {
  const source = `ec2:${action}`;
  return {
    kind: "recycle-bin",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      if (what === "image" && namedBy(aftermath.ended, "image", () => []).size === 0) return findingsOf(source, []);
      // A volume goes into the bin only when its deletion has ended.
      if (what === "volume") await aftermath.volumes();
      const rows = await aftermath.call.pages("ec2", action, { MaxResults: pageSize }, list);
      return findingsOf(
        source,
        rows.flatMap((row) => (holdersOf(row, aftermath) ?? []).map((id) => binFinding(row, what, id))),
      );
    },
  };
}

const idFields = { volume: "VolumeId", snapshot: "SnapshotId", image: "ImageId" } as const;

function binFinding(row: Wire, what: keyof typeof idFields, instanceId: string): Finding {
  const since = row.date("RecycleBinEnterTime");
  const until = row.date("RecycleBinExitTime");
  const sizeGiB = row.number("Size");
  return {
    instanceId,
    node: {
      kind: "recycle-bin",
      id: row.need(idFields[what]),
      ...(sizeGiB === undefined ? {} : { sizeGiB }),
      ...(since === undefined ? {} : { since }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: `The ${what} is in the Recycle Bin${until === undefined ? "" : ` until ${until}`}: it can come back, and bills until then.`,
    },
  };
}
