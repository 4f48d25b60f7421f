import { randomUUID } from "node:crypto";
import { type Clock, isoNow, systemClock } from "../clock.js";
import type { Journal, JournalRecord } from "./journal.js";
import { type ChainEnd, chainStart, decodeLine, encodeLine } from "./journal-codec.js";

/** A journal that dies with the process. For tests. */
export function memoryJournal(options: { readonly clock?: Clock } = {}): Journal {
  const clock = options.clock ?? systemClock;
  const lines: string[] = [];
  const id = randomUUID();
  let end: ChainEnd = chainStart;
  return {
    open: async () => ({
      id,
      append: async (entry) => {
        const { line, record } = encodeLine(end, isoNow(clock), entry);
        end = record;
        lines.push(line);
        return record;
      },
      close: async () => undefined,
    }),
    read: async function* (): AsyncGenerator<JournalRecord> {
      let before: ChainEnd = chainStart;
      for (const line of [...lines]) {
        const record = decodeLine(before, line);
        before = record;
        yield record;
      }
    },
  };
}
