import { namedBy } from "../../../src/holdings.js";
import type { Ended } from "../../../src/verdicts.js";

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
