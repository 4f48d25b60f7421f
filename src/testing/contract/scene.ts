import assert from "node:assert/strict";
import type { CloudAdapter } from "../../adapter.js";
import type { Capabilities } from "../../capabilities.js";
import type { MaybePromise } from "../../common.js";
import type { InstanceRecord, InstanceState } from "../../instances.js";
import type { SeedInstance, SeedName, WorldSeed } from "../seed.js";
import type { TestRunner, World } from "../world.js";
import { type ConsoleTee, teeConsole } from "./console-tee.js";
import { type RecorderHooks, type Recording, record } from "./recording.js";
import { assertNoSecret, type Watched, watch } from "./watch.js";

/** One test's world with its adapter under watch, and the few things most tests need. */
export interface Scene {
  readonly world: World;
  readonly adapter: CloudAdapter;
  readonly capabilities: Capabilities;
  /** Everything said so far: answers, errors, events, console. */
  said(): readonly string[];
  seed(seed: WorldSeed | readonly SeedInstance[]): void;
  /** Seeds, or answers false where the cloud knows no such thing and its fake refuses it. */
  trySeed(seed: WorldSeed | readonly SeedInstance[]): boolean;
  /** The cloud's id of a seeded name. */
  id(name: SeedName): string;
  ids(...names: readonly SeedName[]): readonly string[];
  /** What the adapter sees of a seeded instance now. */
  sighting(name: SeedName): Promise<InstanceRecord>;
  /** The state of a seeded instance as the world has it, whatever reads say. */
  state(name: SeedName): InstanceState;
  /** A well-formed instance id that nobody has. Needs one seeded instance as a pattern. */
  unknownId(): string;
  record(hooks?: RecorderHooks): Recording;
  /** Another adapter into the same cloud, under watch as well. */
  another(options: Parameters<World["another"]>[0]): Promise<CloudAdapter>;
  /** Another world, closed with this one. */
  fresh(): Promise<Scene>;
  /** Lets jobs, drains, lagging reads and late effects come to their end. */
  settle(): Promise<void>;
}

/** Where the rules of one adapter are registered. */
export interface Suite {
  describe(name: string, body: () => void): void;
  /** One rule: opens a world, closes it whatever happens, and checks what holds in every test. */
  it(name: string, rule: (scene: Scene) => Promise<void>): void;
}

/** Longer than any job, drain or lag of a fake, and shorter than the hour a tombstone stays. */
const settleMs = 20 * 60_000;

/** Binds the rules to a runner and a way to open worlds. */
export function openSuite(runner: TestRunner, openWorld: () => MaybePromise<World>): Suite {
  return {
    describe: (name, body) => void runner.describe(name, body),
    it: (name, rule) => void runner.it(name, () => play(openWorld, rule)),
  };
}

async function play(openWorld: () => MaybePromise<World>, rule: (scene: Scene) => Promise<void>): Promise<void> {
  const tee = teeConsole();
  const stage: Stage = { openWorld, tee, worlds: [], watched: [] };
  try {
    await rule(await openScene(stage));
    for (const { faults } of stage.watched) assert.deepEqual(faults, []);
    const words = [...tee.lines, ...stage.watched.flatMap((watched) => watched.said)];
    assertNoSecret(words, secretsOf(stage));
  } finally {
    tee.close();
    for (const world of stage.worlds) await world.close();
  }
}

/** What one test has opened. */
interface Stage {
  readonly openWorld: () => MaybePromise<World>;
  readonly tee: ConsoleTee;
  readonly worlds: World[];
  readonly watched: Watched[];
}

function secretsOf(stage: Stage): readonly string[] {
  const told = stage.worlds.flatMap(({ secrets }) => (secrets === undefined ? [] : [secrets]));
  assert.ok(!told.some(({ length }) => length === 0), "a list of no secrets cannot show that none leaks");
  return told.flat();
}

async function openScene(stage: Stage): Promise<Scene> {
  const world = await stage.openWorld();
  stage.worlds.push(world);
  const watched = watch(world, world.adapter);
  stage.watched.push(watched);
  const { adapter } = watched;
  const find = (name: SeedName) => world.view().instances.find((instance) => instance.id === world.id(name));

  return {
    world,
    adapter,
    capabilities: adapter.capabilities,
    said: () => [...stage.tee.lines, ...stage.watched.flatMap((one) => one.said)],
    seed: (seed) => world.seed(seed),
    trySeed: (seed) => {
      try {
        world.seed(seed);
        return true;
      } catch {
        return false;
      }
    },
    id: (name) => world.id(name),
    ids: (...names) => names.map((name) => world.id(name)),
    sighting: async (name) => {
      for await (const record of adapter.findInstances({ ids: [world.id(name)] })) return record;
      return assert.fail(`the adapter does not find ${name}`);
    },
    state: (name) => find(name)?.state ?? "gone",
    unknownId: () => unknownId(world),
    record: (hooks) => record(world, hooks),
    another: async (options) => {
      const other = watch(world, await world.another(options));
      stage.watched.push(other);
      return other.adapter;
    },
    fresh: () => openScene(stage),
    settle: () => world.clock.advance(settleMs + adapter.capabilities.consistencyWindowMs),
  };
}

/** Changes the last character of a known id, so that the form stays right on every cloud. */
function unknownId(world: World): string {
  const known = new Set(world.view().instances.map((instance) => instance.id));
  const [pattern] = known;
  assert.ok(pattern, "seed an instance first");
  for (const last of "0123456789abcdef") {
    const id = pattern.slice(0, -1) + last;
    if (!known.has(id)) return id;
  }
  return assert.fail("every id of this form is taken");
}
