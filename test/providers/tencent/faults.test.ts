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

/** A world with prepaid servers that share a request, and a process that dies and begins again. */
interface Scene {
  readonly fake: FakeCloud;
  readonly ids: readonly string[];
  readonly random: Random;
  /** What befell the requests, by name. */
  readonly befallen: Set<string>;
}

function openScene(seed: number): Scene {
  const fake = fakeTencent({ region: "ap-guangzhou" });
  const random = seeded(seed);
  const names = random(4) === 0 ? ["web", "db"] : ["web"];
  fake.seed(names.map((id) => ({ id, billing: "prepaid", expiresAt, disks: [{ role: "system" }] })));
  return { fake, ids: names.map((name) => fake.id(name)), random, befallen: new Set() };
}

/** How often the second stage was carried out, in all. */
const secondStages = ({ fake }: Scene) =>
  fake
    .view()
    .effects.filter(({ id }) => id.endsWith("/second-stage"))
    .reduce((total, { count }) => total + count, 0);
const refunds = ({ fake }: Scene) => fake.view().orders.filter(({ kind }) => kind === "refund").length;
const stateOf = ({ fake }: Scene, id: string) => fake.view().instances.find((one) => one.id === id)?.state ?? "gone";
const areAll = (scene: Scene, state: string) => scene.ids.every((id) => stateOf(scene, id) === state);

/** Terminations that left without a look at each of their servers, asked for after the one before and in the last 5 s. */
function unseen({ fake }: Scene): readonly string[] {
  const log = fake.requests;
  let from = 0;
  return log.flatMap((request, at) => {
    if (request.action !== "TerminateInstances") return [];
    const looks = log
      .slice(from, at)
      .filter((look) => look.api === "cvm:DescribeInstances" && Date.parse(request.at) - Date.parse(look.at) <= 5_000);
    from = at;
    return request.instanceIds.filter((id) => !looks.some(({ instanceIds }) => instanceIds.includes(id)));
  });
}

