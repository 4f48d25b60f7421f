import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
import { kindsIn, lookThrough, verifyEnds } from "../../src/verify.js";
import { absenceReads } from "./absent.js";
import { copySources } from "./aftermath/copies.js";
import { networkSources } from "./aftermath/network.js";
import { ownCopyIds } from "./aftermath/own-copies.js";
import { registrationSources } from "./aftermath/registrations.js";
import { replacementSources } from "./aftermath/replacements.js";
import { ruleSources } from "./aftermath/rules.js";
import { type AftermathSource, openAftermath } from "./aftermath/survey.js";
import { vaultSources } from "./aftermath/vaults.js";
import { volumeSources } from "./aftermath/volumes.js";
import type { OpenHuaweiCall } from "./call.js";
import { instanceIdForm, readStates } from "./instances.js";

/** Everything an ended server can leave behind that is worth a fresh look. */
export const aftermathTable: readonly AftermathSource[] = [
  ...volumeSources,
  ...networkSources,
  ...copySources,
  ...vaultSources,
  ...replacementSources,
  ...registrationSources,
  ...ruleSources,
];

/**
 * Deletions take tens of seconds, unsubscriptions minutes; a server may still be there after its job has ended (observed
 * by Terraform's provider, which polls every 5 s). A look costs one request for a hundred servers.
 */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 15 * 60_000 };

/** A deletion that was asked for shows as a task within seconds; an unsubscription is waited for where it is sent. */
const graceMs = 60_000;

const ownCopies = { kinds: ["snapshot", "backup", "backup-policy"], readIds: ownCopyIds } as const;

/** What is gone, what can come back, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenHuaweiCall,
  targets: readonly InstanceTarget[],
  options: VerifyOptions = {},
): Promise<readonly DeletionVerdict[]> {
  return await verifyEnds(open, targets, options, {
    instanceIdForm,
    reads: (call, removedRules) => ({
      ...absenceReads(call),
      look: (ids) => readStates(call, ids),
      pace,
      graceMs,
      bills,
      rechecked: kindsIn(aftermathTable),
      aftermath: (ended) => lookThrough(aftermathTable, openAftermath(call, ended, removedRules), options, ownCopies),
    }),
  });
}

/** A stopped server and one in the bin cost their disks, at least; what else the bin costs is not documented. */
function bills({ state }: InstanceRecord): boolean | "unknown" {
  switch (state.unified) {
    case "gone":
    case "terminating":
      return false;
    case "pending":
    case "running":
    case "stopping":
    case "stopped":
    case "recycled":
      return true;
    case "unknown":
      return "unknown";
  }
}
