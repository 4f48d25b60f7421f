import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { SnapshotRequest } from "../../../src/snapshot-options.js";
import type { HuaweiCall } from "../call.js";
import { copyName, type HuaweiCopy } from "../copies.js";
import type { SeenInstance } from "../record.js";
import { noteFor, readBackups } from "./backup.js";
import { copiesIn, readGroups } from "./standard.js";
import { readVaults, type Vault, type VaultWishes } from "./vault.js";

/** Ways to save besides `auto`. */
export const methods = ["backup", "snapshot-group"] as const;
/** A way to save a server. */
export type Method = (typeof methods)[number];

/** What there is to save with, and what the same run and attempt have made already. */
export interface Means {
  readonly vaults: readonly Vault[];
  readonly wishes: VaultWishes;
  readonly noBackups?: Problem;
  readonly noGroups?: Problem;
  readonly made: readonly HuaweiCopy[];
}

/** Looks at both ways, as far as the caller lets either be used. */
export async function readMeans(call: HuaweiCall, request: SnapshotRequest, wishes: VaultWishes): Promise<Means> {
  const name = copyName(request);
  const wants = (method: Method) => request.method === "auto" || request.method === method;
  const [vaults, backups, groups] = await Promise.all([
    answered(call, async () => (wants("backup") ? await readVaults(call) : [])),
    answered(call, async () => (wants("backup") ? await readBackups(call, { name }) : [])),
    answered(call, async () => (wants("snapshot-group") ? await copiesIn(call, await readGroups(call, name)) : [])),
  ]);
  const noBackups = vaults.problem ?? backups.problem;
  return {
    vaults: vaults.found ?? [],
    wishes,
    ...(noBackups ? { noBackups } : {}),
    ...(groups.problem ? { noGroups: groups.problem } : {}),
    made: [...(backups.found ?? []), ...(groups.found ?? [])],
  };
}

async function answered<T>(
  call: HuaweiCall,
  read: () => Promise<T>,
): Promise<{ readonly found?: T; readonly problem?: Problem }> {
  try {
    return { found: await read() };
  } catch (error) {
    if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
    return { problem: error.problem };
  }
}

/** The way to save a server, or why there is none. */
export function meansOf({ record }: SeenInstance, request: SnapshotRequest, means: Means): Method | Problem {
  const earlier = means.made.find(({ mark }) => mark.instanceIds.includes(record.id));
  if (earlier) return earlier.kind === "backup" ? "backup" : "snapshot-group";
  const noBackup = backupProblem(record.id, request, means);
  if (request.method === "backup") return noBackup ?? "backup";
  if (request.method === "auto" && !noBackup) return "backup";
  if (!means.noGroups) return "snapshot-group";
  // What keeps the better way from being used is what the caller can do something about.
  return { ...(noBackup ?? means.noGroups), instanceIds: [record.id] };
}

function backupProblem(id: string, request: SnapshotRequest, means: Means): Problem | undefined {
  const { vaults, wishes, noBackups } = means;
  if (noBackups) return noBackups;
  const problem = (message: string, hint: string): Problem => ({
    code: "unsupported",
    message: `${id} ${message}`,
    hint,
    cloud: "huawei",
    instanceIds: [id],
  });
  if (noteFor(request, "unknown") === undefined) {
    return problem(
      "cannot be backed up with these tags: a backup's description holds 255 characters.",
      "Use fewer `tags`.",
    );
  }
  const inVault = vaults.some(({ serverIds }) => serverIds.includes(id));
  if (inVault || wishes.vaultId !== undefined || wishes.createVault) return undefined;
  return problem(
    "is in no backup vault.",
    "Name one in `cloudOptions.vaultId`, or allow one to be made and billed with `cloudOptions.createVault`.",
  );
}
