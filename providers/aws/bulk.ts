import { chunk } from "../../src/batch.js";
import { collectPages } from "../../src/paginate.js";
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

/** The items of a listing, and the requests that brought them. */
export interface BulkAnswer {
  readonly items: readonly Wire[];
  readonly requestIds: readonly string[];
}

/**
 * All items that concern the keys, in about as few requests as the cheaper of two ways needs: by key, or the whole
 * listing. Nobody tells how long a listing is, so it is tried as long as each page brings as many of our keys as a
 * request by key would; a listing that is mostly other people's costs one page too many.
 */
export async function readBulk(call: AwsCall, read: BulkRead, keys: readonly string[]): Promise<BulkAnswer> {
  const wanted = new Set(keys);
  const listing = wanted.size > read.batch ? await tryListing(call, read, wanted) : nothingListed;
  const alreadyFound = listing.complete || read.oneEach === true;
  const kept = alreadyFound ? listing.items : [];
  const missing = listing.complete ? [] : [...wanted].filter((key) => !(alreadyFound && listing.found.has(key)));
  const pieces = await Promise.all(
    chunk(missing, read.batch).map((piece) => readPages(call, read.service, read.action, read.some(piece), read.list)),
  );
  return {
    items: [...kept, ...pieces.flatMap(({ items }) => items)].filter((item) =>
      read.keysOf(item).some((key) => wanted.has(key)),
    ),
    requestIds: [...listing.requestIds, ...pieces.flatMap(({ requestIds }) => requestIds)],
  };
}

/** All pages of an EC2 or Auto Scaling listing, with the ids of the requests. */
export async function readPages(
  call: AwsCall,
  service: string,
  action: string,
  parameters: Readonly<Record<string, unknown>>,
  list: string,
): Promise<BulkAnswer> {
  const requestIds: string[] = [];
  const items = await collectPages(`${service}:${action}`, async (next) => {
    const { body, requestId } = await call.read(service, action, {
      ...parameters,
      ...(next ? { NextToken: next } : {}),
    });
    if (requestId !== undefined) requestIds.push(requestId);
    return { items: body.needList(list), next: body.text("NextToken") };
  });
  return { items, requestIds };
}

interface Listing extends BulkAnswer {
  readonly found: ReadonlySet<string>;
  readonly complete: boolean;
}

const nothingListed: Listing = { items: [], requestIds: [], found: new Set(), complete: false };

async function tryListing(call: AwsCall, read: BulkRead, wanted: ReadonlySet<string>): Promise<Listing> {
  const items: Wire[] = [];
  const requestIds: string[] = [];
  const found = new Set<string>();
  const tokens = new Set<string>();
  for (let next: string | undefined; ; ) {
    const parameters = { ...read.whole, ...(next === undefined ? {} : { NextToken: next }) };
    const { body, requestId } = await call.read(read.service, read.action, parameters);
    if (requestId !== undefined) requestIds.push(requestId);
    const page = body.needList(read.list);
    const before = found.size;
    for (const key of page.flatMap(read.keysOf)) if (wanted.has(key)) found.add(key);
    items.push(...page);
    next = body.text("NextToken");
    if (next === undefined) return { items, requestIds, found, complete: true };
    const worthIt = found.size - before >= read.batch;
    // A token that comes twice would never end; by key the listing is read to its end or fails loudly.
    if (!worthIt || tokens.has(next)) return { items, requestIds, found, complete: false };
    tokens.add(next);
  }
}
