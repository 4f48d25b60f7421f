import { unique } from "../../src/batch.js";
import { proofKey } from "../../src/data-gate.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { HuaweiCall } from "./call.js";
import { copyName, proofsOf } from "./copies.js";
import { readBackups } from "./snapshots/backup.js";
import { copiesIn, readGroups } from "./snapshots/standard.js";

/**
 * What the cloud says now of the copies that somebody claims to hold, by {@link proofKey}. They are looked for by the
 * name of their run and attempt, which is all that is taken from a claim: what is not listed, not complete, or not ours
 * is left out.
 */
export async function rereadProofs(
  call: HuaweiCall,
  claimed: readonly SnapshotProof[],
): Promise<ReadonlyMap<string, SnapshotProof>> {
  const namesOf = (kind: SnapshotProof["kind"]) =>
    unique(claimed.filter((proof) => proof.kind === kind).map((proof) => copyName(proof)));
  const copies = await Promise.all([
    ...namesOf("backup").map((name) => readBackups(call, { name })),
    ...namesOf("snapshot-group").map(async (name) => await copiesIn(call, await readGroups(call, name))),
  ]);
  const ids = new Set(claimed.map(({ id }) => id));
  const proofs = proofsOf(call, copies.flat()).filter(({ id }) => ids.has(id));
  return new Map(proofs.map((proof) => [proofKey(proof), proof]));
}