/** Trouble of every kind, mostly about the request that matters. */
function trouble({ fake, random, befallen }: Scene): void {
  // A fake remembers as much of the past as some fault asks for.
  fake.faults.add({ fault: "stale", api: "cvm:DescribeZones", forMs: fallenBackMs });
  if (random(4) === 0) {
    // The worst of all: the connection breaks, the effect lands seconds later, and reads lag behind even that.
    const landsAfterMs = 1_000 + random(30_000);
    fake.faults.add({ fault: "drop-after", api: "cvm:TerminateInstances", landsAfterMs, times: 1 });
    fake.faults.add({ fault: "stale", api: "cvm:DescribeInstances", forMs: 1_000 + random(longestLagMs - 1_000) });
    befallen.add("lands later, while reads lag");
    return;
  }
  for (let count = random(4); count > 0; count--) {
    const match = {
      ...(random(3) > 0 ? { api: "cvm:TerminateInstances" } : {}),
      skip: random(3) === 0 ? random(6) : 0,
      times: 1 + random(3),
    };
    const fault = anyFault(random);
    fake.faults.add({ ...match, ...fault });
    if (match.api && match.skip === 0) befallen.add("cloudCode" in fault ? fault.cloudCode : fault.fault);
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
function mortality({ random, befallen }: Scene) {
  const left = random(3) === 0 ? Number.POSITIVE_INFINITY : random(25);
  const last = random(2) === 0 ? "never sent" : "sent and never answered";
  if (left < Number.POSITIVE_INFINITY) befallen.add(`killed, ${last}`);
  return deathAt(left, last);
}

/** Kills the process at that many requests from now. */
function deathAt(requests: number, last: "never sent" | "sent and never answered") {
  let left = requests;
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

/** Lets time pass second by second, so that what the dead have sent lands when it should and not at the end. */
async function pass(fake: FakeCloud, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 1_000) await fake.clock.advance(Math.min(1_000, left));
}

/** What the last process said, and its adapter. */
interface End {
  readonly outcomes: readonly TerminateOutcome[];
  readonly adapter: CloudAdapter;
}

type Death = ReturnType<typeof deathAt>;

/** Ends the servers, and carries on by a fresh process each time one dies: nothing is left of it but its journal. */
async function end(
  scene: Scene,
  options: TerminateOptions,
  deathOf: (process: number) => Death | undefined = (process) => (process === 3 ? undefined : mortality(scene)),
): Promise<End> {
  const { fake, ids } = scene;
  const { recorder, open } = journal();
  for (let process = 0; ; process++) {
    const death = deathOf(process);
    const adapter = inProcessAdapter(fake, death?.fate);
    const ended = adapter.terminate(ids, { ...options, recorder }).catch(() => []);
    const outcomes = await Promise.race([ended, ...(death ? [death.died] : [])]);
    if (outcomes !== "died") {
      death?.spare();
      return { outcomes, adapter };
    }
    // Whoever carries on believes no read before everything announced has had its time.
    const until = Math.max(0, ...[...open.values()].map(({ at, settleMs }) => Date.parse(at) + settleMs));
    await pass(fake, Math.max(0, until - fake.clock.now()) + longestLagMs);
    open.clear();
  }
}

/**
 * Asks once more, as an impatient operator would, with the trouble still there or over: the same process at once, with
 * reads that have fallen back behind what it saw, or another one.
 */
async function askAgain(scene: Scene, adapter: CloudAdapter): Promise<readonly TerminateOutcome[]> {
  const { fake, ids, random } = scene;
  if (random(2) === 0) {
    fake.faults.add({ fault: "stale", forMs: fallenBackMs, times: 40 });
    return await adapter.terminate(ids, returning).catch(() => []);
  }
  if (random(2) === 0) await pass(fake, random(120_000));
  if (random(2) === 0) fake.faults.clear();
  return (await end(scene, returning)).outcomes;
}

/** An outcome that says nothing happened is true, and so is one that says where the server is. */
function isTrue(scene: Scene, outcome: TerminateOutcome): boolean {
  const state = stateOf(scene, outcome.instanceId);
  if (outcome.status === "recycled") return state === "recycled";
  if (outcome.status === "accepted") return state !== "running";
  return true;
}

/** Lets everything under way come to its end, with no more trouble. */
async function calmDown({ fake }: Scene): Promise<void> {
  fake.faults.clear();
  await fake.clock.advance(300_000);
}

/** What must hold of every schedule in which nobody asked for a purge. */
function wrongs(scene: Scene): readonly string[] {
  return [
    ...(secondStages(scene) > 0 ? ["destroyed"] : []),
    ...(refunds(scene) > scene.ids.length ? [`refunded ${refunds(scene)} times`] : []),
    ...unseen(scene).map((id) => `${id} was terminated without a look`),
  ];
}

/** Everything that has to befall a termination in some of the schedules. */
const perils = [
  "drop-before",
  "drop-after",
  "throttle",
  "slow",
  "server-error",
  "InternalError",
  "OperationDenied.InstanceOperationInProgress",
  "lands later, while reads lag",
  "killed, never sent",
  "killed, sent and never answered",
];

describe("a prepaid CVM server under random trouble", () => {
  it(`S05 S06 is returned at most once and never destroyed in ${schedules} schedules of faults and deaths, unless a purge was asked for`, async () => {
    const wrong: string[] = [];
    const befell = new Map(perils.map((peril) => [peril, 0]));
    let returned = 0;
    for (let seed = 1; seed <= schedules; seed++) {
      const scene = openScene(seed);
      trouble(scene);
      const { outcomes: first, adapter } = await end(scene, returning);
      const second = await askAgain(scene, adapter);
      await calmDown(scene);
      if (refunds(scene) > 0) returned += 1;
      for (const peril of scene.befallen) befell.set(peril, (befell.get(peril) ?? 0) + 1);
      const said = [...first, ...second].map(({ status }) => status).join(", ");
      wrong.push(...wrongs(scene).map((what) => `${seed}: ${what} after ${said}`));
      const lies = second.filter((outcome) => !isTrue(scene, outcome));
      wrong.push(
        ...lies.map(({ status, instanceId }) => `${seed}: ${status}, but it is ${stateOf(scene, instanceId)}`),
      );
    }
    expect(wrong).toEqual([]);
    // The trouble must not have kept everything from happening, and must have been of every kind.
    expect(returned).toBeGreaterThan(schedules / 2);
    expect(perils.filter((peril) => (befell.get(peril) ?? 0) < 20)).toEqual([]);
  });

  it("S05 is destroyed by no death, whichever of its requests was the last", async () => {
    const length = inPeace().then(({ requests }) => requests);
    for (let at = 1; at <= (await length); at++) {
      for (const last of ["never sent", "sent and never answered"] as const) {
        const scene = openScene(2);
        await end(scene, returning, (process) => (process === 0 ? deathAt(at, last) : undefined));
        await calmDown(scene);
        expect([at, last, wrongs(scene), refunds(scene)]).toEqual([at, last, [], scene.ids.length]);
        expect(areAll(scene, "recycled")).toBe(true);
      }
    }
  });

  it("is destroyed by the second stage where a purge was asked for, and by one request", async () => {
    let purged = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const scene = openScene(seed);
      await end(scene, returning);
      await calmDown(scene);
      if (!areAll(scene, "recycled")) continue;
      trouble(scene);
      await end(scene, { ...returning, recycleBin: "purge" });
      await calmDown(scene);
      await end(scene, { ...returning, recycleBin: "purge" });
      expect(secondStages(scene)).toBeLessThanOrEqual(scene.ids.length);
      expect(unseen(scene)).toEqual([]);
      if (secondStages(scene) > 0) purged += 1;
    }
    expect(purged).toBeGreaterThan(30);
  });

  it("bites: whoever sends a lost request again destroys the server", async () => {
    const scene = openScene(2);
    const [id = ""] = scene.ids;
    const adapter = inProcessAdapter(scene.fake);
    scene.fake.faults.add({ fault: "drop-after", api: "cvm:TerminateInstances", landsAfterMs: 20_000, times: 1 });
    const [lost] = await adapter.terminate([id], { ...returning, deadlineMs: 5_000 });
    expect(lost?.status).toBe("unknown");
    // What another tool would do: the same request once more, since the server still reads RUNNING.
    const another = inProcessAdapter(scene.fake);
    await another.terminate([id], returning);
    await scene.fake.clock.advance(300_000);
    expect(secondStages(scene)).toBe(1);
  });
});

/** How many requests it takes where nothing goes wrong. */
async function inPeace(): Promise<{ readonly requests: number }> {
  const scene = openScene(2);
  await end(scene, returning, () => undefined);
  return { requests: scene.fake.requests.length };
}
