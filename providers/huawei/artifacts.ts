import {
  type ArtifactRemover,
  copyArtifact,
  isolationGroupRemover,
  removeArtifactsBy,
} from "../../src/artifact-removal.js";
import { type ArtifactSelector, checkArtifactSelector, fitsArtifactSelector } from "../../src/artifacts.js";
import { groupBy } from "../../src/batch.js";
import { confirmByReading } from "../../src/confirm.js";
import { DecommissionError } from "../../src/errors.js";
import type { CallOptions } from "../../src/options.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../src/reversal.js";
import type { Artifact } from "../../src/snapshots.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import type { HuaweiCopy } from "./copies.js";
import { readOwnGroups } from "./quarantine/own-group.js";
import { readOwnGroup, removeIsolationGroup } from "./quarantine/remove-group.js";
import { readBackupRows } from "./snapshots/backup.js";
import { readLegacyIds } from "./snapshots/legacy.js";
import { readVaultsNow, removeVault } from "./snapshots/own-vault.js";
import { copiesIn, readGroups, readSnapshots } from "./snapshots/standard.js";

/** What this library made: backups and their vaults, standard snapshots, and groups that hold servers back. */
export async function* findOwnArtifacts(
  open: OpenHuaweiCall,
  selector: ArtifactSelector,
  options?: CallOptions,
): AsyncGenerator<Artifact> {
  checkArtifactSelector(selector);
  const call = await open("reads", options);
  const [snapshots, backups, vaults, groups] = await Promise.all([
    whereOffered([], async () => await copiesIn(call, await readGroups(call))),
    whereOffered([], () => readBackupRows(call, {})),
    whereOffered([], async () => [...(await readVaultsNow(call)).values()]),
    readOwnGroups(call, selector.runId),
  ]);
  const artifacts = [
    ...[...groupBy(snapshots, ({ id }) => id).values()].flatMap((copies) => setArtifact(call, copies) ?? []),
    ...backups.flatMap(({ copies }) => setArtifact(call, copies) ?? []),
    ...vaults.flatMap((vault) => vault ?? []),
    ...groups,
  ];
  for (const artifact of artifacts) if (fitsArtifactSelector(artifact, selector)) yield artifact;
}

/** Nothing of ours is where the region has no such service. */
async function whereOffered<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "unsupported") return otherwise;
    throw error;
  }
}

/** Removes what this library made, each after a fresh look; a vault last, once what was in it is gone. */
export async function removeArtifacts(
  open: OpenHuaweiCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  const isVault = ({ kind }: Artifact) => kind === "vault";
  const ordered = [...items.filter((item) => !isVault(item)), ...items.filter(isVault)];
  const outcomes = await removeArtifactsBy(open, ordered, options, (call) => ({
    "snapshot-group": snapshotGroups(call),
    backup: backups(call),
    vault: vaults(call),
    "security-group": isolationGroupRemover(
      (artifact) => readOwnGroup(call, artifact),
      (artifact, effects) => removeIsolationGroup(call, artifact, effects),
    ),
  }));
  const byItem = new Map(ordered.map((item, index) => [item, outcomes[index]]));
  return items.flatMap((item) => byItem.get(item) ?? []);
}

function vaults(call: HuaweiCall): ArtifactRemover {
  return {
    resource: "backup-policy",
    noWayBack: "It was made for one run alone and holds nothing.",
    readNow: async () => await readVaultsNow(call),
    remove: (artifact, effects) => removeVault(call, artifact, effects),
  };
}

function snapshotGroups(call: HuaweiCall): ArtifactRemover {
  return {
    resource: "snapshot",
    noWayBack: "Deleted snapshots do not come back.",
    readNow: async (artifacts) => {
      const groups = await readGroups(call);
      // A single snapshot, of either kind, is none of ours; it must not read as gone.
      const [copies, standard, legacy] = await Promise.all([
        copiesIn(call, groups),
        readSnapshots(call, {}),
        readLegacyIds(call),
      ]);
      const sets = [...groupBy(copies, ({ id }) => id).values()].flatMap((set) => setArtifact(call, set) ?? []);
      const present = new Set([...groups, ...standard].map(({ id }) => id).concat(legacy));
      return presentOnes(artifacts, present, new Map(sets.map((set) => [set.id, set])));
    },
    remove: async ({ id, instanceIds }, effects) => ({
      kind: "sent",
      answer: await call.requests.mutate({
        service: "evs",
        // With the group go its snapshots, for which the same permission is asked ("DeleteSnapshotGroup").
        action: "DELETE /v5/{project_id}/snapshot-groups/{snapshot_group_id}",
        parameters: { path: { snapshot_group_id: id } },
        instanceIds,
        effects,
        confirm: confirmByReading(call.requests, async () =>
          (await readGroups(call)).every((group) => group.id !== id || group.status === "deleting"),
        ),
      }),
    }),
  };
}

function backups(call: HuaweiCall): ArtifactRemover {
  return {
    resource: "backup",
    noWayBack: "A deleted backup does not come back.",
    readNow: async (artifacts) => {
      const rows = await readBackupRows(call, {});
      const own = new Map(rows.flatMap(({ copies }) => setArtifact(call, copies) ?? []).map((one) => [one.id, one]));
      return presentOnes(artifacts, new Set(rows.map(({ id }) => id)), own);
    },
    remove: async ({ id, instanceIds }, effects) => ({
      kind: "sent",
      answer: await call.requests.mutate({
        service: "cbr",
        action: "DELETE /v3/{project_id}/backups/{backup_id}",
        parameters: { path: { backup_id: id } },
        instanceIds,
        effects,
        confirm: confirmByReading(call.requests, async () =>
          (await readBackupRows(call, {})).every((row) => row.id !== id || row.copies.every(isGoing)),
        ),
      }),
    }),
  };
}

function isGoing({ state }: HuaweiCopy): boolean {
  return state === "failed";
}

function presentOnes(
  artifacts: readonly Artifact[],
  present: ReadonlySet<string>,
  own: ReadonlyMap<string, Artifact>,
): ReadonlyMap<string, Artifact | undefined> {
  return new Map(artifacts.flatMap(({ id }) => (present.has(id) ? [[id, own.get(id)] as const] : [])));
}

/** A backup or a group is one thing, whatever the number of disks in it; `undefined` where nothing of it is ours. */
function setArtifact(call: HuaweiCall, copies: readonly HuaweiCopy[]): Artifact | undefined {
  const [first] = copies;
  if (!first) return undefined;
  return {
    ...copyArtifact(call.scope, first.kind, first),
    diskIds: copies.map(({ diskId }) => diskId),
    sizeGiB: copies.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
  };
}
