import { isoNow } from "../../../src/clock.js";
import type { Effect } from "../../../src/effects.js";
import { type Problem, problemOf } from "../../../src/errors.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { type OwnMark, ownDescription, ownTags } from "../../../src/own-tags.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import { type Creation, idsByDisk, type SavingJob } from "../../../src/saving/saving.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { aliyunCapabilities } from "../capabilities.js";
import { type AliyunCopy, copyName } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { tokenFor } from "../tokens.js";
import { findCopies } from "./find.js";
import { retentionDays } from "./retention.js";

/** A tag's value holds 128 characters (TagResourcesRequest): five ids of 22 characters with a space between. */
const idsPerTag = 5;

/** Refusals that pass by themselves, and those that mean that a request with this token is under way or was taken. */
const passing: ReadonlySet<string | undefined> = new Set([
  "IncorrectDiskStatus.CreatingSnapshot",
  "IncorrectInstanceStatus",
  "IncorrectDiskStatus",
  "OperationConflict",
  "IdempotentProcessing",
  "IdempotentParameterMismatch",
]);

/** Whether a refusal to copy passes by itself. */
export function passesByItself({ cloudCode }: Problem): boolean {
  return passing.has(cloudCode);
}

/** Asks for copies of these disks: of one alone, of several as a set of one moment. The token makes a repeat harmless. */
export async function createCopies(
  call: AliyunCall,
  job: SavingJob<SeenInstance, AliyunCopy>,
  disks: readonly InstanceDisk[],
  request: SnapshotRequest,
): Promise<Creation<AliyunCopy>> {
  const { id: instanceId } = job.seen.record;
  const mark = markFor(job, disks, request);
  const wanted = new Set(disks.map(({ id }) => id));
  const before = new Set(job.known.values());
  const foundNew = async () =>
    (await findCopies(call, request, instanceId)).filter(({ id, diskId }) => wanted.has(diskId) && !before.has(id));
  const answer = await send(call, disks, mark, request, foundNew);
  if (answer.effect !== "applied") return { answer, made: [], effects: [] };
  const effects = (answer.ids ?? []).map((id) => copyEffect(call, instanceId, id));
  if (disks.length === 1) return { answer, ...madeAlone(call, disks, answer, mark), effects };
  const made = await shown(call, foundNew, disks.length);
  // A set that does not show its members yet is not asked for again: its id stands in for theirs.
  const stand = new Map(disks.map(({ id }) => [id, answer.ids?.[0] ?? id]));
  return { answer, made, named: new Map([...stand, ...idsByDisk(made)]), effects };
}

async function send(
  call: AliyunCall,
  disks: readonly InstanceDisk[],
  mark: OwnMark,
  request: SnapshotRequest,
  foundNew: () => Promise<readonly AliyunCopy[]>,
): Promise<MutationAnswer> {
  const [instanceId = ""] = mark.instanceIds;
  const diskIds = disks.map(({ id }) => id);
  const isSet = disks.length > 1;
  const ClientToken = tokenFor(
    call.scope.accountId,
    "snapshot",
    mark.runId,
    String(mark.attempt),
    instanceId,
    ...diskIds,
  );
  const Tag = Object.entries({ ...request.tags, ...ownTags(mark, idsPerTag) }).map(([Key, Value]) => ({ Key, Value }));
  const common = { Description: ownDescription(mark), Tag, ClientToken };
  return await call.requests.mutate({
    service: "ecs",
    action: isSet ? "CreateSnapshotGroup" : "CreateSnapshot",
    parameters: isSet
      ? { ...common, InstanceId: instanceId, DiskId: diskIds, Name: copyName(mark) }
      : { ...common, DiskId: diskIds[0], SnapshotName: copyName(mark), ...retentionOf(call, request) },
    instanceIds: [instanceId],
    effects: diskIds.map((id) => copyEffect(call, instanceId, `${mark.runId}/${mark.attempt}/${id}`)),
    token: true,
    createdIds: (body) => {
      const id = new Wire(body, "CreateSnapshot").text(isSet ? "SnapshotGroupId" : "SnapshotId");
      return id === undefined ? [] : [id];
    },
    confirm: (lost) => lookUp(call, foundNew, lost),
  });
}

/** Without a retention a snapshot is kept; with one the cloud deletes it by itself, also the last copy. */
function retentionOf(call: AliyunCall, request: SnapshotRequest): { readonly RetentionDays?: number } {
  return request.expiry === "cloud" ? { RetentionDays: retentionDays(request, call.requests.clock.now()) } : {};
}

/** Looks for what a request with a lost answer made, again and again until its absence can be believed. */
async function lookUp(call: AliyunCall, foundNew: () => Promise<readonly AliyunCopy[]>, { notBefore }: LostAnswer) {
  let found: readonly AliyunCopy[] = [];
  const effect = await settleByReading(call.requests, notBefore, async () => {
    found = await foundNew();
    return found.length > 0;
  });
  return { effect, ids: found.map(({ id }) => id) };
}

/** The members of a new set, as soon as the listing shows them all, or those that it shows when it must have caught up. */
async function shown(
  call: AliyunCall,
  foundNew: () => Promise<readonly AliyunCopy[]>,
  count: number,
): Promise<readonly AliyunCopy[]> {
  const pace = { firstDelayMs: 1_000, longestDelayMs: 5_000, giveUpAfterMs: aliyunCapabilities.consistencyWindowMs };
  try {
    return (await pollUntil(call.requests, pace, foundNew, (found) => found.length >= count)).last;
  } catch (error) {
    call.requests.emit({ type: "warning", problem: problemOf(error) });
    return [];
  }
}

function madeAlone(
  call: AliyunCall,
  [disk]: readonly InstanceDisk[],
  { ids = [] }: MutationAnswer,
  mark: OwnMark,
): Pick<Creation<AliyunCopy>, "made" | "named"> {
  const [id] = ids;
  if (!disk || id === undefined) return { made: [], named: new Map() };
  return { made: [newCopy(call, id, disk, mark)], named: new Map([[disk.id, id]]) };
}

function markFor(
  { seen }: SavingJob<SeenInstance, AliyunCopy>,
  disks: readonly InstanceDisk[],
  request: SnapshotRequest,
): OwnMark {
  const { unified } = seen.record.state;
  return {
    runId: request.runId,
    attempt: request.attempt,
    instanceIds: [seen.record.id],
    diskIds: disks.map(({ id }) => id),
    expiresAt: request.expiresAt,
    takenFrom: unified === "running" || unified === "stopped" ? unified : "unknown",
  };
}

/** A copy as it is right after its request: under way, whatever a listing will show. */
function newCopy(call: AliyunCall, id: string, disk: InstanceDisk, mark: OwnMark): AliyunCopy {
  return {
    id,
    diskId: disk.id,
    state: "pending",
    sizeGiB: disk.sizeGiB === "unknown" ? 0 : disk.sizeGiB,
    encrypted: disk.encrypted === true,
    startedAt: isoNow(call.requests.clock),
    isAutomatic: false,
    description: ownDescription(mark),
    tags: ownTags(mark, idsPerTag),
    mark,
  };
}

/** A copy that was made. It is data, so reverting never takes it away. */
function copyEffect(call: AliyunCall, instanceId: string, id: string): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "snapshot", id },
    instanceIds: [instanceId],
    undo: { impossible: "A saved copy is data: `removeArtifacts` removes it, reverting does not." },
  };
}
