import type { Journal } from "../../src/flow/journal.js";

/** Lets the process die right before its nth line, once. */
export function dyingAt(journal: Journal, line: number): Journal {
  let written = 0;
  let dead = false;
  let spent = false;
  return {
    ...journal,
    open: async (options) => {
      const inner = await journal.open(options);
      dead = false;
      return {
        id: inner.id,
        lock: inner.lock,
        append: (entry) => {
          if (!spent && written >= line) [dead, spent] = [true, true];
          if (dead) return Promise.reject(new Error("the process died"));
          written += 1;
          return inner.append(entry);
        },
        close: () => inner.close(),
      };
    },
  };
}

/** How many lines a journal has. */
export async function linesOf(journal: Journal): Promise<number> {
  let count = 0;
  for await (const _ of journal.read()) count += 1;
  return count;
}
