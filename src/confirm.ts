import type { ProblemCode } from "./errors.js";
import { settleByReading } from "./poll.js";
import type { Mutation, Requests } from "./requests.js";

/** Refusals that come before the cloud looks at anything: nothing can have become so, or be so, behind a lagging read. */
const beforeLooking: ReadonlySet<ProblemCode> = new Set(["access-denied", "authentication", "quota", "throttled"]);

/**
 * Settles a mutation by reading whether what it asked for is so: one whose answer was lost, and one that was refused
 * although it may be so already, where the mutation says `partial`.
 */
export function confirmByReading(requests: Requests, isSo: () => Promise<boolean>): NonNullable<Mutation["confirm"]> {
  return async ({ notBefore, problem, refused }) => {
    const atOnce = refused && beforeLooking.has(problem.code);
    return { effect: await settleByReading(requests, atOnce ? requests.clock.now() : notBefore, isSo) };
  };
}
