import type { Clock } from "./clock.js";
import type { IsoDate, Scope } from "./common.js";
import { sameScope } from "./common.js";
import { invalidRequest, type Problem } from "./errors.js";
import type { RemoveArtifactsOptions } from "./reversal.js";
import type { Artifact } from "./snapshots.js";

/** Which artifacts are looked for. */
export interface ArtifactSelector {
  readonly runId?: string;
  readonly expiredBefore?: IsoDate;
}

/** Throws `invalid-request` for a value that is empty or no time: it must not widen the search. */
export function checkArtifactSelector(selector: ArtifactSelector): void {
  if ("runId" in selector && (typeof selector.runId !== "string" || selector.runId.trim() === "")) {
    throw invalidRequest("`runId` is empty.", "Leave it out to find what every run made.");
  }
  if ("expiredBefore" in selector && Number.isNaN(Date.parse(selector.expiredBefore ?? ""))) {
    throw invalidRequest("`expiredBefore` is no time.", "Write it as 2025-03-01T08:00:00Z.");
  }
}

/** Whether an artifact is one that was looked for. One without an expiry never expires. */
export function fitsArtifactSelector(artifact: Artifact, { runId, expiredBefore }: ArtifactSelector): boolean {
  if (runId !== undefined && artifact.runId !== runId) return false;
  if (expiredBefore === undefined) return true;
  return artifact.expiresAt !== undefined && Date.parse(artifact.expiresAt) < Date.parse(expiredBefore);
}

/**
 * Why an artifact stays; `undefined` when it may go. `now` is what was read of it in this call, by the cloud's word
 * alone; absent when what has that id is not ours.
 */
export function removalProblem(
  artifact: Artifact,
  now: Artifact | undefined,
  options: RemoveArtifactsOptions,
  clock: Clock,
): Problem | undefined {
  const problem = (code: Problem["code"], message: string, hint: string): Problem => ({
    code,
    message: `${artifact.id} ${message}`,
    hint,
    cloud: artifact.cloud,
    instanceIds: artifact.instanceIds,
  });
  if (!now) return problem("conflict", "does not carry our marks, so it is not ours to remove.", "Look at it by hand.");
  if (!sameArtifact(artifact, now)) {
    return problem("conflict", "is not what the artifact says.", "Find it again with `findOwnArtifacts`.");
  }
  const protectedBy = Object.entries(options.protectTags ?? {}).find(
    ([key, value]) => now.tags[key] !== undefined && (value === "*" || now.tags[key] === value),
  );
  if (protectedBy) {
    return problem("protected", `carries the protected tag ${protectedBy[0]}.`, "Change the policy or the tag.");
  }
  const holdsData = now.kind !== "security-group" && now.kind !== "vault";
  const expired = now.expiresAt !== undefined && Date.parse(now.expiresAt) <= clock.now();
  if (holdsData && !expired && !options.unexpired?.reason.trim()) {
    const until = now.expiresAt === undefined ? "has no end" : `is kept until ${now.expiresAt}`;
    return problem("data-loss", `${until}.`, "Wait until then, or give a reason in `unexpired`.");
  }
  return undefined;
}

/** What is wrong with an artifact of another place; `undefined` when it is of this one. */
export function foreignArtifact(artifact: Artifact, scope: Scope): Problem | undefined {
  if (sameScope(artifact, scope)) return undefined;
  return {
    code: "wrong-account",
    message: `${artifact.id} is of account ${artifact.accountId} in ${artifact.region}.`,
    hint: "Use the credentials and region it was made with.",
    cloud: scope.cloud,
    instanceIds: artifact.instanceIds,
  };
}

function sameArtifact(one: Artifact, other: Artifact): boolean {
  return (
    one.kind === other.kind &&
    one.runId === other.runId &&
    one.attempt === other.attempt &&
    one.createdAt === other.createdAt &&
    sameIds(one.instanceIds, other.instanceIds) &&
    sameIds(one.diskIds, other.diskIds)
  );
}

function sameIds(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.toSorted().join() === other.toSorted().join();
}
