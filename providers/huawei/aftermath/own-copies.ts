import { DecommissionError } from "../../../src/errors.js";
import { readBackups } from "../snapshots/backup.js";
import { readVaultsNow } from "../snapshots/own-vault.js";
import { copiesIn, readGroups } from "../snapshots/standard.js";
import type { HuaweiAftermath } from "./survey.js";

/** Ids of the copies that this library made of what ended. Where they could not be read none is known to be ours. */
export async function ownCopyIds(aftermath: HuaweiAftermath): Promise<ReadonlySet<string>> {
  const [backups, snapshots, vaults] = await Promise.all([
    unlessRefused(() => ownBackups(aftermath)),
    unlessRefused(() => ownSnapshots(aftermath)),
    unlessRefused(() => ownVaults(aftermath)),
  ]);
  return new Set([...backups, ...snapshots, ...vaults]);
}

async function ownBackups({ call, backups }: HuaweiAftermath): Promise<readonly string[]> {
  if ((await backups()).length === 0) return [];
  return (await readBackups(call, {})).map(({ id }) => id);
}

async function ownVaults({ call }: HuaweiAftermath): Promise<readonly string[]> {
  return [...(await readVaultsNow(call)).values()].flatMap((vault) => (vault ? [vault.id] : []));
}

/** A group is what we made; what is left and bills are its snapshots. */
async function ownSnapshots({ call, standardSnapshots }: HuaweiAftermath): Promise<readonly string[]> {
  const grouped = (await standardSnapshots()).filter(({ groupId }) => groupId !== undefined);
  if (grouped.length === 0) return [];
  const ours = new Set((await copiesIn(call, await readGroups(call))).map(({ id }) => id));
  return grouped.filter(({ groupId }) => ours.has(groupId ?? "")).map(({ id }) => id);
}

async function unlessRefused<T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read();
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return [];
    throw error;
  }
}
