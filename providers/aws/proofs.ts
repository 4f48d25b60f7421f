import { chunk, unique } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import type { Tristate } from "../../src/common.js";
import { proofKey } from "../../src/data-gate.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { AwsCall } from "./call.js";
import { type Copy, type OwnCopy, ownCopies, readCopies } from "./copies.js";
import { filterLimit } from "./instances.js";
import { readKeyStates } from "./keys.js";

const snapshotIdForm = /^snap-[0-9a-f]{8,17}$/;

/**
 * What the cloud says now of the copies that somebody claims to hold, by {@link proofKey}. Nothing of a claim is
 * believed: what is not listed, not complete, or not ours is left out.
 */
export async function rereadProofs(
  call: AwsCall,
  claimed: readonly SnapshotProof[],
): Promise<ReadonlyMap<string, SnapshotProof>> {
  const ids = unique(claimed.map(({ id }) => id)).filter((id) => snapshotIdForm.test(id));
  // By filter, since one absent id asked for by name fails the whole call.
  const pieces = await Promise.all(
    chunk(ids, filterLimit).map((piece) => readCopies(call, [{ Name: "snapshot-id", Values: [...piece] }])),
  );
  const proofs = await proofsOf(call, pieces.flat());
  return new Map(proofs.map((proof) => [proofKey(proof), proof]));
}

/** The proofs that these copies are: those that we made and that are complete. */
export async function proofsOf(call: AwsCall, copies: readonly Copy[]): Promise<readonly SnapshotProof[]> {
  const complete = ownCopies(copies, call.scope).filter(({ state }) => state === "completed");
  const keys = await readKeyStates(
    call,
    complete.flatMap(({ keyId }) => keyId ?? []),
  );
  return complete.map((copy) => proofOf(call, copy, keyUsable(copy, keys)));
}

function proofOf(call: AwsCall, copy: OwnCopy, usable: Tristate): SnapshotProof {
  const { mark } = copy;
  return {
    ...call.scope,
    id: copy.id,
    kind: "disk-snapshot",
    // Several instances share no set of ours; a mark that names more than one proves nothing for any.
    instanceId: mark.instanceIds.length === 1 ? (mark.instanceIds[0] ?? "") : "",
    diskId: copy.diskId,
    runId: mark.runId,
    attempt: mark.attempt,
    sizeGiB: copy.sizeGiB,
    encrypted: copy.encrypted,
    keyUsable: usable,
    pointInTime: copy.startedAt,
    takenFrom: mark.takenFrom,
    completedAt: copy.completedAt ?? isoNow(call.requests.clock),
    ...(mark.expiresAt === undefined ? {} : { expiresAt: mark.expiresAt }),
    expiresBy: mark.expiresAt === undefined ? "nobody" : "sweep",
  };
}

function keyUsable({ encrypted, keyId }: Copy, keys: ReadonlyMap<string, Tristate>): Tristate {
  if (encrypted === false) return true;
  return keyId === undefined ? "unknown" : (keys.get(keyId) ?? "unknown");
}
