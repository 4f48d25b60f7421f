import type { IsoDate, Scope, Tristate } from "../../src/common.js";
import { markOf, type OwnMark, ownDescription } from "../../src/own-tags.js";
import type { Wire } from "../../src/wire.js";
import type { AwsCall } from "./call.js";
import { pageLimit } from "./instances.js";
import { tagsOf } from "./record.js";

/** An EBS snapshot, as far as proofs need it. */
export interface Copy {
  readonly id: string;
  readonly diskId: string;
  /** `pending`, `completed`, `error`, `recoverable` or `recovering`. */
  readonly state: string;
  readonly sizeGiB: number;
  readonly encrypted: Tristate;
  readonly keyId?: string;
  /** The moment whose data it holds: fixed when it was started, whenever it completes. */
  readonly startedAt: IsoDate;
  readonly completedAt?: IsoDate;
  readonly ownerId: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Why it failed, in the cloud's words. */
  readonly message?: string;
}

/** A snapshot that we made. */
export interface OwnCopy extends Copy {
  readonly mark: OwnMark;
}

/** The account's own snapshots that match EC2 filters. */
export async function readCopies(
  call: AwsCall,
  filters: readonly { readonly Name: string; readonly Values: string[] }[],
): Promise<readonly Copy[]> {
  const parameters = { OwnerIds: ["self"], Filters: filters, MaxResults: pageLimit };
  return (await call.pages("ec2", "DescribeSnapshots", parameters, "Snapshots")).map(copyOf);
}

/**
 * The copies among these that we made: by their tags, which must name the disk, and by description and owner, since
 * tags can be copied onto anything.
 */
export function ownCopies(copies: readonly Copy[], scope: Scope): readonly OwnCopy[] {
  return copies.flatMap((copy) => {
    const mark = markOf(copy.tags);
    if (!mark?.diskIds.includes(copy.diskId)) return [];
    return copy.ownerId === scope.accountId && copy.description === ownDescription(mark) ? [{ ...copy, mark }] : [];
  });
}

/** Reads one element of DescribeSnapshots, or of the answer to CreateSnapshots. */
export function copyOf(wire: Wire): Copy {
  const keyId = wire.text("KmsKeyId");
  const completedAt = wire.date("CompletionTime");
  const message = wire.text("StateMessage");
  return {
    id: wire.need("SnapshotId"),
    diskId: wire.text("VolumeId") ?? "",
    state: wire.text("State") ?? "unknown",
    sizeGiB: wire.number("VolumeSize") ?? 0,
    encrypted: wire.flag("Encrypted") ?? "unknown",
    ...(keyId === undefined ? {} : { keyId }),
    startedAt: wire.date("StartTime") ?? "",
    ...(completedAt === undefined ? {} : { completedAt }),
    ownerId: wire.text("OwnerId") ?? "",
    description: wire.text("Description") ?? "",
    tags: tagsOf(wire),
    ...(message === undefined ? {} : { message }),
  };
}
