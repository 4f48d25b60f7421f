import { describe, expect, it } from "vitest";
import { fakeTencent } from "../../../providers/tencent/fake/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { MutationIntent, MutationRecorder } from "../../../src/effects.js";
import type { TerminateOptions, TerminateOutcome } from "../../../src/termination.js";
import type { FakeCloud, Fault } from "../../../src/testing/world.js";
import { type Fate, inProcessAdapter } from "./in-process.js";

const schedules = 500;
const expiresAt = "2030-01-01T00:00:00Z";
const returning: TerminateOptions = { data: { discard: "a test" }, prepaid: "unsubscribe" };
/** What a read may lag at most, if the adapter is right about the cloud. */
const longestLagMs = 14_000;
/** How far reads of one process may fall back behind what that process has seen already. */
const fallenBackMs = 180_000;

type Random = (below: number) => number;

/** The same numbers each time (Numerical Recipes). */
function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

/** A world with one prepaid server, and a process that dies and begins again. */
interface Scene {
  readonly fake: FakeCloud;
  readonly id: string;
  readonly random: Random;
}

function openScene(seed: number): Scene {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  fake.seed([{ id: "web", billing: "prepaid", expiresAt, disks: [{ role: "system" }] }]);
  return { fake, id: fake.id("web"), random: seeded(seed) };
}

const secondStages = ({ fake, id }: Scene) =>
  fake.view().effects.filter((effect) => effect.id === `${id}/second-stage`).length;
const refunds = ({ fake }: Scene) => fake.view().orders.filter(({ kind }) => kind === "refund").length;
const stateOf = ({ fake, id }: Scene) => fake.view().instances.find((one) => one.id === id)?.state ?? "gone";

/** Trouble of every kind, mostly about the request that matters. */
function trouble({ fake, random }: Scene): void {
  // A fake remembers as much of the past as some fault asks for.
  fake.faults.add({ fault: "stale", api: "cvm:DescribeZones", forMs: fallenBackMs });
  for (let count = random(4); count > 0; count--) {
    const match = {
      ...(random(3) > 0 ? { api: "cvm:TerminateInstances" } : {}),
      skip: random(3) === 0 ? random(6) : 0,
      times: 1 + random(3),
    };
    fake.faults.add({ ...match, ...anyFault(random) });
  }
  // Reads that lag, of the server or of everything.
  if (random(2) === 0) {
    const api = random(2) === 0 ? { api: "cvm:DescribeInstances" } : {};
    fake.faults.add({ fault: "stale", forMs: random(longestLagMs), ...api });
  }
}

function anyFault(random: Random): Fault {
  const faults: readonly Fault[] = [
    { fault: "drop-before" },
    { fault: "drop-after" },
    { fault: "drop-after", landsAfterMs: random(60_000) },
    { fault: "throttle" },
    { fault: "slow", delayMs: random(20_000) },
    { fault: "server-error" },
    { fault: "error", cloudCode: "InternalError" },
    { fault: "error", cloudCode: "OperationDenied.InstanceOperationInProgress" },
  ];
  return faults[random(faults.length)] ?? { fault: "drop-after" };
}

/** Kills the process at one of its requests, before it leaves or before its answer is there; or never. */
function mortality(random: Random) {
  let left = random(3) === 0 ? Number.POSITIVE_INFINITY : random(25);
  const last = random(2) === 0 ? "never sent" : "sent and never answered";
  let die: (word: "died") => void = () => undefined;
  const died = new Promise<"died">((resolve) => {
    die = resolve;
  });
  const fate: Fate = () => {
    left -= 1;
    if (left > 0) return "sent";
    setImmediate(() => die("died"));
    return left === 0 ? last : "never sent";
  };
  const spare = () => {
    left = Number.POSITIVE_INFINITY;
  };
  return { fate, died, spare };
}

/** What a journal on disk would hold: requests that were announced, and those whose end is known. */
function journal() {
  const open = new Map<string, MutationIntent>();
  const recorder: MutationRecorder = {
    intent: async (intent) => void open.set(intent.key, intent),
    settled: async (key) => void open.delete(key),
  };
  return { recorder, open };
}

/** What the last process said, and its adapter. */
interface End {
  readonly outcome: TerminateOutcome | undefined;
  readonly adapter: CloudAdapter;
}

