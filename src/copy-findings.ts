import type { Finding } from "./findings.js";

/** A copy of a disk that is left. */
export interface CopyLeft {
  readonly id: string;
  readonly diskId: string;
  readonly sizeGiB: number;
  /** Empty where the cloud does not tell. */
  readonly startedAt: string;
}

/** Copies of the disks of what is gone, for each instance that held the disk. They stay on purpose, and bill. */
export function copiesLeft(
  copies: readonly CopyLeft[],
  holders: ReadonlyMap<string, readonly string[]>,
  ourIds: ReadonlySet<string>,
): readonly Finding[] {
  return copies.flatMap(({ id, diskId, sizeGiB, startedAt }) =>
    (holders.get(diskId) ?? []).map(
      (instanceId): Finding => ({
        instanceId,
        node: {
          kind: "snapshot",
          id,
          sizeGiB,
          ...(startedAt === "" ? {} : { since: startedAt }),
          billing: "continues",
        },
        edge: {
          relation: "references",
          effect: "report",
          atTermination: "kept",
          why: ourIds.has(id)
            ? `It is our copy of ${diskId}, kept on purpose: it bills until it is removed.`
            : `It is a snapshot of ${diskId}, and bills until it is deleted.`,
        },
      }),
    ),
  );
}
