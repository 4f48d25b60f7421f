import { runTag } from "../../../src/own-tags.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { AwsCall } from "../call.js";
import { type OwnCopy, ownCopies, readCopies } from "../copies.js";
import { literalFilter } from "../filters.js";

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
