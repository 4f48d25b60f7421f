import { invalidRequest } from "../errors.js";
import type { CompletePolicy, CompleteSnapshotPolicy, Policy, SnapshotPolicy } from "./policy.js";

/** More instances than this never go in one wave. */
export const maxWaveSize = 100;

/** Writes every default out. Throws `invalid-request` for what contradicts itself. */
export function completePolicy(policy: Policy): CompletePolicy {
  checkPolicy(policy);
  return {
    ...policy,
    snapshot: completeSnapshot(policy.snapshot ?? {}),
    terminate: {
      protection: "respect",
      protectionCheck: "before",
      prepaid: "refuse",
      shutdown: "graceful",
      recycleBin: "if-available",
      dataDisks: "as-flagged",
      acceptDataLoss: [],
      ...policy.terminate,
    },
    release: { before: policy.release?.before ?? ["load-balancer-target"], after: policy.release?.after ?? [] },
    waivers: policy.waivers ?? [],
    exclude: policy.exclude ?? [],
    protectTags: policy.protectTags ?? {},
    waves: policy.waves ?? [1, 20, "rest"],
    wavePauseMinutes: policy.wavePauseMinutes ?? 0,
    planTtlHours: policy.planTtlHours ?? 24,
    runHours: policy.runHours ?? 24 + (policy.quarantine?.forHours ?? 0),
    maxEvidenceAgeMinutes: policy.maxEvidenceAgeMinutes ?? 10,
  };
}

function completeSnapshot(snapshot: SnapshotPolicy): CompleteSnapshotPolicy {
  if ("skip" in snapshot) return snapshot;
  return {
    ...snapshot,
    from: snapshot.from ?? "running",
    maxAgeHours: snapshot.maxAgeHours ?? 4,
    retentionDays: snapshot.retentionDays ?? 30,
    expiry: snapshot.expiry ?? "sweep",
  };
}

function checkPolicy(policy: Policy): void {
  if (policy.snapshot && "skip" in policy.snapshot && policy.snapshot.skip.trim() === "") {
    throw invalidRequest("`snapshot.skip` needs a reason.", "Say why no disk needs to be saved.");
  }
  checkWaves(policy.waves ?? ["rest"]);
  for (const [name, value] of amounts(policy)) {
    if (value !== undefined && !(value >= 0)) {
      throw invalidRequest(`\`${name}\` must be zero or more.`, `It is ${String(value)}.`);
    }
  }
  for (const waiver of policy.waivers ?? []) {
    if (waiver.reason.trim() === "") throw invalidRequest(`The waiver of ${waiver.kind} needs a reason.`, "Say why.");
    if (waiver.instanceIds === "all" && waiver.kind !== "permission" && waiver.cause !== "skipped") {
      throw invalidRequest(
        `The waiver of ${waiver.kind} (${waiver.cause}) must name its instances.`,
        "`all` is for `permission`, and for kinds left out by choice (`skipped`).",
      );
    }
  }
}

function amounts(policy: Policy): readonly (readonly [string, number | undefined])[] {
  return [
    ["maxInstances", policy.maxInstances],
    ["maxPercent", policy.maxPercent],
    ["wavePauseMinutes", policy.wavePauseMinutes],
    ["stopAfterFailures", policy.stopAfterFailures],
    ["planTtlHours", policy.planTtlHours],
    ["runHours", policy.runHours],
    ["maxEvidenceAgeMinutes", policy.maxEvidenceAgeMinutes],
    ["stepDeadlineMinutes", policy.stepDeadlineMinutes],
    ["quarantine.forHours", policy.quarantine?.forHours],
  ];
}

function checkWaves(waves: readonly (number | "rest")[]): void {
  const fits = (wave: number | "rest") =>
    wave === "rest" || (Number.isInteger(wave) && wave >= 1 && wave <= maxWaveSize);
  if (waves.length > 0 && waves.every(fits)) return;
  throw invalidRequest(
    `\`waves\` must be sizes from 1 to ${maxWaveSize}, or "rest".`,
    'For instance [1, 20, "rest"]: one first, then twenty, then the others.',
  );
}
