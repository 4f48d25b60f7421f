import { unique } from "./batch.js";
import type { Findings } from "./coverage.js";
import type { DependencyKind } from "./dependencies.js";
import type { InstanceRecord } from "./instances.js";
import type { Ended } from "./verdicts.js";

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
export function unknownHoldings({ ended }: { readonly ended: readonly Ended[] }): Pick<Findings, "partial"> {
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
