import { findingsOf } from "../../../src/findings.js";
import { unknownHoldings } from "../../../src/holdings.js";
import { readVaults, vaultFinding } from "../dependencies/backups.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import type { AftermathSource, HuaweiAftermath } from "./survey.js";

const source = "cbr:ListVault";

/** Vaults that are still to back up what is gone: each bills for its room, one that a run made like any other. */
export const vaultSources: readonly AftermathSource[] = [
  {
    kind: "backup-policy",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => ({
      ...findingsOf(source, await vaultsLeft(aftermath)),
      ...unknownHoldings(aftermath),
    }),
  },
];

async function vaultsLeft({ call, ended, disks }: HuaweiAftermath) {
  const endedIds = new Set(ended.map(({ id }) => id));
  return (await readVaults(call)).flatMap((vault) => {
    const holders = vault.resourceIds.flatMap((id) => (endedIds.has(id) ? [id] : (disks.get(id) ?? [])));
    return [...new Set(holders)].map((instanceId) => vaultFinding(vault, instanceId));
  });
}
