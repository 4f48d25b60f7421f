import type { Problem } from "../../../src/errors.js";
import type { TerminateOptions, TerminationPath } from "../../../src/termination.js";
import type { SeenInstance } from "../record.js";
import { type BinReading, fateOf } from "./fate.js";

/** The way an instance ends, or why there is none. */
export type PathDecision = { readonly path: TerminationPath } | { readonly problem: Problem };

/** How long before a subscription's end nothing is sent: the cloud itself may be ending it meanwhile. */
export const expiryMarginMs = 30 * 60_000;
/** Notice of a timed release: at least an hour, at most three years ("Updating the Scheduled Deletion Time"). */
const shortestNoticeMs = 60 * 60_000;
const longestNoticeMs = 3 * 365 * 24 * 3_600_000;

/** Decides how a server ends, from its billing, its state, the bin and what the caller chose. `now` in milliseconds. */
export function pathOf(seen: SeenInstance, options: TerminateOptions, bin: BinReading, now: number): PathDecision {
  const { record, facts } = seen;
  const no = refusing(record.id);
  if (record.state.unified === "recycled") return { path: "purge" };
  if (facts.perhapsBinned && bin.bin?.enabled !== false) {
    // A deletion could meet it there a second time, and be its end for good.
    return no("access-denied", "is stopped, and may wait in the recycle bin.", "Grant ecs:recycleBin:listServers.");
  }
  if (facts.busy !== undefined || record.state.unified === "pending" || record.state.unified === "stopping") {
    return no(
      "wrong-state",
      `has an operation under way (${facts.busy ?? record.state.raw}).`,
      "Wait until it has ended, then try again: ECS refuses to delete it meanwhile (Ecs.0100).",
    );
  }
  if (options.releaseAt !== undefined) return ofSchedule(seen, options, options.releaseAt, now);
  if (record.billing.unified === "prepaid") return ofPrepaid(seen, options, bin, now);
  return withBin(seen, options, bin, now, "release");
}

type No = (code: Problem["code"], message: string, hint: string) => PathDecision;

function refusing(id: string): No {
  return (code, message, hint) => ({
    problem: { code, message: `${id} ${message}`, hint, cloud: "huawei", instanceIds: [id] },
  });
}

function ofSchedule({ record }: SeenInstance, options: TerminateOptions, releaseAt: string, now: number): PathDecision {
  const no = refusing(record.id);
  if (record.billing.unified !== "on-demand") {
    return no("unsupported", "cannot be deleted by a timer: only pay-per-use servers can.", "Leave `releaseAt` out.");
  }
  if (options.recycleBin === "require") {
    return no("recycle-bin-unavailable", "would bypass the recycle bin: timers do.", "Leave `releaseAt` out.");
  }
  if (options.dataDisks !== undefined && options.dataDisks !== "as-flagged") {
    return no("unsupported", "ends as its disks are flagged when a timer deletes it.", "Leave `dataDisks` out.");
  }
  if (record.publicAddresses.length > 0) {
    // Nothing can be said of addresses with a timer, and each one's own flag may release it (S26).
    const hint = "Unbind its EIPs first, or leave `releaseAt` out: a deletion keeps them.";
    return no("unsupported", "has EIPs, which may go with it when a timer deletes it.", hint);
  }
  const notice = Date.parse(releaseAt) - now;
  if (notice >= shortestNoticeMs && notice <= longestNoticeMs) return { path: "schedule" };
  const hint = "Choose a `releaseAt` from one hour to three years ahead.";
  return no("invalid-request", "cannot be deleted by a timer at that time.", hint);
}

/** A subscription is returned only where that was chosen, and never near or after its end. */
function ofPrepaid(seen: SeenInstance, options: TerminateOptions, bin: BinReading, now: number): PathDecision {
  const { record } = seen;
  const { prepaid = "refuse", minimumRefund } = options;
  const no = refusing(record.id);
  if (prepaid === "refuse") {
    return no(
      "prepaid",
      "is paid by the month or year.",
      'Choose `prepaid: "unsubscribe"`: it gives a part of the price back, and is final.',
    );
  }
  if (prepaid !== "unsubscribe") {
    return no("unsupported", `cannot take the way out "${prepaid}" here.`, 'Known is "unsubscribe".');
  }
  if (minimumRefund !== undefined) {
    return no("unsupported", "has no quoted refund: the cloud tells it afterwards.", "Leave `minimumRefund` out.");
  }
  const left = Date.parse(record.billing.expiresAt ?? "") - now;
  if (left <= 0) {
    const hint =
      "What has expired is renewed, or released in the console; its data goes when the retention period ends.";
    return no("prepaid", "has expired, and billing takes nothing back then (CBC.3016).", hint);
  }
  if (!(left > expiryMarginMs)) {
    const message = "expires within 30 minutes, or nothing tells when.";
    return no("wrong-state", message, "Wait until it has expired, or grant billing:subscription:view.");
  }
  return withBin(seen, options, bin, now, "unsubscribe");
}

function withBin(
  seen: SeenInstance,
  { recycleBin }: TerminateOptions,
  bin: BinReading,
  now: number,
  otherwise: "release" | "unsubscribe",
): PathDecision {
  const fate = fateOf(seen, bin, now);
  if (recycleBin === "require" && fate.bin !== "takes") {
    const hint = "Save its disks and leave `recycleBin` out, or switch the bin on before.";
    return refusing(seen.record.id)("recycle-bin-unavailable", `would not wait in the recycle bin: ${fate.why}.`, hint);
  }
  return { path: otherwise === "release" && fate.bin === "takes" ? "recycle" : otherwise };
}
