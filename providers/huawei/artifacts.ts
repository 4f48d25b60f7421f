import { type ArtifactRemover, copyArtifact, removeArtifactsBy } from "../../src/artifact-removal.js";
import { type ArtifactSelector, checkArtifactSelector, fitsArtifactSelector } from "../../src/artifacts.js";
import { confirmByReading } from "../../src/confirm.js";
import { DecommissionError } from "../../src/errors.js";
import type { CallOptions } from "../../src/options.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../src/reversal.js";
import type { Artifact } from "../../src/snapshots.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import type { HuaweiCopy } from "./copies.js";
import { readOwnGroups } from "./quarantine/own-group.js";
import { readOwnGroup, removeIsolationGroup } from "./quarantine/remove-group.js";
import { type BackupRow, readBackupRows } from "./snapshots/backup.js";
import { readLegacyIds } from "./snapshots/legacy.js";
import { copiesIn, readGroups, readSnapshots } from "./snapshots/standard.js";

/** What this library made: backups, standard snapshots, and groups that hold servers back. */
export async function* findOwnArtifacts(
  open: OpenHuaweiCall,
  selector: ArtifactSelector,
  options?: CallOptions,
): AsyncGenerator<Artifact> {
  checkArtifactSelector(selector);
  const call = await open("reads", options);
  const [snapshots, backups, groups] = await Promise.all([
    whereOffered([], async () => await copiesIn(call, await readGroups(call))),
    whereOffered([], () => readBackupRows(call, {})),
    readOwnGroups(call, selector.runId),
  ]);
  const artifacts = [
    ...snapshots.map((copy) => copyArtifact(call.scope, "disk-snapshot", copy)),
    ...backups.flatMap((row) => backupArtifact(call, row) ?? []),
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

/** Removes what this library made, each after a fresh look. */
export async function removeArtifacts(
  open: OpenHuaweiCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  return await removeArtifactsBy(open, items, options, (call) => ({
    "disk-snapshot": snapshots(call),
    backup: backups(call),
    "security-group": isolationGroups(call),
  }));
}

function snapshots(call: HuaweiCall): ArtifactRemover {
  return {
    resource: "snapshot",
    noWayBack: "A deleted snapshot does not come back.",
    readNow: async (artifacts) => {
      const [copies, standard, legacy] = await Promise.all([
        copiesIn(call, await readGroups(call)),
        readSnapshots(call, {}),
        readLegacyIds(call),
      ]);
      const own = new Map(copies.map((copy) => [copy.id, copyArtifact(call.scope, "disk-snapshot", copy)]));
      const present = new Set([...standard.map(({ id }) => id), ...legacy]);
      return presentOnes(artifacts, present, own);
    },
    remove: async ({ id, instanceIds }, effects) => ({
      kind: "sent",
      answer: await call.requests.mutate({
        service: "evs",
        action: "DELETE /v5/{project_id}/snapshots/{snapshot_id}",
        parameters: { path: { snapshot_id: id } },
        instanceIds,
        effects,
        confirm: confirmByReading(call.requests, async () =>
          (await readSnapshots(call, { id })).every((one) => one.id !== id || one.status === "deleting"),
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
      const own = new Map(rows.flatMap((row) => backupArtifact(call, row) ?? []).map((one) => [one.id, one]));
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

/** A backup is one thing, whatever the number of disks in it; `undefined` where it is not ours. */
function backupArtifact(call: HuaweiCall, { copies }: BackupRow): Artifact | undefined {
  const [first] = copies;
  if (!first) return undefined;
  return {
    ...copyArtifact(call.scope, "backup", first),
    diskIds: copies.map(({ diskId }) => diskId),
    sizeGiB: copies.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0),
  };
}

function isolationGroups(call: HuaweiCall): ArtifactRemover {
  return {
    resource: "security-group",
    noWayBack: "It was made for one run alone and holds nothing.",
    readNow: async (artifacts) => {
      const now = new Map<string, Artifact | undefined>();
      for (const artifact of artifacts) {
        const found = await readOwnGroup(call, artifact);
        if (found) now.set(artifact.id, found === "strange" ? undefined : found);
      }
      return now;
    },
    remove: (artifact, effects) => removeIsolationGroup(call, artifact, effects),
  };
}
