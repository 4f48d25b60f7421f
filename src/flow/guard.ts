import type { Money } from "../common.js";
import type { SnapshotOptions } from "../snapshots.js";
import type { TerminationSettings } from "../termination.js";
import { maxWaveSize } from "./complete-policy.js";
import type { CompletePolicy, CompleteSnapshotPolicy, GuardPolicy, SnapshotPolicy, TimeWindow } from "./policy.js";

/** What a run really keeps to: the plan's policy with the executor's guard laid over it. */
export interface RunPolicy extends CompletePolicy {
  /** All windows: mutations happen while every one is open. */
  readonly windows: readonly TimeWindow[];
  readonly standing: NonNullable<GuardPolicy["waivers"]>;
}

/** Lays the guard over a plan's policy: for each field the stricter wins, and one the guard leaves out adds nothing. */
export function underGuard(policy: CompletePolicy, guard: GuardPolicy = {}): RunPolicy {
  const { window: _window, ...plain } = policy;
  const merged: RunPolicy = {
    ...plain,
    snapshot: stricterSnapshot(policy.snapshot, guard.snapshot),
    terminate: { ...policy.terminate, ...stricterTermination(policy.terminate, guard.terminate) },
    release: {
      before: policy.release.before.filter((kind) => guard.release?.before?.includes(kind) ?? true),
      after: policy.release.after.filter(
        (node) => guard.release?.after?.some(({ kind, id }) => kind === node.kind && id === node.id) ?? true,
      ),
    },
    exclude: [...policy.exclude, ...(guard.exclude ?? [])],
    protectTags: protectedTags(policy.protectTags, guard.protectTags ?? {}),
    waves: smallerWaves(policy.waves, guard.waves),
    wavePauseMinutes: Math.max(policy.wavePauseMinutes, guard.wavePauseMinutes ?? 0),
    planTtlHours: least(policy.planTtlHours, guard.planTtlHours),
    runHours: least(policy.runHours, guard.runHours),
    maxEvidenceAgeMinutes: least(policy.maxEvidenceAgeMinutes, guard.maxEvidenceAgeMinutes),
    windows: [policy.window, guard.window].flatMap((window) => window ?? []),
    standing: guard.waivers ?? [],
    ...optional("quarantine", policy.quarantine && longerQuarantine(policy.quarantine, guard)),
    ...optional("maxInstances", leastOf(policy.maxInstances, guard.maxInstances)),
    ...optional("maxPercent", leastOf(policy.maxPercent, guard.maxPercent)),
    ...optional("stopAfterFailures", leastOf(policy.stopAfterFailures, guard.stopAfterFailures)),
    ...optional("stepDeadlineMinutes", leastOf(policy.stepDeadlineMinutes, guard.stepDeadlineMinutes)),
    approvals: { required: Math.max(policy.approvals?.required ?? 0, guard.approvals?.required ?? 0) },
  };
  return merged;
}

/** Termination settings of one call with the guard's laid over them. */
export function stricterTermination<Settings extends TerminationSettings>(
  settings: Settings,
  guard: TerminationSettings | undefined,
): Settings {
  if (!guard) return settings;
  const minimumRefund = higherAmount(settings.minimumRefund, guard.minimumRefund);
  return {
    ...settings,
    ...optional("protection", stricterProtection(settings.protection, guard.protection)),
    ...optional("protectionCheck", guard.protectionCheck === "before" ? ("before" as const) : settings.protectionCheck),
    ...optional(
      "prepaid",
      guard.prepaid === undefined || guard.prepaid === settings.prepaid ? settings.prepaid : ("refuse" as const),
    ),
    ...optional("minimumRefund", minimumRefund),
    ...optional("shutdown", guard.shutdown === "graceful" ? ("graceful" as const) : settings.shutdown),
    ...optional(
      "recycleBin",
      saferOf(["purge", "if-available", "require"] as const, settings.recycleBin ?? "if-available", guard.recycleBin),
    ),
    ...optional("dataDisks", saferDisks(settings.dataDisks ?? "as-flagged", guard.dataDisks)),
    ...optional("acceptDataLoss", consentsLeft(settings.acceptDataLoss ?? [], guard.acceptDataLoss)),
  };
}

function stricterSnapshot(plan: CompleteSnapshotPolicy, guard: SnapshotPolicy | undefined): CompleteSnapshotPolicy {
  // A plan that saves nothing has no steps that would; its instances are blocked one by one where the guard asks for them.
  if (!guard || "skip" in guard || "skip" in plan) return plan;
  return {
    ...stricterSaving(plan, guard),
    from: guard.from === "stopped" ? "stopped" : plan.from,
    maxAgeHours: least(plan.maxAgeHours, guard.maxAgeHours),
  };
}

