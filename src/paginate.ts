import { DecommissionError } from "./errors.js";

/** One page of a listing: its items, and where the next one starts. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The cloud's token, marker or offset. Empty or absent: this was the last page. */
  readonly next?: string | undefined;
}

/** More pages than any account has: a listing that goes on so long does not end by itself. */
const maxPages = 10_000;

/**
 * All items of a listing, page by page. An empty page with a next token is followed like any other; a token that
 * comes twice would never end, so it throws (`service`) rather than end early: half a list never looks whole.
 */
export async function collectPages<T>(
  api: string,
  fetchPage: (next: string | undefined) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined, count = 0; count < maxPages; count++) {
    const page = await fetchPage(next);
    items.push(...page.items);
    next = page.next;
    if (next === undefined || next === "") return items;
    if (seen.has(next)) break;
    seen.add(next);
  }
  throw new DecommissionError({
    code: "service",
    message: `${api} answered the same page twice.`,
    hint: "Try again later; the listing could not be read to its end.",
  });
}
