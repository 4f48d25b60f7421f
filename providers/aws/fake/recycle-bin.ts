import type { AwsContext, Binned } from "./state.js";

const dayMs = 24 * 60 * 60 * 1_000;

type Entry = Binned extends infer Kind ? (Kind extends Binned ? Omit<Kind, "enteredAt" | "exitsAt"> : never) : never;

/** Puts a deleted thing into the Recycle Bin, if a rule of this Region keeps its kind; it leaves by the clock. */
export function bin(context: AwsContext, entry: Entry): void {
  const { state, now } = context;
  const days = state.binDays.get(entry.kind);
  if (days === undefined) return;
  const binned = { ...entry, enteredAt: now, exitsAt: now + days * dayMs };
  state.bin.set(entry.id, binned);
  context.later(days * dayMs, (_later, present) => {
    if (present.bin.get(entry.id) === binned) present.bin.delete(entry.id);
  });
}
