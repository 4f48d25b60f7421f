import { sameScope } from "../../src/common.js";
import { survey } from "../../src/coverage.js";
import type { DependencyKind } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import { collapseTargets } from "../../src/targets.js";
import { verdictsOf } from "../../src/verdicts.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
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

const rechecked: ReadonlySet<DependencyKind> = new Set(aftermathTable.map(({ kind }) => kind));

/** ecctl looks every two seconds for five minutes, Terraform for twenty minutes. A look costs one request for 100. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 20 * 60_000 };

/**
 * An instance that is being released has no state of its own: it reads Running, Stopping or Stopped until its id
 * vanishes. A clean shutdown "causes the release operation to take several minutes" (DeleteInstancesRequest, ForceStop).
 */
const graceMs = 8 * 60_000;

/** What is gone, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenAliyunCall,
  targets: readonly InstanceTarget[],
  options: VerifyOptions = {},
): Promise<readonly DeletionVerdict[]> {
  const collapsed = collapseTargets(targets, instanceIdForm);
  if (collapsed.ids.length === 0) return [];
  const call = await open("reads", options);
  const removedRules = (options.removedRules ?? []).filter((removed) => sameScope(removed, call.scope));
  return await verdictsOf(
    {
      ...absenceReads(call),
      scope: call.scope,
      look: (ids) => readStates(call, ids),
      pace,
      graceMs: patienceOf(call),
      bills,
      rechecked,
      aftermath: async (ended) => {
        const aftermath = openAftermath(call, ended, removedRules);
        const controls = openControls(call);
        const table = aftermathTable.map((row) => withControls(row, controls));
        const { skip } = options;
        const found = await survey(table, aftermath, skip === undefined ? {} : { skip });
        return { ...found, ourIds: skip?.includes("snapshot") ? new Set() : await ownCopies(aftermath) };
      },
    },
    collapsed,
    options,
  );
}

/** Half of the caller's time is kept for proving what is gone, and for what it left. */
function patienceOf({ requests }: AliyunCall): number {
  return Math.min(graceMs, (requests.deadlineAt - requests.clock.now()) / 2);
}

/** Where copies could not be read the coverage says so, and none is known to be ours. */
async function ownCopies(aftermath: Parameters<typeof ownCopyIds>[0]): Promise<ReadonlySet<string>> {
  try {
    return await ownCopyIds(aftermath);
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return new Set();
    throw error;
  }
}

/** All that is listed bills: a stop ends the charges in economical mode alone, and those of the disks never. */
function bills({ state }: InstanceRecord): boolean | "unknown" {
  return state.unified === "unknown" ? "unknown" : true;
}
