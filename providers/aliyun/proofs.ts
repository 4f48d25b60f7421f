import { unique } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import type { IsoDate, Tristate } from "../../src/common.js";
import { proofKey } from "../../src/data-gate.js";
import { runTag } from "../../src/own-tags.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { AliyunCall } from "./call.js";
import { type AliyunCopy, type Copy, readOwnCopies } from "./copies.js";
import { readKeyStates } from "./keys.js";

const dayMs = 24 * 3_600_000;

/**
 * What the cloud says now of the copies that somebody claims to hold, by `proofKey`. They are looked for by their run,
 * since a snapshot does not say which set it is of. Nothing of a claim is believed: what is not listed there, not
 * complete, or not ours is left out.
 */
export async function rereadProofs(
  call: AliyunCall,
  claimed: readonly SnapshotProof[],
): Promise<ReadonlyMap<string, SnapshotProof>> {
  const runs = unique(claimed.map(({ runId }) => runId)).filter((runId) => runId !== "");
  const copies = await Promise.all(runs.map((Value) => readOwnCopies(call, [{ Key: runTag, Value }])));
  const ids = new Set(claimed.map(({ id }) => id));
  const proofs = await proofsOf(
    call,
    copies.flat().filter(({ id }) => ids.has(id)),
  );
  return new Map(proofs.map((proof) => [proofKey(proof), proof]));
}

/** The proofs that these copies are: those that are whole and do not go with their disk. */
export async function proofsOf(call: AliyunCall, copies: readonly AliyunCopy[]): Promise<readonly SnapshotProof[]> {
  const whole = copies.filter(({ state, isAutomatic }) => state === "completed" && !isAutomatic);
  const keys = await readKeyStates(
    call,
    whole.flatMap(({ keyId }) => keyId ?? []),
  );
  return whole.map((copy) => proofOf(call, copy, keyUsable(copy, keys)));
}

function proofOf(call: AliyunCall, copy: AliyunCopy, usable: Tristate): SnapshotProof {
  const { mark, retentionDays } = copy;
  const expiresAt = retentionDays === undefined ? mark.expiresAt : endOf(copy, retentionDays);
  return {
    ...call.scope,
    id: copy.id,
    kind: "disk-snapshot",
    // A mark that names several instances proves nothing for any.
    instanceId: mark.instanceIds.length === 1 ? (mark.instanceIds[0] ?? "") : "",
    diskId: copy.diskId,
    runId: mark.runId,
    attempt: mark.attempt,
    sizeGiB: copy.sizeGiB,
    encrypted: copy.encrypted,
    keyUsable: usable,
    pointInTime: copy.startedAt,
    takenFrom: mark.takenFrom,
    completedAt: isoNow(call.requests.clock),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    expiresBy: retentionDays !== undefined ? "cloud" : mark.expiresAt === undefined ? "nobody" : "sweep",
  };
}

/** Retention counts from the creation of a snapshot (CreateSnapshotRequest, RetentionDays). */
function endOf({ startedAt }: Copy, retentionDays: number): IsoDate {
  return new Date(Date.parse(startedAt) + retentionDays * dayMs).toISOString();
}

function keyUsable({ encrypted, keyId }: Copy, keys: ReadonlyMap<string, Tristate>): Tristate {
  if (!encrypted) return true;
  return keyId === undefined ? "unknown" : (keys.get(keyId) ?? "unknown");
}
