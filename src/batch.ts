/** Cuts a list into pieces of at most `size`, in order. The pieces together are the list, each item once. */
export function chunk<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  for (let start = 0; start < items.length; start += size) pieces.push(items.slice(start, start + size));
  return pieces;
}

/** Sorts items into groups by a key; groups and members keep the order of first appearance. */
export function groupBy<T, K>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

/** Each item once, in the order of first appearance. */
export function unique<T>(items: Iterable<T>): readonly T[] {
  return [...new Set(items)];
}

/**
 * Maps with at most `concurrency` calls at a time; the answers are in the order of the items. The first rejection
 * rejects the whole once those under way have ended, and nothing new is started.
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const lane = async () => {
    while (next < items.length && !failure) {
      const index = next++;
      const item = items[index];
      if (item === undefined) continue;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  if (failure) throw failure.error;
  return results;
}
