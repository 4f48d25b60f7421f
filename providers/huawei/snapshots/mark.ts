import { isoNow } from "../../../src/clock.js";
import type { Effect } from "../../../src/effects.js";
import type { InstanceDisk } from "../../../src/instances.js";
import type { OwnMark } from "../../../src/own-tags.js";
import type { SavingJob } from "../../../src/saving/saving.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { HuaweiCall } from "../call.js";
import type { HuaweiCopy } from "../copies.js";
import type { SeenInstance } from "../record.js";

/** What a copy says of itself. */
export function markFor({ seen, wanted }: SavingJob<SeenInstance, HuaweiCopy>, request: SnapshotRequest): OwnMark {
  const { id, state } = seen.record;
  return {
    runId: request.runId,
    attempt: request.attempt,
    instanceIds: [id],
    diskIds: wanted.map((disk) => disk.id),
    expiresAt: request.expiresAt,
    takenFrom: state.unified === "running" || state.unified === "stopped" ? state.unified : "unknown",
  };
}

/** A copy that was made. It is data, so reverting never takes it away. */
export function copyEffect(call: HuaweiCall, instanceId: string, id: string): Effect {
  return {
    ...call.scope,
    kind: "artifact-created",
    resource: { kind: "snapshot", id },
    instanceIds: [instanceId],
    undo: { impossible: "A saved copy is data: `removeArtifacts` removes it, reverting does not." },
  };
}

/** A copy as it is right after its request. Its own id is not told yet, only that of the set it is made with. */
export function newCopy(
  call: HuaweiCall,
  kind: HuaweiCopy["kind"],
  setId: string,
  disk: InstanceDisk,
  marks: Pick<HuaweiCopy, "mark" | "tags">,
): HuaweiCopy {
  return {
    ...marks,
    id: setId,
    kind,
    diskId: disk.id,
    sizeGiB: disk.sizeGiB === "unknown" ? 0 : disk.sizeGiB,
    startedAt: isoNow(call.requests.clock),
    state: "pending",
    encrypted: disk.encrypted,
    keyUsable: "unknown",
  };
}
