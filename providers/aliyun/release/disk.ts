import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { type OutlivingKind, releaseOutlived, undecidedData } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import type { DiskFacts } from "../disk-facts.js";
import { readDisks } from "../instances.js";
import { standingInstances } from "./gone.js";

/** Deletes disks that their instances left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, cloudDisks);
}

const cloudDisks: OutlivingKind<AliyunCall, true, DiskFacts> = {
  noun: "the disk",
  standing: standingInstances,
  was: ({ disks }, diskId) => disks.some(({ id }) => id === diskId) || undefined,
  readNow: async (call, id) => (await readDisks(call, [id])).get(id),
  unfit: (item, disk) => inUse(item, disk) ?? paidInAdvance(item, disk),
  keptBecause: undecidedData,
  effect: "disk-deleted",
  noWayBack: () => "There is no bin for disks: a deleted one is gone.",
  request: (DiskId) => ({ service: "ecs", action: "DeleteDisk", parameters: { DiskId } }),
};

function inUse(item: DependencyRef, { status, attachments }: DiskFacts): Problem | undefined {
  const [holder] = attachments;
  if (status === "Available" && !holder) return undefined;
  const message = `${item.id} is ${status}${holder ? `, held by ${holder.instanceId}` : ""}.`;
  return itemProblem(item, "dependency", message, "It can go once nobody holds it.");
}

function paidInAdvance(item: DependencyRef, { chargeType }: DiskFacts): Problem | undefined {
  if (chargeType !== "PrePaid") return undefined;
  const message = `${item.id} is paid in advance, so it cannot be deleted.`;
  return itemProblem(item, "prepaid", message, "Return it in the console, or let it expire.");
}
