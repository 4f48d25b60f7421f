import { describe, expect, it } from "vitest";
import { fakeHuawei } from "../../../providers/huawei/fake/index.js";
import { huawei } from "../../../providers/huawei/index.js";
import { mapConcurrent } from "../../../src/batch.js";
import type { TerminateOptions, TerminateOutcome } from "../../../src/termination.js";
import type { FakeCloud, Fault } from "../../../src/testing/world.js";
import { inProcessClients } from "./in-process.js";
import { home } from "./world.js";

/** Schedules in all; run side by side, since most of each is waiting. */
const schedules = 520;
const sideBySide = 40;
const hour = 3_600_000;
const unsubscribe = "bss:POST /v2/orders/subscriptions/resources/unsubscribe";
const deleteServers = "ecs:POST /v1/{project_id}/cloudservers/delete";
const caller = { ak: "HPUAFAULTS0000000001", projectId: "0970dd9c1a0026a62fddc0038c52b5eb" };

describe("returning subscriptions under faults", () => {
  it(`S51 returns nothing twice, and nothing that was not chosen, under ${schedules} random fault schedules`, async () => {
    const seeds = Array.from({ length: schedules }, (_, index) => index + 1);
    const played = await mapConcurrent(seeds, sideBySide, play);
    expect(played.flatMap(({ wrongs }) => wrongs)).toEqual([]);
    // The schedules bite: answers are lost, requests land late, a later process finds what an earlier one did.
    const count = (is: (one: Played) => boolean) => played.filter(is).length;
    expect(count(({ lost }) => lost)).toBeGreaterThan(schedules / 8);
    expect(count(({ late }) => late)).toBeGreaterThan(schedules / 8);
    expect(count(({ processes }) => processes > 1)).toBeGreaterThan(schedules / 3);
    expect(count(({ returned }) => returned)).toBeGreaterThan(schedules / 2);
  });
});

/** What one schedule came to: whatever is wrong with it, in words. */
interface Played {
  readonly wrongs: readonly string[];
  readonly returned: boolean;
  readonly lost: boolean;
  readonly late: boolean;
  readonly processes: number;
}

async function play(seed: number): Promise<Played> {
  const random = randomNumbers(seed * 7919);
  const fake = seededWorld();
  const troubles = scheduleOf(random);
  for (const trouble of troubles) fake.faults.add(trouble);
  const processes = 1 + Math.floor(random() * 3);
  const wrongs: string[] = [];
  for (let process = 0; process < processes; process++) {
    const before = fake.requests.length;
    const outcomes = await runProcess(fake, process === 0, random);
    wrongs.push(...wrongsOf(fake, before, outcomes));
    await fake.clock.advance(Math.floor(random() * 90_000));
  }
  // Whatever is still on its way lands now.
  fake.faults.clear();
  await fake.clock.advance(2 * hour);
  wrongs.push(...wrongsIn(fake));
  return {
    wrongs: wrongs.map((wrong) => `schedule ${seed}: ${wrong}`),
    returned: fake.view().orders.some(({ kind }) => kind === "refund"),
    lost: troubles.some(({ fault }) => fault === "drop-before" || fault === "drop-after"),
    late: troubles.some((trouble) => trouble.fault === "drop-after" && trouble.landsAfterMs !== undefined),
    processes,
  };
}

function seededWorld(): FakeCloud {
  const fake = fakeHuawei({
    accounts: { [caller.ak]: home.accountId },
    region: home.region,
    project: caller.projectId,
  });
  const expiresAt = new Date(fake.clock.now() + 90 * 24 * hour).toISOString();
  fake.seed([
    { id: "chosen", billing: "prepaid", expiresAt, disks: [{ role: "system" }, { role: "data" }] },
    { id: "refused", billing: "prepaid", expiresAt },
    { id: "metered" },
  ]);
  return fake;
}

/** One to three troubles of the requests that return or delete, and lagging reads in half of all schedules. */
function scheduleOf(random: () => number): readonly Fault[] {
  const troubles = Array.from({ length: 1 + Math.floor(random() * 3) }, (): Fault => {
    const api = random() < 0.7 ? unsubscribe : deleteServers;
    const times = 1 + Math.floor(random() * 2);
    switch (Math.floor(random() * 6)) {
      case 0:
        return { api, times, fault: "drop-before" };
      case 1:
        return { api, times, fault: "drop-after" };
      case 2:
        return { api, times, fault: "drop-after", landsAfterMs: Math.floor(random() * 60_000) };
      case 3:
        return { api, times, fault: "throttle" };
      case 4:
        return { api, times, fault: "truncate" };
      default:
        return { api, times, fault: "server-error" };
    }
  });
  return random() < 0.5 ? troubles : [...troubles, { fault: "stale", forMs: Math.floor(random() * 14_000) }];
}

/** One process: new clients, new identity, and now and then a budget that runs out in the middle. */
async function runProcess(
  fake: FakeCloud,
  isFirst: boolean,
  random: () => number,
): Promise<readonly TerminateOutcome[]> {
  const adapter = huawei({
    region: home.region,
    projectId: caller.projectId,
    credentials: { ak: caller.ak, sk: "never checked" },
    clients: inProcessClients(fake, caller),
    clock: fake.clock,
  });
  const deadlineMs = random() < 0.4 ? Math.floor(random() * 60_000) : 3 * hour;
  const careful: TerminateOptions = { data: { discard: "a test" }, deadlineMs };
  try {
    const chosen = await adapter.terminate([fake.id("chosen")], { ...careful, prepaid: "unsubscribe" });
    if (!isFirst) return chosen;
    return [...chosen, ...(await adapter.terminate([fake.id("refused"), fake.id("metered")], careful))];
  } catch {
    // A call that could not run as a whole has sent nothing.
    return [];
  }
}

/** What one process did wrong, by what it sent and what it says. */
function wrongsOf(fake: FakeCloud, from: number, outcomes: readonly TerminateOutcome[]): readonly string[] {
  const sent = fake.requests.slice(from).filter(({ api, status }) => api === unsubscribe && status !== 429);
  const said = new Map(outcomes.map(({ instanceId, status }) => [instanceId, status]));
  const accepted = (name: string) => said.get(fake.id(name)) === "accepted";
  const isOrdered = fake.view().orders.some(({ instanceId }) => instanceId === fake.id("chosen"));
  return [
    ...(sent.length > 1 ? [`one process sent the return ${sent.length} times`] : []),
    // A budget can end before its order does, and then the order is what was accepted.
    ...(accepted("chosen") && !isOrdered ? ["a return was called accepted, and there is no order"] : []),
    ...(accepted("metered") && fake.holds("metered") ? ["a deletion was called accepted, and its server stands"] : []),
    ...(accepted("refused") ? ["what was refused is said to be gone"] : []),
  ];
}

/** What is wrong in the end, by the state of the cloud. */
function wrongsIn(fake: FakeCloud): readonly string[] {
  const { orders, effects } = fake.view();
  const own = orders.filter(({ instanceId }) => instanceId === fake.id("chosen"));
  const twice = effects.filter(({ api, count }) => count > 1 && [unsubscribe, deleteServers].includes(api));
  return [
    ...(own.length > 1 ? [`money was moved ${own.length} times`] : []),
    ...twice.map(({ api, count }) => `${api} took effect ${count} times on one server`),
    ...(orders.length > own.length ? ["money was moved for a server that nobody chose"] : []),
    ...(fake.holds("refused") ? [] : ["a server that nobody chose is gone"]),
    ...(!fake.holds("chosen") && own.length === 0 ? ["a subscription ended without its money"] : []),
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
