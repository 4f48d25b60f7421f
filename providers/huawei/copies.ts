import { createHash } from "node:crypto";
import { isoNow } from "../../src/clock.js";
import type { IsoDate, Tristate } from "../../src/common.js";
import type { OwnMark } from "../../src/own-tags.js";
import type { OwnCopy } from "../../src/saving/saving.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { HuaweiCall } from "./call.js";

/**
 * A copy of one disk that we made: its part of a server backup, or of a group of standard snapshots. Its id is that of the
 * backup or group, so the disks of one server share it. Snapshots of the old kind are never among them: they are destroyed
 * with their disk ("Deleting EVS disks", EVS user guide).
 */
export interface HuaweiCopy extends OwnCopy {
  readonly kind: "backup" | "snapshot-group";
  readonly state: "pending" | "completed" | "failed";
  readonly encrypted: Tristate;
  readonly keyUsable: Tristate;
  readonly completedAt?: IsoDate;
  /** When the cloud deletes it by itself. */
  readonly deadline?: IsoDate;
}

/**
 * The name of what one run and attempt made. Listings filter by it, and it holds 64 letters, digits, `_` and `-`, fewer
 * than a run id can have: so it carries a hash.
 */
export function copyName({ runId, attempt }: Pick<OwnMark, "runId" | "attempt">): string {
  const hash = createHash("sha256").update(`${runId}/${attempt}`).digest("hex").slice(0, 24);
  return `cloud-decom-${hash}`;
}

/** The proofs that these copies are: those that are complete. */
export function proofsOf(call: HuaweiCall, copies: readonly HuaweiCopy[]): readonly SnapshotProof[] {
  return copies
    .filter(({ state }) => state === "completed")
    .map((copy) => {
      const { mark } = copy;
      const expiresAt = copy.deadline ?? mark.expiresAt;
      return {
        ...call.scope,
        id: copy.id,
        kind: copy.kind,
        // A mark that names several instances proves nothing for any.
        instanceId: mark.instanceIds.length === 1 ? (mark.instanceIds[0] ?? "") : "",
        diskId: copy.diskId,
        runId: mark.runId,
        attempt: mark.attempt,
        sizeGiB: copy.sizeGiB,
        encrypted: copy.encrypted,
        keyUsable: copy.keyUsable,
        pointInTime: copy.startedAt,
        takenFrom: mark.takenFrom,
        completedAt: copy.completedAt ?? isoNow(call.requests.clock),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        expiresBy: copy.deadline !== undefined ? "cloud" : mark.expiresAt === undefined ? "nobody" : "sweep",
      };
    });
}
