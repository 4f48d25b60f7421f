import type { Effect } from "../effects.js";
import type { Problem } from "../errors.js";
import type { InstanceDisk } from "../instances.js";
import type { Seen } from "../look.js";
import type { OwnMark } from "../own-tags.js";
import type { MutationAnswer, Requests } from "../requests.js";
import type { SnapshotRequest } from "../snapshot-options.js";
import type { Artifact, SnapshotProof } from "../snapshots.js";

/** A copy of one disk that this library made, as the cloud shows it now. */
export interface OwnCopy {
  readonly id: string;
  readonly diskId: string;
  readonly sizeGiB: number;
  /** The moment whose data it holds. */
  readonly startedAt: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly mark: OwnMark;
}

/** The saving of one instance's disks. */
export interface SavingJob<One extends Seen, Copy extends OwnCopy> {
  readonly seen: One;
  /** The disks to save, also those that outlive the instance. */
  readonly wanted: readonly InstanceDisk[];
  /** Disks that no copy can save, with the reason. */
  readonly unprotected: readonly { readonly diskId: string; readonly why: string }[];
  /** Ids of copies by the disk they are of, as far as any answer named them. */
  readonly known: ReadonlyMap<string, string>;
  /** What the answers to our requests showed. Listings can lag behind them. */
  readonly made: readonly Copy[];
  /** When the last copy was asked for, in milliseconds on the adapter's clock. */
  readonly askedAt: number;
  /** Why not all copies could be asked for. */
  readonly trouble?: { readonly problem: Problem; readonly sent: boolean };
  readonly effects: readonly Effect[];
}

/** What one request for copies came to. */
export interface Creation<Copy extends OwnCopy> {
  readonly answer: MutationAnswer;
  /** The copies it made, as far as its answer shows them. */
  readonly made: readonly Copy[];
  /** Ids of copies by disk that the answer names without showing more. */
  readonly named?: ReadonlyMap<string, string>;
  readonly effects: readonly Effect[];
}

/** How one cloud copies disks. */
export interface SavingCloud<One extends Seen, Copy extends OwnCopy> {
  readonly requests: Requests;
  /** How long listings may lag behind a request. */
  readonly consistencyWindowMs: number;
  /** The copies of this run and attempt, of one instance or of all. */
  findCopies(request: SnapshotRequest, instanceId?: string): Promise<readonly Copy[]>;
  /** The disks of the next request: all that are missing where one request makes a set, else the first of them. */
  nextDisks(missing: readonly InstanceDisk[]): readonly InstanceDisk[];
  /** Asks for copies of these disks, once, and settles a lost answer by looking for what it made. */
  create(job: SavingJob<One, Copy>, disks: readonly InstanceDisk[], request: SnapshotRequest): Promise<Creation<Copy>>;
  /** Refusals that pass by themselves, such as a limit on copies under way. */
  passes(problem: Problem): boolean;
  /** How a copy stands. */
  standingOf(copy: Copy): "pending" | "completed" | "failed";
  /** As what a copy is removed again. Default: a snapshot of one disk. */
  artifactKind?(copy: Copy): Artifact["kind"];
  /** Proofs for complete copies. */
  proofsOf(copies: readonly Copy[]): Promise<readonly SnapshotProof[]>;
  /** Whether copies of one instance that share a start are of one moment; where it depends, which copies. */
  readonly consistentSets: boolean | ((copies: readonly Copy[]) => boolean);
}

/** The id of the copy of each disk; of several copies of one disk the oldest counts. */
export function idsByDisk(copies: readonly OwnCopy[]): ReadonlyMap<string, string> {
  const oldestFirst = [...copies].sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
  const ids = new Map<string, string>();
  for (const { id, diskId } of oldestFirst) if (!ids.has(diskId)) ids.set(diskId, id);
  return ids;
}

/** The disks of a job that no answer has named a copy of. */
export function missingDisks<One extends Seen, Copy extends OwnCopy>({
  wanted,
  known,
}: SavingJob<One, Copy>): readonly InstanceDisk[] {
  return wanted.filter(({ id }) => !known.has(id));
}
