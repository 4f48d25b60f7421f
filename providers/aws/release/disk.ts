import { mapConcurrent } from "../../../src/batch.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { answered, itemProblem, kept, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";
import { readVolumes } from "../instances.js";
import type { VolumeFacts } from "../record.js";
import { standingInstances } from "./gone.js";

const concurrency = 4;

/** Deletes volumes that their instances left, each only if it is free and somebody decided about its data. */
export async function deleteDisks(
  context: ReleaseContext<AwsCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const standing = await standingInstances(context, items);
  return await mapConcurrent(items, concurrency, async (item) => {
    const problem = standing.get(item);
    return problem ? kept(item, problem) : await deleteOne(context, item);
  });
}

async function deleteOne(context: ReleaseContext<AwsCall>, item: DependencyRef): Promise<DependencyReleaseOutcome> {
  const { call, options, sightings } = context;
  const wasThere = sightings.get(item.instanceId)?.disks.some(({ id }) => id === item.id);
  if (!wasThere) return kept(item, neverSeen(item));
  const volume = await readVolume(call, item.id);
  if (!volume) return told(item, "already-released");
  const problem = inUse(item, volume) ?? undecided(context, item);
  if (problem) return kept(item, problem);
  if (options.dryRun) return told(item, "would-release");
  const effect = deletionEffect(call, item);
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "DeleteVolume",
    parameters: { VolumeId: item.id },
    instanceIds: [item.instanceId],
    effects: [effect],
    justBefore: async () => {
      const last = await readVolume(call, item.id);
      return last
        ? inUse(item, last)
        : itemProblem(item, "not-found", `${item.id} is gone already.`, "Nothing is left to do.");
    },
    confirm: confirmByReading(call.requests, async () => (await readVolume(call, item.id)) === undefined),
  });
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? told(item, "already-released") : answered(item, answer, [effect]);
}

/** A volume that is not gone or going; `undefined` for one that is. */
async function readVolume(call: AwsCall, id: string): Promise<VolumeFacts | undefined> {
  const volumes = await readVolumes(call, [{ Name: "volume-id", Values: [id] }]);
  return volumes.find((volume) => volume.id === id && volume.state !== "deleting" && volume.state !== "deleted");
}

function inUse(item: DependencyRef, { state, attachments }: VolumeFacts): Problem | undefined {
  const [holder] = attachments;
  if (state === "available" && !holder) return undefined;
  const message = `${item.id} is ${state}${holder ? `, held by ${holder.instanceId}` : ""}.`;
  return itemProblem(item, "dependency", message, "It can go once nobody holds it.");
}

/**
 * Why nobody has decided about the data. A proof would have to follow the volume's last detach (S14), whose moment EC2
 * tells nowhere: only a word that the data may be lost lets the volume go.
 */
function undecided({ options }: ReleaseContext<AwsCall>, item: DependencyRef): Problem | undefined {
  const { data, acceptDataLoss = [] } = options;
  if (data && "discard" in data) return undefined;
  if (acceptDataLoss.some(({ instanceId, diskId }) => instanceId === item.instanceId && diskId === item.id))
    return undefined;
  const message = `${item.id} can hold what was written after any snapshot taken while it was attached.`;
  const hint = "Name it in `acceptDataLoss`, or let it go with its instance by `dataDisks: { delete }`.";
  return itemProblem(item, "missing-snapshot-proof", message, hint);
}

function deletionEffect(call: AwsCall, { kind, id, instanceId }: DependencyRef): Effect {
  return {
    ...call.scope,
    kind: "disk-deleted",
    resource: { kind, id },
    instanceIds: [instanceId],
    undo: {
      impossible: "A deleted volume comes back only where a Recycle Bin rule of the account kept it: see `recover`.",
    },
  };
}

function neverSeen(item: DependencyRef): Problem {
  const message = `No sighting of ${item.instanceId} shows the volume ${item.id}.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
