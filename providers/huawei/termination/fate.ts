import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { RecoverableUntil } from "../../../src/termination.js";
import type { HuaweiCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { type RecycleBin, readRecycleBin } from "../recycled.js";

/** The bin as far as it could be read: where it could not, nothing is promised and nothing ruled out. */
export interface BinReading {
  readonly bin?: RecycleBin;
  readonly problem?: Problem;
}

/** Where a server goes when it is deleted. */
export type Fate =
  | { readonly bin: "takes" }
  | { readonly bin: "bypassed"; readonly why: string }
  | { readonly bin: "unknown"; readonly why: string };

/** Defaults of a bin that was switched on and never set ("Recycle bin policy", ECS user guide). */
const defaultRetentionHours = 168;
const defaultMinimumAgeDays = 7;
const hourMs = 3_600_000;

/** Reads how the bin is set. Not being allowed to is no answer, so it is told and not thrown. */
export async function readBin(call: HuaweiCall): Promise<BinReading> {
  try {
    return { bin: await readRecycleBin(call) };
  } catch (error) {
    if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
    return { problem: error.problem };
  }
}

/** Foretells whether the bin would take a server ("Recycle bin", ECS user guide, what bypasses it). `now` in milliseconds. */
export function fateOf({ record, facts }: SeenInstance, { bin, problem }: BinReading, now: number): Fate {
  if (!bin || bin.enabled === "unknown") {
    return { bin: "unknown", why: problem?.message ?? "whether the bin is on is not told" };
  }
  if (!bin.enabled) return { bin: "bypassed", why: "the bin is off, or not offered here" };
  const { minimumAgeDays = defaultMinimumAgeDays } = bin;
  if (record.billing.unified === "spot") return { bin: "bypassed", why: "it is a spot server" };
  if (record.scheduledReleaseAt !== undefined) return { bin: "bypassed", why: "it is due to be deleted by a timer" };
  if (facts.faulty) return { bin: "bypassed", why: "it is faulty" };
  if (facts.frozen) return { bin: "bypassed", why: "it is frozen" };
  if (Date.parse(record.billing.expiresAt ?? "") <= now)
    return { bin: "bypassed", why: "its subscription has expired" };
  const createdAt = Date.parse(record.createdAt ?? "");
  if (Number.isNaN(createdAt)) return { bin: "unknown", why: "its age is not told" };
  if (now - createdAt < minimumAgeDays * 24 * hourMs) {
    return { bin: "bypassed", why: `it is younger than ${minimumAgeDays} days` };
  }
  return { bin: "takes" };
}

/** Until when a server can come back that goes into the bin at this moment. */
export function recoverableFrom({ bin }: BinReading, now: number): RecoverableUntil {
  if (bin?.enabled !== true) return { basis: "unknown" };
  const hours = bin.retentionHours ?? defaultRetentionHours;
  return { basis: "computed", at: new Date(now + hours * hourMs).toISOString() };
}
