import type { Problem } from "../../../src/errors.js";
import type { TerminateOptions, TerminationPath } from "../../../src/termination.js";
import type { SeenInstance } from "../record.js";

/** The way an instance ends, or why there is none. */
export type PathDecision = { readonly path: TerminationPath } | { readonly problem: Problem };

/** How long before a subscription's end nothing is sent: the cloud itself may move it to the bin meanwhile. */
const expiryMarginMs = 30 * 60_000;

/** Whether a prepaid instance expires so soon, or nobody knows when, that it is not to be touched (S05). */
export function expiresSoon({ record }: SeenInstance, now: number): boolean {
  if (record.billing.unified !== "prepaid") return false;
  return !(Date.parse(record.billing.expiresAt ?? "") - now > expiryMarginMs);
}
/** Shortest notice of a timed release (cvm 2017-03-12, ImportInstancesActionTimer: more than five minutes ahead). */
const shortestNoticeMs = 5 * 60_000;

/** Decides how an instance ends, from its billing, its state and what the caller chose. `now` in milliseconds. */
export function pathOf(seen: SeenInstance, options: TerminateOptions, now: number): PathDecision {
  const { record, facts } = seen;
  const no = (code: Problem["code"], message: string, hint: string): PathDecision => ({
    problem: { code, message: `${record.id} ${message}`, hint, cloud: "tencent", instanceIds: [record.id] },
  });
  if (record.state.unified === "recycled") return ofRecycled(seen, options, no);
  if (
    facts.operationState === "OPERATING" ||
    record.state.unified === "pending" ||
    record.state.unified === "stopping"
  ) {
    return no(
      "wrong-state",
      `has an operation under way (${facts.operation ?? record.state.raw}).`,
      "Wait until it has ended, then try again.",
    );
  }
  if (/RESCUE|MIGRATE/.test(record.state.raw)) {
    return no("wrong-state", `is in ${record.state.raw}.`, "End that mode first.");
  }
  if (options.releaseAt !== undefined) return ofSchedule(seen, options.releaseAt, now, no);
  if (record.scheduledReleaseAt !== undefined) {
    return no(
      "dependency",
      `is due to be released at ${record.scheduledReleaseAt}.`,
      "Delete that timer first: the cloud refuses to terminate before it.",
    );
  }
  if (record.billing.unified !== "prepaid") return ofPostpaid(options, no);
  if (expiresSoon(seen, now)) {
    return no(
      "wrong-state",
      "expires within 30 minutes, or nothing tells when.",
      "Wait until it is in the recycle bin: a request that meets its expiry can destroy it.",
    );
  }
  return ofPrepaid(options, no);
}

type No = (code: Problem["code"], message: string, hint: string) => PathDecision;

/** A server in the bin is terminated again only where that very thing was asked: the second call destroys it. */
function ofRecycled({ facts }: SeenInstance, options: TerminateOptions, no: No): PathDecision {
  if (options.prepaid === "release-expired") {
    const hint = 'An expired server moves to the recycle bin by itself; `recycleBin: "purge"` destroys it there.';
    return no("unsupported", "cannot be released as expired.", hint);
  }
  if (options.recycleBin !== "purge") return { path: "recycle" };
  if (facts.operationState === "OPERATING") {
    return no("wrong-state", "is still being moved to the recycle bin.", "Wait until that has ended, then purge it.");
  }
  return { path: "purge" };
}

function ofSchedule({ record }: SeenInstance, releaseAt: string, now: number, no: No): PathDecision {
  if (record.billing.unified !== "on-demand") {
    return no(
      "unsupported",
      "cannot be released by a timer: only pay-as-you-go servers can.",
      "Leave `releaseAt` out.",
    );
  }
  if (Date.parse(releaseAt) - now <= shortestNoticeMs) {
    return no(
      "invalid-request",
      "needs more than five minutes' notice for a timed release.",
      "Choose a later `releaseAt`.",
    );
  }
  return { path: "schedule" };
}

function ofPostpaid({ recycleBin }: TerminateOptions, no: No): PathDecision {
  if (recycleBin !== "require") return { path: "release" };
  return no(
    "recycle-bin-unavailable",
    "is paid by use: the API destroys it at once, without the recycle bin.",
    "Save its disks and leave `recycleBin` out, or release it later with `releaseAt`.",
  );
}

function ofPrepaid({ prepaid, recycleBin }: TerminateOptions, no: No): PathDecision {
  switch (prepaid) {
    case "unsubscribe":
      return { path: "unsubscribe" };
    case "expire":
      return { path: "let-expire" };
    case "convert":
      if (recycleBin !== "require") return { path: "convert-and-release" };
      return no(
        "recycle-bin-unavailable",
        "would be paid by use when it is released, without the recycle bin.",
        'Choose `prepaid: "unsubscribe"`.',
      );
    case "release-expired":
      return no(
        "unsupported",
        "has not expired: there is nothing to release.",
        "An expired server moves to the recycle bin by itself.",
      );
    default:
      return no("prepaid", "is paid in advance.", "Choose a way out with `prepaid`; each moves money or is final.");
  }
}
