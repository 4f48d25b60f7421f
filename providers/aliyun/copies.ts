import { createHash } from "node:crypto";
import { chunk, unique } from "../../src/batch.js";
import type { IsoDate } from "../../src/common.js";
import { markOf, type OwnMark, ownDescription } from "../../src/own-tags.js";
import type { OwnCopy } from "../../src/saving/saving.js";
import type { Wire } from "../../src/wire.js";
import type { AliyunCall } from "./call.js";
import { idLimit } from "./instances.js";
import { innerList, tagsOf } from "./listings.js";

/** A snapshot of one disk, as far as proofs need it. */
export interface Copy {
  readonly id: string;
  readonly diskId: string;
  readonly state: "pending" | "completed" | "failed";
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly keyId?: string;
  /** The moment whose data it holds. */
  readonly startedAt: IsoDate;
  /** Days after which the cloud deletes it by itself, counted from its creation; absent for one that is kept. */
  readonly retentionDays?: number;
  /** Made by a policy of the cloud: it can go with its disk, so it proves nothing. */
  readonly isAutomatic: boolean;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A snapshot that we made. */
export interface AliyunCopy extends Copy, OwnCopy {
  /** The set it was taken in, all of one moment; absent for one taken alone. */
  readonly groupId?: string;
}

/** Which copies of ours are looked for. Tags are matched by the cloud, exactly. */
export type CopyTags = readonly { readonly Key: string; readonly Value?: string }[];

/** The copies that carry our marks, themselves or by their set: no page says that snapshots get the tags of their set. */
export async function readOwnCopies(call: AliyunCall, tags: CopyTags): Promise<readonly AliyunCopy[]> {
  const [alone, sets] = await Promise.all([
    call.pages("ecs", "DescribeSnapshots", { Tag: tags }),
    call.pages("ecs", "DescribeSnapshotGroups", { Tag: tags }),
  ]);
  const grouped = await membersOf(call, sets.flatMap(markedSet));
  const inSets = new Set(grouped.map(({ id }) => id));
  const single = alone.map(copyOf).filter(({ id }) => !inSets.has(id));
  return [...single.flatMap(markedCopy), ...grouped];
}

/** Snapshots by id; one that is not there is left out. */
export async function readCopies(call: AliyunCall, ids: readonly string[]): Promise<readonly Copy[]> {
  const pieces = await Promise.all(
    chunk(unique(ids), idLimit).map((piece) =>
      call.pages("ecs", "DescribeSnapshots", { SnapshotIds: JSON.stringify(piece) }),
    ),
  );
  return pieces.flat().map(copyOf);
}

/** A set that we made, with its members by id. */
interface MarkedSet {
  readonly id: string;
  readonly mark: OwnMark;
  readonly tags: Readonly<Record<string, string>>;
  readonly memberIds: readonly string[];
}

/** A set is ours by its tags and its description: tags can be copied onto anything. */
function markedSet(wire: Wire): readonly MarkedSet[] {
  const tags = tagsOf(wire);
  const mark = markOf(tags);
  if (!mark || wire.text("Description") !== ownDescription(mark)) return [];
  const memberIds = innerList(wire, "Snapshots.Snapshot").map((row) => row.need("SnapshotId"));
  return [{ id: wire.need("SnapshotGroupId"), mark, tags, memberIds }];
}

async function membersOf(call: AliyunCall, sets: readonly MarkedSet[]): Promise<readonly AliyunCopy[]> {
  const setOf = new Map(sets.flatMap((set) => set.memberIds.map((id) => [id, set])));
  const members = await readCopies(call, [...setOf.keys()]);
  return members.flatMap((copy) => {
    const set = setOf.get(copy.id);
    if (!set?.mark.diskIds.includes(copy.diskId)) return [];
    return [{ ...copy, tags: { ...set.tags, ...copy.tags }, mark: set.mark, groupId: set.id }];
  });
}

/** A copy taken alone is ours by tags that name its disk, and by its description. */
function markedCopy(copy: Copy): readonly AliyunCopy[] {
  const mark = markOf(copy.tags);
  if (!mark?.diskIds.includes(copy.diskId) || copy.description !== ownDescription(mark)) return [];
  return [{ ...copy, mark }];
}

/** A name for whoever looks at the console: 2 to 128 characters that begin with a letter (CreateSnapshotRequest). */
export function copyName({ runId, attempt }: Pick<OwnMark, "runId" | "attempt">): string {
  const hash = createHash("sha256").update(`${runId}/${attempt}`).digest("hex").slice(0, 24);
  return `cloud-decom-${hash}`;
}

/** Reads one element of DescribeSnapshots. */
export function copyOf(wire: Wire): Copy {
  const keyId = wire.text("KMSKeyId");
  const retentionDays = wire.number("RetentionDays");
  return {
    id: wire.need("SnapshotId"),
    diskId: wire.text("SourceDiskId") ?? "",
    state: stateOf(wire),
    sizeGiB: wire.number("SourceDiskSize") ?? 0,
    encrypted: wire.flag("Encrypted") ?? false,
    ...(keyId === undefined ? {} : { keyId }),
    startedAt: wire.date("CreationTime") ?? "",
    ...(retentionDays === undefined || retentionDays === 0 ? {} : { retentionDays }),
    // A kind nobody knows is not taken for one that stays.
    isAutomatic: wire.text("SnapshotType") !== "user",
    description: wire.text("Description") ?? "",
    tags: tagsOf(wire),
  };
}

/** `Available` says that it can be used, long before it is whole: only the status and the last percent say that. */
function stateOf(wire: Wire): Copy["state"] {
  const status = wire.text("Status");
  if (status === "failed") return "failed";
  return status === "accomplished" && wire.text("Progress") === "100%" ? "completed" : "pending";
}
