import { DecommissionError } from "../../../src/errors.js";
import { readBackups } from "../snapshots/backup.js";
import { copiesIn, readGroups } from "../snapshots/standard.js";
import type { HuaweiAftermath } from "./survey.js";

/** Ids of the copies that this library made of what ended. Where they could not be read none is known to be ours. */
export async function ownCopyIds(aftermath: HuaweiAftermath): Promise<ReadonlySet<string>> {
  const found = await Promise.all([
    unlessRefused(async () => {
      const backed = (await aftermath.backups()).length > 0;
      return backed ? await readBackups(aftermath.call, {}) : [];
    }),
    unlessRefused(async () => {
      const snapped = (await aftermath.standardSnapshots()).length > 0;
      return snapped ? await copiesIn(aftermath.call, await readGroups(aftermath.call)) : [];
    }),
  ]);
  return new Set(found.flat().map(({ id }) => id));
}

async function unlessRefused<T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read();
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return [];
    throw error;
  }
}
