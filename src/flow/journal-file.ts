import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { type Clock, isoNow, systemClock } from "../clock.js";
import type { Journal, JournalEntry, JournalHead, JournalRecord, OpenJournal } from "./journal.js";
import { type ChainEnd, chainStart, decodeLine, encodeLine } from "./journal-codec.js";
import { type JournalFiles, journalFiles, makeDirectory } from "./journal-files.js";
import { checkHead, encodeHead, type HeadKeys, headMissing, headShort, parseHead } from "./journal-head.js";
import { type HeldLock, readLock, takeLock } from "./journal-lock.js";

/** Options of `fileJournal`. */
export interface FileJournalOptions extends HeadKeys {
  /** Default: the computer's own clock. */
  readonly clock?: Clock;
}

/** A journal in a directory, created when missing. Each line and its head are on disk before `append` resolves. */
export function fileJournal(directory: string, options: FileJournalOptions = {}): Journal {
  return journalOn(
    () => journalFiles(directory),
    () => makeDirectory(directory),
    () => existsSync(directory),
    options,
  );
}

/** A journal on any files. For tests, which look at the order of writes and break them. */
export function journalOn(
  openFiles: () => JournalFiles,
  create: () => Promise<void>,
  exists: () => boolean,
  options: FileJournalOptions = {},
): Journal {
  return {
    open: async ({ takeOver } = {}) => {
      await create();
      const files = openFiles();
      const held = await takeLock(files, takeOver);
      try {
        return await Writer.open(files, held, options);
      } catch (error) {
        await letGo(held, files);
        throw error;
      }
    },
    read: async function* ({ salvage = false } = {}): AsyncGenerator<JournalRecord> {
      if (exists()) yield* readRecords(openFiles(), options, salvage);
    },
    head: async () => (exists() ? parseHead(await openFiles().readHead()) : undefined),
    lock: async () => (exists() ? await readLock(openFiles()) : undefined),
  };
}

interface Loaded {
  readonly records: readonly JournalRecord[];
  /** Where the last line the head vouches for ends, in bytes. */
  readonly length: number;
  readonly end: ChainEnd;
}

/** Reads what the head vouches for. The head is read first: lines only ever grow beyond it. */
async function load(files: JournalFiles, options: HeadKeys): Promise<Loaded> {
  const records: JournalRecord[] = [];
  const { head, lines } = await vouched(files, options);
  let end: ChainEnd = chainStart;
  let length = 0;
  for (const { text, endsAt } of lines) {
    if (end.seq === head.seq) break;
    const record = decodeLine(end, text);
    end = record;
    length = endsAt;
    records.push(record);
  }
  checkEnd(end, head);
  return { records, length, end };
}

async function* readRecords(files: JournalFiles, options: HeadKeys, salvage: boolean): AsyncGenerator<JournalRecord> {
  let end: ChainEnd = chainStart;
  try {
    const { head, lines } = await vouched(files, options);
    for (const { text } of lines) {
      if (end.seq === head.seq) break;
      const record = decodeLine(end, text);
      end = record;
      yield record;
    }
    checkEnd(end, head);
  } catch (error) {
    if (!salvage) throw error;
    // The chain vouches for what precedes the damage, also where the head itself is what was damaged.
    if (end.seq === 0) yield* validPrefix(await files.readLines());
  }
}

function* validPrefix(bytes: Buffer): Generator<JournalRecord> {
  let end: ChainEnd = chainStart;
  for (const { text } of linesOf(bytes)) {
    let record: JournalRecord;
    try {
      record = decodeLine(end, text);
    } catch {
      return;
    }
    end = record;
    yield record;
  }
}

async function vouched(files: JournalFiles, options: HeadKeys) {
  const head = parseHead(await files.readHead());
  const bytes = await files.readLines();
  if (!head && bytes.length > 0) throw headMissing();
  if (head) checkHead(head, options);
  return { head: head ?? chainStart, lines: linesOf(bytes) };
}

function checkEnd(end: ChainEnd, head: ChainEnd): void {
  if (end.seq !== head.seq || end.hash !== head.hash) throw headShort(end.seq, head.seq);
}

