import {
  type ArtifactSelector,
  checkArtifactSelector,
  fitsArtifactSelector,
  foreignArtifact,
  removalProblem,
} from "../../src/artifacts.js";
import { chunk, mapConcurrent } from "../../src/batch.js";
import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { CallOptions } from "../../src/options.js";
import { refused } from "../../src/outcomes.js";
import { runTag } from "../../src/own-tags.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "../../src/reversal.js";
import type { Artifact } from "../../src/snapshots.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { type Copy, type OwnCopy, ownCopies, readCopies } from "./copies.js";
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
    const artifact = artifactOf(call, copy);
    if (fitsArtifactSelector(artifact, selector)) yield artifact;
  }
  for (const group of await readOwnGroups(call, runId)) if (fitsArtifactSelector(group, selector)) yield group;
}

/** Removals under way at a time. EC2 takes one snapshot a request. */
const concurrency = 4;

/** Removes what this library made, each after a fresh look. */
export async function removeArtifacts(
  open: OpenAwsCall,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions = {},
): Promise<readonly ArtifactOutcome[]> {
  if (items.length === 0) return [];
  const call = await open("all", options);
  const here = items.filter((artifact) => !foreignArtifact(artifact, call.scope) && artifact.kind === "disk-snapshot");
  const copies = await readById(
    call,
    here.map(({ id }) => id),
  );
  return await mapConcurrent(items, concurrency, async (artifact) => {
    const foreign = foreignArtifact(artifact, call.scope);
    if (foreign) return { artifact, status: "blocked", problem: foreign };
    if (artifact.kind === "security-group") return await removeGroup(call, artifact, options);
    if (artifact.kind !== "disk-snapshot") return { artifact, status: "blocked", problem: notOurKind(artifact) };
    return await remove(call, artifact, copies.get(artifact.id), options);
  });
}

async function remove(
  call: AwsCall,
  artifact: Artifact,
  copy: Copy | undefined,
  options: RemoveArtifactsOptions,
): Promise<ArtifactOutcome> {
  if (!copy) return { artifact, status: "already-gone" };
  const [own] = ownCopies([copy], call.scope);
  const now = own ? artifactOf(call, own) : undefined;
  const problem = removalProblem(artifact, now, options, call.requests.clock);
  if (problem) return { artifact, status: "blocked", problem };
  if (options.dryRun === true) return { artifact, status: "would-remove" };
  const answer = await call.requests.mutate({
    service: "ec2",
    action: "DeleteSnapshot",
    parameters: { SnapshotId: artifact.id },
    instanceIds: artifact.instanceIds,
    effects: [removalEffect(call, artifact)],
    confirm: confirmByReading(call.requests, async () => !(await readById(call, [artifact.id])).has(artifact.id)),
  });
  const gone = answer.effect === "not-applied" && answer.problem.code === "not-found";
  return gone ? { artifact, status: "already-gone" } : removalOutcome(artifact, answer);
}

async function removeGroup(
  call: AwsCall,
  artifact: Artifact,
  options: RemoveArtifactsOptions,
): Promise<ArtifactOutcome> {
  const row = await readGroup(call, artifact.id);
  if (!row) return { artifact, status: "already-gone" };
  const problem = removalProblem(artifact, ownGroup(call, row), options, call.requests.clock);
  if (problem) return { artifact, status: "blocked", problem };
  if (options.dryRun === true) return { artifact, status: "would-remove" };
  const removal = await removeIsolationGroup(call, artifact, [removalEffect(call, artifact)]);
  if (removal.kind === "absent") return { artifact, status: "already-gone" };
  if (removal.kind === "kept") return { artifact, status: "blocked", problem: removal.problem };
  return removalOutcome(artifact, removal.answer);
}

function removalOutcome(artifact: Artifact, answer: MutationAnswer): ArtifactOutcome {
  if (answer.effect === "applied") return { artifact, status: "removed" };
  if (answer.effect === "unknown") return { artifact, status: "unknown", problem: answer.problem };
  return {
    artifact,
    status: answer.sent ? refused(artifact.id, answer.problem).status : "blocked",
    problem: answer.problem,
  };
}

function removalEffect(call: AwsCall, artifact: Artifact): Effect {
  if (artifact.kind === "security-group") {
    const resource = { kind: "security-group", id: artifact.id } as const;
    const undo = { impossible: "It was made for one run alone and holds nothing." };
    return { ...call.scope, kind: "artifact-removed", resource, instanceIds: artifact.instanceIds, undo };
  }
  return {
    ...call.scope,
    kind: "artifact-removed",
    resource: { kind: "snapshot", id: artifact.id },
    instanceIds: artifact.instanceIds,
    undo: { impossible: "A deleted snapshot comes back only where a Recycle Bin rule of the account kept it." },
  };
}

/** Snapshots by id, as they are now. By filter: one that is gone would fail the whole request if it were named. */
async function readById(call: AwsCall, ids: readonly string[]): Promise<ReadonlyMap<string, Copy>> {
  const pieces = await Promise.all(
    chunk(ids, filterLimit).map((piece) => readCopies(call, [{ Name: "snapshot-id", Values: [...piece] }])),
  );
  return new Map(pieces.flat().map((copy) => [copy.id, copy]));
}

function artifactOf(call: AwsCall, copy: OwnCopy): Artifact {
  const { mark } = copy;
  return {
    ...call.scope,
    kind: "disk-snapshot",
    id: copy.id,
    runId: mark.runId,
    attempt: mark.attempt,
    instanceIds: mark.instanceIds,
    diskIds: [copy.diskId],
    sizeGiB: copy.sizeGiB,
    createdAt: copy.startedAt,
    tags: copy.tags,
    ...(mark.expiresAt === undefined ? {} : { expiresAt: mark.expiresAt }),
  };
}

function notOurKind({ id, kind }: Artifact): Problem {
  return {
    code: "unsupported",
    message: `${id} is a ${kind}, and this library makes none on EC2.`,
    hint: "Look at it by hand.",
    cloud: "aws",
  };
}
