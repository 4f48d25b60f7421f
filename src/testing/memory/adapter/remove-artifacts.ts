import { sameScope } from "../../../common.js";
import { confirmByReading } from "../../../confirm.js";
import type { Problem, ProblemCode } from "../../../errors.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../../reversal.js";
import type { Artifact } from "../../../snapshots.js";
import type { Wire } from "../../../wire.js";
import { type MemoryCall, type OpenMemoryCall, service } from "./call.js";
import { copyOf, readSnapshotRows } from "./copies.js";
import { tagsOf } from "./record.js";

type Result = ArtifactOutcome extends infer Outcome
  ? Outcome extends unknown
    ? Omit<Outcome, "artifact">
    : never
  : never;

/** Removes copies that this library made, each after a look at what it is. */
export async function removeArtifacts(
  open: OpenMemoryCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  const unique = [...new Map(items.map((artifact) => [artifact.id, artifact])).values()];
  if (unique.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const here = unique.filter((artifact) => sameScope(artifact, call.scope) && artifact.kind === "disk-snapshot");
  const rows = await readSnapshotRows(
    call,
    here.map(({ id }) => id),
  );
  const byId = new Map(rows.map((row) => [row.need("id"), row]));
  const outcomes: ArtifactOutcome[] = [];
  for (const artifact of unique) {
    outcomes.push({ artifact, ...(await removeOne(call, artifact, byId.get(artifact.id), options)) });
  }
  return outcomes;
}

async function removeOne(
  call: MemoryCall,
  artifact: Artifact,
  row: Wire | undefined,
  options: RemoveArtifactsOptions,
): Promise<Result> {
  const elsewhere = placeProblem(call, artifact);
  if (elsewhere) return { status: "blocked", problem: elsewhere };
  if (!row) return { status: "already-gone" };
  const problem = contentProblem(call, artifact, row, options);
  if (problem) return { status: "blocked", problem };
  if (options.dryRun) return { status: "would-remove" };
  const answer = await call.requests.mutate({
    service,
    action: "DeleteSnapshot",
    parameters: { id: artifact.id },
    instanceIds: artifact.instanceIds,
    effects: [
      {
        ...call.scope,
        kind: "artifact-removed",
        resource: { kind: "snapshot", id: artifact.id },
        instanceIds: artifact.instanceIds,
        undo: { impossible: "A copy that was removed is gone." },
      },
    ],
    confirm: confirmByReading(call.requests, async () => (await readSnapshotRows(call, [artifact.id])).length === 0),
  });
  if (answer.effect === "applied") return { status: "removed" };
  if (answer.effect === "unknown") return { status: "unknown", problem: answer.problem };
  return { status: answer.sent ? "failed" : "blocked", problem: answer.problem };
}

function placeProblem(call: MemoryCall, artifact: Artifact): Problem | undefined {
  if (!sameScope(artifact, call.scope)) {
    return problemOf(
      artifact,
      "wrong-account",
      "was made elsewhere.",
      "Use the credentials and region it was made with.",
    );
  }
  if (artifact.kind === "disk-snapshot") return undefined;
  return problemOf(artifact, "unsupported", "is no copy of a disk.", "Take it back with `revert`.");
}

/** What is there must be what the artifact says, ours, and out of its time. */
function contentProblem(
  call: MemoryCall,
  artifact: Artifact,
  row: Wire,
  { unexpired, protectTags = {} }: RemoveArtifactsOptions,
): Problem | undefined {
  const copy = copyOf(row);
  const same =
    copy?.runId === artifact.runId &&
    copy.attempt === artifact.attempt &&
    artifact.diskIds.includes(copy.diskId) &&
    artifact.instanceIds.includes(copy.instanceId);
  if (!copy || !same)
    return problemOf(artifact, "protected", "is not what it is said to be.", "List the artifacts again.");
  const tags = tagsOf(row);
  const kept = Object.entries(protectTags).find(([key, value]) => tags[key] === value);
  if (kept) return problemOf(artifact, "protected", `carries the tag ${kept[0]}.`, "Take the tag off first.");
  const expired = Date.parse(copy.expiresAt ?? "") <= call.requests.clock.now();
  if (expired || unexpired) return undefined;
  return problemOf(artifact, "data-loss", "is to be kept for longer.", "Pass `unexpired` with a reason.");
}

function problemOf(artifact: Artifact, code: ProblemCode, message: string, hint: string): Problem {
  return { code, message: `${artifact.id} ${message}`, hint, cloud: "memory", instanceIds: artifact.instanceIds };
}
