import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { Disk, Snapshot } from "../records.js";
import { accountOf, change, type HuaweiContext } from "../state.js";
import { isBeingCopied } from "../storage.js";

/** Counts a copy against the seeded quota. */
export function spendCopies({ state }: HuaweiContext, wanted: number, code: string): void {
  const account = accountOf(state);
  if (account.snapshotsLeft === undefined) return;
  if (account.snapshotsLeft < wanted) throw refusal(code, "The quota of snapshots is exceeded.", 403);
  state.account.set("account", { ...account, snapshotsLeft: account.snapshotsLeft - wanted });
}

/** Refuses what the cloud refuses at once: one copy of a disk at a time, and disks that are made to refuse. */
export function refuseCopy({ state }: HuaweiContext, disk: Disk, busyStatus: number): void {
  if (disk.snapshots === "refused")
    throw refusal("EVS.5400", `The status of the disk does not allow a snapshot: ${disk.id}.`, 400);
  if (isBeingCopied(state, disk.id)) throw refusal("EVS.2409", "A snapshot is being created for the disk.", busyStatus);
}

/** Begins a snapshot, which will come to the end that its disk's seed wants. */
export function beginSnapshot(
  context: HuaweiContext,
  disk: Disk,
  values: Partial<Snapshot> & Pick<Snapshot, "generation">,
  durationMs: number,
): Snapshot {
  const { state, ids, now } = context;
  const snapshot: Snapshot = {
    id: ids.assign("snapshot"),
    name: "",
    description: "",
    diskId: disk.id,
    zone: disk.zone,
    // A truncated copy, which only its size gives away.
    sizeGiB: disk.snapshots === "too-small" ? Math.max(1, Math.floor(disk.sizeGiB / 2)) : disk.sizeGiB,
    keyId: disk.keyId,
    status: "creating",
    progress: 0,
    createdAt: now,
    updatedAt: now,
    tags: {},
    ...values,
  };
  state.snapshots.set(snapshot.id, snapshot);
  if (disk.snapshots !== "stuck") context.later(durationMs, () => endSnapshot(context, snapshot.id, disk));
  return snapshot;
}

function endSnapshot(context: HuaweiContext, id: string, { snapshots }: Disk): void {
  const { state, now } = context;
  const status = snapshots === "fails" ? "error" : "available";
  change(state.snapshots, id, { status, progress: status === "error" ? 40 : 100, updatedAt: now });
  if (snapshots === "vanishes") context.later(1, () => state.snapshots.delete(id));
}
