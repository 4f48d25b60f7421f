import type { DependencySource } from "../../../src/coverage.js";
import { lazy } from "../../../src/lazy.js";
import type { RemovedSecurityRule } from "../../../src/security-rules.js";
import type { Ended } from "../../../src/verdicts.js";
import type { HuaweiCall } from "../call.js";
import { type Backup, readBackups } from "../dependencies/backups.js";
import { type DiskSnapshot, readLegacySnapshots, readStandardSnapshots } from "../dependencies/snapshots.js";
import type { VolumeFacts } from "../facts.js";
import { disksOf } from "./holdings.js";
import { readVolumesLeft } from "./volumes.js";

/** What every row of the aftermath works on. */
export interface HuaweiAftermath {
  readonly call: HuaweiCall;
  readonly ended: readonly Ended[];
  /** Rules that were taken away in this place. */
  readonly removedRules: readonly RemovedSecurityRule[];
  /** Disks that hung on the servers, with those that held them. */
  readonly disks: ReadonlyMap<string, readonly string[]>;
  /** Those of them that are there, once what was to die has had its time. */
  readonly volumes: () => Promise<readonly VolumeFacts[]>;
  readonly legacySnapshots: () => Promise<readonly DiskSnapshot[]>;
  readonly standardSnapshots: () => Promise<readonly DiskSnapshot[]>;
  readonly backups: () => Promise<readonly Backup[]>;
}

/** One row: a kind of thing that can be left, asked of one source. */
export type AftermathSource = DependencySource<HuaweiAftermath>;

/** Prepares a look at what is left. Sends nothing. */
export function openAftermath(
  call: HuaweiCall,
  ended: readonly Ended[],
  removedRules: readonly RemovedSecurityRule[],
): HuaweiAftermath {
  const disks = disksOf(ended);
  return {
    call,
    ended,
    removedRules,
    disks,
    volumes: lazy(() => readVolumesLeft(call, ended, [...disks.keys()])),
    legacySnapshots: lazy(() => readLegacySnapshots(call)),
    standardSnapshots: lazy(() => readStandardSnapshots(call)),
    backups: lazy(() => readBackups(call)),
  };
}
