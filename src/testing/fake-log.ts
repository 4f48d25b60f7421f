import type { LoggedRequest, WorldView } from "./world.js";

/** A line of the log while its request is being worked on. */
export type LogEntry = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] };

/** Every request, and how often each mutation took effect on a thing. */
export interface FakeLog {
  readonly entries: readonly LoggedRequest[];
  /** A new line. It may change until the request has been answered, or has landed. */
  enter(request: Omit<LogEntry, "status" | "tookEffect" | "cloudCode">): LogEntry;
  /** Notes that a request really changed a thing. */
  effect(entry: LogEntry, id: string): void;
  effects(): WorldView["effects"];
}

/** An empty log. */
export function fakeLog(): FakeLog {
  const entries: LogEntry[] = [];
  const effects = new Map<string, { readonly api: string; readonly id: string; count: number }>();
  return {
    entries,
    enter(request) {
      const entry = { ...request, status: 0, tookEffect: false };
      entries.push(entry);
      return entry;
    },
    effect(entry, id) {
      entry.tookEffect = true;
      const key = `${entry.api} ${id}`;
      const counted = effects.get(key) ?? { api: entry.api, id, count: 0 };
      counted.count += 1;
      effects.set(key, counted);
    },
    effects: () => [...effects.values()].map((effect) => ({ ...effect })),
  };
}
