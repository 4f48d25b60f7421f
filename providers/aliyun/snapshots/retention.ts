import { mapConcurrent } from "../../../src/batch.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { AliyunCall } from "../call.js";
import { type AliyunCopy, readCopies } from "../copies.js";

const dayMs = 24 * 3_600_000;
const concurrency = 4;

/** Whole days from a moment that cover the time for which copies are kept at least. */
export function retentionDays({ expiresAt }: SnapshotRequest, from: number): number {
  return Math.max(1, Math.ceil((Date.parse(expiresAt) - from) / dayMs));
}

/**
 * Gives the members of sets the retention that was asked for: CreateSnapshotGroup takes none, so it is set afterwards for
 * each ("ModifySnapshotAttribute", ECS API reference). Answers the copies as they are then; one whose retention could not
 * be set is kept, and left to a sweep.
 */
export async function withRetention(
  call: AliyunCall,
  copies: readonly AliyunCopy[],
  request: SnapshotRequest,
): Promise<readonly AliyunCopy[]> {
  if (request.expiry !== "cloud") return copies;
  return await mapConcurrent(copies, concurrency, async (copy) => {
    if (copy.retentionDays !== undefined) return copy;
    const days = retentionDays(request, Date.parse(copy.startedAt));
    const answer = await call.requests.mutate({
      service: "ecs",
      action: "ModifySnapshotAttribute",
      parameters: { SnapshotId: copy.id, RetentionDays: days },
      instanceIds: copy.mark.instanceIds,
      effects: [
        {
          ...call.scope,
          kind: "flag-changed",
          resource: { kind: "snapshot", id: copy.id },
          instanceIds: copy.mark.instanceIds,
          undo: { impossible: "A retention can only be extended." },
          left: days,
        },
      ],
      confirm: async () => {
        const [now] = await readCopies(call, [copy.id]);
        return { effect: now?.retentionDays === days ? "applied" : "unknown" };
      },
    });
    return answer.effect === "applied" ? { ...copy, retentionDays: days } : copy;
  });
}
