import { chunk, mapConcurrent } from "../../../batch.js";
import type { InstanceRecord, InstanceTarget } from "../../../instances.js";
import { blocked, refused, undetermined } from "../../../outcomes.js";
import { isBack } from "../../../revert.js";
import type { TerminateOptions, TerminateOutcome } from "../../../termination.js";
import { batchSize } from "../options.js";
import type { MemoryCall, OpenMemoryCall } from "./call.js";
import { type Ended, releaseBatch } from "./ending.js";
import { cameBack, lookAt, type Sight, targetsOf } from "./look.js";
import { endOne } from "./money.js";
import { type Prepared, prepare } from "./preparation.js";
import type { Seen } from "./record.js";
import { rehearse } from "./rehearsal.js";
import { revertIn } from "./revert.js";
import { checkWishes, type Decided, decide } from "./wishes.js";

const concurrency = 4;

/** Terminates instances, each the way its billing and state need. */
export async function terminate(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  options: TerminateOptions,
): Promise<readonly TerminateOutcome[]> {
  checkWishes(options);
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const outcomes = new Map<string, TerminateOutcome>();
  const alive: Seen[] = [];
  for (const [id, sight] of await lookAt(call, ids, sightings)) {
    const early = withoutRequest(id, sight, options);
    if (early) outcomes.set(id, early);
    else if (sight.kind === "seen") alive.push(sight.seen);
  }
  const ready: Decided[] = [];
  for (const [id, decided] of await decide(call, alive, options)) {
    if ("code" in decided) outcomes.set(id, blocked(id, decided));
    else ready.push(decided);
  }
  if (options.dryRun) {
    for (const outcome of await rehearse(call, ready)) outcomes.set(outcome.instanceId, outcome);
  } else await end({ call, open, options, outcomes }, ready);
  return ids.map((id) => outcomes.get(id) ?? { status: "not-found", instanceId: id, effects: [] });
}

/** The outcome of a target that nothing is to be done about. */
function withoutRequest(id: string, sight: Sight, options: TerminateOptions): TerminateOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") {
    const { verdict } = sight;
    if (verdict.kind === "proved")
      return { status: "already-gone", instanceId: id, absence: verdict.proof, effects: [] };
    if (verdict.kind === "never-seen") return { status: "not-found", instanceId: id, effects: [] };
    return undetermined(id, verdict.kind === "present" ? cameBack(id) : verdict.problem);
  }
  const { record } = sight.seen;
  if (record.state.unified === "terminating") return { status: "accepted", instanceId: id, effects: [] };
  if (record.state.unified === "recycled" && options.recycleBin !== "purge") return recycledOf(record);
  return undefined;
}

function recycledOf(record: InstanceRecord): TerminateOutcome {
  return {
    status: "recycled",
    instanceId: record.id,
    recoverableUntil: record.recycled?.until ?? { basis: "unknown" },
    restore: "Call `recover` with its id.",
    effects: [],
  };
}

/** What the sending half of one call works with. */
interface Sending {
  readonly call: MemoryCall;
  readonly open: OpenMemoryCall;
  readonly options: TerminateOptions;
  readonly outcomes: Map<string, TerminateOutcome>;
}

async function end(sending: Sending, ready: readonly Decided[]): Promise<void> {
  const inBatches = ready.filter(({ how }) => how === "release" || how === "recycle" || how === "release-expired");
  await mapConcurrent(chunk(inBatches, batchSize), concurrency, (batch) => endBatch(sending, batch));
  // What moves money goes one at a time: quotas are the account's.
  for (const decided of ready.filter((one) => !inBatches.includes(one))) {
    const [prepared] = await prepareAll(sending, [decided]);
    if (prepared) await conclude(sending, prepared, await endOne(sending.call, decided, sending.options));
  }
}

async function endBatch(sending: Sending, batch: readonly Decided[]): Promise<void> {
  const prepared = await prepareAll(sending, batch);
  const ended = await releaseBatch(
    sending.call,
    prepared.map(({ decided }) => decided),
  );
  await mapConcurrent(prepared, concurrency, async (one) => {
    const result = ended.get(one.decided.seen.record.id);
    if (result) await conclude(sending, one, result);
  });
}

/** Switches what has to be switched. Who cannot be prepared gets its outcome here and goes no further. */
async function prepareAll(sending: Sending, batch: readonly Decided[]): Promise<readonly Prepared[]> {
  const prepared = await mapConcurrent(batch, concurrency, (decided) => prepare(sending.call, decided));
  const going: Prepared[] = [];
  for (const one of prepared) {
    if (one.problem === undefined) going.push(one);
    else await conclude(sending, one, { kind: "refused", problem: one.problem, sent: one.sent ?? true });
  }
  return going;
}

/** Turns what became of an instance into its outcome, and gives back what was switched when it stays. */
async function conclude(sending: Sending, { decided, effects }: Prepared, ended: Ended): Promise<void> {
  const { id } = decided.seen.record;
  const { outcomes } = sending;
  switch (ended.kind) {
    case "done":
      outcomes.set(id, { ...ended.outcome, effects: [...effects, ...ended.outcome.effects] });
      return;
    case "unclear":
      outcomes.set(id, undetermined(id, ended.problem, [...effects, ...ended.effects]));
      return;
    case "refused": {
      const standing = await giveBack(sending, effects);
      const outcome = ended.sent
        ? refused(id, ended.problem, standing)
        : { ...blocked(id, ended.problem), effects: standing };
      outcomes.set(id, outcome);
    }
  }
}

/** Giving back heeds neither the caller's signal nor the budget: what was switched must not stay so by accident. */
async function giveBack({ open, options }: Sending, effects: Prepared["effects"]) {
  if (effects.length === 0) return [];
  const { recorder, onEvent } = options;
  const call = await open("all", { recorder, onEvent });
  return (await revertIn(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
}
