import { runTag } from "../../../src/own-tags.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { AliyunCall } from "../call.js";
import { type AliyunCopy, readOwnCopies } from "../copies.js";

/** The copies this run and attempt made, of one instance or of all. */
export async function findCopies(
  call: AliyunCall,
  { runId, attempt }: SnapshotRequest,
  instanceId?: string,
): Promise<readonly AliyunCopy[]> {
  const copies = await readOwnCopies(call, [
    { Key: runTag, Value: runId },
    ...(instanceId === undefined ? [] : [{ Key: "cloud-decom:instance", Value: instanceId }]),
  ]);
  return copies.filter(
    ({ mark }) =>
      mark.runId === runId &&
      mark.attempt === attempt &&
      (instanceId === undefined || mark.instanceIds.includes(instanceId)),
  );
}
