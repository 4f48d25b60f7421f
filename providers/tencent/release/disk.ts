import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import { readDisk } from "../disks.js";
import type { DiskFacts } from "../record.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/** Deletes disks that their instances left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<TencentCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await deleteOne(context, item);
  });
}

async function deleteOne(context: ReleaseContext<TencentCall>, item: DependencyRef): Promise<DependencyReleaseOutcome> {
  const { call, options, sightings } = context;
  const wasThere = sightings.get(item.instanceId)?.disks.some(({ id }) => id === item.id);
  if (!wasThere) return kept(item, neverSeen(item));
  const disk = await readDisk(call, item.id);
  // A disk in the bin is let go already: a second request would destroy it.
  if (!disk || disk.state === "TORECYCLE") return told(item, "already-released");
  const problem = unfit(item, disk) ?? undecided(context, item);
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect = deletionEffect(call, item);
  const isGone = async () => (await readDisk(call, item.id)) === undefined;
  const answer = await call.requests.mutate({
    service: "cbs",
    action: "TerminateDisks",
    // Its snapshots are kept, whatever else is.
    parameters: { DiskIds: [item.id], DeleteSnapshot: 0 },
    instanceIds: [item.instanceId],
    effects: [effect],
    justBefore: async () => {
      const last = await readDisk(call, item.id);
      return last
        ? unfit(item, last)
        : itemProblem(item, "not-found", `${item.id} is gone already.`, "Nothing is left to do.");
    },
    confirm: confirmByReading(call.requests, isGone),
  });
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? told(item, "already-released") : answered(item, answer, [effect]);
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

/**
 * Why nobody has decided about the data. A proof would have to follow the disk's last detach (S14), whose moment CBS
 * tells nowhere: only a word that the data may be lost lets the disk go.
 */
function undecided({ options }: ReleaseContext<TencentCall>, item: DependencyRef): Problem | undefined {
  const { data, acceptDataLoss = [] } = options;
  if (data && "discard" in data) return undefined;
  if (acceptDataLoss.some(({ instanceId, diskId }) => instanceId === item.instanceId && diskId === item.id))
    return undefined;
  const message = `${item.id} can hold what was written after any snapshot taken while it was attached.`;
  const hint = "Name it in `acceptDataLoss`, or let it go with its instance by `dataDisks: { delete }`.";
  return itemProblem(item, "missing-snapshot-proof", message, hint);
}

function deletionEffect(call: TencentCall, { kind, id, instanceId }: DependencyRef): Effect {
  return {
    ...call.scope,
    kind: "disk-deleted",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: { impossible: "A pay-as-you-go disk is destroyed at once; its backup points go with it." },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the disk ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
