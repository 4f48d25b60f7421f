import { sameScope } from "../../src/common.js";
import { survey } from "../../src/coverage.js";
import type { DependencyKind } from "../../src/dependencies.js";
import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import { collapseTargets } from "../../src/targets.js";
import { verdictsOf } from "../../src/verdicts.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
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

const rechecked: ReadonlySet<DependencyKind> = new Set(aftermathTable.map(({ kind }) => kind));

/**
 * Deletions take tens of seconds, unsubscriptions minutes; a server may still be there after its job has ended (observed
 * by Terraform's provider, which polls every 5 s). A look costs one request for a hundred servers.
 */
const pace = { firstDelayMs: 5_000, longestDelayMs: 30_000, giveUpAfterMs: 15 * 60_000 };

/** A deletion that was asked for shows as a task within seconds; an unsubscription is waited for where it is sent. */
const graceMs = 60_000;

/** What is gone, what can come back, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenHuaweiCall,
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
        return { ...found, ourIds: await ownCopyIds(aftermath) };
      },
    },
    collapsed,
    options,
  );
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
