import type { Claim } from "../claim.js";
import { type Clock, isoNow, systemClock } from "../clock.js";
import type { IsoDate, MaybePromise } from "../common.js";
import { invalidRequest } from "../errors.js";
import { verifyPlan } from "./digest.js";
import type { Plan } from "./plan.js";
import { type Signer, signFields } from "./signing.js";

/**
 * Consent to one plan. The Ed25519 signature, base64, covers a domain label and all other fields. `adopts`:
 * claims it may take over; the plan's records then count as the former state.
 */
export interface Approval {
  readonly v: 1;
  readonly planDigest: string;
  readonly keyId: string;
  readonly approvedAt: IsoDate;
  readonly expiresAt: IsoDate;
  readonly adopts?: readonly Claim[];
  readonly signature: string;
}
/**
 * Consent withdrawn, signed by the same or another approver. Stops execution before the next forward
 * mutation.
 */
export interface Revocation {
  readonly v: 1;
  readonly planDigest: string;
  readonly keyId: string;
  readonly revokedAt: IsoDate;
  readonly signature: string;
}
/** Who may approve. From the executor's configuration, never from the plan. */
export interface Trust {
  /**
   * Public keys as PEM (SPKI). The key id is the hash of the key, see {@link keyIdOf}. One name counts once,
   * however many keys.
   */
  readonly approvers: readonly { readonly name: string; readonly publicKey: string }[];
  /** Approvals by distinct names that are needed. 0 only with `solo`. */
  readonly required: number;
  /** The executor's own key: its approval never counts. */
  readonly executorKeyId?: string;
  /** The planner's key, besides the one a plan names: counts only where one approval is enough. */
  readonly plannerKeyId?: string;
  /**
   * A person alone, who says so: plans up to this size may go without another's approval. Printed on the
   * receipt. Default: nobody is alone.
   */
  readonly solo?: { readonly maxInstances: number };
  /** Read at every gate. Rejecting stops forward steps. Default: none are known. */
  revocations?(): MaybePromise<readonly Revocation[]>;
}

/** Signs a plan. Checks its digest first: an edited plan is `plan-mismatch`. */
export async function approvePlan(
  plan: Plan,
  options: {
    readonly keyId: string;
    readonly signer: Signer;
    readonly expiresAt: IsoDate;
    readonly adopts?: readonly Claim[];
    readonly clock?: Clock;
  },
): Promise<Approval> {
  verifyPlan(plan);
  const clock = options?.clock ?? systemClock;
  if (!(Date.parse(options?.expiresAt) > clock.now())) {
    throw invalidRequest("The approval would have expired already.", "Give `expiresAt` a moment in the future.");
  }
  const fields = {
    v: 1 as const,
    planDigest: plan.digest,
    keyId: options.keyId,
    approvedAt: isoNow(clock),
    expiresAt: options.expiresAt,
    ...(options.adopts === undefined ? {} : { adopts: options.adopts }),
  };
  return { ...fields, signature: await signFields("approval", fields, options.signer) };
}

/** Withdraws consent. */
export async function revokeApproval(
  planDigest: string,
  options: { readonly keyId: string; readonly signer: Signer; readonly clock?: Clock },
): Promise<Revocation> {
  const fields = {
    v: 1 as const,
    planDigest,
    keyId: options.keyId,
    revokedAt: isoNow(options.clock ?? systemClock),
  };
  return { ...fields, signature: await signFields("revocation", fields, options.signer) };
}
