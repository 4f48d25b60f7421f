import { describe, expect, it } from "vitest";
import { DecommissionError, type ProblemCode } from "../../src/errors.js";
import { backoffMs, refusedOnly, repeatable, withRetry } from "../../src/retry.js";
import { fakeClock } from "../../src/testing/fake-clock.js";

/** Waits, in milliseconds, between attempts that all end with the same problem. */
async function waitsAfter(code: ProblemCode, policy = repeatable, deadlineMs?: number): Promise<readonly number[]> {
  const clock = fakeClock();
  const startedAt: number[] = [];
  const attempt = async () => {
    startedAt.push(clock.now());
    throw new DecommissionError({ code, message: "no", hint: "" });
  };
  const deadlineAt = deadlineMs === undefined ? {} : { deadlineAt: clock.now() + deadlineMs };
  await withRetry(attempt, policy, { clock, ...deadlineAt }).catch(() => undefined);
  return startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? at));
}

describe("the wait before another attempt", () => {
  // "Request throttling for the Amazon EC2 API" and Huawei's API gateway both want a second and more.
  it("is a second at least after the cloud said that it went too fast, whatever the jitter", async () => {
    expect(backoffMs("throttled", 1, () => 0)).toBeGreaterThanOrEqual(1_000);
    const [first = 0] = await waitsAfter("throttled", refusedOnly);
    expect(first).toBeGreaterThanOrEqual(1_000);
  });

  it("grows with each attempt, up to a limit", () => {
    const waits = Array.from({ length: 14 }, (_, index) => backoffMs("throttled", index + 1, () => 0.5));
    expect(waits).toEqual([...waits].sort((one, other) => one - other));
    expect(new Set(waits).size).toBeGreaterThan(3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  });

  // Alibaba Cloud counts by the minute ("API throttling"): what was refused in one minute passes in the next.
  it("lets a whole minute pass before it gives up being throttled, whatever the jitter", async () => {
    const waits = await waitsAfter("throttled");
    expect(waits).toHaveLength(14);
    const least = waits.reduce((sum, _, index) => sum + backoffMs("throttled", index + 1, () => 0), 0);
    expect(least).toBeGreaterThanOrEqual(60_000);
  });

  it("is short after trouble that passes at once", async () => {
    const [first = 0] = await waitsAfter("network");
    expect(first).toBeLessThanOrEqual(250);
  });

  it("differs from caller to caller, so that a fleet does not march in step", () => {
    expect(backoffMs("throttled", 3, () => 0)).toBeLessThan(backoffMs("throttled", 3, () => 0.9));
  });

  it("ends with the call's budget", async () => {
    const waits = await waitsAfter("throttled", repeatable, 2_500);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(2_500);
  });
});
