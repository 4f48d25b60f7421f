import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, isoNow, systemClock } from "../clock.js";
import type { Journal, JournalEntry, JournalRecord, OpenJournal } from "./journal.js";
import { type ChainEnd, chainStart, decodeLine, encodeLine } from "./journal-codec.js";

const fileName = "journal.jsonl";

/** A journal in a directory, created when missing. Each line is on disk before `append` resolves. */
export function fileJournal(directory: string, options: { readonly clock?: Clock } = {}): Journal {
  const clock = options.clock ?? systemClock;
  const file = join(directory, fileName);
  return {
    open: async () => {
      await mkdir(directory, { recursive: true });
      const { records, length } = await load(file);
      const handle = await open(file, "a");
      // A last line without its end was never acknowledged, so nothing was sent on the strength of it.
      await handle.truncate(length);
      await syncDirectory(directory);
      const first = records[0]?.entry;
      const id = first?.type === "opened" ? first.journalId : randomUUID();
      return new Writer(handle, clock, id, records.at(-1) ?? chainStart);
    },
    read: async function* (): AsyncGenerator<JournalRecord> {
      yield* (await load(file)).records;
    },
  };
}

/** Appends lines; what is queued while one sync runs goes to disk with the next. */
class Writer implements OpenJournal {
  readonly id: string;
  private readonly handle: FileHandle;
  private readonly clock: Clock;
  private end: ChainEnd;
  private queue: { readonly line: string; readonly done: () => void; readonly failed: (error: unknown) => void }[] = [];
  private flushing: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(handle: FileHandle, clock: Clock, id: string, end: ChainEnd) {
    this.handle = handle;
    this.clock = clock;
    this.id = id;
    this.end = end;
  }

  async append(entry: JournalEntry): Promise<JournalRecord> {
    if (this.failure) throw this.failure.error;
    // Number and hash are taken before anything is awaited, or concurrent writers would break the chain.
    const { line, record } = encodeLine(this.end, isoNow(this.clock), entry);
    this.end = record;
    await new Promise<void>((done, failed) => {
      this.queue.push({ line, done, failed });
      this.flushing ??= this.flush();
    });
    return record;
  }

  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      try {
        if (this.failure) throw this.failure.error;
        await this.handle.appendFile(batch.map(({ line }) => `${line}\n`).join(""));
        await this.handle.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        this.failure ??= { error };
        for (const { failed } of batch) failed(error);
      }
    }
    this.flushing = undefined;
  }

  async close(): Promise<void> {
    await this.flushing;
    await this.handle.close();
  }
}

/** Reads and checks all whole lines. `length` is where they end, in bytes. */
async function load(file: string): Promise<{ readonly records: readonly JournalRecord[]; readonly length: number }> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const length = bytes.lastIndexOf(0x0a) + 1;
  const records: JournalRecord[] = [];
  let end: ChainEnd = chainStart;
  for (const line of bytes.subarray(0, length).toString("utf8").split("\n")) {
    if (line === "") continue;
    const record = decodeLine(end, line);
    end = record;
    records.push(record);
  }
  return { records, length };
}

/** A new file survives a power cut only once its directory is on disk, too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } catch {
    // Some file systems refuse to sync a directory; there is nothing better to do there.
  } finally {
    await handle.close();
  }
}
