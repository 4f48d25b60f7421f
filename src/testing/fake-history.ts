/** Former states of one scope, so that a read can lag behind a mutation as the clouds' reads do. */
export interface StateHistory<State> {
  /** Call right before a mutation. Mutations of one moment share one copy: they become visible together. */
  remember(now: number, state: State): void;
  /** The state as a read with that lag sees it, or `undefined` when it sees the present one. */
  seenAt(now: number, lagMs: number): State | undefined;
  /** From now on everybody sees the present state. */
  forget(): void;
}

/** `keepMs` is asked on each mutation: how long the longest lag in force is. Zero keeps nothing. */
export function stateHistory<State>(copy: (state: State) => State, keepMs: () => number): StateHistory<State> {
  let entries: { readonly time: number; readonly before: State }[] = [];
  return {
    remember(now, state) {
      const keep = keepMs();
      entries = entries.filter((entry) => entry.time + keep > now);
      if (keep > 0 && entries.at(-1)?.time !== now) entries.push({ time: now, before: copy(state) });
    },
    seenAt: (now, lagMs) => entries.find((entry) => entry.time + lagMs > now)?.before,
    forget() {
      entries = [];
    },
  };
}
