import type { Claim } from "../claim.js";
import { DecommissionError, invalidRequest, type Problem } from "../errors.js";
import type { Approval, Revocation, Trust } from "./approval.js";
import { sameClaimHolder } from "./claims.js";
import { isList } from "./digest.js";
import type { Plan } from "./plan.js";
import { isSigned, keyIdOf } from "./signing.js";

/** What trust says about a plan at one moment. */
export interface Consent {
  /** Who approved, by the names in the trust store. */
  readonly approvedBy: readonly { readonly name: string; readonly keyId: string; readonly approvedAt: string }[];
  /** Claims that may be taken over. */
  readonly adopts: readonly Claim[];
  /** How many approvals were needed. */
  readonly required: number;
  /** A withdrawal that somebody in `trust` signed. */
  readonly withdrawal?: Revocation;
  /** Why the plan must not go forward; `undefined` when it may. */
  readonly problem?: Problem;
}

/** What is judged. */
export interface ConsentQuestion {
  readonly plan: Plan;
  readonly trust: Trust;
  readonly approvals: readonly Approval[];
  readonly revocations: readonly Revocation[];
  /** Approvals that plan and guard ask for on top. */
  readonly demanded: number;
  readonly now: number;
}

/** Clocks of approver and executor may differ by so much before an approval is of the future. */
const skewMs = 5 * 60_000;

/** Throws `invalid-request` for a trust store that cannot be meant so. */
export function checkTrust(trust: Trust | undefined): asserts trust is Trust {
  if (!trust) {
    throw invalidRequest(
      "`trust` is missing: nothing says who may approve.",
      "Name approvers, or say that you work alone: `trust: { approvers: [], required: 0, solo: { maxInstances: 20 } }`.",
    );
  }
  const say = (message: string) => invalidRequest(message, "See `Trust`: it is the executor's own configuration.");
  if (!Array.isArray(trust.approvers)) throw say("`trust.approvers` must be a list.");
  if (!Number.isInteger(trust.required) || trust.required < 0) throw say("`trust.required` must be a whole number.");
  if (trust.required === 0 && !trust.solo)
    throw say("`trust.required` is 0 without `trust.solo`: nobody would be asked.");
  if (trust.solo && !(Number.isInteger(trust.solo.maxInstances) && trust.solo.maxInstances >= 1)) {
    throw say("`trust.solo.maxInstances` must be a whole number from 1.");
  }
  const ids = trust.approvers.map(({ name, publicKey }) => {
    if (typeof name !== "string" || name.trim() === "") throw say("An approver in `trust` has no name.");
    return keyIdOf(publicKey);
  });
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw say(`The key ${twice} stands in \`trust\` under two names.`);
}

/** Judges approvals: whose they are, whether they hold, and whether they are enough. */
export function judgeConsent(question: ConsentQuestion): Consent {
  const { plan, trust, approvals, demanded } = question;
  const required = requiredFor(plan, trust, demanded);
  const names = new Map(trust.approvers.map(({ name, publicKey }) => [keyIdOf(publicKey), { name, publicKey }]));
  const approvedBy = new Map<string, Consent["approvedBy"][number]>();
  const adopts: Claim[] = [];
  let refused: Problem | undefined;
  for (const approval of approvals) {
    const fault = faultOf(approval, names, question, required);
    if (fault) {
      refused ??= invalidApproval(approval, fault);
      continue;
    }
    const { keyId, approvedAt } = approval;
    const name = names.get(keyId)?.name ?? keyId;
    if (!approvedBy.has(name)) approvedBy.set(name, { name, keyId, approvedAt });
    adopts.push(...(approval.adopts ?? []));
  }
  const withdrawal = withdrawalOf(names, question);
  const problem =
    withdrawal !== undefined
      ? withdrawn(names.get(withdrawal.keyId)?.name ?? withdrawal.keyId)
      : approvedBy.size >= required
        ? undefined
        : (refused ?? missing(approvedBy.size, required));
  return {
    approvedBy: [...approvedBy.values()],
    adopts,
    required,
    ...(withdrawal ? { withdrawal } : {}),
    ...(problem ? { problem } : {}),
  };
}

