import { claimOf } from "../claim.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { PlannedInstance } from "./plan.js";
import type { CompletePolicy } from "./policy.js";

/** What a plan says of a selector that found nothing. */
export function matchedNothing(selector: string, where: string): Problem {
  return {
    code: "not-found",
    message: `${selector} matched nothing in ${where}.`,
    hint: "Check tags and region; matches are exact.",
  };
}

/** Whether the claim is still alive only its run's journal tells, so that the run decides, not the plan. */
export function claimWarning(record: InstanceRecord): readonly Problem[] {
  const held = claimOf(record);
  if (!held) return [];
  return [
    {
      code: "conflict",
      message: `${record.id} is claimed by run ${held.runId}.`,
      hint: "Finish or undo that run first, or have its claim named in the approvals.",
      cloud: record.cloud,
      instanceIds: [record.id],
    },
  ];
}

/** What a plan says of copies that nobody removes by itself. */
export function retentionWarnings(policy: CompletePolicy, instances: readonly PlannedInstance[]): readonly Problem[] {
  const snapshots = policy.snapshot;
  const going = instances.filter(({ blockers }) => blockers.every(({ waived }) => waived));
  const saved = going.filter((planned) => planned.steps.some((step) => step.step === "snapshot"));
  if ("skip" in snapshots || saved.length === 0 || snapshots.expiry === "cloud") return [];
  return [
    {
      code: "quota",
      message: `No cloud removes the snapshots of ${saved.length} instances by itself; they bill until a sweep does.`,
      hint: `Sweep after ${snapshots.retentionDays} days, or choose \`expiry: "cloud"\`.`,
    },
  ];
}
