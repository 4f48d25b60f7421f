import { foreignArtifact, removalProblem } from "./artifacts.js";
import { groupBy, mapConcurrent } from "./batch.js";
import type { Call, OpenCall } from "./calls.js";
import type { Scope } from "./common.js";
import type { DependencyKind } from "./dependencies.js";
import type { Effect } from "./effects.js";
import type { Problem } from "./errors.js";
import { refused } from "./outcomes.js";
import type { MutationAnswer } from "./requests.js";
import type { ArtifactOutcome, RemoveArtifactsOptions } from "./reversal.js";
import type { OwnCopy } from "./saving/saving.js";
import type { Artifact } from "./snapshots.js";

/** Removals under way at a time: clouds take one artifact a request. */
const concurrency = 4;

/** What came of removing one artifact that is ours: the answer, or why nothing was sent. */
export type Removal =
  | { readonly kind: "sent"; readonly answer: MutationAnswer }
  | { readonly kind: "absent" }
  | { readonly kind: "kept"; readonly problem: Problem };

/** How one cloud removes artifacts of one kind. */
export interface ArtifactRemover {
  /** As what it is counted among what hangs on instances. */
  readonly resource: DependencyKind;
  /** Why a removal cannot be taken back. */
  readonly noWayBack: string;
  /**
   * What these ids are now, by the cloud's word alone. One that is missing here is gone; `undefined`: it is there, and
   * does not carry our marks.
   */
  readNow(artifacts: readonly Artifact[]): Promise<ReadonlyMap<string, Artifact | undefined>>;
  /** Removes one that was just found to be ours. */
  remove(artifact: Artifact, effects: readonly Effect[]): Promise<Removal>;
}

/**
 * Removes groups that held instances back, each read by itself. `readOne` answers `strange` for a group that does not carry
 * our marks, and `undefined` for one that is gone.
 */
export function isolationGroupRemover(
  readOne: (artifact: Artifact) => Promise<Artifact | "strange" | undefined>,
  remove: ArtifactRemover["remove"],
): ArtifactRemover {
  return {
    resource: "security-group",
    noWayBack: "It was made for one run alone and holds nothing.",
    readNow: async (artifacts) => {
      const now = new Map<string, Artifact | undefined>();
      for (const artifact of artifacts) {
        const found = await readOne(artifact);
        if (found) now.set(artifact.id, found === "strange" ? undefined : found);
      }
      return now;
    },
    remove,
  };
}

/** The kinds of artifact a cloud has. */
export type ArtifactRemovers = Readonly<Partial<Record<Artifact["kind"], ArtifactRemover>>>;

/** Removes what this library made, each after a fresh look by which it must still be what the artifact says. */
export async function removeArtifactsBy<OneCall extends Call>(
  open: (...parameters: Parameters<OpenCall>) => Promise<OneCall>,
  items: readonly Artifact[],
  options: RemoveArtifactsOptions,
  removersOf: (call: OneCall) => ArtifactRemovers,
): Promise<readonly ArtifactOutcome[]> {
  if (items.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const removers = removersOf(call);
  const here = items.filter((artifact) => !foreignArtifact(artifact, call.scope));
  // All is read before anything is sent, so that what cannot be read stops the call while nothing has changed.
  const now = new Map<Artifact["kind"], ReadonlyMap<string, Artifact | undefined>>();
  for (const [kind, artifacts] of groupBy(here, (artifact) => artifact.kind)) {
    const found = await removers[kind]?.readNow(artifacts);
    if (found) now.set(kind, found);
  }
  return await mapConcurrent(items, concurrency, async (artifact) => {
    const foreign = foreignArtifact(artifact, call.scope);
    if (foreign) return { artifact, status: "blocked", problem: foreign };
    const remover = removers[artifact.kind];
    if (!remover) return { artifact, status: "blocked", problem: unknownKind(artifact) };
    const found = now.get(artifact.kind);
    if (!found?.has(artifact.id)) return { artifact, status: "already-gone" };
    const problem = removalProblem(artifact, found.get(artifact.id), options, call.requests.clock);
    if (problem) return { artifact, status: "blocked", problem };
    if (options.dryRun === true) return { artifact, status: "would-remove" };
    return outcomeOf(artifact, await remover.remove(artifact, [removalEffect(call.scope, artifact, remover)]));
  });
}

function outcomeOf(artifact: Artifact, removal: Removal): ArtifactOutcome {
  if (removal.kind === "absent") return { artifact, status: "already-gone" };
  if (removal.kind === "kept") return { artifact, status: "blocked", problem: removal.problem };
  const { answer } = removal;
  if (answer.effect === "applied") return { artifact, status: "removed" };
  if (answer.effect === "unknown") return { artifact, status: "unknown", problem: answer.problem };
  if (answer.problem.code === "not-found") return { artifact, status: "already-gone" };
  const status = answer.sent ? refused(artifact.id, answer.problem).status : "blocked";
  return { artifact, status, problem: answer.problem };
}

function removalEffect(scope: Scope, artifact: Artifact, { resource, noWayBack }: ArtifactRemover): Effect {
  return {
    ...scope,
    kind: "artifact-removed",
    resource: { kind: resource, id: artifact.id },
    instanceIds: artifact.instanceIds,
    undo: { impossible: noWayBack },
  };
}

/** A copy of ours as an artifact. */
export function copyArtifact(scope: Scope, kind: Artifact["kind"], copy: OwnCopy): Artifact {
  const { mark } = copy;
  return {
    ...scope,
    kind,
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

function unknownKind({ id, kind, cloud }: Artifact): Problem {
  const message = `${id} is a ${kind}, and this library makes none on this cloud.`;
  return { code: "unsupported", message, hint: "Look at it by hand.", cloud };
}
