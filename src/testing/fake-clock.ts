import type { Clock } from "../clock.js";
import type { IsoDate } from "../common.js";

/** A clock that tests move. */
export interface FakeClock extends Clock {
  /** Moves time forward, waking sleepers in order on the way. */
  advance(milliseconds: number): Promise<void>;
  /** Runs something once when the clock reaches that moment. The fakes' jobs, bins and late effects hang on this. */
  at(time: number, effect: () => void): void;
}

/**
 * Time that passes only when somebody waits for it. A sleeper does not wait: once the process has had a moment to
 * finish what is in flight, the clock jumps to the earliest sleeper. `advance` jumps at once.
 */
export function fakeClock(start: IsoDate = "2026-01-02T03:04:05.000Z"): FakeClock {
  let now = Date.parse(start);
  let pumping = false;
  let order = 0;
  const timers: { time: number; order: number; run: () => void }[] = [];

  const schedule = (time: number, run: () => void) => {
    const timer = { time, order: order++, run };
    timers.push(timer);
    timers.sort((one, other) => one.time - other.time || one.order - other.order);
    return timer;
  };
  const runUntil = (time: number) => {
    for (let next = timers[0]; next && next.time <= time; next = timers[0]) {
      timers.shift();
      now = Math.max(now, next.time);
      next.run();
    }
    now = Math.max(now, time);
  };
  const sleepers = new Set<object>();
  const pump = () => {
    if (pumping) return;
    pumping = true;
    // A real pause, so that requests in flight on loopback get their answers before time jumps.
    setTimeout(() => {
      pumping = false;
      const next = timers.find((timer) => sleepers.has(timer));
      if (!next) return;
      runUntil(next.time);
      if (sleepers.size > 0) pump();
    }, 2);
  };

  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          sleepers.delete(timer);
          const index = timers.indexOf(timer);
          if (index >= 0) timers.splice(index, 1);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const timer = schedule(now + Math.max(0, milliseconds), done);
        sleepers.add(timer);
        signal?.addEventListener("abort", done, { once: true });
        pump();
      }),
    advance: async (milliseconds) => {
      runUntil(now + milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
    },
    at: (time, effect) => {
      if (time <= now) effect();
      else schedule(time, effect);
    },
  };
}
