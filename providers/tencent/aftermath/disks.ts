import { chunk } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { vanishing } from "../../../src/holdings.js";
import { pollUntil } from "../../../src/poll.js";
import type { Ended } from "../../../src/verdicts.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { hidesRows } from "../dependencies/controls.js";
import { idLimit } from "../instances.js";
import { type DiskFacts, diskFacts } from "../record.js";
import { momentOf } from "../times.js";
import type { AftermathSource } from "./survey.js";

const source = "cbs:DescribeDisks";

/** Disks that outlived their instances, on purpose or not, and those that went to the bin of disks. */
export const diskSources: readonly AftermathSource[] = [
  {
    kind: "disk",
    source,
    gate: "required",
    hidesRows,
    read: async (aftermath) => {
      const left = (await aftermath.disksLeft()).filter(({ facts }) => facts.state !== "TORECYCLE");
      return findingsOf(source, left.flatMap(diskFindings));
    },
  },
  {
    kind: "recycle-bin",
    source,
    gate: "report",
    hidesRows,
    read: async (aftermath) => {
      const binned = (await aftermath.disksLeft()).filter(({ facts }) => facts.state === "TORECYCLE");
      return findingsOf(source, binned.flatMap(binFindings));
    },
  },
];

/** A disk that is still there, and the ended instances it hung on. */
export interface DiskLeft {
  readonly facts: DiskFacts;
  readonly instanceIds: readonly string[];
  /** Whether it was to be deleted with its instance. */
  readonly dying: boolean;
  readonly renewsItself: boolean;
  /** Whether the instances wait in the recycle bin. */
  readonly isBinned: boolean;
  /** Of the instances those that are paid in advance. */
  readonly prepaidIds: ReadonlySet<string>;
  readonly until?: string;
}

/** Which disks are known, by id with their holders, and where the holders are. */
interface Known {
  readonly known: ReadonlyMap<string, readonly string[]>;
  readonly isBinned: boolean;
}

/**
 * The disks that are there once those that were to die have had their time: those that were known to hang on the
 * instances, and free ones that say that they hung on one of them last (`LastAttachInsId`).
 */
export async function readDisksLeft(
  call: TencentCall,
  ended: readonly Ended[],
  { known, isBinned }: Known,
): Promise<readonly DiskLeft[]> {
  // In the bin nothing dies yet.
  const dying = isBinned ? new Set<string>() : dyingIds(ended);
  const ids = [...known.keys()];
  const stands = (wire: Wire) => dying.has(wire.need("DiskId"));
  const { last } = await pollUntil(
    call.requests,
    vanishing,
    () => readDisksById(call, ids),
    (wires) => !wires.some(stands),
  );
  const orphans = await readOrphans(call, new Set(ended.map(({ id }) => id)));
  const prepaid = ended.filter(({ record }) => record?.billing.unified === "prepaid");
  const prepaidIds = new Set(prepaid.map(({ id }) => id));
  const rows = new Map([...orphans, ...last].map((wire) => [wire.need("DiskId"), wire]));
  return [...rows].map(([id, wire]) => {
    const until = momentOf(wire.text("DeadlineTime"));
    return {
      facts: diskFacts(wire),
      instanceIds: known.get(id) ?? [wire.need("LastAttachInsId")],
      dying: dying.has(id),
      renewsItself: wire.text("RenewFlag") === "NOTIFY_AND_AUTO_RENEW",
      isBinned,
      prepaidIds,
      ...(until === undefined ? {} : { until }),
    };
  });
}

/** Disks that were to be deleted with their instances, as last seen. */
function dyingIds(ended: readonly Ended[]): ReadonlySet<string> {
  const disks = ended.flatMap(({ record }) => record?.disks ?? []);
  return new Set(disks.filter((disk) => disk.deletedWithInstance === true && !disk.sharedWith).map(({ id }) => id));
}

async function readDisksById(call: TencentCall, ids: readonly string[]): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(ids, idLimit).map((piece) =>
      call.pages(
        "cbs",
        "DescribeDisks",
        { DiskIds: [...piece] },
        { field: "DiskSet", id: "DiskId", most: piece.length },
      ),
    ),
  );
  return pieces.flat();
}

async function readOrphans(call: TencentCall, endedIds: ReadonlySet<string>): Promise<readonly Wire[]> {
  const Filters = [{ Name: "disk-state", Values: ["UNATTACHED", "TORECYCLE"] }];
  const free = await call.pages("cbs", "DescribeDisks", { Filters }, { field: "DiskSet", id: "DiskId" });
  return free.filter((wire) => endedIds.has(wire.text("LastAttachInsId") ?? ""));
}

function diskFindings(left: DiskLeft): readonly Finding[] {
  const { facts, instanceIds } = left;
  return instanceIds.map((instanceId) => ({
    instanceId,
    node: {
      kind: "disk",
      id: facts.id,
      sizeGiB: facts.sizeGiB,
      ...(facts.createdAt === undefined ? {} : { since: facts.createdAt }),
      billing: sharesFate(left, instanceId) ? "none" : "continues",
    },
    edge: { relation: "attached", effect: "report", atTermination: "kept", why: whyLeft(left, instanceId) },
  }));
}

/** What cannot leave its instance was paid with it: given back, or expired, with it. */
function sharesFate({ facts, isBinned, prepaidIds }: DiskLeft, instanceId: string): boolean {
  const isTied = facts.usage === "system" || !facts.portable;
  return isBinned && isTied && facts.instanceIds.includes(instanceId) && prepaidIds.has(instanceId);
}

function whyLeft(left: DiskLeft, instanceId: string): string {
  const { facts, dying, renewsItself, isBinned, until } = left;
  if (sharesFate(left, instanceId))
    return "It waits in the recycle bin with its server, and ends or comes back with it.";
  const others = facts.instanceIds.filter((id) => id !== instanceId);
  if (others.length > 0) return `It is attached to ${others.join(", ")}, and bills as before.`;
  // "Terminating instances", 213/4931: disks that are paid by use bill on while their server is in the bin.
  if (isBinned && facts.chargeType !== "PREPAID")
    return `Its server is in the recycle bin; it is ${facts.state} and bills on.`;
  if (dying) return `It was to be deleted with the instance, but is ${facts.state} and bills.`;
  if (facts.chargeType !== "PREPAID") return `It was kept, is ${facts.state} and bills until it is deleted.`;
  const paid = `It was kept and is paid until ${until ?? "an unknown time"}`;
  return renewsItself ? `${paid}; then it renews itself.` : `${paid}; then it goes to the recycle bin.`;
}

/** A returned disk was refunded; one that is paid by use goes on billing in there ("Terminating instances", 213/4931). */
function binFindings({ facts, instanceIds }: DiskLeft): readonly Finding[] {
  const prepaid = facts.chargeType === "PREPAID";
  return instanceIds.map((instanceId) => ({
    instanceId,
    node: { kind: "recycle-bin", id: facts.id, sizeGiB: facts.sizeGiB, billing: prepaid ? "none" : "continues" },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: prepaid
        ? "The disk is in the recycle bin: it was returned, and can come back by a renewal until the bin lets it go."
        : "The disk is in the recycle bin, and bills until the bin lets it go.",
    },
  }));
}
