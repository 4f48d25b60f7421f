import { unique } from "../../src/batch.js";
import { proofKey } from "../../src/data-gate.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { TencentCall } from "./call.js";
import { ownCopies, proofsOf, readCopiesById } from "./copies.js";

const snapshotIdForm = /^snap-[0-9a-z]{8,}$/;

/**
 * What the cloud says now of the copies that somebody claims to hold, by {@link proofKey}. Nothing of a claim is
 * believed: what is not listed, not complete, or not ours is left out. So is a copy with a deadline of a disk among
 * `doomed`, which takes such copies with it ("DeleteSnapshot", cbs 2017-03-12).
 */
export async function rereadProofs(
  call: TencentCall,
  claimed: readonly SnapshotProof[],
  doomed: ReadonlySet<string>,
): Promise<ReadonlyMap<string, SnapshotProof>> {
  const ids = unique(claimed.map(({ id }) => id)).filter((id) => snapshotIdForm.test(id));
  const copies = ownCopies(await readCopiesById(call, ids));
  const proofs = proofsOf(
    call,
    copies.filter((copy) => !doomed.has(copy.diskId) || copy.deadline === undefined),
  );
  return new Map(proofs.map((proof) => [proofKey(proof), proof]));
}
