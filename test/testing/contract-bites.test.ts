import { AssertionError } from "node:assert";
import { describe, expect, it } from "vitest";
import { describeAdapterContract, type MemoryWorld, memoryWorld, type TestRunner } from "../../src/testing/index.js";
import { type Breakage, breakages } from "./broken-adapters.js";

/** The rules of the contract by name, ready to be run one by one. */
function rulesFor(openWorld: () => MemoryWorld): ReadonlyMap<string, () => Promise<void>> {
  const rules = new Map<string, () => Promise<void>>();
  const runner: TestRunner = {
    describe: (_, body) => body(),
    it: (name, rule) => {
      // Short names are told apart by their themes in a report; here the first of a name is enough.
      if (!rules.has(name)) rules.set(name, rule);
    },
  };
  describeAdapterContract(runner, "a broken cloud in memory", openWorld);
  return rules;
}

function broken({ cloud, over }: Breakage): MemoryWorld {
  const world = memoryWorld(cloud);
  const breakOne = (adapter: MemoryWorld["adapter"]) => ({ ...adapter, ...over(adapter, world) });
  return {
    ...world,
    adapter: breakOne(world.adapter),
    another: async (options) => breakOne(await world.another(options)),
  };
}

async function failureOf(rule: (() => Promise<void>) | undefined): Promise<unknown> {
  try {
    await rule?.();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("the adapter contract notices an adapter that", () => {
  for (const breakage of breakages) {
    for (const name of breakage.rules) {
      it(`${breakage.what}, by "${name}"`, async () => {
        const rule = rulesFor(() => broken(breakage)).get(name);
        expect(rule, `there is no rule "${name}"`).toBeDefined();
        expect(await failureOf(rule)).toBeInstanceOf(AssertionError);
      });
    }
  }

  it("is right: every rule named here holds for the honest adapter of the same cloud", async () => {
    for (const { cloud, rules } of breakages) {
      const honest = rulesFor(() => memoryWorld(cloud));
      for (const name of rules) expect(await failureOf(honest.get(name)), name).toBeUndefined();
    }
  });
});
