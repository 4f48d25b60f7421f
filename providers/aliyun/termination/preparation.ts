import { chunk } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { diskFlagEffect, protectionEffect, setDiskFlag, setProtection } from "../attributes.js";
import type { AliyunCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import type { Verdict } from "../verdicts.js";
import { flagChanges, type Wishes } from "./wishes.js";

/** What was changed so that an instance can end as wished. */
export interface Preparation {
  /** What stands, or may stand: given back when the termination does not happen. */
  readonly effects: readonly Effect[];
  /** Why it cannot go on. */
  readonly stopped?: Extract<Verdict, { readonly kind: "refused" | "unsent" }>;
}

/** Disks of one ModifyDiskAttribute (ModifyDiskAttributeRequest, DiskIds). */
const disksAtOnce = 100;

/** Whether anything has to be changed before an instance can end as wished. */
export function needsPreparation(seen: SeenInstance, wishes: Wishes): boolean {
  return flagChanges(seen, wishes).size > 0 || clearsProtection(seen, wishes);
}

/**
 * Sets disk flags, then clears the protection, of one instance: protection goes last, so that it is off for as short as
 * can be. Ends at the first change that is not known to have been made.
 */
export async function prepare(call: AliyunCall, seen: SeenInstance, wishes: Wishes): Promise<Preparation> {
  const { id, disks } = seen.record;
  const effects: Effect[] = [];
  const settle = (answer: MutationAnswer, changed: readonly Effect[]): Preparation["stopped"] => {
    if (answer.effect !== "not-applied") effects.push(...changed);
    if (answer.effect === "applied") return undefined;
    const unsent = answer.effect === "not-applied" && !answer.sent;
    return { kind: unsent ? "unsent" : "refused", problem: answer.problem };
  };
  const changes = flagChanges(seen, wishes);
  for (const value of [true, false]) {
    const wanted = disks.filter((disk) => changes.get(disk.id) === value);
    for (const piece of chunk(wanted, disksAtOnce)) {
      const changed = piece.map((disk) => diskFlagEffect(call, id, disk, value));
      const ids = piece.map((disk) => disk.id);
      const stopped = settle(await setDiskFlag(call, id, ids, value, changed), changed);
      if (stopped) return { effects, stopped };
    }
  }
  if (!clearsProtection(seen, wishes)) return { effects };
  const changed = [protectionEffect(call, id, false)];
  const stopped = settle(await setProtection(call, id, false, changed), changed);
  return stopped ? { effects, stopped } : { effects };
}

function clearsProtection({ record }: SeenInstance, { cleared }: Wishes): boolean {
  return record.protection.termination === true && cleared.has(record.id);
}
