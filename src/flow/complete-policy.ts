import { invalidRequest } from "../errors.js";
import type { CompletePolicy, CompleteSnapshotPolicy, Policy, SnapshotPolicy } from "./policy.js";
import { checkPolicyForm } from "./policy-schema.js";

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

/** What no form can tell: fields that only make sense together. */
function checkPolicy(policy: Policy): void {
  checkPolicyForm(policy);
  for (const waiver of policy.waivers ?? []) {
    if (waiver.instanceIds === "all" && waiver.kind !== "permission" && waiver.cause !== "skipped") {
      throw invalidRequest(
        `The waiver of ${waiver.kind} (${waiver.cause}) must name its instances.`,
        "`all` is for `permission`, and for kinds left out by choice (`skipped`).",
      );
    }
  }
  const { releaseAt, prepaid } = policy.terminate ?? {};
  if (policy.quarantine && (releaseAt !== undefined || prepaid === "expire")) {
    throw invalidRequest(
      "A quarantine does not go with a release by the cloud's own timer: that server stays in service until then.",
      'Leave out one of `quarantine` and `terminate.releaseAt` or `terminate.prepaid: "expire"`.',
    );
  }
}
