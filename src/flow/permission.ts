import type { CloudAdapter, Operation } from "../adapter.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import { type Consents, waivableBlocker } from "./blockers.js";
import type { Rehearsal } from "./dry-runs.js";
import type { Blocker, PlannedStep } from "./plan.js";

/** What keeps an instance from going while nothing proves that it may be ended and given back. */
export function permissionBlocker(record: InstanceRecord, unproven: readonly string[], consents: Consents): Blocker {
  const shown =
    unproven.length > 3 ? `${unproven.slice(0, 3).join(", ")} and ${unproven.length - 3} more` : unproven.join(", ");
  const problem: Problem = {
    code: "access-denied",
    message: `${record.id}: nothing proves that these credentials may end it and undo what leads there (${shown}).`,
    hint: "Compare them with `adapter.permissions()`, then waive kind `permission`, cause `partial`.",
    cloud: record.cloud,
    instanceIds: [record.id],
  };
  return waivableBlocker(problem, { kind: "permission", cause: "partial" }, record, consents);
}

/** The operation behind each step. A snapshot that is denied leaves its server standing: it needs no proof. */
const operationOf: Readonly<Partial<Record<PlannedStep["step"], Operation>>> = {
  claim: "tagInstances",
  "release-dependencies": "releaseDependencies",
  quarantine: "quarantine",
  "release-rules": "releaseSecurityRules",
  terminate: "terminate",
};

/** Operations that only read: planning has made the same requests, so that they are proved. */
const readingOperations: readonly Operation[] = [
  "whoAmI",
  "findInstances",
  "listDependencies",
  "verifyDeleted",
  "findOwnArtifacts",
];

/**
 * Actions of the planned steps and their undo, which `permissions` lists with each operation, that no dry run of the
 * cloud proved. A dry run of the termination covers the claim as well.
 */
export function unprovenActions(
  adapter: CloudAdapter,
  steps: readonly PlannedStep[],
  rehearsal: Rehearsal,
  rulesChecked: boolean,
): readonly string[] {
  const actionsOf = (operations: readonly Operation[]) =>
    adapter.permissions(operations).actions.filter(({ optional }) => !optional);
  const proved: Operation[] = [
    ...readingOperations,
    ...(rehearsal.permissionChecked ? (["terminate", "tagInstances"] as const) : []),
    ...(rulesChecked ? (["releaseSecurityRules"] as const) : []),
  ];
  const known = new Set(adapter.permissions(proved).actions.map(({ action }) => action));
  const needed = actionsOf(steps.flatMap((step) => operationOf[step.step] ?? []));
  return [...new Set(needed.map(({ action }) => action).filter((action) => !known.has(action)))];
}
