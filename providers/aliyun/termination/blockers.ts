import type { DataGate } from "../../../src/data-gate.js";
import type { Problem } from "../../../src/errors.js";
import { commonBlocker, instanceProblem, ownerBlocker } from "../../../src/preconditions.js";
import type { TerminationPath } from "../../../src/termination.js";
import type { OwnerReading } from "../dependencies/owners.js";
import type { SeenInstance } from "../record.js";
import { unkeptWish, type Wishes } from "./wishes.js";

/** What was read to judge instances. */
export interface Judgement {
  readonly wishes: Wishes;
  readonly owners: OwnerReading;
  readonly gate: DataGate;
}

/** Why this instance must stay; `undefined` when it may go its way. */
export function blockerOf(
  seen: SeenInstance,
  path: TerminationPath,
  { wishes, owners, gate }: Judgement,
): Problem | undefined {
  return (
    securityLock(seen) ??
    commonBlocker(withoutArrears(seen), wishes.options) ??
    unreadProtection(seen, wishes) ??
    disputedDisks(seen) ??
    unkeepable(seen, wishes) ??
    ownerBlocker(seen.record, owners.edges, wishes.acceptOwners) ??
    // Letting it expire ends nothing today: its data is decided on when it does.
    (path === "let-expire" ? undefined : gate.judge(seen.record))
  );
}

/** "this attribute is ignored and the disk is released along with the instance" (DeleteInstanceRequest). */
function securityLock({ record }: SeenInstance): Problem | undefined {
  if (!record.protection.locks.some(({ unified }) => unified === "security")) return undefined;
  return instanceProblem(
    record,
    "locked",
    "is locked for security: released now it would take every disk along, also those that are to stay.",
    "Settle the lock with the cloud first. It is never forced from here.",
  );
}

/**
 * What nobody paid for can be released all the same ("Overdue payments", ECS user guide), and an expired subscription
 * always shows that lock. Of a dedicated host that is not paid for, no page says so: it stays locked.
 */
function withoutArrears({ record }: SeenInstance): SeenInstance["record"] {
  const locks = record.protection.locks.filter(({ unified }) => unified !== "overdue");
  return { ...record, protection: { ...record.protection, locks } };
}

/** What is not known cannot be put back, so it is not switched off either. */
function unreadProtection({ record }: SeenInstance, { cleared }: Wishes): Problem | undefined {
  if (record.protection.termination !== "unknown" || !cleared.has(record.id)) return undefined;
  return instanceProblem(
    record,
    "service",
    "does not say whether it is protected.",
    "Look at it in the console first.",
  );
}

function disputedDisks({ record, facts }: SeenInstance): Problem | undefined {
  if (facts.disputedDiskIds.length === 0) return undefined;
  return instanceProblem(
    record,
    "data-loss",
    `has disks on which two listings do not agree: ${facts.disputedDiskIds.join(", ")}.`,
    "Wait until attaching or detaching has ended, or grant ecs:DescribeDisks and ecs:DescribeDisksFullStatus.",
  );
}

function unkeepable(seen: SeenInstance, wishes: Wishes): Problem | undefined {
  const stuck = unkeptWish(seen, wishes);
  if (stuck === undefined) return undefined;
  return instanceProblem(
    seen.record,
    "unsupported",
    `has disks whose fate is not free: ${stuck}.`,
    "A disk of the host or of the subscription goes with its instance, a shared one stays: name it in `acceptDataLoss`, or free it afterwards with `releaseDependencies`.",
  );
}
