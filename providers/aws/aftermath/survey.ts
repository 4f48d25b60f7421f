import type { DependencySource } from "../../../src/coverage.js";
import { namedBy } from "../../../src/holdings.js";
import { lazy } from "../../../src/lazy.js";
import type { RemovedSecurityRule } from "../../../src/security-rules.js";
import type { Ended } from "../../../src/verdicts.js";
import { type AwsCall, surveyCall } from "../call.js";
import type { Copy } from "../copies.js";
import { readSnapshotsOf } from "../dependencies/snapshots.js";
import type { VolumeFacts } from "../record.js";
import { readVolumesLeft } from "./volumes.js";

/** What every row of the aftermath works on. */
export interface AwsAftermath {
  readonly call: AwsCall;
  readonly ended: readonly Ended[];
  /** Rules that were taken away in this place. */
  readonly removedRules: readonly RemovedSecurityRule[];
  /** Volumes that hung on the instances, with those that held them. */
  readonly disks: ReadonlyMap<string, readonly string[]>;
  /** Those of them that are there, once what was to die has had its time. */
  readonly volumes: () => Promise<readonly VolumeFacts[]>;
  /** Copies of those volumes. */
  readonly copies: () => Promise<readonly Copy[]>;
}

/** One row: a kind of thing that can be left, asked of one source. */
export type AftermathSource = DependencySource<AwsAftermath>;

/** Prepares a look at what is left. Sends nothing. */
export function openAftermath(
  given: AwsCall,
  ended: readonly Ended[],
  removedRules: readonly RemovedSecurityRule[],
): AwsAftermath {
  const call = surveyCall(given);
  const disks = namedBy(ended, "disk", ({ disks: held }) => held.filter((disk) => !disk.ephemeral).map(({ id }) => id));
  const volumes = new Map([...disks].filter(([id]) => id.startsWith("vol-")));
  return {
    call,
    ended,
    removedRules,
    disks: volumes,
    volumes: lazy(() => readVolumesLeft(call, ended, [...volumes.keys()])),
    copies: lazy(() => readSnapshotsOf(call, [...volumes.keys()])),
  };
}
