import type { DataGate } from "../../../src/data-gate.js";
import type { DependencyEdge } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { commonBlocker } from "../../../src/preconditions.js";
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
    ownerBlocker(seen, owners.edges, wishes) ??
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
  return problem(record.id, "service", "does not say whether it is protected.", "Look at it in the console first.");
}

function disputedDisks({ record, facts }: SeenInstance): Problem | undefined {
  if (facts.disputedDiskIds.length === 0) return undefined;
  const ids = facts.disputedDiskIds.join(", ");
  return problem(
    record.id,
    "data-loss",
    `and its disks disagree about what is attached: ${ids}.`,
    "Wait until attaching or detaching has ended, then try again.",
  );
}

function unkeepable(seen: SeenInstance, path: TerminationPath, wishes: Wishes): Problem | undefined {
  const stuck = path === "purge" ? undefined : unkeptWish(seen, wishes);
  if (stuck === undefined) return undefined;
  return problem(
    seen.record.id,
    "unsupported",
    `has disks whose fate is not free: ${stuck}.`,
    "A disk that cannot be detached goes with its server, a prepaid one stays: name it in `acceptDataLoss`, or free it afterwards with `releaseDependencies`.",
  );
}

function ownerBlocker(
  { record }: SeenInstance,
  edges: readonly DependencyEdge[],
  { acceptOwners }: Wishes,
): Problem | undefined {
  const edge = edges.find(
    ({ instanceId, effect, relation, node }) =>
      instanceId === record.id && effect !== "report" && relation !== "inferred" && !acceptOwners.has(node.kind),
  );
  if (!edge) return undefined;
  const release = edge.unblock ?? `Release the ${edge.node.kind} ${edge.node.id} first, with \`releaseDependencies\`.`;
  return {
    ...problem(record.id, "owned", "has an owner.", `${release} Or accept it: \`cloudOptions.acceptOwners\`.`),
    message: `${record.id} has an owner. ${edge.why}`,
  };
}

function problem(id: string, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message: `${id} ${message}`, hint, cloud: "tencent", instanceIds: [id] };
}
