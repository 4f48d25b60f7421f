import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
import { kindsIn, lookThrough, verifyEnds } from "../../src/verify.js";
import { absenceReads } from "./absent.js";
import { copySources, ownCopyIds } from "./aftermath/copies.js";
import { networkSources } from "./aftermath/network.js";
import { recycleBinSources } from "./aftermath/recycle-bin.js";
import { registrationSources } from "./aftermath/registrations.js";
import { replacementSources } from "./aftermath/replacements.js";
import { routeSources } from "./aftermath/routes.js";
import { ruleSources } from "./aftermath/rules.js";
import { type AftermathSource, openAftermath } from "./aftermath/survey.js";
import { volumeSources } from "./aftermath/volumes.js";
import type { OpenAwsCall } from "./call.js";
import { instanceIdForm, readStates } from "./instances.js";

/** Everything an ended instance can leave behind that is worth a fresh look. */
export const aftermathTable: readonly AftermathSource[] = [
  ...volumeSources,
  ...recycleBinSources,
  ...networkSources,
  ...copySources,
  ...replacementSources,
  ...registrationSources,
  ...routeSources,
  ...ruleSources,
];

/**
 * Terminations take half a minute to five, longer with Windows or a hung guest ("Troubleshoot terminating your
 * instance", EC2 User Guide). Asked in bulk, a look costs one request for 200 instances.
 */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 15 * 60_000 };

/** Reads lag by seconds ("Eventual consistency in the Amazon EC2 API"), and a termination asked for shows soon. */
const graceMs = 60_000;

const ownCopies = { kinds: ["snapshot"], readIds: ownCopyIds } as const;

/** What is gone, what can come back, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenAwsCall,
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

/** Usage is billed up to `shutting-down`; a stopped instance costs its volumes only ("Instance lifecycle", EC2 User Guide). */
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
