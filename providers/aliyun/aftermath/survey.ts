import type { DependencySource } from "../../../src/coverage.js";
import { namedBy } from "../../../src/holdings.js";
import { lazy } from "../../../src/lazy.js";
import type { RemovedSecurityRule } from "../../../src/security-rules.js";
import type { Ended } from "../../../src/verdicts.js";
import type { AliyunCall } from "../call.js";
import type { Copy } from "../copies.js";
import type { DiskFacts } from "../disk-facts.js";
import { readCopiesOf } from "./copies.js";
import { readDisksLeft } from "./disks.js";

/** What every row of the aftermath works on. */
export interface AliyunAftermath {
  readonly call: AliyunCall;
  readonly ended: readonly Ended[];
  /** Rules that were taken away in this place. */
  readonly removedRules: readonly RemovedSecurityRule[];
  /** Disks that hung on the instances, with those that held them. */
  readonly diskHolders: ReadonlyMap<string, readonly string[]>;
  /** Those of them that are there, once what was to die has had its time. */
  readonly disks: () => Promise<readonly DiskFacts[]>;
  /** Copies of those disks. */
  readonly copies: () => Promise<readonly Copy[]>;
}

/** One row: a kind of thing that can be left, asked of one source. */
export type AftermathSource = DependencySource<AliyunAftermath>;

/** Prepares a look at what is left. Sends nothing. */
export function openAftermath(
  call: AliyunCall,
  ended: readonly Ended[],
  removedRules: readonly RemovedSecurityRule[],
): AliyunAftermath {
  const named = namedBy(ended, "disk", ({ disks }) => disks.filter((disk) => !disk.ephemeral).map(({ id }) => id));
  // A disk of the host that no listing showed was given a name here.
  const diskHolders = new Map([...named].filter(([id]) => id.startsWith("d-")));
  const ids = [...diskHolders.keys()];
  return {
    call,
    ended,
    removedRules,
    diskHolders,
    disks: lazy(() => readDisksLeft(call, ended, ids)),
    copies: lazy(() => readCopiesOf(call, ids)),
  };
}
