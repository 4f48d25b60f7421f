import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { verifyJournal } from "../../src/flow/journal-file.js";
import { readStatus } from "../../src/flow/read-ledger.js";
import { createReceipt } from "../../src/flow/receipt/create-receipt.js";
import { linesOf } from "./dying-journal.js";
import { type KillCloudName, killClouds } from "./kill-clouds.js";
import { type KillStage, openStage } from "./kill-stage.js";
import { lastingPart } from "./same-receipt.js";

/** `npm run test:kill` is the long form: a hundred kills on each cloud, and every line of a journal. */
const kills = Number(process.env.KILLS ?? 0);
const long = kills > 0;
const largeFleet = 40;
const smallFleet = 3;

/** Goes on after a failure, so that one run tells all the lines after which a kill did harm. */
const softly = expect.soft;

let stage: KillStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function open(cloud: KillCloudName, size: number): Promise<KillStage> {
  await stage?.close();
  stage = await openStage(cloud, size);
  return stage;
}

/** A run as it would have been without a kill. */
interface Peaceful {
  readonly lines: number;
  readonly receipt: Awaited<ReturnType<typeof createReceipt>>;
}

async function peacefulRun(cloud: KillCloudName, size: number): Promise<Peaceful> {
  const { runHere, journal, world, names, close } = await openStage(cloud, size);
  await runHere();
  expect(names.filter((name) => world.holds(name))).toEqual([]);
  const peaceful = { lines: await linesOf(journal), receipt: await createReceipt(journal) };
  await close();
  return peaceful;
}

/** What costs, makes or destroys, and so must never happen twice. */
const weighty = /terminat|snapshot|delete|release|purge|refund|unsubscribe|convert|charge|image|backup/i;

/** Everything that must hold however often a run was killed. */
async function expectAsPeaceful({ world, names, journal, neverTwice }: KillStage, { receipt }: Peaceful, at: string) {
  softly(await verifyJournal(journal), at).toBeDefined();
  softly(await readStatus(journal), at).toMatchObject({ status: "finished", openIntents: [] });
  const killed = await createReceipt(journal);
  // Where a second termination would destroy more, one that was announced and not seen to land is never sent again.
  const unlike = killed.instances.filter(
    ({ status }) => status !== "accepted" && !(neverTwice && status === "unknown"),
  );
  softly(
    unlike.map(({ instanceId, status, problem }) => ({ instanceId, status, problem })),
    at,
  ).toEqual([]);
  const unknown = new Set(killed.instances.flatMap((one) => (one.status === "unknown" ? [one.instanceId] : [])));
  softly(killed.clean, at).toBe(receipt.clean && unknown.size === 0);
  const ended = names.filter((name) => !unknown.has(world.id(name)));
  softly(
    ended.filter((name) => world.holds(name)),
    at,
  ).toEqual([]);
  const { effects, snapshots, orders } = world.view();
  softly(
    effects.filter(({ api, count }) => count > 1 && weighty.test(api)),
    at,
  ).toEqual([]);
  softly(new Set(orders.map(({ kind, instanceId }) => `${kind} ${instanceId}`)).size, at).toBe(orders.length);
  const saved = snapshots.flatMap(({ diskIds }) => diskIds);
  softly(new Set(saved).size, at).toBe(saved.length);
  softly(lastingPart(killed, unknown), at).toEqual(lastingPart(receipt, unknown));
  await expectSameEffects(world, journal, at);
}

/** Whatever took effect was announced, and whatever was settled as applied did take effect. */
async function expectSameEffects(world: KillStage["world"], journal: KillStage["journal"], at: string) {
  const announced = new Map<string, { readonly api: string; readonly instanceIds: readonly string[] }>();
  const applied = new Set<string>();
  for await (const { entry } of journal.read()) {
    if (entry.type === "intent") announced.set(entry.intent.key, entry.intent);
    if (entry.type === "settled" && entry.result.effect === "applied") applied.add(entry.key);
  }
  const pairs = ({ api, instanceIds }: { readonly api: string; readonly instanceIds: readonly string[] }) =>
    instanceIds.map((id) => `${api} ${id}`);
  const sent = world.requests.filter(({ mutating, dryRun, tookEffect }) => mutating && !dryRun && tookEffect);
  const known = new Set([...announced.values()].flatMap(pairs));
  softly(
    sent.flatMap(pairs).filter((pair) => !known.has(pair)),
    at,
  ).toEqual([]);
  const apis = new Set(sent.map(({ api }) => api));
  const told = [...announced].flatMap(([key, { api }]) => (applied.has(key) ? [api] : []));
  softly(
    told.filter((api) => !apis.has(api)),
    at,
  ).toEqual([]);
}

const names = Object.keys(killClouds) as KillCloudName[];

describe.each(names)("a run on %s that is killed", (cloud) => {
  let small: Peaceful;
  beforeAll(async () => {
    small = await peacefulRun(cloud, smallFleet);
  });

  it.runIf(long)(
    "S41 S60 at random, again and again, ends as if nothing had happened, with nothing done twice",
    async () => {
      const whole = await peacefulRun(cloud, largeFleet);
      for (let killed = 0; killed < kills; ) {
        const current = await open(cloud, largeFleet);
        for (let ended = false; !ended; ) {
          const killAfterMs = 20 + Math.floor(Math.random() * 600);
          ended = await current.runChild(killed < kills ? { killAfterMs } : undefined);
          if (!ended) killed += 1;
        }
        await expectAsPeaceful(current, whole, `after ${killed} kills`);
      }
    },
    3_600_000,
  );

  it("S41 S60 right after any line of its journal ends as if nothing had happened, with nothing done twice", async () => {
    // In the short form one line, in the middle of the work.
    const first = long ? 1 : Math.floor(small.lines / 2);
    for (let line = first; line < small.lines; line += long ? 1 : small.lines) {
      const current = await open(cloud, smallFleet);
      softly(await current.runChild({ line }), `line ${line}`).toBe(false);
      softly(await current.runChild(), `line ${line}`).toBe(true);
      await expectAsPeaceful(current, small, `after line ${line} of ${small.lines}`);
    }
  }, 3_600_000);
});
