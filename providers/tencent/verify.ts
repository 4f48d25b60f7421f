import { sameScope } from "../../src/common.js";
import { survey } from "../../src/coverage.js";
import type { DependencyKind } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import type { Aftermath } from "../../src/leftovers.js";
import { collapseTargets } from "../../src/targets.js";
import { verdictsOf } from "../../src/verdicts.js";
import type { DeletionVerdict, VerifyOptions } from "../../src/verification.js";
import { absenceReads } from "./absent.js";
import { binTable, openBin } from "./aftermath/bin.js";
import { copySources, ownCopyIds } from "./aftermath/copies.js";
import { diskSources } from "./aftermath/disks.js";
import { namingSources } from "./aftermath/names.js";
import { networkSources } from "./aftermath/network.js";
import { registrationSources } from "./aftermath/registrations.js";
import { replacementSources } from "./aftermath/replacements.js";
import { ruleSources } from "./aftermath/rules.js";
import { type AftermathSource, openAftermath, type TencentAftermath } from "./aftermath/survey.js";
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

const kindsIn = (table: readonly AftermathSource[]): ReadonlySet<DependencyKind> =>
  new Set(table.map(({ kind }) => kind));

/**
 * Recorded pay-as-you-go instances were gone 10 to 11 seconds after the call; others wait five minutes for it. Asked in
 * bulk, a look costs one request for 100 instances.
 */
const pace = { firstDelayMs: 4_000, longestDelayMs: 15_000, giveUpAfterMs: 10 * 60_000 };

/** An accepted termination takes seconds until the state shows it. */
const graceMs = 60_000;

/** What is gone, what can come back, what still bills. Reads only. */
export async function verifyDeleted(
  open: OpenTencentCall,
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
      look: (ids) => readStatesAndTimers(call, ids),
      pace,
      graceMs,
      bills,
      rechecked: kindsIn(aftermathTable),
      aftermath: (ended) => lookThrough(aftermathTable, openAftermath(call, ended, removedRules), options),
      bin: {
        rechecked: kindsIn(binTable),
        look: async (recycled) => lookThrough(binTable, await openBin(call, recycled), options),
      },
    },
    collapsed,
    options,
  );
}

async function lookThrough(
  table: readonly AftermathSource[],
  aftermath: TencentAftermath,
  { skip }: VerifyOptions,
): Promise<Aftermath> {
  const found = await survey(table, aftermath, skip === undefined ? {} : { skip });
  return { ...found, ourIds: skip?.includes("snapshot") ? new Set() : await ownCopies(aftermath) };
}

/** Where copies could not be read the coverage says so, and none is known to be ours. */
async function ownCopies(aftermath: TencentAftermath): Promise<ReadonlySet<string>> {
  try {
    return await ownCopyIds(aftermath);
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return new Set();
    throw error;
  }
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
