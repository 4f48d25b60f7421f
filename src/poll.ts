import type { Requests } from "./requests.js";

/** How a wait is paced. */
export interface PollPace {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** Milliseconds after which the poll gives up, besides the call's own budget. */
  readonly giveUpAfterMs: number;
}

/** How a wait ended: with what was waited for, or with what was last seen. */
export type PollResult<T> = { readonly done: boolean; readonly last: T };

/**
 * Reads again and again until `done` says so, waiting a little longer each time. When time is up it answers what was
 * last seen. The end of the call's budget or an abort ends it the same way: the caller knows what it last saw.
 */
export async function pollUntil<T>(
  requests: Requests,
  pace: PollPace,
  read: () => Promise<T>,
  done: (value: T) => boolean,
): Promise<PollResult<T>> {
  const giveUpAt = requests.clock.now() + pace.giveUpAfterMs;
  let delayMs = pace.firstDelayMs;
  let last = await read();
  while (!done(last)) {
    if (requests.clock.now() + delayMs > giveUpAt) return { done: false, last };
    try {
      await requests.wait(delayMs);
      last = await read();
    } catch (error) {
      if (requests.stopped()) return { done: false, last };
      throw error;
    }
    delayMs = Math.min(pace.longestDelayMs, delayMs * 1.5);
  }
  return { done: true, last };
}

/**
 * Reads what became of a request whose answer was lost. `yes` is believed at once. `no` is believed only when a read
 * from `notBefore` on still says so: until then the request may still land.
 */
export async function settleByReading(
  requests: Requests,
  notBefore: number,
  read: () => Promise<boolean>,
): Promise<"applied" | "not-applied"> {
  for (let delayMs = 1_000; ; delayMs = Math.min(15_000, delayMs * 2)) {
    const readAt = requests.clock.now();
    if (await read()) return "applied";
    if (readAt >= notBefore) return "not-applied";
    await requests.wait(Math.min(delayMs, notBefore - readAt));
  }
}
