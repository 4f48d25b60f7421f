import { type CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import type { AliyunState, Instance } from "../state.js";

/** "The current status of the resource does not support this operation." */
export function wrongStatus(): CloudRefusal {
  return refusal("IncorrectInstanceStatus", "The current status of the resource does not support this operation.", 403);
}

/** "The operation is not permitted due to charge type of the instance." */
export function wrongChargeType(): CloudRefusal {
  return refusal("ChargeTypeViolation", "The operation is not permitted due to charge type of the instance.", 403);
}

/** "The specified operation is denied as your instance is locked for security reasons." */
export function securityLocked(): CloudRefusal {
  return refusal(
    "InstanceLockedForSecurity",
    "The specified operation is denied as your instance is locked for security reasons.",
    403,
  );
}

const busyMessages: Readonly<Record<string, readonly [message: string, status: number]>> = {
  LastTokenProcessing: ["The last token request is processing.", 403],
  OperationConflict: ["Request was denied due to conflict with a previous request.", 400],
};

/** What an operation that is under way makes the cloud say to another one. */
export function busyRefusal({ busy }: Instance, now: number): CloudRefusal | undefined {
  if (!busy || busy.until <= now) return undefined;
  const [message, status] = busyMessages[busy.code] ?? ["The operation is conflicted.", 400];
  return refusal(busy.code, message, status);
}

/** Whether a subscription has run out. */
export function isExpired({ chargeType, expiresAt }: Instance, now: number): boolean {
  return chargeType === "PrePaid" && expiresAt !== undefined && expiresAt <= now;
}

/** Throws what the check answers. */
export function demand(why: CloudRefusal | undefined): void {
  if (why) throw why;
}

/** "This operation is forbidden by Aliyun RiskControl system": accounts under restriction can create and buy nothing. */
export function restricted({ account }: AliyunState): CloudRefusal | undefined {
  if (account.get("account")?.state !== "restricted") return undefined;
  return refusal("Forbidden.RiskControl", "This operation is forbidden by Aliyun RiskControl system.", 403);
}
