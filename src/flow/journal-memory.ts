import { type Clock, systemClock } from "../clock.js";
import type { Journal } from "./journal.js";
import { journalOn } from "./journal-file.js";
import type { JournalFiles } from "./journal-files.js";

/** A journal that dies with the process. For tests. */
export function memoryJournal(options: { readonly clock?: Clock } = {}): Journal {
  const files = memoryFiles();
  return journalOn(
    () => files,
    async () => undefined,
    () => true,
    { clock: options.clock ?? systemClock },
  );
}

/** Files that are only remembered. */
export function memoryFiles(): JournalFiles {
  let lines = Buffer.alloc(0);
  let head: string | undefined;
  const locks = new Map<string, string>();
  return {
    readLines: async () => lines,
    appendLines: async (text) => {
      lines = Buffer.concat([lines, Buffer.from(text)]);
    },
    syncLines: async () => undefined,
    truncateLines: async (length) => {
      lines = lines.subarray(0, length);
    },
    readHead: async () => head,
    writeHead: async (text) => {
      head = text;
    },
    locks: async () => [...locks.keys()],
    readLock: async (name) => locks.get(name),
    createLock: async (name, text) => {
      if (locks.has(name)) return false;
      locks.set(name, text);
      return true;
    },
    renameLock: async (from, to) => {
      locks.set(to, locks.get(from) ?? "");
      locks.delete(from);
    },
    removeLock: async (name) => {
      locks.delete(name);
    },
    close: async () => undefined,
  };
}
