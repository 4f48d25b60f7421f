import type { AwsState, Binned } from "./state.js";

const dayMs = 24 * 60 * 60 * 1_000;

type Entry = Binned extends infer Kind ? (Kind extends Binned ? Omit<Kind, "enteredAt" | "exitsAt"> : never) : never;

/** Puts a deleted thing into the Recycle Bin, if a rule of this Region keeps its kind. */
export function binned(state: AwsState, entry: Entry, now: number): void {
  const days = state.binDays.get(entry.kind);
  if (days === undefined) return;
  state.bin.set(entry.id, { ...entry, enteredAt: now, exitsAt: now + days * dayMs });
}

/** What is in the bin now: things leave it by themselves when their time has come. */
export function binContent(state: AwsState, now: number): readonly Binned[] {
  return [...state.bin.values()].filter(({ exitsAt }) => exitsAt > now);
}
