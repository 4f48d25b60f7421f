import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import {
  diskFlagEffect,
  protectionEffect,
  setDiskFlags,
  setProtection,
  trySetDiskFlags,
  trySetProtection,
} from "../attributes.js";
import type { AwsCall } from "../call.js";
import type { Protection, ProtectionReading } from "../protection.js";
import type { SeenInstance } from "../record.js";
import type { Verdict } from "../splitting.js";
import { flagChanges, type Wishes } from "./wishes.js";

/** What was changed so that an instance can end as wished. */
export interface Preparation {
  /** What stands, or may stand: given back when the termination does not happen. */
  readonly effects: readonly Effect[];
  /** Why it cannot go on. */
  readonly stopped?: Extract<Verdict, { readonly kind: "refused" | "unsent" }>;
}

/**
 * Sets disk flags, then clears the protections that are on, of one instance. Protection goes last, so that it is off
 * for as short as can be. Ends at the first change that is not known to have been made.
 */
export async function prepare(
  call: AwsCall,
  seen: SeenInstance,
  wishes: Wishes,
  reading: ProtectionReading,
): Promise<Preparation> {
  const { id } = seen.record;
  const effects: Effect[] = [];
  const settle = (answer: MutationAnswer, changed: readonly Effect[]): Preparation["stopped"] => {
    if (answer.effect !== "not-applied") effects.push(...changed);
    if (answer.effect === "applied") return undefined;
    const unsent = answer.effect === "not-applied" && !answer.sent;
    return { kind: unsent ? "unsent" : "refused", problem: answer.problem };
  };
  const flags = flagChanges(seen, wishes);
  if (flags.length > 0) {
    const changed = flags.map((flag) => diskFlagEffect(call, id, flag));
    const stopped = settle(await setDiskFlags(call, id, flags, changed), changed);
    if (stopped) return { effects, stopped };
  }
  for (const which of protectionsToClear(seen, wishes, reading)) {
    const changed = [protectionEffect(call, id, which, false)];
    const stopped = settle(await setProtection(call, seen, which, false, changed), changed);
    if (stopped) return { effects, stopped };
  }
  return { effects };
}

/** Whether anything has to be changed before an instance can end as wished. */
export function needsPreparation(seen: SeenInstance, wishes: Wishes, reading: ProtectionReading): boolean {
  return flagChanges(seen, wishes).length > 0 || protectionsToClear(seen, wishes, reading).length > 0;
}

/** The cloud's own dry run of {@link prepare}. Throws where it would be refused. */
export async function tryPreparation(
  call: AwsCall,
  seen: SeenInstance,
  wishes: Wishes,
  reading: ProtectionReading,
): Promise<void> {
  const flags = flagChanges(seen, wishes);
  if (flags.length > 0) await trySetDiskFlags(call, seen.record.id, flags);
  for (const which of protectionsToClear(seen, wishes, reading)) {
    await trySetProtection(call, seen.record.id, which, false);
  }
}

function protectionsToClear(
  { record }: SeenInstance,
  { cleared }: Wishes,
  reading: ProtectionReading,
): readonly (keyof Protection)[] {
  if (!cleared.has(record.id)) return [];
  const on = reading.byId.get(record.id);
  return (["termination", "stop"] as const).filter((which) => on?.[which] === true);
}
