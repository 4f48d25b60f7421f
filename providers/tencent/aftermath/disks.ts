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
  readonly until?: string;
}

/**
 * The disks that are there once those that were to die have had their time: those that were known to hang on the
 * instances, and free ones that say that they hung on one of them last (`LastAttachInsId`).
 */
export async function readDisksLeft(
  call: TencentCall,
  ended: readonly Ended[],
  known: ReadonlyMap<string, readonly string[]>,
): Promise<readonly DiskLeft[]> {
  const dying = dyingIds(ended);
  const ids = [...known.keys()];
  const stands = (wire: Wire) => dying.has(wire.need("DiskId"));
  const { last } = await pollUntil(
    call.requests,
    vanishing,
    () => readDisksById(call, ids),
    (wires) => !wires.some(stands),
  );
  const orphans = await readOrphans(call, new Set(ended.map(({ id }) => id)));
  const rows = new Map([...orphans, ...last].map((wire) => [wire.need("DiskId"), wire]));
  return [...rows].map(([id, wire]) => diskLeft(wire, known.get(id) ?? [wire.need("LastAttachInsId")], dying.has(id)));
}

function diskLeft(wire: Wire, instanceIds: readonly string[], dying: boolean): DiskLeft {
  const until = momentOf(wire.text("DeadlineTime"));
  return {
    facts: diskFacts(wire),
    instanceIds,
    dying,
    renewsItself: wire.text("RenewFlag") === "NOTIFY_AND_AUTO_RENEW",
    ...(until === undefined ? {} : { until }),
  };
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
      billing: "continues",
    },
    edge: { relation: "attached", effect: "report", atTermination: "kept", why: whyLeft(left, instanceId) },
  }));
}

function whyLeft({ facts, dying, renewsItself, until }: DiskLeft, instanceId: string): string {
  const others = facts.instanceIds.filter((id) => id !== instanceId);
  if (others.length > 0) return `It is attached to ${others.join(", ")}, and bills as before.`;
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
