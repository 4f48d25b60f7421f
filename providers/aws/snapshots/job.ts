import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import type { InstanceDisk } from "../../../src/instances.js";
import { runTag } from "../../../src/own-tags.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { AwsCall } from "../call.js";
import { type OwnCopy, ownCopies, readCopies } from "../copies.js";
import { literalFilter } from "../filters.js";
import type { SeenInstance } from "../record.js";

/** The saving of one instance's disks. */
export interface SnapshotJob {
  readonly seen: SeenInstance;
  /** The disks to save: all volumes, also those that outlive the instance. */
  readonly wanted: readonly InstanceDisk[];
  /** Ids of copies by the disk they are of, as far as any answer named them. */
  readonly known: ReadonlyMap<string, string>;
  /** What the answer to our request showed. Listings can lag behind it. */
  readonly made: readonly OwnCopy[];
  /** When the last copy was asked for, in milliseconds on the adapter's clock. */
  readonly askedAt: number;
  /** Why not all copies could be asked for. */
  readonly trouble?: { readonly problem: Problem; readonly sent: boolean };
  readonly effects: readonly Effect[];
}

/** The copies this run and attempt made, of one instance or of all. */
export async function findOwnCopies(
  call: AwsCall,
  { runId, attempt }: SnapshotRequest,
  instanceId?: string,
): Promise<readonly OwnCopy[]> {
  const copies = await readCopies(call, [
    literalFilter(`tag:${runTag}`, runId),
    ...(instanceId === undefined ? [] : [literalFilter("tag:cloud-decom:instance", instanceId)]),
  ]);
  return ownCopies(copies, call.scope).filter(
    ({ mark }) =>
      mark.runId === runId &&
      mark.attempt === attempt &&
      (instanceId === undefined || mark.instanceIds.includes(instanceId)),
  );
}

/** The id of the copy of each disk; of several copies of one disk the oldest counts. */
export function idsByDisk(copies: readonly OwnCopy[]): ReadonlyMap<string, string> {
  const oldestFirst = [...copies].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  const ids = new Map<string, string>();
  for (const { id, diskId } of oldestFirst) if (!ids.has(diskId)) ids.set(diskId, id);
  return ids;
}