/** Throws `approval-invalid` for an approval that was forged, altered or made for another plan: somebody tries. */
export function refuseForgeries(approvals: readonly Approval[], plan: Plan, trust: Trust): void {
  // Approvals come out of files, so that even their form is not certain.
  if (!isList(approvals)) throw invalidRequest("`approvals` is no list of approvals.", "Pass what `approvePlan` gave.");
  const names = new Map(trust.approvers.map(({ name, publicKey }) => [keyIdOf(publicKey), { name, publicKey }]));
  for (const approval of approvals) {
    const fault = forgery(approval, names, plan);
    if (fault) throw new DecommissionError(invalidApproval(approval, fault));
  }
}

type Names = ReadonlyMap<string, { readonly name: string; readonly publicKey: string }>;

function requiredFor(plan: Plan, trust: Trust, demanded: number): number {
  const size = plan.scopes.reduce((sum, scope) => sum + scope.instances.length, 0);
  const alone = trust.solo !== undefined && size <= trust.solo.maxInstances;
  return Math.max(alone ? 0 : Math.max(1, trust.required), demanded);
}

function faultOf(approval: Approval, names: Names, question: ConsentQuestion, required: number): string | undefined {
  const { plan, trust, now } = question;
  const forged = forgery(approval, names, plan);
  if (forged !== undefined) return forged;
  if (!(Date.parse(approval.expiresAt) > now)) return `expired at ${approval.expiresAt}`;
  if (!(Date.parse(approval.approvedAt) <= now + skewMs)) return `was made in the future, at ${approval.approvedAt}`;
  // By name, not by key: whoever executes or plans does not become a second person with a second key.
  const isBy = (keyId: string | undefined) =>
    keyId !== undefined && (approval.keyId === keyId || names.get(approval.keyId)?.name === names.get(keyId)?.name);
  if (isBy(trust.executorKeyId)) return "is the executor's own, which never counts";
  if (required > 1 && (isBy(plan.plannerKeyId) || isBy(trust.plannerKeyId)))
    return "is the planner's, which does not count among several";
  return undefined;
}

function forgery(approval: Approval, names: Names, plan: Plan): string | undefined {
  const { signature, ...fields } = approval;
  const approver = names.get(approval.keyId);
  if (approval.v !== 1) return "is of a version this package does not read";
  if (approval.planDigest !== plan.digest) return "is for another plan";
  if (!approver) return "is by a key that nobody in `trust` has";
  return isSigned("approval", fields, signature, approver.publicKey) ? undefined : "is not signed by that key";
}

function withdrawalOf(names: Names, { plan, revocations }: ConsentQuestion): Revocation | undefined {
  return revocations.find(({ signature, ...fields }) => {
    const approver = names.get(fields.keyId);
    if (fields.planDigest !== plan.digest || !approver) return false;
    return isSigned("revocation", fields, signature, approver.publicKey);
  });
}

function invalidApproval({ keyId }: Approval, fault: string): Problem {
  return {
    code: "approval-invalid",
    message: `The approval by ${keyId} ${fault}.`,
    hint: "Have this very plan approved by somebody in `trust`.",
  };
}

function missing(have: number, need: number): Problem {
  return {
    code: "approval-missing",
    message: `The plan has ${have} of ${need} approvals.`,
    hint: "Pass approvals by distinct people, or say with `trust.solo` that you work alone.",
  };
}

function withdrawn(name: string): Problem {
  return {
    code: "approval-invalid",
    message: `${name} has withdrawn consent to this plan.`,
    hint: "Nothing goes forward. What stood half done is given back.",
  };
}

/** Whether somebody consented to take over this claim. */
export function mayAdopt(consent: Pick<Consent, "adopts">, claim: Claim): boolean {
  return consent.adopts.some((adopted) => sameClaimHolder(adopted, claim));
}
