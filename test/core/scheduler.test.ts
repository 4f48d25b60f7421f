import { describe, expect, it } from "vitest";
import { rateLimiter } from "../../src/scheduler.js";
import { fakeClock } from "../../src/testing/fake-clock.js";

const limit = { perSecond: 10, burst: 5 };

async function send(clock: ReturnType<typeof fakeClock>, count: number, cost = 1): Promise<number> {
  const startedAt = clock.now();
  const limiter = rateLimiter("key", limit, clock);
  for (let sent = 0; sent < count; sent++) (await limiter.acquire(undefined, cost))?.done();
  return clock.now() - startedAt;
}

describe("the rate limiter", () => {
  it("lets the burst go at once and the rest at the rate", async () => {
    const clock = fakeClock();
    expect(await send(clock, 5)).toBe(0);
    expect(await send(clock, 10)).toBeGreaterThanOrEqual(1_000);
  });

  it("counts a request that costs more than one", async () => {
    expect(await send(fakeClock(), 3, 5)).toBeGreaterThanOrEqual(1_000);
  });

  it("lets a request pass that costs more than the whole bucket", async () => {
    const permit = await rateLimiter("key", limit, fakeClock()).acquire(undefined, 50);
    expect(permit).toBeDefined();
  });

  it("is one for all users of a key, and the lower limit wins, whoever came first", async () => {
    for (const order of [
      [limit, { perSecond: 1, burst: 1 }],
      [{ perSecond: 1, burst: 1 }, limit],
    ]) {
      const clock = fakeClock();
      for (const one of order) rateLimiter("key", one, clock);
      expect(await send(clock, 3)).toBeGreaterThanOrEqual(2_000);
    }
  });

  it("keeps keys apart", async () => {
    const clock = fakeClock();
    await send(clock, 5);
    const other = rateLimiter("another", limit, clock);
    const startedAt = clock.now();
    await other.acquire();
    expect(clock.now()).toBe(startedAt);
  });

  it("cuts the rate when throttled, once for all requests that were already out", async () => {
    const limiter = rateLimiter("key", limit, fakeClock());
    const permits = [await limiter.acquire(), await limiter.acquire(), await limiter.acquire()];
    const rates = permits.map((permit) => permit?.throttled());
    expect(rates).toEqual([7, 7, 7]);
  });

  it("grows back with success, never beyond the documented rate", async () => {
    const clock = fakeClock();
    const limiter = rateLimiter("key", limit, clock);
    expect((await limiter.acquire())?.throttled()).toBe(7);
    for (let answered = 0; answered < 100; answered++) (await limiter.acquire())?.done();
    expect((await limiter.acquire())?.throttled()).toBe(7);
  });

  it("answers nothing when the wait is aborted, and takes no token for it", async () => {
    const clock = fakeClock();
    const limiter = rateLimiter("key", { perSecond: 1, burst: 1 }, clock);
    await limiter.acquire();
    expect(await limiter.acquire(AbortSignal.abort())).toBeUndefined();
    const startedAt = clock.now();
    await limiter.acquire();
    expect(clock.now() - startedAt).toBeLessThanOrEqual(1_001);
  });
});