/** Whole lines with the byte at which each ends. What follows the last line break is no line. */
function* linesOf(bytes: Buffer): Generator<{ readonly text: string; readonly endsAt: number }> {
  let start = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, start)) {
    yield { text: bytes.subarray(start, at).toString("utf8"), endsAt: at + 1 };
    start = at + 1;
  }
}

interface Queued {
  readonly line: string;
  readonly end: ChainEnd;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Appends lines; what is queued while one sync runs goes to disk with the next. */
class Writer implements OpenJournal {
  readonly id: string;
  readonly lock: OpenJournal["lock"];
  readonly tookOver?: string;
  private readonly files: JournalFiles;
  private readonly held: HeldLock;
  private readonly options: FileJournalOptions;
  private readonly clock: Clock;
  /** The last line that was given out, durable or not. */
  private end: ChainEnd;
  /** The last line that line and head are durable of, and where it ends in bytes. */
  private durable: { readonly end: ChainEnd; readonly length: number };
  private queue: Queued[] = [];
  private flushing: Promise<void> | undefined;
  private broken = false;

  private constructor(
    files: JournalFiles,
    held: HeldLock,
    options: FileJournalOptions,
    { records, length, end }: Loaded,
  ) {
    const first = records.find(({ entry }) => entry.type === "opened")?.entry;
    this.id = first?.type === "opened" ? first.journalId : randomUUID();
    this.lock = held.lock;
    if (held.tookOver !== undefined) this.tookOver = held.tookOver;
    this.files = files;
    this.held = held;
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.end = end;
    this.durable = { end, length };
  }

  static async open(files: JournalFiles, held: HeldLock, options: FileJournalOptions): Promise<Writer> {
    // A first head before the first line: lines without any head then mean that the head was lost.
    if ((await files.readHead()) === undefined && (await files.readLines()).length === 0) {
      await files.writeHead(await encodeHead(chainStart, options));
    }
    const loaded = await load(files, options);
    // Lines beyond the head were never acknowledged, so nothing was sent on the strength of them.
    await files.truncateLines(loaded.length);
    return new Writer(files, held, options, loaded);
  }

  async append(entry: JournalEntry): Promise<JournalRecord> {
    // Number and hash are taken before anything is awaited, or concurrent writers would break the chain.
    const { line, record } = encodeLine(this.end, isoNow(this.clock), entry);
    this.end = record;
    await new Promise<void>((done, failed) => {
      this.queue.push({ line, end: record, done, failed });
      this.flushing ??= this.flush();
    });
    return record;
  }

  private async flush(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      try {
        if (this.broken) await this.cutBack();
        await this.write(batch);
        for (const { done } of batch) done();
      } catch (error) {
        this.broken = true;
        // Whatever came after them names their hashes, so it cannot be written either.
        const lost = [...batch, ...this.queue];
        this.queue = [];
        this.end = this.durable.end;
        for (const { failed } of lost) failed(error);
      }
    }
    // In the same breath as the look at the queue: a line queued in between would wait for a flush that has ended.
    this.flushing = undefined;
  }

  private async write(batch: readonly Queued[]): Promise<void> {
    const text = batch.map(({ line }) => `${line}\n`).join("");
    const end = batch.at(-1)?.end ?? this.durable.end;
    await this.held.assertHeld();
    await this.files.appendLines(text);
    await this.files.syncLines();
    await this.files.writeHead(await encodeHead(end, this.options));
    this.durable = { end, length: this.durable.length + Buffer.byteLength(text) };
  }

  /** After a failed write: first the head that is certain, then the lines it vouches for. */
  private async cutBack(): Promise<void> {
    await this.held.assertHeld();
    await this.files.writeHead(await encodeHead(this.durable.end, this.options));
    await this.files.truncateLines(this.durable.length);
    this.broken = false;
  }

  async close(): Promise<void> {
    await this.flushing;
    if (this.broken) await this.cutBack().catch(() => undefined);
    await letGo(this.held, this.files);
  }
}

/** Gives up the lock, and the files also where that fails. */
async function letGo(held: HeldLock, files: JournalFiles): Promise<void> {
  try {
    await held.release();
  } finally {
    await files.close();
  }
}

/** Checks a journal from the first line to its head. Throws `journal-corrupt`. Answers the head it ended at. */
export async function verifyJournal(journal: Journal): Promise<JournalHead | undefined> {
  for await (const _ of journal.read());
  return await journal.head();
}
