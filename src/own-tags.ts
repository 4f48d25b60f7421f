import { chunk } from "./batch.js";
import type { IsoDate } from "./common.js";
import type { SnapshotProof } from "./snapshots.js";

/** The tag that says for which run something was made: what a search by run asks for. */
export const runTag = "cloud-decom:run";
const attemptTag = "cloud-decom:attempt";
const instanceTag = "cloud-decom:instance";
const disksTag = "cloud-decom:disks";
const expiresTag = "cloud-decom:expires";
const takenFromTag = "cloud-decom:taken-from";

/** What our tags say of something we made. */
export interface OwnMark {
  readonly runId: string;
  readonly attempt: number;
  /** The instance it was made for; several where a group serves them all. */
  readonly instanceIds: readonly string[];
  /** The disks that were saved together. Each snapshot of a set carries the names of them all. */
  readonly diskIds: readonly string[];
  readonly expiresAt?: IsoDate;
  readonly takenFrom: SnapshotProof["takenFrom"];
}

/** A tag's value holds 256 characters on EC2 ("Tag restrictions", EC2 User Guide): eleven ids of 21 characters, with a space between. */
const defaultIdsPerTag = 11;

/**
 * The tags of something we made. All snapshots of a set get the same tags, so they name the disks of the whole set;
 * which one a snapshot is of, it says itself. `idsPerTag`: how many ids fit into a tag's value on this cloud.
 */
export function ownTags(mark: OwnMark, idsPerTag = defaultIdsPerTag): Readonly<Record<string, string>> {
  return {
    [runTag]: mark.runId,
    [attemptTag]: String(mark.attempt),
    ...lists(instanceTag, mark.instanceIds, idsPerTag),
    ...lists(disksTag, mark.diskIds, idsPerTag),
    ...(mark.expiresAt === undefined ? {} : { [expiresTag]: mark.expiresAt }),
    [takenFromTag]: mark.takenFrom,
  };
}

/** What the tags of a thing say, where they are ours and whole; `undefined` for anything else. */
export function markOf(tags: Readonly<Record<string, string>>): OwnMark | undefined {
  const runId = tags[runTag];
  const attempt = Number(tags[attemptTag]);
  const instanceIds = listed(instanceTag, tags);
  if (!runId || !Number.isInteger(attempt) || attempt < 1 || instanceIds.length === 0) return undefined;
  const expiresAt = tags[expiresTag];
  const takenFrom = tags[takenFromTag];
  return {
    runId,
    attempt,
    instanceIds,
    diskIds: listed(disksTag, tags),
    ...(expiresAt === undefined || Number.isNaN(Date.parse(expiresAt)) ? {} : { expiresAt }),
    takenFrom: takenFrom === "running" || takenFrom === "stopped" ? takenFrom : "unknown",
  };
}

/** The description of something we made: a second mark besides the tags, which anybody may copy. */
export function ownDescription({ runId, attempt }: Pick<OwnMark, "runId" | "attempt">): string {
  return `cloud-decom run ${runId} attempt ${attempt}`;
}

/** Keys under this prefix are ours; callers' own tags may not use it. */
export const ownPrefix = "cloud-decom:";

function lists(key: string, ids: readonly string[], idsPerTag: number): Readonly<Record<string, string>> {
  const pieces = chunk(ids, idsPerTag);
  return Object.fromEntries(pieces.map((piece, index) => [keyOf(key, index), piece.join(" ")]));
}

function listed(key: string, tags: Readonly<Record<string, string>>): readonly string[] {
  const ids: string[] = [];
  for (let index = 0; ; index++) {
    const value = tags[keyOf(key, index)];
    if (value === undefined) return ids;
    ids.push(...value.split(" ").filter((id) => id !== ""));
  }
}

function keyOf(key: string, index: number): string {
  return index === 0 ? key : `${key}-${index + 1}`;
}
