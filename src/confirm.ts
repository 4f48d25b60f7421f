import { settleByReading } from "./poll.js";
import type { Mutation, Requests } from "./requests.js";

/** Settles a mutation whose answer was lost by reading whether what it asked for is so. */
export function confirmByReading(requests: Requests, isSo: () => Promise<boolean>): NonNullable<Mutation["confirm"]> {
  return async ({ notBefore }) => ({ effect: await settleByReading(requests, notBefore, isSo) });
}
