import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { type OutlivingKind, releaseOutlived, undecidedData } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { deletionRequest, heldProblem, noWayBack, readVolume } from "../disks.js";
import type { VolumeFacts } from "../facts.js";
import { standingInstances } from "./gone.js";

/** Deletes disks that their servers left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, volumes);
}

const volumes: OutlivingKind<HuaweiCall, true, VolumeFacts> = {
  noun: "the disk",
  standing: standingInstances,
  was: ({ disks }, diskId) => disks.some(({ id }) => id === diskId) || undefined,
  readNow: readVolume,
  unfit,
  keptBecause: undecidedData,
  effect: "disk-deleted",
  noWayBack: () => noWayBack,
  request: deletionRequest,
};

function unfit(item: DependencyRef, volume: VolumeFacts): Problem | undefined {
  if (volume.orderId !== undefined) {
    const message = `${item.id} is paid by the month or year (order ${volume.orderId}): it is unsubscribed, not deleted.`;
    return itemProblem(item, "prepaid", message, "Unsubscribe from it in Billing; it moves money.");
  }
  const held = heldProblem(item.id, volume);
  return held && { ...held, instanceIds: [item.instanceId] };
}
