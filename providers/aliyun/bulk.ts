import { chunk } from "../../src/batch.js";
import { DecommissionError } from "../../src/errors.js";
import type { Wire } from "../../src/wire.js";
import type { AliyunCall } from "./call.js";

/** A listing that can be asked for some things by key, or for all of the region. */
export interface BulkRead {
  readonly service: string;
  readonly action: string;
  /** Parameters of the whole region's listing. Default: none. */
  readonly whole?: Readonly<Record<string, unknown>>;
  /** Parameters of what concerns these keys. */
  readonly some: (keys: readonly string[]) => Readonly<Record<string, unknown>>;
  /** Keys that one request takes. */
  readonly batch: number;
  /** The keys a row belongs to. */
  readonly keysOf: (row: Wire) => readonly string[];
}

/**
 * All rows that concern the keys, in about as few requests as the cheaper of two ways needs: by key, or the whole
 * listing. Nobody tells how long a listing is, so it is tried as long as each page brings as many of our keys as a
 * request by key would; a listing that is mostly other people's costs one page too many.
 */
export async function readBulk(call: AliyunCall, read: BulkRead, keys: readonly string[]): Promise<readonly Wire[]> {
  const wanted = new Set(keys);
  const concerns = (row: Wire) => read.keysOf(row).some((key) => wanted.has(key));
  const listed = wanted.size > read.batch ? await tryListing(call, read, wanted) : undefined;
  if (listed) return listed.filter(concerns);
  const pieces = await Promise.all(
    chunk([...wanted], read.batch).map((piece) => call.pages(read.service, read.action, read.some(piece))),
  );
  return pieces.flat().filter(concerns);
}

/** The whole listing; `undefined` where it is not worth reading to its end, or cannot be had. */
async function tryListing(
  call: AliyunCall,
  read: BulkRead,
  wanted: ReadonlySet<string>,
): Promise<readonly Wire[] | undefined> {
  const rows: Wire[] = [];
  const found = new Set<string>();
  try {
    for await (const page of call.eachPage(read.service, read.action, read.whole ?? {})) {
      const before = found.size;
      for (const key of page.rows.flatMap(read.keysOf)) if (wanted.has(key)) found.add(key);
      rows.push(...page.rows);
      if (page.changed) return undefined;
      if (!page.last && found.size - before < read.batch) return undefined;
    }
  } catch (error) {
    // Which listings insist on a filter is not always documented.
    if (DecommissionError.isInstance(error) && error.code === "invalid-request") return undefined;
    throw error;
  }
  return rows;
}
