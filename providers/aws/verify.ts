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

const rechecked: ReadonlySet<DependencyKind> = new Set(aftermathTable.map(({ kind }) => kind));

/**
 * Terminations take half a minute to five, longer with Windows or a hung guest ("Troubleshoot terminating your
 * instance", EC2 User Guide). Asked in bulk, a look costs one request for 200 instances.
 */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 15 * 60_000 };

/** Reads lag by seconds ("Eventual consistency in the Amazon EC2 API"), and a termination asked for shows soon. */
const graceMs = 60_000;

/** What is gone, what can come back, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenAwsCall,
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
      graceMs,
      bills,
      rechecked,
      aftermath: async (ended) => {
        const aftermath = openAftermath(call, ended, removedRules);
        const { skip } = options;
        const found = await survey(aftermathTable, aftermath, skip === undefined ? {} : { skip });
        return { ...found, ourIds: skip?.includes("snapshot") ? new Set() : await ownCopies(aftermath) };
      },
    },
    collapsed,
    options,
  );
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
