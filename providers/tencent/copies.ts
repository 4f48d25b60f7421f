import { createHash } from "node:crypto";
import { chunk } from "../../src/batch.js";
import { isoNow } from "../../src/clock.js";
import type { IsoDate } from "../../src/common.js";
import { markOf, type OwnMark } from "../../src/own-tags.js";
import type { OwnCopy } from "../../src/saving/saving.js";
import type { SnapshotProof } from "../../src/snapshots.js";
import type { Wire } from "../../src/wire.js";
import type { TencentCall } from "./call.js";
import { idLimit } from "./instances.js";
import { tagsOf } from "./record.js";
import { momentOf } from "./times.js";

/** A CBS snapshot, as far as proofs need it. */
export interface Copy {
  readonly id: string;
  readonly name: string;
  readonly diskId: string;
  readonly state: "pending" | "completed" | "failed";
  readonly sizeGiB: number;
  readonly encrypted: boolean;
  readonly startedAt: IsoDate;
  /** When the cloud deletes it by itself; absent for a permanent one. */
  readonly deadline?: IsoDate;
  /** A snapshot on the disk's own storage cluster is no backup of a disk about to die. */
  readonly isLocal: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** A snapshot that we made. */
export type TencentCopy = Copy & OwnCopy;

const listing = { field: "SnapshotSet", id: "SnapshotId" } as const;

/** Snapshots that match filters. */
export async function readCopies(
  call: TencentCall,
  filters: readonly { readonly Name: string; readonly Values: string[] }[],
): Promise<readonly Copy[]> {
  const parameters = filters.length === 0 ? {} : { Filters: filters };
  return (await call.pages("cbs", "DescribeSnapshots", parameters, listing)).map(copyOf);
}

/** Snapshots by id; one that is not there is left out. */
export async function readCopiesById(call: TencentCall, ids: readonly string[]): Promise<readonly Copy[]> {
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) => call.pages("cbs", "DescribeSnapshots", { SnapshotIds: [...piece] }, listing)),
  );
  return pieces.flat().map(copyOf);
}

/** The copies among these that we made: by tags that name the disk, and by the name, since tags can be copied. */
export function ownCopies(copies: readonly Copy[]): readonly TencentCopy[] {
  return copies.flatMap((copy) => {
    const mark = markOf(copy.tags);
    return mark?.diskIds.includes(copy.diskId) && copy.name === copyName(mark) ? [{ ...copy, mark }] : [];
  });
}

/**
 * The name of what one run and attempt made. Names are what DescribeSnapshots filters by, and hold 60 characters: a run
 * id can be longer, so the name has its hash.
 */
export function copyName({ runId, attempt }: Pick<OwnMark, "runId" | "attempt">): string {
  const hash = createHash("sha256").update(`${runId}/${attempt}`).digest("hex").slice(0, 24);
  return `cloud-decom-${hash}`;
}

/** Reads one element of DescribeSnapshots. */
export function copyOf(wire: Wire): Copy {
  const deadline = wire.flag("IsPermanent") === true ? undefined : momentOf(wire.text("DeadlineTime"));
  return {
    id: wire.need("SnapshotId"),
    name: wire.text("SnapshotName") ?? "",
    diskId: wire.text("DiskId") ?? "",
    state: stateOf(wire),
    sizeGiB: wire.number("DiskSize") ?? 0,
    encrypted: wire.flag("Encrypt") ?? false,
    startedAt: momentOf(wire.text("CreateTime")) ?? "",
    ...(deadline === undefined ? {} : { deadline }),
    isLocal: wire.text("SnapshotMode") === "INSTANT_SNAPSHOT",
    tags: tagsOf(wire),
  };
}

/** There is no state for a failure: what is in the bin is lost, what is stuck stays under way ("Snapshot", cbs 2017-03-12). */
function stateOf(wire: Wire): Copy["state"] {
  const state = wire.text("SnapshotState");
  if (state === "NORMAL" && wire.number("Percent") === 100) return "completed";
  return state === "TORECYCLE" ? "failed" : "pending";
}

/** The proofs that these copies are: complete ones that do not live with their disk. */
export function proofsOf(call: TencentCall, copies: readonly TencentCopy[]): readonly SnapshotProof[] {
  return copies
    .filter(({ state, isLocal }) => state === "completed" && !isLocal)
    .map((copy) => {
      const { mark } = copy;
      const expiresAt = copy.deadline ?? mark.expiresAt;
      return {
        ...call.scope,
        id: copy.id,
        kind: "disk-snapshot",
        // A mark that names several instances proves nothing for any.
        instanceId: mark.instanceIds.length === 1 ? (mark.instanceIds[0] ?? "") : "",
        diskId: copy.diskId,
        runId: mark.runId,
        attempt: mark.attempt,
        sizeGiB: copy.sizeGiB,
        encrypted: copy.encrypted,
        // Whether the key of an encrypted copy is usable is not told by CBS.
        keyUsable: copy.encrypted ? "unknown" : true,
        pointInTime: copy.startedAt,
        takenFrom: mark.takenFrom,
        completedAt: isoNow(call.requests.clock),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        expiresBy: copy.deadline !== undefined ? "cloud" : mark.expiresAt === undefined ? "nobody" : "sweep",
      };
    });
}
