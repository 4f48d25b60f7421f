import type { Effect } from "../../../src/effects.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { type OwnMark, ownDescription, ownTags } from "../../../src/own-tags.js";
import { settleByReading } from "../../../src/poll.js";
import type { LostAnswer } from "../../../src/requests.js";
import { type Creation, idsByDisk, type SavingJob } from "../../../src/saving/saving.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { copyOf, type OwnCopy, ownCopies } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { findOwnCopies } from "./find.js";

/**
 * Limits that pass by themselves: snapshots of a volume that are under way, and one of a volume in about 15 s ("Error
 * codes for the Amazon EC2 API").
 */
export const passingLimits: ReadonlySet<string | undefined> = new Set([
  "ConcurrentSnapshotLimitExceeded",
  "SnapshotCreationPerVolumeRateExceeded",
]);

/** Starts one crash-consistent set of copies of an instance's disks. There is no token that makes a repeat harmless. */
export async function createSet(
  call: AwsCall,
  job: SavingJob<SeenInstance, OwnCopy>,
  disks: readonly InstanceDisk[],
  request: SnapshotRequest,
): Promise<Creation<OwnCopy>> {
  const { record } = job.seen;
  const mark = markFor(job, request);
  const before = new Set(job.known.values());
  const foundNew = async () => (await findOwnCopies(call, request, record.id)).filter(({ id }) => !before.has(id));
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "CreateSnapshots",
    parameters: parametersOf(job.seen, disks, mark, request),
    instanceIds: [record.id],
    effects: disks.map(({ id }) => copyEffect(call, record.id, `${request.runId}/${request.attempt}/${id}`)),
    createdIds: (body) => rowsOf(body).map((row) => row.need("SnapshotId")),
    confirm: (lost) => lookUp(call, foundNew, lost),
  });
  if (answer.effect !== "applied") return { answer, made: [], effects: [] };
  const made = answer.body === undefined ? await foundNew() : madeIn(call, answer.body);
  const named = made.length > 0 ? idsByDisk(made) : namedIn(answer.body);
  return { answer, made, named, effects: (answer.ids ?? []).map((id) => copyEffect(call, record.id, id)) };
}

/** Looks for what a request with a lost answer made, again and again until its absence can be believed. */
async function lookUp(call: AwsCall, foundNew: () => Promise<readonly OwnCopy[]>, { notBefore }: LostAnswer) {
  let found: readonly OwnCopy[] = [];
  const effect = await settleByReading(call.requests, notBefore, async () => {
    found = await foundNew();
    return found.length > 0;
  });
  return { effect, ids: found.map(({ id }) => id) };
}

function markFor({ seen, wanted }: SavingJob<SeenInstance, OwnCopy>, request: SnapshotRequest): OwnMark {
  const { unified } = seen.record.state;
  return {
    runId: request.runId,
    attempt: request.attempt,
    instanceIds: [seen.record.id],
    diskIds: wanted.map(({ id }) => id),
    expiresAt: request.expiresAt,
    takenFrom: unified === "running" || unified === "stopped" ? unified : "unknown",
  };
}

function parametersOf(
  { record }: SeenInstance,
  disks: readonly InstanceDisk[],
  mark: OwnMark,
  request: SnapshotRequest,
): Readonly<Record<string, unknown>> {
  const copied = new Set(disks.map(({ id }) => id));
  const left = record.disks.filter((disk) => !disk.ephemeral && !copied.has(disk.id));
  const leftData = left.filter(({ role }) => role === "data").map(({ id }) => id);
  const tags = Object.entries({ ...request.tags, ...ownTags(mark) });
  return {
    InstanceSpecification: {
      InstanceId: record.id,
      // The root is left out by a switch of its own: named among the others, the request fails (InstanceSpecification).
      ExcludeBootVolume: left.some(({ role }) => role === "system"),
      ...(leftData.length === 0 ? {} : { ExcludeDataVolumeIds: leftData }),
    },
    Description: ownDescription(mark),
    TagSpecifications: [{ ResourceType: "snapshot", Tags: tags.map(([Key, Value]) => ({ Key, Value })) }],
  };
}

/** A copy that was made. It is data, so reverting never takes it away. */
function copyEffect(call: AwsCall, instanceId: string, id: string): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "snapshot", id },
    instanceIds: [instanceId],
    undo: { impossible: "A saved copy is data: `removeArtifacts` removes it, reverting does not." },
  };
}

/** The rows of a success. One that cannot be read tells nothing, and the listing by run tells the rest. */
function rowsOf(body: unknown): readonly Wire[] {
  try {
    return new Wire(body, "CreateSnapshots").list("Snapshots").filter((row) => row.has("SnapshotId"));
  } catch {
    return [];
  }
}

function madeIn(call: AwsCall, body: unknown): readonly OwnCopy[] {
  return ownCopies(rowsOf(body).map(copyOf), call.scope);
}

/** Ids by disk where the answer holds nothing else that could be checked. */
function namedIn(body: unknown): ReadonlyMap<string, string> {
  if (body === undefined) return new Map();
  return new Map(rowsOf(body).map((row) => [row.text("VolumeId") ?? "", row.need("SnapshotId")]));
}
