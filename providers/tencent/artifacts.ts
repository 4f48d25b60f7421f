import {
  type ArtifactRemover,
  copyArtifact,
  isolationGroupRemover,
  removeArtifactsBy,
} from "../../src/artifact-removal.js";
import { type ArtifactSelector, checkArtifactSelector, fitsArtifactSelector } from "../../src/artifacts.js";
import { confirmByReading } from "../../src/confirm.js";
import type { CallOptions } from "../../src/options.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../src/reversal.js";
import type { Artifact } from "../../src/snapshots.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { ownCopies, readCopies, readCopiesById } from "./copies.js";
import { ownGroup, readOwnGroups } from "./quarantine/own-group.js";
import { readGroup, removeIsolationGroup } from "./quarantine/remove-group.js";

/**
 * What this library made: snapshots, and groups that hold instances back. By tags and name; all snapshots of the region
 * are read, since the listing has no filter for tags that it promises, and names hold a hash of the run and attempt.
 */
export async function* findOwnArtifacts(
  open: OpenTencentCall,
  selector: ArtifactSelector,
  options?: CallOptions,
): AsyncGenerator<Artifact> {
  checkArtifactSelector(selector);
  const call = await open("reads", options);
  for (const copy of ownCopies(await readCopies(call, []))) {
    const artifact = copyArtifact(call.scope, "disk-snapshot", copy);
    if (fitsArtifactSelector(artifact, selector)) yield artifact;
  }
  for (const group of await readOwnGroups(call, selector.runId)) {
    if (fitsArtifactSelector(group, selector)) yield group;
  }
}

/** Removes what this library made, each after a fresh look. */
export async function removeArtifacts(
  open: OpenTencentCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  return await removeArtifactsBy(open, items, options, (call) => ({
    "disk-snapshot": copyRemover(call),
    "security-group": isolationGroupRemover(
      async ({ id }) => {
        const row = await readGroup(call, id);
        return row && (ownGroup(call, row) ?? "strange");
      },
      (artifact, effects) => removeIsolationGroup(call, artifact, effects),
    ),
  }));
}

function copyRemover(call: TencentCall): ArtifactRemover {
  return {
    resource: "snapshot",
    noWayBack: "A deleted snapshot is gone: there is no way to take one out of a bin.",
    readNow: async (artifacts) => {
      const copies = await readCopiesById(
        call,
        artifacts.map(({ id }) => id),
      );
      return new Map(
        copies.map((copy) => {
          const [own] = ownCopies([copy]);
          return [copy.id, own && copyArtifact(call.scope, "disk-snapshot", own)];
        }),
      );
    },
    remove: async ({ id, instanceIds }, effects) => ({
      kind: "sent",
      answer: await call.requests.mutate({
        service: "cbs",
        action: "DeleteSnapshots",
        // Without `DeleteBindImages`: one that an image rests on stays.
        parameters: { SnapshotIds: [id] },
        instanceIds,
        effects,
        confirm: confirmByReading(call.requests, async () => (await readCopiesById(call, [id])).length === 0),
      }),
    }),
  };
}
