import { copyArtifact, isolationGroupRemover, removeArtifactsBy } from "../../src/artifact-removal.js";
import { type ArtifactSelector, checkArtifactSelector, fitsArtifactSelector } from "../../src/artifacts.js";
import { unique } from "../../src/batch.js";
import { confirmByReading } from "../../src/confirm.js";
import type { CallOptions } from "../../src/options.js";
import { runTag } from "../../src/own-tags.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../src/reversal.js";
import type { Artifact } from "../../src/snapshots.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { readCopies, readOwnCopies } from "./copies.js";
import { ownGroup, readOwnGroups } from "./quarantine/own-group.js";
import { readGroup, removeIsolationGroup } from "./quarantine/remove-group.js";

/** What this library made: snapshots, and groups that hold instances back. By tags, description and name. */
export async function* findOwnArtifacts(
  open: OpenAliyunCall,
  selector: ArtifactSelector,
  options?: CallOptions,
): AsyncGenerator<Artifact> {
  checkArtifactSelector(selector);
  const call = await open("reads", options);
  const { runId } = selector;
  const copies = await readOwnCopies(call, [{ Key: runTag, ...(runId === undefined ? {} : { Value: runId }) }]);
  for (const copy of copies) {
    const artifact = copyArtifact(call.scope, "disk-snapshot", copy);
    if (fitsArtifactSelector(artifact, selector)) yield artifact;
  }
  for (const group of await readOwnGroups(call, runId)) if (fitsArtifactSelector(group, selector)) yield group;
}

/** Removes what this library made, each after a fresh look. */
export async function removeArtifacts(
  open: OpenAliyunCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  return await removeArtifactsBy<AliyunCall>(open, items, options, (call) => ({
    "disk-snapshot": {
      resource: "snapshot",
      noWayBack: "There is no bin for snapshots: a deleted one is gone.",
      readNow: (artifacts) => readCopiesNow(call, artifacts),
      remove: async ({ id, instanceIds }, effects) => ({
        kind: "sent",
        answer: await call.requests.mutate({
          service: "ecs",
          action: "DeleteSnapshot",
          // Without `Force`: one that disks were made from stays.
          parameters: { SnapshotId: id },
          instanceIds,
          effects,
          confirm: confirmByReading(call.requests, async () => (await readCopies(call, [id])).length === 0),
        }),
      }),
    },
    "security-group": isolationGroupRemover(
      async ({ id }) => {
        const row = await readGroup(call, id);
        return row && (ownGroup(call, row) ?? "strange");
      },
      (artifact, effects) => removeIsolationGroup(call, artifact, effects),
    ),
  }));
}

/** Copies by id as they are now. Ours are found by run: a snapshot does not say which set it is of, and sets hold our marks. */
async function readCopiesNow(
  call: AliyunCall,
  artifacts: readonly Artifact[],
): Promise<ReadonlyMap<string, Artifact | undefined>> {
  const runs = unique(artifacts.map(({ runId }) => runId));
  const [present, own] = await Promise.all([
    readCopies(
      call,
      artifacts.map(({ id }) => id),
    ),
    Promise.all(runs.map((Value) => readOwnCopies(call, [{ Key: runTag, Value }]))),
  ]);
  const ours = new Map(own.flat().map((copy) => [copy.id, copyArtifact(call.scope, "disk-snapshot", copy)]));
  return new Map(present.map(({ id }) => [id, ours.get(id)]));
}
