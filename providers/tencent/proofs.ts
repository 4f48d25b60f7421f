import { unique } from "../../src/batch.js";
import { proofKey } from "../../src/data-gate.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { TencentCall } from "./call.js";
import { ownCopies, proofsOf, readCopiesById } from "./copies.js";

const snapshotIdForm = /^snap-[0-9a-z]{8,}$/;

/**
 * What the cloud says now of the copies that somebody claims to hold, by {@link proofKey}. Nothing of a claim is
 * believed: what is not listed, not complete, or not ours is left out.
 */
export async function rereadProofs(
  call: TencentCall,
  claimed: readonly SnapshotProof[],
): Promise<ReadonlyMap<string, SnapshotProof>> {
  const ids = unique(claimed.map(({ id }) => id)).filter((id) => snapshotIdForm.test(id));
  const proofs = proofsOf(call, ownCopies(await readCopiesById(call, ids)));
  return new Map(proofs.map((proof) => [proofKey(proof), proof]));
}