/** How one call saves, with the guard's wishes laid over it: kept no shorter, encrypted, and with its tags. */
export function stricterSaving<Saving extends SnapshotOptions>(
  saving: Saving,
  guard: SnapshotPolicy | undefined,
): Saving {
  if (!guard || "skip" in guard) return saving;
  return {
    ...saving,
    ...optional("retentionDays", mostOf(saving.retentionDays, guard.retentionDays)),
    ...optional("expiry", guard.expiry === "sweep" ? ("sweep" as const) : saving.expiry),
    ...optional("encryption", guard.encryption ?? saving.encryption),
    ...(saving.tags || guard.tags ? { tags: { ...saving.tags, ...guard.tags } } : {}),
  };
}

function stricterProtection(
  plan: TerminationSettings["protection"],
  guard: TerminationSettings["protection"],
): TerminationSettings["protection"] {
  if (guard === undefined || typeof plan !== "object") return plan;
  if (typeof guard !== "object") return "respect";
  const clear = plan.clear.filter((id) => guard.clear.includes(id));
  return clear.length === 0 ? "respect" : { clear, reason: plan.reason };
}

function saferDisks(
  plan: NonNullable<TerminationSettings["dataDisks"]>,
  guard: TerminationSettings["dataDisks"],
): NonNullable<TerminationSettings["dataDisks"]> {
  if (guard === undefined || plan === "keep") return plan;
  if (guard === "keep") return "keep";
  if (typeof plan !== "object" || guard === "as-flagged") return "as-flagged";
  return { delete: plan.delete.filter((id) => guard.delete.includes(id)) };
}

function consentsLeft(
  plan: NonNullable<TerminationSettings["acceptDataLoss"]>,
  guard: TerminationSettings["acceptDataLoss"],
): NonNullable<TerminationSettings["acceptDataLoss"]> {
  if (!guard) return plan;
  return plan.filter(({ instanceId, diskId }) =>
    guard.some((one) => one.instanceId === instanceId && one.diskId === diskId),
  );
}

/** A quarantine of as many hours as plan or guard ask for, whichever is more. */
export function longerQuarantine<Quarantine extends { readonly forHours: number }>(
  quarantine: Quarantine,
  guard: GuardPolicy | undefined,
): Quarantine {
  return { ...quarantine, forHours: Math.max(quarantine.forHours, guard?.quarantine?.forHours ?? 0) };
}

function protectedTags(
  plan: CompletePolicy["protectTags"],
  guard: CompletePolicy["protectTags"],
): CompletePolicy["protectTags"] {
  const differ = Object.keys(plan).filter((key) => guard[key] !== undefined && guard[key] !== plan[key]);
  // One key can name one value here; where the two name different ones, any value protects.
  return { ...plan, ...guard, ...Object.fromEntries(differ.map((key) => [key, "*"])) };
}

function smallerWaves(plan: CompletePolicy["waves"], guard: GuardPolicy["waves"]): CompletePolicy["waves"] {
  if (!guard || guard.length === 0) return plan;
  const size = (waves: CompletePolicy["waves"], index: number) => {
    const wave = waves[Math.min(index, waves.length - 1)];
    return typeof wave === "number" ? wave : maxWaveSize;
  };
  return Array.from({ length: Math.max(plan.length, guard.length) }, (_, index) =>
    Math.min(size(plan, index), size(guard, index)),
  );
}

function saferOf<Word extends string>(order: readonly Word[], plan: Word, guard: Word | undefined): Word {
  return guard !== undefined && order.indexOf(guard) > order.indexOf(plan) ? guard : plan;
}

function higherAmount(plan: Money | undefined, guard: Money | undefined): Money | undefined {
  if (!plan || !guard) return guard ?? plan;
  // Amounts in different currencies cannot be compared; the executor's own counts.
  if (plan.currency !== guard.currency) return guard;
  return Number(guard.amount) > Number(plan.amount) ? guard : plan;
}

function least(plan: number, guard: number | undefined): number {
  return Math.min(plan, guard ?? plan);
}

function leastOf(plan: number | undefined, guard: number | undefined): number | undefined {
  if (plan === undefined || guard === undefined) return plan ?? guard;
  return Math.min(plan, guard);
}

function mostOf(plan: number | undefined, guard: number | undefined): number | undefined {
  if (plan === undefined || guard === undefined) return plan ?? guard;
  return Math.max(plan, guard);
}

/** A field that is left out where it has no value. */
function optional<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  // The compiler widens a computed key to `string`; this is the one place that knows better.
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
