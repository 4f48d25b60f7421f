/*
 * A termination can wait long between being judged and being sent: for its turn, for protection to be cleared, for other
 * requests. What holds then is what the last look shows.
 */
import { expect, it } from "vitest";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { SeedInstance } from "../../../src/testing/seed.js";
import type { FakeCloud } from "../../../src/testing/world.js";
import { discard, expectBlocked } from "./for-test.js";
import { inProcessAdapter } from "./in-process.js";

const unsubscribe = { ...discard, prepaid: "unsubscribe" } as const;
const hourMs = 3_600_000;

interface Scene {
  readonly fake: FakeCloud;
  readonly adapter: CloudAdapter;
  readonly sent: (action: string) => number;
}

/** A server whose prices, owners and disks take a while to read. */
function scene(seed: Omit<SeedInstance, "id">, meanwhile: (fake: FakeCloud) => unknown): Scene {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed([{ id: "web", ...seed }]);
  let isDone = false;
  const adapter = inProcessAdapter(fake, undefined, async (action, answer) => {
    if (action === "DescribeExistedInstances" && !isDone) {
      isDone = true;
      await meanwhile(fake);
    }
    return answer;
  });
  return { fake, adapter, sent: (action) => fake.requests.filter((request) => request.action === action).length };
}

const expiringIn = (milliseconds: number): Omit<SeedInstance, "id"> => ({
  billing: "prepaid",
  expiresAt: new Date(fakeTencent().clock.now() + milliseconds).toISOString(),
});
const passHalfAnHour = (fake: FakeCloud) => fake.clock.advance(hourMs / 2);

it("S05 returns nothing within half an hour of its expiry, however far off that was when it was judged", async () => {
  const { fake, adapter, sent } = scene(expiringIn(0.75 * hourMs), passHalfAnHour);
  expectBlocked((await adapter.terminate([fake.id("web")], unsubscribe))[0], "wrong-state");
  expect(sent("TerminateInstances")).toBe(0);
});

it("S05 returns what expires later than that", async () => {
  const { fake, adapter } = scene(expiringIn(3 * hourMs), passHalfAnHour);
  expect((await adapter.terminate([fake.id("web")], unsubscribe))[0]).toMatchObject({ status: "recycled" });
});

it("S05 converts nothing within half an hour of its expiry", async () => {
  const { fake, adapter, sent } = scene(expiringIn(0.75 * hourMs), passHalfAnHour);
  const [outcome] = await adapter.terminate([fake.id("web")], { ...discard, prepaid: "convert" });
  expectBlocked(outcome, "wrong-state");
  expect(sent("ModifyInstancesChargeType")).toBe(0);
});

it.each(["rescue", "migrate"] as const)(
  "S05 sends no termination to a server in a %s that began since",
  async (operation) => {
    const begin = (fake: FakeCloud) => fake.meddle({ set: [{ id: "web", busy: { operation, forMs: hourMs } }] });
    const { fake, adapter, sent } = scene({}, begin);
    expectBlocked((await adapter.terminate([fake.id("web")], discard))[0], "wrong-state");
    expect(sent("TerminateInstances")).toBe(0);
  },
);

it("S05 looks again where the last look took longer than it stays true", async () => {
  const slow = { fault: "slow", api: "cvm:DescribeInstances", delayMs: 6_000 } as const;
  const { fake, adapter, sent } = scene(expiringIn(1_000 * hourMs), (fake) => fake.faults.add({ ...slow, times: 1 }));
  expect((await adapter.terminate([fake.id("web")], unsubscribe))[0]).toMatchObject({ status: "recycled" });
  const log = fake.requests.map(({ action }) => action);
  const at = log.indexOf("TerminateInstances");
  expect(log.slice(at - 2, at)).toEqual(["DescribeInstances", "DescribeInstances"]);
  expect(sent("TerminateInstances")).toBe(1);
});

it("S05 sends nothing where no look is fast enough", async () => {
  const slow = { fault: "slow", api: "cvm:DescribeInstances", delayMs: 6_000 } as const;
  const { fake, adapter, sent } = scene(expiringIn(1_000 * hourMs), (fake) => fake.faults.add(slow));
  expectBlocked((await adapter.terminate([fake.id("web")], unsubscribe))[0], "timeout");
  expect(sent("TerminateInstances")).toBe(0);
});

it("promises no longer in the bin than the seven days from its request", async () => {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed([{ id: "web", ...expiringIn(1_000 * hourMs) }]);
  const adapter = inProcessAdapter(fake, undefined, (action, answer) => {
    // Waiting for the bin takes a while here, which is none of the seven days.
    if (action === "TerminateInstances")
      fake.faults.add({ fault: "slow", api: "cvm:DescribeInstances", delayMs: 30_000 });
    return answer;
  });
  const before = fake.clock.now();
  const [outcome] = await adapter.terminate([fake.id("web")], unsubscribe);
  const sentAt = fake.requests.find(({ action }) => action === "TerminateInstances")?.at ?? "";
  if (outcome?.status !== "recycled" || outcome.recoverableUntil.basis !== "computed")
    throw new Error("It is not in the bin.");
  const until = Date.parse(outcome.recoverableUntil.at);
  expect(until).toBeLessThanOrEqual(Date.parse(sentAt) + 168 * hourMs);
  expect(until).toBeGreaterThanOrEqual(before + 168 * hourMs);
});

it("S06 calls no second termination harmless: a page knows a bin for every billing mode", () => {
  const { repeat } = inProcessAdapter(fakeTencent()).capabilities;
  expect(repeat).toMatchObject({ terminate: "destroys", unsubscribe: "destroys", purge: "destroys" });
});

it("S06 is returned once where two calls look at the same moment, before either has sent anything", async () => {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed([{ id: "web", ...expiringIn(1_000 * hourMs) }]);
  const adapter = inProcessAdapter(fake, undefined, async (action, answer) => {
    if (action === "DescribeInstances") await new Promise((resolve) => setTimeout(resolve, 5));
    return answer;
  });
  const both = [1, 2].map(() => adapter.terminate([fake.id("web")], unsubscribe));
  const statuses = (await Promise.all(both)).flat().map(({ status }) => status);
  await fake.clock.advance(300_000);
  expect(fake.view().instances).toMatchObject([{ state: "recycled" }]);
  expect(fake.requests.filter(({ action }) => action === "TerminateInstances")).toHaveLength(1);
  expect(statuses.toSorted()).toEqual(["blocked", "recycled"]);
});