/** Ends the server, and carries on by a fresh process each time one dies. */
async function end(scene: Scene, options: TerminateOptions): Promise<End> {
  const { fake, id, random } = scene;
  const { recorder, open } = journal();
  for (let process = 0; ; process++) {
    const { fate, died, spare } = mortality(random);
    const adapter = inProcessAdapter(fake, process === 3 ? undefined : fate);
    const ended = adapter.terminate([id], { ...options, recorder }).catch(() => undefined);
    const outcomes = await Promise.race([ended, died]);
    if (outcomes !== "died") {
      spare();
      return { outcome: outcomes?.[0], adapter };
    }
    // Whoever carries on believes no read before everything announced has had its time.
    const until = Math.max(0, ...[...open.values()].map(({ at, settleMs }) => Date.parse(at) + settleMs));
    await fake.clock.advance(Math.max(0, until - fake.clock.now()) + longestLagMs);
    open.clear();
  }
}

/**
 * Asks once more, as an impatient operator would, with the trouble still there or over: the same process at once, with
 * reads that have fallen back behind what it saw, or another one.
 */
async function askAgain(scene: Scene, adapter: CloudAdapter): Promise<TerminateOutcome | undefined> {
  const { fake, id, random } = scene;
  if (random(2) === 0) {
    fake.faults.add({ fault: "stale", forMs: fallenBackMs, times: 40 });
    const outcomes = await adapter.terminate([id], returning).catch(() => undefined);
    return outcomes?.[0];
  }
  if (random(2) === 0) await fake.clock.advance(random(120_000));
  if (random(2) === 0) fake.faults.clear();
  return (await end(scene, returning)).outcome;
}

/** An outcome that says nothing happened is true, and so is one that says where the server is. */
function isTrue(scene: Scene, outcome: TerminateOutcome | undefined): boolean {
  const state = stateOf(scene);
  if (outcome?.status === "recycled") return state === "recycled";
  if (outcome?.status === "accepted") return state !== "running";
  return true;
}

describe("a prepaid CVM server under random trouble", () => {
  it(`S05 S06 is returned at most once and never destroyed in ${schedules} schedules of faults and deaths, unless a purge was asked for`, async () => {
    const wrong: string[] = [];
    let returned = 0;
    for (let seed = 1; seed <= schedules; seed++) {
      const scene = openScene(seed);
      trouble(scene);
      const { outcome: first, adapter } = await end(scene, returning);
      const second = await askAgain(scene, adapter);
      scene.fake.faults.clear();
      await scene.fake.clock.advance(300_000);
      returned += refunds(scene);
      if (secondStages(scene) > 0) wrong.push(`${seed}: destroyed after ${first?.status}, ${second?.status}`);
      if (refunds(scene) > 1) wrong.push(`${seed}: refunded ${refunds(scene)} times`);
      if (!isTrue(scene, second)) wrong.push(`${seed}: ${second?.status}, but it is ${stateOf(scene)}`);
    }
    expect(wrong).toEqual([]);
    // The trouble must not have kept everything from happening.
    expect(returned).toBeGreaterThan(schedules / 2);
  });

  it("is destroyed by the second stage where a purge was asked for, and by one request", async () => {
    let purged = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const scene = openScene(seed);
      await end(scene, returning);
      scene.fake.faults.clear();
      await scene.fake.clock.advance(300_000);
      if (stateOf(scene) !== "recycled") continue;
      trouble(scene);
      await end(scene, { ...returning, recycleBin: "purge" });
      scene.fake.faults.clear();
      await scene.fake.clock.advance(300_000);
      await end(scene, { ...returning, recycleBin: "purge" });
      expect(secondStages(scene)).toBeLessThanOrEqual(1);
      purged += secondStages(scene);
    }
    expect(purged).toBeGreaterThan(30);
  });

  it("bites: whoever sends a lost request again destroys the server", async () => {
    const scene = openScene(1);
    const adapter = inProcessAdapter(scene.fake);
    scene.fake.faults.add({ fault: "drop-after", api: "cvm:TerminateInstances", landsAfterMs: 20_000, times: 1 });
    const [lost] = await adapter.terminate([scene.id], { ...returning, deadlineMs: 5_000 });
    expect(lost?.status).toBe("unknown");
    // What another tool would do: the same request once more, since the server still reads RUNNING.
    const another = inProcessAdapter(scene.fake);
    await another.terminate([scene.id], returning);
    await scene.fake.clock.advance(300_000);
    expect(secondStages(scene)).toBe(1);
  });
});
