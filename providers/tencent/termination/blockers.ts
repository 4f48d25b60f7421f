import type { DataGate } from "../../../src/data-gate.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { commonBlocker, instanceProblem, ownerBlocker } from "../../../src/preconditions.js";
import type { TerminationPath, TerminationSettings } from "../../../src/termination.js";
import type { SeenInstance } from "../record.js";
import { unkeptWish, type Wishes } from "./wishes.js";

/** What was read to judge instances. */
export interface Judgement {
  readonly wishes: Wishes;
  readonly owners: { readonly edges: readonly DependencyEdge[] };
  readonly gate: DataGate;
}

/** Why this instance must stay; `undefined` when it may go its way. */
export function blockerOf(
  seen: SeenInstance,
  path: TerminationPath,
  { wishes, owners, gate }: Judgement,
): Problem | undefined {
  return (
    commonBlocker(seen.record, settingsOf(path, wishes)) ??
    unreadProtection(seen, wishes) ??
    disputedDisks(seen) ??
    unkeepable(seen, path, wishes) ??
    ownerBlocker(seen.record, owners.edges, wishes.acceptOwners) ??
    // Letting it expire ends nothing today: its data is decided on when it does.
    (path === "let-expire" ? undefined : gate.judge(seen.record))
  );
}

/** What is in the bin has been returned already: no way out of its subscription is left to choose. */
function settingsOf(path: TerminationPath, { options }: Wishes): TerminationSettings {
  return path === "purge" ? { ...options, prepaid: "unsubscribe" } : options;
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
  const ids = facts.disputedDiskIds.join(", ");
  return instanceProblem(
    record,
    "data-loss",
    `and its disks disagree about what is attached: ${ids}.`,
    "Wait until attaching or detaching has ended, then try again.",
  );
}

function unkeepable(seen: SeenInstance, path: TerminationPath, wishes: Wishes): Problem | undefined {
  const stuck = path === "purge" ? undefined : unkeptWish(seen, wishes);
  if (stuck === undefined) return undefined;
  return instanceProblem(
    seen.record,
    "unsupported",
    `has disks whose fate is not free: ${stuck}.`,
    "A disk that cannot be detached goes with its server, a prepaid one stays: name it in `acceptDataLoss`, or free it afterwards with `releaseDependencies`.",
  );
}
