import type { DependencySource } from "../../../src/coverage.js";
import { namedBy } from "../../../src/holdings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { lazy } from "../../../src/lazy.js";
import type { RemovedSecurityRule } from "../../../src/security-rules.js";
import type { Ended } from "../../../src/verdicts.js";
import type { TencentCall } from "../call.js";
import type { Copy } from "../copies.js";
import { type Controls, openControls } from "../dependencies/controls.js";
import { readSnapshotsOf } from "../dependencies/snapshots.js";
import { type DiskLeft, readDisksLeft } from "./disks.js";

/** What every row of the aftermath works on. */
export interface TencentAftermath {
  readonly call: TencentCall;
  readonly ended: readonly Ended[];
  /** Whether the instances wait in the recycle bin, where they keep what hung on them. */
  readonly isBinned: boolean;
  /** Rules that were taken away in this place. */
  readonly removedRules: readonly RemovedSecurityRule[];
  readonly controls: Controls;
  /** Cloud disks that hung on the instances, with those that held them. */
  readonly disks: ReadonlyMap<string, readonly string[]>;
  /** Disks that are there, once what was to die has had its time. */
  readonly disksLeft: () => Promise<readonly DiskLeft[]>;
  /** Copies of those disks. */
  readonly copies: () => Promise<readonly Copy[]>;
}

/** The records of ended instances. Without one nothing was proved gone, and what is in the bin is read anew. */
export function recordsOf(ended: readonly Ended[]): readonly InstanceRecord[] {
  return ended.flatMap(({ record }) => record ?? []);
}

/** One row: a kind of thing that can be left, asked of one source. */
export type AftermathSource = DependencySource<TencentAftermath>;

/** Prepares a look at what is left. Sends nothing. */
export function openAftermath(
  call: TencentCall,
  ended: readonly Ended[],
  removedRules: readonly RemovedSecurityRule[],
  isBinned = false,
): TencentAftermath {
  const held = namedBy(ended, "disk", ({ disks }) => disks.map(({ id }) => id));
  // Disks of the host have ids of another form, and CBS does not know them.
  const disks = new Map([...held].filter(([id]) => id.startsWith("disk-")));
  return {
    call,
    ended,
    isBinned,
    removedRules,
    controls: openControls(call),
    disks,
    disksLeft: lazy(() => readDisksLeft(call, ended, { known: disks, isBinned })),
    copies: lazy(() => readSnapshotsOf(call, [...disks.keys()])),
  };
}
