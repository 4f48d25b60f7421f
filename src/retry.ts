import pRetry from "p-retry";
import type { Clock } from "./clock.js";
import { DecommissionError, type ProblemCode } from "./errors.js";

/** How often, and for which problems, a request is sent again. */
export interface RetryPolicy {
  /** Attempts in all, per code. A code that is not named is not retried. */
  readonly attempts: Readonly<Partial<Record<ProblemCode, number>>>;
}

/** For requests that may be repeated: reads, and mutations that carry the cloud's own token. */
export const repeatable: RetryPolicy = { attempts: { throttled: 15, network: 4, timeout: 3, service: 4 } };

/** For mutations: only where the cloud refused for going too fast, since then it certainly did nothing. */
export const refusedOnly: RetryPolicy = { attempts: { throttled: 15 } };

const firstDelayMs = 250;
const longestDelayMs = 5_000;

/** Milliseconds before the next attempt: exponential, capped, with jitter so that a fleet does not march in step. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/**
 * Runs `attempt` until it answers, or its problem does not pass by itself, or its attempts are used up. It is given
 * translated errors only. Waits on the clock, and stops waiting when the signal aborts.
 */
export function withRetry<T>(
  attempt: (number: number) => Promise<T>,
  policy: RetryPolicy,
  options: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<T> {
  const attemptsFor = (error: unknown) =>
    (DecommissionError.isInstance(error) ? policy.attempts[error.code] : undefined) ?? 1;
  const most = Math.max(1, ...Object.values(policy.attempts));
  return pRetry(attempt, {
    retries: most - 1,
    // The back-off below waits on our clock; p-retry's own would wait on the computer's.
    minTimeout: 0,
    maxTimeout: 0,
    shouldRetry: ({ error, attemptNumber }) => attemptNumber < attemptsFor(error) && !options.signal?.aborted,
    onFailedAttempt: async ({ error, attemptNumber }) => {
      if (attemptNumber < attemptsFor(error)) await options.clock.sleep(backoffMs(attemptNumber), options.signal);
    },
  });
}
