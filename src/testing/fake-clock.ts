import type { Clock } from "../clock.js";
import type { IsoDate } from "../common.js";

/** A clock that tests move. */
export interface FakeClock extends Clock {
  /** Moves time forward, waking sleepers in order on the way. */
  advance(milliseconds: number): Promise<void>;
  /** Runs something once when the clock reaches that moment. The fakes' jobs, bins and late effects hang on this. */
  at(time: number, effect: () => void): void;
  /** No sleeper makes time jump until what this answers is called: a request is being worked on. */
  hold(): () => void;
}

/** How many rounds of the event loop must pass with nobody holding the clock before it jumps. */
const quietRounds = 3;

/**
 * Time that passes only when somebody waits for it. A sleeper does not wait: once the process has had a moment to
 * finish what is in flight, the clock jumps to the earliest sleeper. `advance` jumps at once.
 */
export function fakeClock(start: IsoDate = "2026-01-02T03:04:05.000Z"): FakeClock {
  let now = Date.parse(start);
  let pumping = false;
  let holders = 0;
  let order = 0;
  const timers: { time: number; order: number; run: () => void }[] = [];
  const sleepers = new Set<object>();

  const schedule = (time: number, run: () => void) => {
    const timer = { time, order: order++, run };
    const index = timers.findIndex((other) => other.time > time);
    timers.splice(index < 0 ? timers.length : index, 0, timer);
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
  const pump = (quiet = 0) => {
    pumping = sleepers.size > 0;
    // Real rounds, so that requests in flight on loopback get their answers before time jumps.
    if (pumping) setTimeout(() => round(holders > 0 ? 0 : quiet + 1), 1);
  };
  const round = (quiet: number) => {
    if (quiet < quietRounds) return pump(quiet);
    const next = timers.find((timer) => sleepers.has(timer));
    if (next) runUntil(next.time);
    pump();
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
        if (!pumping) pump();
      }),
    advance: async (milliseconds) => {
      runUntil(now + milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
    },
    at: (time, effect) => {
      if (time <= now) effect();
      else schedule(time, effect);
    },
    hold: () => {
      let held = true;
      holders += 1;
      return () => {
        if (held) holders -= 1;
        held = false;
      };
    },
  };
}
