import type { DependencyRef } from "../../../src/dependencies.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { type OutlivingKind, releaseOutlived, undecidedData } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import { readDisk } from "../disks.js";
import type { DiskFacts } from "../record.js";
import { standingInstances } from "./gone.js";

/** Deletes disks that their instances left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<TencentCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, cloudDisks);
}

const cloudDisks: OutlivingKind<TencentCall, true, DiskFacts> = {
  noun: "the disk",
  standing: standingInstances,
  was: ({ disks }, diskId) => disks.some(({ id }) => id === diskId) || undefined,
  readNow: readKept,
  unfit,
  keptBecause: undecidedData,
  effect: "disk-deleted",
  noWayBack: () => "A pay-as-you-go disk is destroyed at once; its backup points go with it.",
  // Its snapshots are kept, whatever else is.
  request: (id) => ({ service: "cbs", action: "TerminateDisks", parameters: { DiskIds: [id], DeleteSnapshot: 0 } }),
};

/** A disk that is not let go yet. One in the bin is: a second request would destroy it. */
async function readKept(call: TencentCall, id: string): Promise<DiskFacts | undefined> {
  const disk = await readDisk(call, id);
  return disk?.state === "TORECYCLE" ? undefined : disk;
}

function unfit(item: DependencyRef, { state, instanceIds, chargeType, deletesSnapshots }: DiskFacts) {
  if (state !== "UNATTACHED" || instanceIds.length > 0) {
    const message = `${item.id} is ${state}${instanceIds[0] === undefined ? "" : `, held by ${instanceIds[0]}`}.`;
    return itemProblem(item, "dependency", message, "It can go once nobody holds it.");
  }
  if (chargeType === "PREPAID") {
    // The first request returns it for money, the second one destroys it (S51).
    const message = `${item.id} is paid in advance, and returning it moves money.`;
    return itemProblem(item, "prepaid", message, "Switch its renewal off and let it expire, or return it by hand.");
  }
  if (deletesSnapshots) {
    const message = `${item.id} is set to take its snapshots with it.`;
    return itemProblem(item, "data-loss", message, "Make those that matter permanent and switch that off first.");
  }
  return undefined;
}
