import { chunk } from "../../src/batch.js";
import type { Wire } from "../../src/wire.js";
import type { AwsCall } from "./call.js";

/** A listing that can be asked for some things by key, or for all of the region. */
export interface BulkRead {
  readonly service: string;
  readonly action: string;
  /** The field that holds the items. */
  readonly list: string;
  /** Parameters of the whole region's listing. */
  readonly whole: Readonly<Record<string, unknown>>;
  /** Parameters of what concerns these keys. */
  readonly some: (keys: readonly string[]) => Readonly<Record<string, unknown>>;
  /** Keys that one request takes. */
  readonly batch: number;
  /** The keys an item belongs to. */
  readonly keysOf: (item: Wire) => readonly string[];
  /** Whether a key has one item at most, so that what was found needs no second look. */
  readonly oneEach?: boolean;
}

/**
 * All items that concern the keys, in about as few requests as the cheaper of two ways needs: by key, or the whole
 * listing. Nobody tells how long a listing is, so it is tried as long as each page brings as many of our keys as a
 * request by key would; a listing that is mostly other people's costs one page too many.
 */
export async function readBulk(call: AwsCall, read: BulkRead, keys: readonly string[]): Promise<readonly Wire[]> {
  const wanted = new Set(keys);
  const concerns = (item: Wire) => read.keysOf(item).some((key) => wanted.has(key));
  const listing =
    wanted.size > read.batch ? await tryListing(call, read, wanted) : { items: [], found: new Set(), complete: false };
  if (listing.complete) return listing.items.filter(concerns);
  const missing = read.oneEach === true ? [...wanted].filter((key) => !listing.found.has(key)) : [...wanted];
  const pieces = await Promise.all(
    chunk(missing, read.batch).map((piece) => call.pages(read.service, read.action, read.some(piece), read.list)),
  );
  const byKey = pieces.flat().filter(concerns);
  return read.oneEach === true ? [...listing.items.filter(concerns), ...byKey] : byKey;
}

interface Listing {
  readonly items: readonly Wire[];
  readonly found: ReadonlySet<string>;
  readonly complete: boolean;
}

async function tryListing(call: AwsCall, read: BulkRead, wanted: ReadonlySet<string>): Promise<Listing> {
  const items: Wire[] = [];
  const found = new Set<string>();
  const tokens = new Set<string>();
  for (let next: string | undefined; ; ) {
    const parameters = { ...read.whole, ...(next === undefined ? {} : { NextToken: next }) };
    const { body } = await call.read(read.service, read.action, parameters);
    const page = body.needList(read.list);
    const before = found.size;
    for (const key of page.flatMap(read.keysOf)) if (wanted.has(key)) found.add(key);
    items.push(...page);
    next = body.text("NextToken");
    if (next === undefined) return { items, found, complete: true };
    const worthIt = found.size - before >= read.batch;
    // A token that comes twice would never end; by key the listing is read to its end or fails loudly.
    if (!worthIt || tokens.has(next)) return { items, found, complete: false };
    tokens.add(next);
  }
}
