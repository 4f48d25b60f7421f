import { chunk } from "../../src/batch.js";
import { DecommissionError } from "../../src/errors.js";

/**
 * Words for too many ids or filter values in one request. Of most listings no page tells how many are too many, and the
 * error lists know a limit all the same ("Error codes", cvm, vpc, clb, as and tke).
 */
const tooMany =
  /^(Invalid(Parameter|Filter)Value\.LimitExceeded|InvalidParameterValue\.Length|LimitExceeded(\.(FilterValuesTooLong|NumberOfFilters))?)$/;

/** Reads about many things, so many in a request. What the cloud calls too many is asked for again in halves. */
export async function inPieces<Item, Found>(
  items: readonly Item[],
  size: number,
  read: (piece: Item[]) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  const pieces = await Promise.all(chunk(items, size).map((piece) => readOrHalve(piece, read)));
  return pieces.flat();
}

async function readOrHalve<Item, Found>(
  piece: readonly Item[],
  read: (piece: Item[]) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  try {
    return await read([...piece]);
  } catch (error) {
    if (piece.length === 1 || !DecommissionError.isInstance(error)) throw error;
    if (!tooMany.test(error.problem.cloudCode ?? "")) throw error;
    return await inPieces(piece, Math.ceil(piece.length / 2), read);
  }
}
