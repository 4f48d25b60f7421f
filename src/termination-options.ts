import { checkDataDecision } from "./data-gate.js";
import { invalidRequest } from "./errors.js";
import type { TerminateOptions, TerminationSettings } from "./termination.js";

/** What only one cloud can tell of these options. */
export interface TerminationForms {
  readonly instanceId: RegExp;
  readonly diskId: RegExp;
  /** Keys of `cloudOptions` that the adapter knows. */
  readonly cloudOptions: readonly string[];
}

const words: Readonly<Partial<Record<keyof TerminationSettings, readonly string[]>>> = {
  prepaid: ["refuse", "unsubscribe", "convert", "expire", "release-expired"],
  shutdown: ["graceful", "forced"],
  recycleBin: ["if-available", "require", "purge"],
  protectionCheck: ["before", "by-cloud"],
};

/** Throws `invalid-request` for options that are malformed or contradict themselves, before anything is sent. */
export function checkTerminateOptions(options: TerminateOptions, forms: TerminationForms): void {
  checkDataDecision(options?.data);
  checkTerminationSettings(options, forms);
}

/** The part of {@link checkTerminateOptions} that a policy shares. */
export function checkTerminationSettings(settings: TerminationSettings, forms: TerminationForms): void {
  for (const [name, allowed] of Object.entries(words)) {
    const value: unknown = Reflect.get(settings, name);
    if (value !== undefined && !(typeof value === "string" && allowed.includes(value))) {
      throw invalidRequest(`\`${name}\` is ${JSON.stringify(value)}.`, `It is one of ${allowed.join(", ")}.`);
    }
  }
  checkProtection(settings.protection, forms);
  checkDisks(settings.dataDisks, forms);
  checkConsents(settings.acceptDataLoss ?? []);
  checkMoment(settings.releaseAt);
  checkMoney(settings.minimumRefund);
  const known = new Set(forms.cloudOptions);
  const unknown = Object.keys(settings.cloudOptions ?? {}).filter((key) => !known.has(key));
  if (unknown.length > 0) {
    const hint = known.size === 0 ? "This cloud has none." : `Known are ${[...known].join(", ")}.`;
    throw invalidRequest(`\`cloudOptions\` has the unknown key ${unknown.join(", ")}.`, hint);
  }
}

function checkProtection(protection: TerminationSettings["protection"], forms: TerminationForms): void {
  if (protection === undefined || protection === "respect") return;
  const hint = 'Pass "respect", or `{ clear: ids, reason }` with the ids whose protection may be switched off.';
  if (typeof protection !== "object" || protection === null || !Array.isArray(protection.clear)) {
    throw invalidRequest("`protection` is malformed.", hint);
  }
  checkReason("protection.reason", protection.reason);
  checkIds("protection.clear", protection.clear, forms.instanceId);
}

function checkDisks(dataDisks: TerminationSettings["dataDisks"], forms: TerminationForms): void {
  if (dataDisks === undefined || dataDisks === "as-flagged" || dataDisks === "keep") return;
  if (typeof dataDisks !== "object" || dataDisks === null || !Array.isArray(dataDisks.delete)) {
    throw invalidRequest("`dataDisks` is malformed.", 'Pass "as-flagged", "keep" or `{ delete: diskIds }`.');
  }
  checkIds("dataDisks.delete", dataDisks.delete, forms.diskId);
}

function checkConsents(consents: NonNullable<TerminationSettings["acceptDataLoss"]>): void {
  for (const consent of consents) {
    if (typeof consent?.instanceId !== "string" || typeof consent.diskId !== "string") {
      throw invalidRequest("`acceptDataLoss` is malformed.", "Each entry names an instance, a disk and a reason.");
    }
    checkReason("acceptDataLoss", consent.reason);
  }
}

function checkMoment(releaseAt: string | undefined): void {
  if (releaseAt === undefined || !Number.isNaN(Date.parse(releaseAt))) return;
  throw invalidRequest("`releaseAt` is no time.", "Write it as 2030-01-31T08:00:00Z.");
}

function checkMoney(money: TerminationSettings["minimumRefund"]): void {
  if (money === undefined) return;
  if (/^\d+(\.\d+)?$/.test(money.amount) && money.currency !== "") return;
  throw invalidRequest("`minimumRefund` is no amount of money.", 'Write it as { amount: "120.50", currency: "CNY" }.');
}

/** Throws `invalid-request` where a reason is missing or blank. */
export function checkReason(name: string, reason: unknown): void {
  if (typeof reason === "string" && reason.trim() !== "") return;
  throw invalidRequest(`\`${name}\` needs a reason.`, "Say in a few words why; it is kept in the journal.");
}

function checkIds(name: string, ids: readonly unknown[], form: RegExp): void {
  const wrong = ids.find((id) => typeof id !== "string" || !form.test(id));
  if (wrong !== undefined) {
    throw invalidRequest(
      `\`${name}\` holds ${JSON.stringify(wrong)}, which is no id.`,
      `An id looks like ${form.source}.`,
    );
  }
}
