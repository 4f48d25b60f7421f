import { mapConcurrent } from "../../../src/batch.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { deleteDisk, deletionEffect, heldProblem, readVolume } from "../disks.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/** Deletes disks that their servers left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await deleteOne(context, item);
  });
}

async function deleteOne(context: ReleaseContext<HuaweiCall>, item: DependencyRef): Promise<DependencyReleaseOutcome> {
  const { call, options, sightings } = context;
  const wasThere = sightings.get(item.instanceId)?.disks.some(({ id }) => id === item.id);
  if (!wasThere) return kept(item, neverSeen(item));
  const volume = await readVolume(call, item.id);
  if (!volume) return told(item, "already-released");
  const problem =
    (volume.orderId === undefined ? undefined : prepaid(item, volume.orderId)) ??
    heldProblem(item.id, volume) ??
    undecided(context, item);
  if (problem) return kept(item, { ...problem, instanceIds: [item.instanceId] });
  if (options.dryRun) return told(item, "would-release");
  const effect = deletionEffect(call, item.instanceId, item.id);
  const answer = await deleteDisk(call, item.instanceId, item.id, [effect]);
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? told(item, "already-released") : answered(item, answer, [effect]);
}

/**
 * Why nobody has decided about the data. A proof would have to follow the disk's last detach (S14), whose moment EVS
 * tells nowhere: only a word that the data may be lost lets the disk go.
 */
function undecided({ options }: ReleaseContext<HuaweiCall>, item: DependencyRef): Problem | undefined {
  const { data, acceptDataLoss = [] } = options;
  if (data && "discard" in data) return undefined;
  if (acceptDataLoss.some(({ instanceId, diskId }) => instanceId === item.instanceId && diskId === item.id))
    return undefined;
  const message = `${item.id} can hold what was written after any copy taken while it was attached.`;
  const hint = "Name it in `acceptDataLoss`, or let it go with its server by `dataDisks: { delete }`.";
  return itemProblem(item, "missing-snapshot-proof", message, hint);
}

function prepaid(item: DependencyRef, orderId: string): Problem {
  const message = `${item.id} is paid by the month or year (order ${orderId}): it is unsubscribed, not deleted.`;
  return itemProblem(item, "prepaid", message, "Unsubscribe from it in Billing; it moves money.");
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the disk ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the server in `sightings`.");
}
