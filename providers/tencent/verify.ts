import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
import { kindsIn, lookThrough, verifyEnds } from "../../src/verify.js";
import { absenceReads } from "./absent.js";
import { binTable, openBin } from "./aftermath/bin.js";
import { copySources, ownCopyIds } from "./aftermath/copies.js";
import { diskSources } from "./aftermath/disks.js";
import { namingSources } from "./aftermath/names.js";
import { networkSources } from "./aftermath/network.js";
import { registrationSources } from "./aftermath/registrations.js";
import { replacementSources } from "./aftermath/replacements.js";
import { ruleSources } from "./aftermath/rules.js";
import { type AftermathSource, openAftermath } from "./aftermath/survey.js";
import { version6Sources } from "./aftermath/version6.js";
import type { OpenTencentCall } from "./call.js";
import { controlled } from "./dependencies/controls.js";
import { instanceIdForm, readStatesAndTimers } from "./instances.js";

/** Everything an ended instance can leave behind that is worth a fresh look. */
export const aftermathTable: readonly AftermathSource[] = controlled([
  ...diskSources,
  ...networkSources,
  ...version6Sources,
  ...copySources,
  ...replacementSources,
  ...registrationSources,
  ...namingSources,
  ...ruleSources,
]);

/**
 * Recorded pay-as-you-go instances were gone 10 to 11 seconds after the call; others wait five minutes for it. Asked in
 * bulk, a look costs one request for 100 instances.
 */
const pace = { firstDelayMs: 4_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** An accepted termination takes seconds until the state shows it. */
const graceMs = 60_000;

const ownCopies = { kinds: ["snapshot"], readIds: ownCopyIds } as const;

/** What is gone, what can come back, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenTencentCall,
  targets: readonly InstanceTarget[],
  options: VerifyOptions = {},
): Promise<readonly DeletionVerdict[]> {
  return await verifyEnds(open, targets, options, {
    instanceIdForm,
    reads: (call, removedRules) => ({
      ...absenceReads(call),
      look: (ids) => readStatesAndTimers(call, ids),
      pace,
      graceMs,
      bills,
      rechecked: kindsIn(aftermathTable),
      aftermath: (ended) => lookThrough(aftermathTable, openAftermath(call, ended, removedRules), options, ownCopies),
      bin: {
        rechecked: kindsIn(binTable),
        look: async (recycled) => lookThrough(binTable, await openBin(call, recycled), options, ownCopies),
      },
    }),
  });
}

/**
 * A prepaid instance in the bin was given back for money, or has expired, and no page says what of it is still charged; one
 * that is paid by use goes on paying for its disks in there ("Terminating instances", 213/4931).
 */
function bills({ state, billing }: InstanceRecord): boolean | "unknown" {
  switch (state.unified) {
    case "gone":
    case "terminating":
      return false;
    case "pending":
    case "running":
    case "stopping":
    case "stopped":
      return true;
    case "recycled":
      return billing.unified === "on-demand" ? true : "unknown";
    case "unknown":
      return "unknown";
  }
}
