import type { Clock } from "./clock.js";
import { type Scope, sameScope } from "./common.js";
import { invalidRequest, type Problem } from "./errors.js";
import type { InstanceDisk, InstanceRecord } from "./instances.js";
import type { SnapshotProof } from "./snapshots.js";
import type { DataDecision, DataLossConsent, TerminationSettings } from "./termination.js";

/** How old the data in a proof may be when a server is terminated on the strength of it. */
export const maxProofAgeHours = 24;

/** What the caller decided about the data, checked and ready for one call. */
export interface DataGate {
  /** Why this instance must stay because of its data; `undefined` when it may go. */
  judge(record: InstanceRecord): Problem | undefined;
}

/** What a data gate is opened with. */
export interface DataGateInput {
  readonly data: DataDecision;
  readonly acceptDataLoss?: readonly DataLossConsent[] | undefined;
  readonly dataDisks?: TerminationSettings["dataDisks"] | undefined;
  /** All instances that go in this call: a shared disk dies when its last holder does. */
  readonly targetIds: ReadonlySet<string>;
  readonly scope: Scope;
  readonly clock: Clock;
  /** The proofs as the cloud shows them now, by {@link proofKey}. What is not in it has vanished, failed or is not ours. */
  readonly reread: ReadonlyMap<string, SnapshotProof>;
}

/** Names the copy of one disk: one copy can hold several disks. */
export function proofKey(proof: Pick<SnapshotProof, "id" | "diskId">): string {
  return `${proof.id}/${proof.diskId}`;
}

/** Throws `invalid-request` where the decision about the data is missing or contradicts itself. */
export function checkDataDecision(data: unknown): asserts data is DataDecision {
  const hint = "Pass `data: { proofs }` from `snapshot`, or `data: { discard: reason }` to give all disks up.";
  if (typeof data !== "object" || data === null) throw invalidRequest("`data` is missing.", hint);
  const hasProofs = "proofs" in data && data.proofs !== undefined;
  const hasDiscard = "discard" in data && data.discard !== undefined;
  if (hasProofs === hasDiscard) throw invalidRequest("`data` needs either `proofs` or `discard`.", hint);
  if (hasDiscard && (typeof data.discard !== "string" || data.discard.trim() === "")) {
    throw invalidRequest("`data.discard` needs a reason.", hint);
  }
  if (hasProofs && !(Array.isArray(data.proofs) && data.proofs.every(isNamed)))
    throw invalidRequest("`data.proofs` must be a list of proofs.", hint);
}

/** Proofs come out of files, so that even their form is not certain. All else of them is read again. */
function isNamed(proof: unknown): boolean {
  if (typeof proof !== "object" || proof === null) return false;
  return ["id", "diskId"].every((name) => typeof Reflect.get(proof, name) === "string");
}

/** The disks that die when this instance goes. What could not be read counts as dying. */
export function dyingDisks(
  record: InstanceRecord,
  dataDisks: TerminationSettings["dataDisks"],
  targetIds: ReadonlySet<string>,
): readonly InstanceDisk[] {
  return record.disks.filter((disk) => {
    if (disk.ephemeral) return true;
    if (typeof dataDisks === "object" && dataDisks.delete.includes(disk.id)) return true;
    if (dataDisks === "keep" && disk.role === "data") return false;
    if (disk.deletedWithInstance === false) return false;
    return (disk.sharedWith ?? []).every((holder) => targetIds.has(holder));
  });
}

/** Opens the gate: every disk that dies needs a proof that holds now, or a consent to lose it. */
export function openDataGate(input: DataGateInput): DataGate {
  const { data, reread, scope, clock } = input;
  const claimed = "proofs" in data ? data.proofs : [];
  const byDisk = new Map<string, SnapshotProof[]>();
  for (const proof of claimed) byDisk.set(proof.diskId, [...(byDisk.get(proof.diskId) ?? []), proof]);
  const consents = new Set((input.acceptDataLoss ?? []).map((consent) => `${consent.instanceId}/${consent.diskId}`));

  const uncovered = (record: InstanceRecord, disk: InstanceDisk): string | undefined => {
    if (consents.has(`${record.id}/${disk.id}`)) return undefined;
    if (disk.ephemeral) return `${disk.id} lives on the host and cannot be saved`;
    const proofs = byDisk.get(disk.id) ?? [];
    const faults = proofs.map((proof) => faultOf(proof, reread.get(proofKey(proof)), disk, record, scope, clock));
    if (faults.some((fault) => fault === undefined)) return undefined;
    return faults[0] === undefined ? `${disk.id} has no proof` : `${disk.id}: ${faults[0]}`;
  };

  return {
    judge: (record) => {
      if ("discard" in data) return undefined;
      const missing = dyingDisks(record, input.dataDisks, input.targetIds)
        .map((disk) => uncovered(record, disk))
        .filter((fault) => fault !== undefined);
      if (missing.length === 0) return undefined;
      return {
        code: "missing-snapshot-proof",
        message: `${record.id} would lose data: ${missing.join("; ")}.`,
        hint: "Take a snapshot and pass its proofs, or name the disk in `acceptDataLoss`.",
        cloud: record.cloud,
        instanceIds: [record.id],
      };
    },
  };
}

/** Why a proof does not hold for this disk now; `undefined` when it does. Only what was read again is believed. */
function faultOf(
  claimed: SnapshotProof,
  now: SnapshotProof | undefined,
  disk: InstanceDisk,
  record: InstanceRecord,
  scope: Scope,
  clock: Clock,
): string | undefined {
  if (!sameScope(claimed, scope)) return `${claimed.id} is of another account or region`;
  if (!now) return `${claimed.id} is not there, not complete or not ours`;
  if (now.diskId !== disk.id || now.instanceId !== record.id) return `${now.id} is of another disk`;
  if (now.runId !== claimed.runId || now.attempt !== claimed.attempt) return `${now.id} was made in another attempt`;
  if (disk.sizeGiB === "unknown" || now.sizeGiB < disk.sizeGiB) return `${now.id} is smaller than the disk`;
  if (now.keyUsable === false) return `the key of ${now.id} is not usable`;
  if (now.keyUsable === "unknown") return `whether the key of ${now.id} is usable could not be read`;
  const ageHours = (clock.now() - Date.parse(now.pointInTime)) / 3_600_000;
  // Written so that a time that cannot be parsed is a fault, too.
  if (!(ageHours <= maxProofAgeHours)) return `${now.id} is older than ${maxProofAgeHours} hours`;
  return undefined;
}
