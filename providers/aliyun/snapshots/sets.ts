import type { InstanceDisk } from "../../../src/instances.js";
import type { DiskFacts } from "../disk-facts.js";

/** Disks of the ESSD family: what a snapshot-consistent group takes ("CreateSnapshotGroup", ECS API reference). */
const essdFamily = new Set(["cloud_essd", "cloud_auto", "cloud_essd_entry"]);
/** The SDK's comments allow 128 disks and 256 TiB, the user guide 16 and 32: a set within these fits both. */
const mostDisks = 16;
const mostGiB = 32 * 1024;

/**
 * The disks of the next request: as many as one set takes, so that they are of one moment, else a single one. What no set
 * takes (another category, shared with other instances, of unknown size) is copied alone.
 */
export function nextSet(
  missing: readonly InstanceDisk[],
  factsOf: (diskId: string) => DiskFacts | undefined,
): readonly InstanceDisk[] {
  const set: InstanceDisk[] = [];
  let sizeGiB = 0;
  for (const disk of missing) {
    const facts = factsOf(disk.id);
    if (!facts || facts.multiAttach || !essdFamily.has(facts.category) || disk.sizeGiB === "unknown") continue;
    if (set.length === mostDisks || sizeGiB + disk.sizeGiB > mostGiB) continue;
    set.push(disk);
    sizeGiB += disk.sizeGiB;
  }
  return set.length > 1 ? set : missing.slice(0, 1);
}
