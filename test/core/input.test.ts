import { describe, expect, it } from "vitest";
import { memoryWorld } from "../../src/testing/memory-world.js";

/** What a caller without types passes. */
type Untyped = (...parameters: readonly unknown[]) => Promise<unknown>;

const world = memoryWorld();
world.seed([{ id: "web" }]);
const ids = [world.id("web")];
const { adapter } = world;
const operations: readonly (readonly [string, unknown, readonly unknown[]])[] = [
  ["listDependencies", adapter.listDependencies, []],
  ["snapshot", adapter.snapshot, []],
  ["releaseSecurityRules", adapter.releaseSecurityRules, []],
  ["terminate", adapter.terminate, [{ data: { discard: "test" } }]],
  ["verifyDeleted", adapter.verifyDeleted, []],
  ["tagInstances", adapter.tagInstances, [{ set: { a: "b" } }]],
  ["quarantine", adapter.quarantine, [{ mode: "stop", reason: "test" }]],
];
const refused = { code: "invalid-request", hint: expect.stringMatching(/./) };

describe.each(operations)("%s", (_, operation, options) => {
  it.each([undefined, null, "i-1", 5, {}, [null], [undefined], [""], [5], [{}], [{ id: "i-1" }]])(
    "refuses %j for its targets and sends nothing",
    async (targets) => {
      const sent = world.requests.length;
      await expect((operation as Untyped)(targets, ...options)).rejects.toMatchObject(refused);
      expect(world.requests).toHaveLength(sent);
    },
  );
});

it.each<readonly [string, unknown, readonly unknown[]]>([
  ["proofs that are none", adapter.terminate, [{ data: { proofs: [undefined] } }]],
  ["proofs without a disk", adapter.terminate, [{ data: { proofs: [{ id: "snap-1" }] } }]],
  ["a quarantine without options", adapter.quarantine, []],
  ["an unknown quarantine", adapter.quarantine, [{ mode: "pause", reason: "test" }]],
  ["a quarantine without a reason", adapter.quarantine, [{ mode: "stop" }]],
])("%s are refused before anything is sent", async (_, operation, options) => {
  const sent = world.requests.length;
  await expect((operation as Untyped)(ids, ...options)).rejects.toMatchObject(refused);
  expect(world.requests).toHaveLength(sent);
});
