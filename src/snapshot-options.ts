import type { IsoDate } from "./common.js";
import { invalidRequest } from "./errors.js";
import type { SnapshotOptions } from "./snapshots.js";

/** What only one cloud can tell of these options. */
export interface SnapshotForms {
  /** Methods besides `auto`. */
  readonly methods: readonly string[];
  /** Keys of `cloudOptions` that the adapter knows. */
  readonly cloudOptions: readonly string[];
  /** Prefixes of tag keys that are not the caller's to set. */
  readonly reservedTags: readonly string[];
}

/** A snapshot call with every default written out. */
export interface SnapshotRequest {
  readonly runId: string;
  readonly attempt: number;
  readonly expiry: "sweep" | "cloud";
  readonly tags: Readonly<Record<string, string>>;
  readonly encryptionRequired: boolean;
  readonly wait: boolean;
  readonly method: string;
  /** The moment until which copies are kept at least. */
  readonly expiresAt: IsoDate;
}

const defaultRetentionDays = 30;
const dayMs = 24 * 3_600_000;
/** Letters, digits and what file names and tags of all clouds take. */
const runIdForm = /^[\w.:@-]{1,128}$/;

/** Throws `invalid-request` for options that are malformed, before anything is sent. */
export function checkSnapshotOptions(options: SnapshotOptions, forms: SnapshotForms): void {
  const { retentionDays = defaultRetentionDays, attempt = 1, runId, expiry = "sweep", method = "auto" } = options;
  check(Number.isInteger(retentionDays) && retentionDays >= 1, "retentionDays", "It is a whole number of days from 1.");
  check(Number.isInteger(attempt) && attempt >= 1, "attempt", "Attempts are counted from 1.");
  check(runId === undefined || runIdForm.test(runId), "runId", "1 to 128 letters, digits and . : @ _ -");
  check(expiry === "sweep" || expiry === "cloud", "expiry", 'It is "sweep" or "cloud".');
  check(["auto", ...forms.methods].includes(method), "method", `Known are ${["auto", ...forms.methods].join(", ")}.`);
  check(
    options.encryption === undefined || options.encryption === "required",
    "encryption",
    'It is "required" or absent.',
  );
  const strange = Object.keys(options.cloudOptions ?? {}).find((key) => !forms.cloudOptions.includes(key));
  check(strange === undefined, "cloudOptions", `${strange} is not known here.`);
  for (const [key, value] of Object.entries(options.tags ?? {})) {
    check(key !== "" && typeof value === "string", "tags", "Each has a key and a text.");
    check(!forms.reservedTags.some((prefix) => key.startsWith(prefix)), "tags", `Keys such as ${key} are reserved.`);
  }
}

/** The call with its defaults written out. A run id that was not given is new each time. */
export function snapshotRequest(options: SnapshotOptions, now: number): SnapshotRequest {
  return {
    runId: options.runId ?? crypto.randomUUID(),
    attempt: options.attempt ?? 1,
    expiry: options.expiry ?? "sweep",
    tags: options.tags ?? {},
    encryptionRequired: options.encryption === "required",
    wait: options.wait ?? true,
    method: options.method ?? "auto",
    expiresAt: new Date(now + (options.retentionDays ?? defaultRetentionDays) * dayMs).toISOString(),
  };
}

function check(holds: boolean, name: string, hint: string): void {
  if (!holds) throw invalidRequest(`\`${name}\` cannot be right.`, hint);
}
