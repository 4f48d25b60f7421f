import { describe, expect, it } from "vitest";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { aliyun } from "../../../providers/aliyun/index.js";
import { mapConcurrent } from "../../../src/batch.js";
import type { TerminateOptions, TerminateOutcome } from "../../../src/termination.js";
import type { FakeCloud, Fault } from "../../../src/testing/world.js";
import { inProcessClients } from "./in-process.js";

/** Schedules in all, half of them for each way that moves money; run side by side, since most of each is waiting. */
const schedules = 600;
const sideBySide = 40;
const day = 24 * 3_600_000;
const region = "cn-hangzhou";

/** The ways out of a subscription that move money, with the request that does it. */
const ways = {
  unsubscribe: { api: "bss:RefundInstance", order: "refund" },
  convert: { api: "ecs:ModifyInstanceChargeType", order: "conversion" },
} as const;
type Way = keyof typeof ways;

describe("moving money under faults", () => {
  for (const way of ["unsubscribe", "convert"] as const) {
    it(`S51 ${way}s nothing twice, and nothing that was not chosen, under ${schedules / 2} random fault schedules`, async () => {
      const seeds = Array.from({ length: schedules / 2 }, (_, index) => index + 1);
      const played = await mapConcurrent(seeds, sideBySide, (seed) => play(way, seed));
      expect(played.flatMap(({ faults }) => faults)).toEqual([]);
      // The schedules bite: some lose an answer, some moves are made only by a later process, and most are made in the end.
      expect(played.filter(({ lost }) => lost).length).toBeGreaterThan(schedules / 10);
      expect(played.filter(({ moved }) => moved).length).toBeGreaterThan(schedules / 5);
    });
  }
});

/** What one schedule came to: whatever is wrong with it, in words. */
interface Played {
  readonly faults: readonly string[];
  readonly moved: boolean;
  readonly lost: boolean;
}

async function play(way: Way, seed: number): Promise<Played> {
  const random = randomNumbers(seed * 7919 + way.length);
  const fake = seededWorld();
  const troubles = scheduleOf(way, random);
  for (const trouble of troubles) fake.faults.add(trouble);
  const processes = 1 + Math.floor(random() * 3);
  const outcomes: TerminateOutcome[] = [];
  for (let process = 0; process < processes; process++) {
    outcomes.push(...(await runProcess(fake, way, `LTAI-${way}-${seed}`, random)));
    await fake.clock.advance(Math.floor(random() * 90_000));
  }
  // Whatever is still on its way lands now.
  fake.faults.clear();
  await fake.clock.advance(2 * 3_600_000);
  const { order } = ways[way];
  const moves = fake.view().orders.filter((one) => one.instanceId === fake.id("chosen"));
  return {
    faults: wrongs(fake, way, outcomes).map((wrong) => `${way} schedule ${seed}: ${wrong}`),
    moved: moves.some(({ kind }) => kind === order),
    lost: troubles.some(({ fault }) => fault === "drop-after"),
  };
}

function seededWorld(): FakeCloud {
  const fake = fakeAliyun({ region });
  const expiresAt = new Date(fake.clock.now() + 90 * day).toISOString();
  fake.seed([
    { id: "chosen", billing: "prepaid", expiresAt, disks: [{ role: "system" }, { role: "data" }] },
    { id: "beside", billing: "prepaid", expiresAt },
    { id: "refused", billing: "prepaid", expiresAt },
  ]);
  return fake;
}

/** One to three troubles of the requests that move money or end instances, and lagging reads in half of all schedules. */
function scheduleOf(way: Way, random: () => number): readonly Fault[] {
  const apis = [ways[way].api, ways[way].api, "ecs:DeleteInstances"];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] ?? (items[0] as T);
  const troubles = Array.from({ length: 1 + Math.floor(random() * 3) }, (): Fault => {
    const where = { api: pick(apis), skip: Math.floor(random() * 2), times: 1 + Math.floor(random() * 2) };
    switch (Math.floor(random() * 6)) {
      case 0:
        return { ...where, skip: 0, fault: "drop-before" };
      case 1:
        return { ...where, skip: 0, fault: "drop-after" };
      case 2:
        return { ...where, skip: 0, fault: "drop-after", landsAfterMs: Math.floor(random() * 60_000) };
      case 3:
        return { ...where, fault: "throttle" };
      case 4:
        return { ...where, fault: "truncate" };
      default:
        return { ...where, fault: "server-error" };
    }
  });
  return random() < 0.5 ? troubles : [...troubles, { fault: "stale", forMs: Math.floor(random() * 14_000) }];
}

/** One process: new clients, new identity, and now and then a budget that runs out in the middle. */
async function runProcess(
  fake: FakeCloud,
  way: Way,
  accessKeyId: string,
  random: () => number,
): Promise<readonly TerminateOutcome[]> {
  const adapter = aliyun({
    region,
    credentials: { accessKeyId, accessKeySecret: "never checked" },
    clients: inProcessClients(fake, accessKeyId),
    clock: fake.clock,
  });
  const budget = random() < 0.4 ? { deadlineMs: Math.floor(random() * 60_000) } : { deadlineMs: 3 * 3_600_000 };
  const options: TerminateOptions = { data: { discard: "a test" }, prepaid: way, ...budget };
  try {
    const chosen = await adapter.terminate([fake.id("chosen")], options);
    const { prepaid: _, ...careful } = options;
    return [...chosen, ...(await adapter.terminate([fake.id("refused")], careful))];
  } catch {
    // A call that could not run as a whole has sent nothing.
    return [];
  }
}

function wrongs(fake: FakeCloud, way: Way, outcomes: readonly TerminateOutcome[]): readonly string[] {
  const { orders } = fake.view();
  const own = orders.filter(({ instanceId }) => instanceId === fake.id("chosen"));
  const ended = outcomes.some(({ instanceId, status }) => instanceId === fake.id("chosen") && status === "accepted");
  return [
    ...(own.length > 1 ? [`money was moved ${own.length} times`] : []),
    ...own.filter(({ kind }) => kind !== ways[way].order).map(({ kind }) => `a ${kind} was not chosen`),
    ...(orders.length > own.length ? ["money was moved for an instance that nobody chose"] : []),
    ...(["beside", "refused"].every((name) => fake.holds(name)) ? [] : ["an instance that nobody chose is gone"]),
    ...(ended && fake.holds("chosen") ? ["it was said to be on its way out, and stands"] : []),
    ...(!fake.holds("chosen") && own.length === 0 ? ["a subscription was released without its money"] : []),
  ];
}

/** Random numbers that are the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
