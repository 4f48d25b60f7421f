import type { IsoDate } from "../common.js";
import { DecommissionError } from "../errors.js";
import { sha256 } from "./digest.js";
import type { JournalEntry, JournalRecord } from "./journal.js";

/** What the first line names as the line before it. */
const noPrevious = "0".repeat(64);

/** Where a chain stands: the last line's number and hash. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first line. */
export const chainStart: ChainEnd = { seq: 0, hash: noPrevious };

/** The next line of a chain, with the record as it will be read back. */
export function encodeLine(
  end: ChainEnd,
  at: IsoDate,
  entry: JournalEntry,
): { readonly line: string; readonly record: JournalRecord } {
  const body = JSON.stringify({ v: 1, seq: end.seq + 1, at, previous: end.hash, entry });
  const hash = sha256(body);
  const line = `${body.slice(0, -1)},"hash":"${hash}"}`;
  return { line, record: JSON.parse(line) };
}

/** Reads a line, checking that it follows the one before and that not a byte of it was changed. */
export function decodeLine(end: ChainEnd, line: string): JournalRecord {
  const [, head, hash] = /^(.*),"hash":"([0-9a-f]{64})"\}$/s.exec(line) ?? [];
  if (head === undefined || sha256(`${head}}`) !== hash) throw corrupt(end, "is damaged");
  const record: JournalRecord = JSON.parse(line);
  if (record.v !== 1) throw corrupt(end, "is of a version this package does not read");
  if (record.seq !== end.seq + 1 || record.previous !== end.hash)
    throw corrupt(end, "does not follow the line before it");
  return record;
}

function corrupt(end: ChainEnd, what: string): DecommissionError {
  return new DecommissionError({
    code: "journal-corrupt",
    message: `Line ${end.seq + 1} of the journal ${what}.`,
    hint: "Nothing was sent. Restore the journal from a copy; its valid beginning can still be read.",
  });
}
