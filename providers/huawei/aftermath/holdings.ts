import { unique } from "../../../src/batch.js";
import type { Findings } from "../../../src/coverage.js";
import type { DependencyKind } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Ended } from "../../../src/verdicts.js";

/** Things of one kind that hung on the servers, by id, from their records and from the report of before. */
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

/** Nothing can be said of servers that were never seen in full: neither a record nor a report tells what they held. */
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

/** Disks that hung on the servers; disks of the host went with them. */
export function disksOf(ended: readonly Ended[]): ReadonlyMap<string, readonly string[]> {
  const disks = namedBy(ended, "disk", (record) =>
    record.disks.filter(({ ephemeral }) => !ephemeral).map(({ id }) => id),
  );
  // Disks of the host have no id of their own: theirs begins with the server's.
  return new Map([...disks].filter(([id]) => !id.includes("/")));
}

/** How long what is to die with a server may take to vanish after it: ports and disks linger for seconds. */
export const vanishing = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 2 * 60_000 } as const;
