import type { DataGate } from "../../../src/data-gate.js";
import type { Problem } from "../../../src/errors.js";
import { commonBlocker, instanceProblem, ownerBlocker } from "../../../src/preconditions.js";
import type { TerminationPath } from "../../../src/termination.js";
import type { OwnerReading } from "../owners.js";
import type { SeenInstance } from "../record.js";
import { unkeptWish, type Wishes } from "./wishes.js";

/** What was read to judge instances. */
export interface Judgement {
  readonly wishes: Wishes;
  readonly owners: OwnerReading;
  readonly gate: DataGate;
}

/** Why this server must stay; `undefined` when it may go its way. */
export function blockerOf(
  seen: SeenInstance,
  path: TerminationPath,
  { wishes, owners, gate }: Judgement,
): Problem | undefined {
  // In the bin a server has no owner left, and nothing about it can be changed but that it comes back or goes.
  if (path === "purge") return lockedInBin(seen) ?? gate.judge(seen.record);
  return (
    commonBlocker(seen.record, wishes.options) ??
    unknownLock(seen) ??
    disputedDisks(seen) ??
    unknownHostDisks(seen, wishes) ??
    unkeepable(seen, wishes) ??
    ownerBlocker(seen.record, owners.edges, wishes.acceptOwners) ??
    unaskedOwner(seen, owners, wishes) ??
    gate.judge(seen.record)
  );
}

function lockedInBin({ record }: SeenInstance): Problem | undefined {
  const [lock] = record.protection.locks;
  return lock && instanceProblem(record, "locked", `is locked (${lock.raw}).`, "Settle the cause of the lock first.");
}

/** A lock that is not told cannot be put back, and a deletion would meet it. */
function unknownLock({ record }: SeenInstance): Problem | undefined {
  if (record.protection.termination !== "unknown") return undefined;
  return instanceProblem(record, "service", "does not say whether it is locked.", "Look at it in the console first.");
}

function disputedDisks({ record, facts }: SeenInstance): Problem | undefined {
  if (facts.disputedDiskIds.length === 0) return undefined;
  return instanceProblem(
    record,
    "data-loss",
    `and EVS disagree about what is attached: ${facts.disputedDiskIds.join(", ")}.`,
    "Wait until attaching or detaching has ended, and grant evs:volumes:list.",
  );
}

/** ECS lists no disks of the host: without the flavor nobody knows whether there are any. */
function unknownHostDisks({ record, facts }: SeenInstance, { options }: Wishes): Problem | undefined {
  if (facts.localDisksKnown || "discard" in options.data) return undefined;
  return instanceProblem(
    record,
    "data-loss",
    `may have disks of its host: its flavor ${facts.flavorId} could not be read.`,
    "Grant ecs:cloudServerFlavors:get, or give the data up with `data: { discard }`.",
  );
}

function unkeepable(seen: SeenInstance, wishes: Wishes): Problem | undefined {
  const stuck = unkeptWish(seen, wishes);
  if (stuck === undefined) return undefined;
  return instanceProblem(
    seen.record,
    "unsupported",
    `has disks whose end is not free to choose: ${stuck}.`,
    "Disks of the host, and those bought with a yearly/monthly server, go with it; a prepaid one stays until it is unsubscribed. Name them in `acceptDataLoss`, or leave `dataDisks` out.",
  );
}

/** Whoever cannot be asked may put another server in its place. */
function unaskedOwner(
  { record }: SeenInstance,
  { unread }: OwnerReading,
  { acceptOwners }: Wishes,
): Problem | undefined {
  const gap = unread.find(({ kind }) => !acceptOwners.has(kind));
  return gap && { ...gap.problem, instanceIds: [record.id] };
}
