import { unique } from "../../../src/batch.js";
import type { DependencySource, Findings } from "../../../src/coverage.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import { lazy } from "../../../src/lazy.js";
import type { RemovedSecurityRule } from "../../../src/security-rules.js";
import type { Ended } from "../../../src/verdicts.js";
import type { AwsCall } from "../call.js";
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
  call: AwsCall,
  ended: readonly Ended[],
  removedRules: readonly RemovedSecurityRule[],
): AwsAftermath {
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

/** Things of one kind that hung on the instances, by id, from their records and from the report of before. */
export function namedBy(
  ended: readonly Ended[],
  kind: DependencyKind,
  ofRecord: (record: InstanceRecord) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const holders = new Map<string, string[]>();
  for (const { id, record, edges = [] } of ended) {
    const reported = edges.filter((edge) => edge.node.kind === kind && edge.relation !== "inferred");
    const named = [...(record ? ofRecord(record) : []), ...reported.map((edge) => edge.node.id)];
    for (const name of unique(named)) holders.set(name, [...(holders.get(name) ?? []), id]);
  }
  return holders;
}

/** Nothing can be said of instances that were never seen in full: neither a record nor a report tells what they held. */
export function unknownHoldings({ ended }: AwsAftermath): Pick<Findings, "partial"> {
  const unknown = ended.filter(({ record, edges }) => record === undefined && edges === undefined);
  if (unknown.length === 0) return {};
  return {
    partial: {
      reason: "Neither a record nor a report from before tells what hung on them.",
      instanceIds: unknown.map(({ id }) => id),
    },
  };
}

/** How long what is to die with an instance may take to vanish after it. */
export const vanishing = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 60_000 } as const;
