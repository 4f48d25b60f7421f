import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
import { kindsIn, lookThrough, verifyEnds } from "../../src/verify.js";
import { absenceReads } from "./absent.js";
import { copySources, ownCopyIds } from "./aftermath/copies.js";
import { diskSources } from "./aftermath/disks.js";
import { networkSources } from "./aftermath/network.js";
import { registrationSources } from "./aftermath/registrations.js";
import { replacementSources } from "./aftermath/replacements.js";
import { ruleSources } from "./aftermath/rules.js";
import { type AftermathSource, openAftermath } from "./aftermath/survey.js";
import { waySources } from "./aftermath/ways.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { openControls, withControls } from "./controls.js";
import { instanceIdForm, readStates } from "./instances.js";

/** Everything an ended instance can leave behind that is worth a fresh look. */
export const aftermathTable: readonly AftermathSource[] = [
  ...diskSources,
  ...networkSources,
  ...copySources,
  ...replacementSources,
  ...registrationSources,
  ...waySources,
  ...ruleSources,
];

/** ecctl looks every two seconds for five minutes, Terraform for twenty minutes. A look costs one request for 100. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 20 * 60_000 };

/**
 * An instance that is being released has no state of its own: it reads Running, Stopping or Stopped until its id
 * vanishes. A clean shutdown "causes the release operation to take several minutes" (DeleteInstancesRequest, ForceStop).
 */
const graceMs = 8 * 60_000;

const ownCopies = { kinds: ["snapshot"], readIds: ownCopyIds } as const;

/** What is gone, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenAliyunCall,
  targets: readonly InstanceTarget[],
  options: VerifyOptions = {},
): Promise<readonly DeletionVerdict[]> {
  return await verifyEnds(open, targets, options, {
    instanceIdForm,
    reads: (call, removedRules) => ({
      ...absenceReads(call),
      look: (ids) => readStates(call, ids),
      pace,
      graceMs: patienceOf(call),
      bills,
      rechecked: kindsIn(aftermathTable),
      aftermath: (ended) => {
        const controls = openControls(call);
        const table = aftermathTable.map((row) => withControls(row, controls));
        return lookThrough(table, openAftermath(call, ended, removedRules), options, ownCopies);
      },
    }),
  });
}

/** Half of the caller's time is kept for proving what is gone, and for what it left. */
function patienceOf({ requests }: AliyunCall): number {
  return Math.min(graceMs, (requests.deadlineAt - requests.clock.now()) / 2);
}

/** All that is listed bills: a stop ends the charges in economical mode alone, and those of the disks never. */
function bills({ state }: InstanceRecord): boolean | "unknown" {
  return state.unified === "unknown" ? "unknown" : true;
}
