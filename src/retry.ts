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

/** The longest first wait and the longest of all, in milliseconds. Half of each is the least, the rest is jitter. */
interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * A bucket that is empty fills by the second ("Request throttling for the Amazon EC2 API"), a gateway's window by the
 * second or the minute ("API throttling", Alibaba Cloud): so it starts at a second, and all waits together outlast a
 * minute.
 */
const afterThrottling: Backoff = { firstMs: 2_000, longestMs: 10_000 };
const afterTrouble: Backoff = { firstMs: 250, longestMs: 5_000 };

/** Milliseconds before the next attempt: exponential, capped, with jitter so that a fleet does not march in step. */
export function backoffMs(code: ProblemCode | undefined, attempt: number, random: () => number = Math.random): number {
  const { firstMs, longestMs } = code === "throttled" ? afterThrottling : afterTrouble;
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/**
 * Runs `attempt` until it answers, or its problem does not pass by itself, or its attempts are used up. It is given
 * translated errors only. Waits on the clock, and stops waiting when the signal aborts or the budget ends.
 */
export function withRetry<T>(
  attempt: (number: number) => Promise<T>,
  policy: RetryPolicy,
  options: { readonly clock: Clock; readonly signal?: AbortSignal; readonly deadlineAt?: number },
): Promise<T> {
  const { clock, signal, deadlineAt = Number.POSITIVE_INFINITY } = options;
  const codeOf = (error: unknown) => (DecommissionError.isInstance(error) ? error.code : undefined);
  const attemptsFor = (error: unknown) => policy.attempts[codeOf(error) ?? "unexpected"] ?? 1;
  const wait = async (error: unknown, attemptNumber: number) => {
    const left = Math.max(0, deadlineAt - clock.now());
    await clock.sleep(Math.min(backoffMs(codeOf(error), attemptNumber), left), signal);
  };
  const most = Math.max(1, ...Object.values(policy.attempts));
  return pRetry(attempt, {
    retries: most - 1,
    // The back-off below waits on our clock; p-retry's own would wait on the computer's.
    minTimeout: 0,
    maxTimeout: 0,
    shouldRetry: ({ error, attemptNumber }) => attemptNumber < attemptsFor(error) && !signal?.aborted,
    onFailedAttempt: async ({ error, attemptNumber }) => {
      if (attemptNumber < attemptsFor(error)) await wait(error, attemptNumber);
    },
  });
}
