import {
  type ArtifactRemover,
  copyArtifact,
  isolationGroupRemover,
  removeArtifactsBy,
} from "../../src/artifact-removal.js";
import { type ArtifactSelector, checkArtifactSelector, fitsArtifactSelector } from "../../src/artifacts.js";
import { chunk } from "../../src/batch.js";
import { confirmByReading } from "../../src/confirm.js";
import type { CallOptions } from "../../src/options.js";
import { runTag } from "../../src/own-tags.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../src/reversal.js";
import type { Artifact } from "../../src/snapshots.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { type Copy, ownCopies, readCopies } from "./copies.js";
import { literalFilter } from "./filters.js";
import { filterLimit } from "./instances.js";
import { ownGroup, readOwnGroups } from "./quarantine/own-group.js";
import { readGroup, removeIsolationGroup } from "./quarantine/remove-group.js";

/** What this library made: snapshots, and groups that hold instances back. By tags, description and owner. */
export async function* findOwnArtifacts(
  open: OpenAwsCall,
  selector: ArtifactSelector,
  options?: CallOptions,
): AsyncGenerator<Artifact> {
  checkArtifactSelector(selector);
  const call = await open("reads", options);
  const { runId } = selector;
  const filter = runId === undefined ? { Name: "tag-key", Values: [runTag] } : literalFilter(`tag:${runTag}`, runId);
  for (const copy of ownCopies(await readCopies(call, [filter]), call.scope)) {
    const artifact = copyArtifact(call.scope, "disk-snapshot", copy);
    if (fitsArtifactSelector(artifact, selector)) yield artifact;
  }
  for (const group of await readOwnGroups(call, runId)) if (fitsArtifactSelector(group, selector)) yield group;
}

/** Removes what this library made, each after a fresh look. */
export async function removeArtifacts(
  open: OpenAwsCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  return await removeArtifactsBy(open, items, options, (call) => ({
    "disk-snapshot": snapshots(call),
    "security-group": isolationGroupRemover(
      async ({ id }) => {
        const row = await readGroup(call, id);
        return row && (ownGroup(call, row) ?? "strange");
      },
      (artifact, effects) => removeIsolationGroup(call, artifact, effects),
    ),
  }));
}

function snapshots(call: AwsCall): ArtifactRemover {
  return {
    resource: "snapshot",
    noWayBack: "A deleted snapshot comes back only where a Recycle Bin rule of the account kept it.",
    readNow: async (artifacts) => {
      const copies = await readById(
        call,
        artifacts.map(({ id }) => id),
      );
      const own = new Map(ownCopies([...copies.values()], call.scope).map((copy) => [copy.id, copy]));
      return new Map(
        [...copies.keys()].map((id) => {
          const copy = own.get(id);
          return [id, copy && copyArtifact(call.scope, "disk-snapshot", copy)];
        }),
      );
    },
    remove: async (artifact, effects) => ({
      kind: "sent",
      answer: await call.requests.mutate({
        service: "ec2",
        action: "DeleteSnapshot",
        parameters: { SnapshotId: artifact.id },
        instanceIds: artifact.instanceIds,
        effects,
        confirm: confirmByReading(call.requests, async () => !(await readById(call, [artifact.id])).has(artifact.id)),
      }),
    }),
  };
}

/** Snapshots by id, as they are now. By filter: one that is gone would fail the whole request if it were named. */
async function readById(call: AwsCall, ids: readonly string[]): Promise<ReadonlyMap<string, Copy>> {
  const pieces = await Promise.all(
    chunk(ids, filterLimit).map((piece) => readCopies(call, [{ Name: "snapshot-id", Values: [...piece] }])),
  );
  return new Map(pieces.flat().map((copy) => [copy.id, copy]));
}
