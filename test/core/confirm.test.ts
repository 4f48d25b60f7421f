import { describe, expect, it } from "vitest";
import { confirmByReading } from "../../src/confirm.js";
import type { ProblemCode } from "../../src/errors.js";
import { problem, scripted } from "./tools.js";

const window = 30_000;

/** Settles by a read that says each of `says` in turn, the last one for good. */
async function settled(code: ProblemCode, refused: boolean, says: readonly boolean[] = [false]) {
  const { requests, clock } = scripted([]);
  const began = clock.now();
  let reads = 0;
  const confirm = confirmByReading(requests, async () => {
    reads += 1;
    return says[Math.min(reads, says.length) - 1] ?? false;
  });
  const { effect } = await confirm({ problem: problem(code), notBefore: began + window, refused });
  return { effect, reads, waitedMs: clock.now() - began };
}

describe("what became of a request is settled by reading", () => {
  it.each(["access-denied", "authentication", "quota", "throttled"] as const)(
    "at once after a refusal for %s, which the cloud gives before it looks at anything",
    async (code) => {
      expect(await settled(code, true)).toEqual({ effect: "not-applied", reads: 1, waitedMs: 0 });
    },
  );

  it.each(["not-found", "conflict", "wrong-state", "dependency", "invalid-request", "unexpected"] as const)(
    "only once lagging reads have caught up after a refusal for %s, which may be of what is so already",
    async (code) => {
      expect(await settled(code, true)).toMatchObject({ effect: "not-applied", waitedMs: window });
      expect(await settled(code, true, [false, false, true])).toMatchObject({ effect: "applied", reads: 3 });
    },
  );

  it.each(["throttled", "access-denied", "network", "timeout"] as const)(
    "only once it cannot land any more where an answer was lost, whatever the last attempt got: %s",
    async (code) => {
      expect(await settled(code, false)).toMatchObject({ effect: "not-applied", waitedMs: window });
      expect(await settled(code, false, [false, true])).toMatchObject({ effect: "applied", reads: 2 });
    },
  );

  it("as done without any wait where a read says so, refused or not", async () => {
    for (const refused of [true, false]) {
      expect(await settled("access-denied", refused, [true])).toEqual({ effect: "applied", reads: 1, waitedMs: 0 });
    }
  });
});
