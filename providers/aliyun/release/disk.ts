import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import type { DiskFacts } from "../disk-facts.js";
import { readDisks } from "../instances.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/** Deletes disks that their instances left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await deleteOne(context, item);
  });
}

async function deleteOne(context: ReleaseContext<AliyunCall>, item: DependencyRef): Promise<DependencyReleaseOutcome> {
  const { call, options, sightings } = context;
  const wasThere = sightings.get(item.instanceId)?.disks.some(({ id }) => id === item.id);
  if (!wasThere) return kept(item, neverSeen(item));
  const disk = await readDisk(call, item.id);
  if (!disk) return told(item, "already-released");
  const problem = inUse(item, disk) ?? paidInAdvance(item, disk) ?? undecided(context, item);
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect = deletionEffect(call, item);
  const answer = await call.requests.mutate({
    service: "ecs",
    action: "DeleteDisk",
    parameters: { DiskId: item.id },
    instanceIds: [item.instanceId],
    effects: [effect],
    justBefore: async () => {
      const last = await readDisk(call, item.id);
      return last
        ? inUse(item, last)
        : itemProblem(item, "not-found", `${item.id} is gone already.`, "Nothing is left to do.");
    },
    confirm: confirmByReading(call.requests, async () => (await readDisk(call, item.id)) === undefined),
  });
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? told(item, "already-released") : answered(item, answer, [effect]);
}

async function readDisk(call: AliyunCall, id: string): Promise<DiskFacts | undefined> {
  return (await readDisks(call, [id])).get(id);
}

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

/**
 * Why nobody has decided about the data. A proof would have to follow the disk's last detach (S14), and copies are made
 * of disks on their instances alone: only a word that the data may be lost lets the disk go.
 */
function undecided({ options }: ReleaseContext<AliyunCall>, item: DependencyRef): Problem | undefined {
  const { data, acceptDataLoss = [] } = options;
  if (data && "discard" in data) return undefined;
  if (acceptDataLoss.some(({ instanceId, diskId }) => instanceId === item.instanceId && diskId === item.id))
    return undefined;
  const message = `${item.id} can hold what was written after any snapshot taken while it was attached.`;
  const hint = "Name it in `acceptDataLoss`, or let it go with its instance by `dataDisks: { delete }`.";
  return itemProblem(item, "missing-snapshot-proof", message, hint);
}

function deletionEffect(call: AliyunCall, { kind, id, instanceId }: DependencyRef): Effect {
  return {
    ...call.scope,
    kind: "disk-deleted",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: { impossible: "There is no bin for disks: a deleted one is gone." },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the disk ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
