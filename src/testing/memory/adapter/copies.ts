import { chunk, unique } from "../../../batch.js";
import { proofKey } from "../../../data-gate.js";
import type { Artifact, SnapshotProof } from "../../../snapshots.js";
import type { Wire } from "../../../wire.js";
import { batchSize } from "../options.js";
import type { MemoryCall } from "./call.js";
import { tagsOf } from "./record.js";

/** Keys under this prefix are ours. */
export const ownPrefix = "cloud-decom:";
/** The tag that says for which run a copy was made. */
export const runTag = "cloud-decom:run";

/** A copy of one disk that we made. */
export interface Copy {
  readonly id: string;
  readonly diskId: string;
  readonly instanceId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly status: string;
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly keyState: string;
  readonly startedAt: string;
  readonly completedAt?: string;
  readonly expiresAt?: string;
  readonly takenFrom: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What marks a copy as ours. */
export interface Mark {
  readonly runId: string;
  readonly attempt: number;
  readonly instanceId: string;
  readonly diskIds: readonly string[];
  readonly expiresAt: string;
  readonly takenFrom: string;
}

/** The tags of copies that we make. */
export function markTags(mark: Mark): Readonly<Record<string, string>> {
  return {
    [runTag]: mark.runId,
    "cloud-decom:attempt": String(mark.attempt),
    "cloud-decom:instance": mark.instanceId,
    "cloud-decom:disks": mark.diskIds.join(" "),
    "cloud-decom:expires": mark.expiresAt,
    "cloud-decom:taken-from": mark.takenFrom,
  };
}

/** The description of copies that we make: a second mark, since anybody may copy tags. */
export function ownDescription(mark: Pick<Mark, "runId" | "attempt">): string {
  return `cloud-decom run ${mark.runId} attempt ${mark.attempt}`;
}

/** A row as a copy of ours; `undefined` for anything else. */
export function copyOf(row: Wire): Copy | undefined {
  const tags = tagsOf(row);
  const runId = tags[runTag];
  const attempt = Number(tags["cloud-decom:attempt"]);
  const diskId = row.need("diskId");
  if (!runId || !Number.isInteger(attempt)) return undefined;
  if (!(tags["cloud-decom:disks"] ?? "").split(" ").includes(diskId)) return undefined;
  if (row.text("description") !== ownDescription({ runId, attempt })) return undefined;
  const completedAt = row.date("completedAt");
  const expiresAt = tags["cloud-decom:expires"];
  return {
    id: row.need("id"),
    diskId,
    instanceId: tags["cloud-decom:instance"] ?? "",
    runId,
    attempt,
    status: row.need("status"),
    sizeGiB: row.number("sizeGiB") ?? 0,
    encrypted: row.flag("encrypted") ?? false,
    keyState: row.text("keyState") ?? "unknown",
    startedAt: row.date("startedAt") ?? "",
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    takenFrom: tags["cloud-decom:taken-from"] ?? "unknown",
    tags,
  };
}

/** Copies that we made: of one run and attempt, or all. */
export async function readOwnCopies(
  call: MemoryCall,
  of: { readonly runId?: string; readonly attempt?: number },
): Promise<readonly Copy[]> {
  const rows = await call.pages("ListSnapshots", of.runId === undefined ? {} : { tags: { [runTag]: of.runId } });
  return rows
    .flatMap((row) => copyOf(row) ?? [])
    .filter((copy) => of.runId === undefined || copy.runId === of.runId)
    .filter((copy) => of.attempt === undefined || copy.attempt === of.attempt);
}

/** Rows of snapshots by id, ours or not. */
export async function readSnapshotRows(call: MemoryCall, ids: readonly string[]): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(unique(ids), batchSize).map((piece) => call.pages("ListSnapshots", { ids: piece })),
  );
  return pieces.flat();
}

/** What the cloud says now of the copies that somebody claims to hold. What is not there, not whole or not ours is left out. */
export async function rereadProofs(
  call: MemoryCall,
  claimed: readonly SnapshotProof[],
): Promise<ReadonlyMap<string, SnapshotProof>> {
  if (claimed.length === 0) return new Map();
  const rows = await readSnapshotRows(
    call,
    claimed.map(({ id }) => id),
  );
  const proofs = rows.flatMap((row) => copyOf(row) ?? []).flatMap((copy) => proofOf(call, copy) ?? []);
  return new Map(proofs.map((proof) => [proofKey(proof), proof]));
}

/** The proof that a copy is; `undefined` unless it is complete. */
export function proofOf(call: MemoryCall, copy: Copy): SnapshotProof | undefined {
  if (copy.status !== "completed" || copy.completedAt === undefined) return undefined;
  return {
    ...call.scope,
    id: copy.id,
    kind: "disk-snapshot",
    instanceId: copy.instanceId,
    diskId: copy.diskId,
    runId: copy.runId,
    attempt: copy.attempt,
    sizeGiB: copy.sizeGiB,
    encrypted: copy.encrypted,
    keyUsable: !copy.encrypted || copy.keyState === "usable",
    pointInTime: copy.startedAt,
    takenFrom: copy.takenFrom === "running" || copy.takenFrom === "stopped" ? copy.takenFrom : "unknown",
    completedAt: copy.completedAt,
    ...(copy.expiresAt === undefined ? {} : { expiresAt: copy.expiresAt }),
    expiresBy: copy.expiresAt === undefined ? "nobody" : "sweep",
  };
}

/** A copy as something this library made. */
export function artifactOf(call: MemoryCall, copy: Copy): Artifact {
  return {
    ...call.scope,
    kind: "disk-snapshot",
    id: copy.id,
    runId: copy.runId,
    attempt: copy.attempt,
    instanceIds: [copy.instanceId],
    diskIds: [copy.diskId],
    sizeGiB: copy.sizeGiB,
    createdAt: copy.startedAt,
    tags: copy.tags,
    ...(copy.expiresAt === undefined ? {} : { expiresAt: copy.expiresAt }),
  };
}
