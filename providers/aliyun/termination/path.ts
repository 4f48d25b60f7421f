import type { Problem } from "../../../src/errors.js";
import type { TerminateOptions, TerminationPath } from "../../../src/termination.js";
import type { SeenInstance } from "../record.js";

/** The way an instance ends, that it is ending by itself, or why there is no way. */
export type PathDecision =
  | { readonly path: TerminationPath }
  | { readonly leaving: true }
  | { readonly problem: Problem };

type No = (code: Problem["code"], message: string, hint: string) => PathDecision;

/** How long before a subscription's end nothing that moves money is sent: it can end, or be renewed, meanwhile (S05). */
export const expiryMarginMs = 30 * 60_000;
/** "at least 30 minutes from the current time", "no more than three years" (ModifyInstanceAutoReleaseTimeRequest). */
const shortestNoticeMs = 30 * 60_000;
const longestNoticeMs = 3 * 365 * 24 * 3_600_000;

/** Decides how an instance ends, from its billing, its locks and what the caller chose. `now` in milliseconds. */
export function pathOf(seen: SeenInstance, options: TerminateOptions, now: number): PathDecision {
  const { record } = seen;
  const no: No = (code, message, hint) => ({
    problem: { code, message: `${record.id} ${message}`, hint, cloud: "aliyun", instanceIds: [record.id] },
  });
  // Spot capacity that is being taken back, or a subscription that was returned: the cloud releases both by itself.
  if (record.protection.locks.some(({ unified }) => unified === "reclaim" || unified === "refunded"))
    return { leaving: true };
  if (options.recycleBin === "require") {
    return no(
      "recycle-bin-unavailable",
      "would not go to a recycle bin: ECS has none.",
      "Save its disks with `snapshot` and leave `recycleBin` out.",
    );
  }
  if (options.releaseAt !== undefined) return ofSchedule(seen, options.releaseAt, now, no);
  return record.billing.unified === "prepaid" ? ofPrepaid(seen, options, now, no) : { path: "release" };
}

function ofSchedule({ record }: SeenInstance, releaseAt: string, now: number, no: No): PathDecision {
  if (record.billing.unified === "prepaid") {
    const hint = "Choose a way out with `prepaid`, or let it expire.";
    return no("unsupported", "is a subscription, which no timer releases.", hint);
  }
  if (record.protection.locks.some(({ unified }) => unified === "overdue")) {
    const hint = "Pay first, or release it now.";
    return no("locked", "is in arrears, and a timer releases nothing while the account is.", hint);
  }
  const noticeMs = Date.parse(releaseAt) - now;
  if (noticeMs >= shortestNoticeMs + 60_000 && noticeMs <= longestNoticeMs) return { path: "schedule" };
  const hint = "Choose a `releaseAt` from 31 minutes to three years ahead: seconds are cut off.";
  return no("invalid-request", "cannot be released at that time.", hint);
}

function ofPrepaid(seen: SeenInstance, options: TerminateOptions, now: number, no: No): PathDecision {
  const { prepaid = "refuse" } = options;
  const { state, billing } = seen.record;
  const expiresAt = Date.parse(billing.expiresAt ?? "");
  if (prepaid === "refuse") return no("prepaid", "is paid in advance.", waysOut);
  if (Number.isNaN(expiresAt)) return no("wrong-state", "does not tell when it expires.", "Look at it in the console.");
  if (expiresAt <= now) {
    if (prepaid === "release-expired") return { path: "release-expired" };
    return no("prepaid", "has expired.", 'Choose `prepaid: "release-expired"`, or renew it first.');
  }
  if (prepaid === "release-expired") return no("prepaid", "has not expired: it cannot be released yet.", waysOut);
  if (prepaid === "expire") return { path: "let-expire" };
  if (expiresAt - now <= expiryMarginMs) {
    const hint = "Wait until it has expired, then release it as expired.";
    return no("wrong-state", "expires within 30 minutes.", hint);
  }
  // "The instance must be in the Running or Stopped state" (ModifyInstanceChargeType); a refund is no different.
  if (state.unified !== "running" && state.unified !== "stopped") {
    return no("wrong-state", `is ${state.raw}.`, "Wait until it runs or is stopped, then try again.");
  }
  return { path: prepaid === "unsubscribe" ? "unsubscribe" : "convert-and-release" };
}

const waysOut = "Choose a way out with `prepaid`; each moves money or is final.";
