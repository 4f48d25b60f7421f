import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { DecommissionError } from "../errors.js";
import type { Plan, PlannedInstance } from "./plan.js";

/** SHA-256, hex, over RFC 8785 JSON. Fields that are undefined do not count, as in JSON itself. */
export function digestOf(value: unknown): string {
  return sha256(canonicalize(value) ?? "null");
}

/** SHA-256 of a text's UTF-8 bytes, hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Adds the digest of one instance's plan. */
export function sealInstance(draft: Omit<PlannedInstance, "digest">): PlannedInstance {
  const clean = wellFormed(draft);
  return { digest: digestOf(clean), ...clean };
}

/** Adds the digest of a whole plan, whose instances are sealed already. */
export function sealPlan(draft: Omit<Plan, "digest">): Plan {
  const clean = wellFormed(draft);
  return { ...clean, digest: digestOf(withInstanceDigests(clean)) };
}

/** Throws `plan-mismatch` unless plan and instances are exactly what was sealed. */
export function verifyPlan(plan: Plan): void {
  if (isSealed(plan)) return;
  throw new DecommissionError({
    code: "plan-mismatch",
    message: "The plan is not what its digest says.",
    hint: "It was edited or damaged. Make a new plan, and have that one approved.",
  });
}

function isSealed(plan: Plan): boolean {
  // Plans come out of files, so that even their form is not certain.
  if (!isList([plan])) return false;
  const { digest, ...rest } = plan;
  if (plan.v !== 1 || !isList(plan.scopes) || !plan.scopes.every(({ instances }) => isList(instances))) return false;
  const instances = plan.scopes.flatMap((scope) => scope.instances);
  return (
    instances.every(({ digest: own, ...fields }) => digestOf(fields) === own) &&
    digestOf(withInstanceDigests(rest)) === digest
  );
}

/** Whether a value out of a file is a list of objects. */
export function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null);
}

/** The id of every run of this plan: what its tags and tokens carry. */
export function runIdOf(planDigest: string): string {
  return `run-${planDigest.slice(0, 16)}`;
}

function withInstanceDigests(plan: Omit<Plan, "digest">): unknown {
  const scopes = plan.scopes.map((scope) => ({ ...scope, instances: scope.instances.map(({ digest }) => digest) }));
  return { ...plan, scopes };
}

/** Names and tags come from strangers: half a surrogate pair has no RFC 8785 form, so it becomes U+FFFD. */
function wellFormed<T>(value: T): T {
  const mend = (_: string, field: unknown) =>
    typeof field === "string" ? field.replace(loneSurrogate, "\uFFFD") : field;
  return JSON.parse(JSON.stringify(value, mend));
}

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
