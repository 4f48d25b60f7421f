import { chunk, groupBy, mapConcurrent } from "../../src/batch.js";
import { type DataGate, openDataGate } from "../../src/data-gate.js";
import { departedOutcomes } from "../../src/departed.js";
import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked, refused, undetermined } from "../../src/outcomes.js";
import { isBack } from "../../src/revert.js";
import { collapseTargets } from "../../src/targets.js";
import type { TerminateOptions, TerminateOutcome, TerminationPath } from "../../src/termination.js";
import { absenceReads } from "./absent.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { readOwners } from "./dependencies/owners.js";
import { instanceIdForm, readInstances } from "./instances.js";
import { lookAt, seenIn } from "./look.js";
import { rereadProofs } from "./proofs.js";
import type { SeenInstance } from "./record.js";
import { revertWith } from "./revert.js";
import { releaseBatch } from "./termination/batches.js";
import { blockerOf, type Judgement } from "./termination/blockers.js";
import { pathOf } from "./termination/path.js";
import { needsPreparation, prepare } from "./termination/preparation.js";
import { belowMinimum, type QuoteReading, readQuotes } from "./termination/quotes.js";
import { rehearse } from "./termination/rehearsal.js";
import { type ReleaseWay, releaseEffect } from "./termination/release.js";
import { convert, letExpire, schedule } from "./termination/slow-ways.js";
import { unsubscribe } from "./termination/unsubscribe.js";
import { type Wishes, wishesOf } from "./termination/wishes.js";
import type { Verdict } from "./verdicts.js";

/** Instances of one DeleteInstances (DeleteInstancesRequest, InstanceId). */
const batchSize = 100;
const concurrency = 4;

type Outcomes = Map<string, TerminateOutcome>;

/** An instance that may go, the way it goes, and what was changed for that. */
export interface Leaving {
  readonly seen: SeenInstance;
  readonly path: TerminationPath;
  readonly effects: readonly Effect[];
}

/** What was judged, for what follows. */
interface Judged {
  readonly leaving: readonly Leaving[];
  readonly quotes: QuoteReading;
  readonly judgement: Judgement;
}

/** Terminates instances the way their billing needs: see `termination/path.ts`. ECS keeps nothing of a released one. */
export async function terminate(
  open: OpenAliyunCall,
  targets: readonly InstanceTarget[],
  options: TerminateOptions,
): Promise<readonly TerminateOutcome[]> {
  const wishes = wishesOf(options);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const look = await lookAt(call, asked);
  const outcomes: Outcomes = await departedOutcomes(absenceReads(call), look, asked.sightings);
  const alive = seenIn(look).filter(({ record }) => !outcomes.has(record.id));
  const judged = await judge(call, alive, wishes, outcomes);
  if (options.dryRun) {
    for (const outcome of await rehearse(call, judged.leaving, judged.quotes, wishes))
      outcomes.set(outcome.instanceId, outcome);
  } else await end({ call, open, wishes, outcomes, judgement: judged.judgement }, judged.leaving);
  return asked.ids.map((id) => outcomes.get(id) ?? undetermined(id, unanswered));
}

/** Judges what is alive. What must stay, or goes by itself, gets its outcome; the rest leaves, each its own way. */
async function judge(
  call: AliyunCall,
  alive: readonly SeenInstance[],
  wishes: Wishes,
  outcomes: Outcomes,
): Promise<Judged> {
  const { options } = wishes;
  const decided: Leaving[] = [];
  for (const seen of alive) {
    const { id } = seen.record;
    const decision = pathOf(seen, options, call.requests.clock.now());
    if ("problem" in decision) outcomes.set(id, blocked(id, decision.problem));
    else if ("leaving" in decision) outcomes.set(id, { status: "accepted", instanceId: id, effects: [] });
    else decided.push({ seen, path: decision.path, effects: [] });
  }
  const [owners, gate, quotes] = await Promise.all([
    readOwners(
      call,
      decided.map(({ seen }) => seen),
    ),
    gateFor(call, decided, options),
    readQuotes(
      call,
      decided.flatMap(({ seen, path }) => (movesMoney(path) ? [seen.record.id] : [])),
    ),
  ]);
  const judgement = { wishes, owners, gate };
  const leaving = decided.filter(({ seen, path }) => {
    const { id } = seen.record;
    const problem = blockerOf(seen, path, judgement) ?? moneyBlocker(id, path, quotes, options);
    if (problem) outcomes.set(id, blocked(id, problem));
    return !problem;
  });
  return { leaving, quotes, judgement };
}

async function gateFor(call: AliyunCall, decided: readonly Leaving[], options: TerminateOptions): Promise<DataGate> {
  return openDataGate({
    data: options.data,
    acceptDataLoss: options.acceptDataLoss,
    dataDisks: options.dataDisks,
    targetIds: new Set(decided.map(({ seen }) => seen.record.id)),
    scope: call.scope,
    clock: call.requests.clock,
    reread: await rereadProofs(call, "proofs" in options.data ? options.data.proofs : []),
  });
}

function movesMoney(path: TerminationPath): boolean {
  return path === "unsubscribe" || path === "convert-and-release";
}

/** A refund that is refused cannot be had; of a conversion the quote of a refund is an estimate, and no more. */
function moneyBlocker(
  id: string,
  path: TerminationPath,
  { quotes, refusals }: QuoteReading,
  { minimumRefund }: TerminateOptions,
): Problem | undefined {
  if (!movesMoney(path)) return undefined;
  if (path === "unsubscribe" && refusals.has(id)) return refusals.get(id);
  return belowMinimum(quotes.get(id), minimumRefund, id);
}

/** What the sending half of one call works with. */
interface Sending {
  readonly call: AliyunCall;
  readonly open: OpenAliyunCall;
  readonly wishes: Wishes;
  readonly outcomes: Outcomes;
  readonly judgement: Judgement;
}

async function end(sending: Sending, leaving: readonly Leaving[]): Promise<void> {
  const { call, outcomes, wishes } = sending;
  const { releaseAt } = wishes.options;
  const slow = leaving.filter(({ path }) => path === "schedule" || path === "let-expire");
  await mapConcurrent(slow, concurrency, async ({ seen, path }) => {
    const timed = path === "schedule" && releaseAt !== undefined;
    outcomes.set(seen.record.id, timed ? await schedule(call, seen, releaseAt) : await letExpire(call, seen));
  });
  const now = leaving.filter((one) => !slow.includes(one));
  const prepared = await mapConcurrent(now, concurrency, (one) => prepareOne(sending, one));
  const ready = prepared.flatMap((one) => one ?? []);
  const released = ready.filter(({ path }) => !movesMoney(path));
  // What moves money goes one by one: quotas are the account's, and each quote is read right before.
  for (const one of ready.filter(({ path }) => movesMoney(path))) {
    const converted = await moveMoney(sending, one);
    if (converted) released.push(converted);
  }
  // Members of a batch are paid alike: only expired subscriptions go with the word for those.
  const batches = [...groupBy(released, ({ path }) => path === "release-expired").values()];
  await mapConcurrent(
    batches.flatMap((kind) => chunk(kind, batchSize)),
    concurrency,
    (batch) => endBatch(sending, batch),
  );
}

/** Sets flags and clears protection where wished. One that cannot be prepared gets its outcome. */
async function prepareOne(sending: Sending, one: Leaving): Promise<Leaving | undefined> {
  if (!needsPreparation(one.seen, sending.wishes)) return one;
  const { effects, stopped } = await prepare(sending.call, one.seen, sending.wishes);
  if (!stopped) return { ...one, effects };
  sending.outcomes.set(one.seen.record.id, await staying(sending, one.seen.record.id, stopped, effects));
  return undefined;
}

/** Returns or converts a subscription. Answers what is left to be released: one that reads as pay-as-you-go now. */
async function moveMoney(sending: Sending, { seen, path, effects }: Leaving): Promise<Leaving | undefined> {
  const { call, outcomes, wishes } = sending;
  const { id } = seen.record;
  if (path === "unsubscribe") {
    const outcome = await unsubscribe(call, seen, wishes.options, effects);
    outcomes.set(id, await withGivenBack(sending, outcome, effects));
    return undefined;
  }
  const converted = await convert(call, seen);
  if ("outcome" in converted) {
    outcomes.set(id, await withGivenBack(sending, converted.outcome, effects));
    return undefined;
  }
  return await judgeAgain(sending, id, [...effects, converted.effect]);
}

/** A conversion takes minutes and can free disks: what it left is looked at again before it is released. */
async function judgeAgain(sending: Sending, id: string, effects: readonly Effect[]): Promise<Leaving | undefined> {
  const { call, outcomes, judgement } = sending;
  try {
    const seen = (await readInstances(call, [id])).byId.get(id);
    const problem = seen && blockerOf(seen, "release", judgement);
    if (seen && !problem) return { seen, path: "release", effects };
    outcomes.set(id, problem ? { ...blocked(id, problem), effects } : undetermined(id, unanswered, effects));
  } catch {
    outcomes.set(id, undetermined(id, call.requests.stopped() ?? unanswered, effects));
  }
  return undefined;
}

/** The outcome of one that stays, with what could not be given back; of another as it is. */
async function withGivenBack(
  sending: Sending,
  outcome: TerminateOutcome,
  changed: readonly Effect[],
): Promise<TerminateOutcome> {
  if (outcome.status !== "blocked" && outcome.status !== "failed") return outcome;
  return { ...outcome, effects: [...outcome.effects, ...(await giveBack(sending, changed))] };
}

async function endBatch(sending: Sending, batch: readonly Leaving[]): Promise<void> {
  const { call, outcomes, wishes } = sending;
  const way: ReleaseWay = {
    forced: wishes.options.shutdown === "forced",
    expired: batch[0]?.path === "release-expired",
  };
  const verdicts = await releaseBatch(
    call,
    batch.map(({ seen }) => seen),
    way,
  );
  await mapConcurrent(batch, concurrency, async ({ seen, effects }) => {
    const { id } = seen.record;
    outcomes.set(id, await concluded(sending, id, verdicts.get(id), effects));
  });
}

async function concluded(
  sending: Sending,
  id: string,
  verdict: Verdict | undefined,
  changed: readonly Effect[],
): Promise<TerminateOutcome> {
  const effects = [...changed, releaseEffect(sending.call, id)];
  if (verdict?.kind === "accepted") {
    const { requestId } = verdict;
    return { status: "accepted", instanceId: id, ...(requestId === undefined ? {} : { requestId }), effects };
  }
  if (!verdict || verdict.kind === "unclear") return undetermined(id, verdict?.problem ?? unanswered, effects);
  return await staying(sending, id, verdict, changed);
}

/** The outcome of an instance that stays. Listed a moment ago and unknown now: that is no proof that it is gone. */
async function staying(
  sending: Sending,
  id: string,
  { kind, problem }: Extract<Verdict, { readonly kind: "refused" | "unsent" }>,
  changed: readonly Effect[],
): Promise<TerminateOutcome> {
  const standing = await giveBack(sending, changed);
  if (kind === "unsent") return { ...blocked(id, problem), effects: standing };
  return problem.code === "not-found" ? undetermined(id, problem, standing) : refused(id, problem, standing);
}

/**
 * Takes back what was changed for an instance that stays, whatever stopped the call: giving back heeds neither its signal
 * nor its budget. Answers what may still stand.
 */
async function giveBack(sending: Sending, effects: readonly Effect[]): Promise<readonly Effect[]> {
  if (effects.length === 0 || sending.call.requests.recorderProblem) return effects;
  const { recorder, onEvent } = sending.wishes.options;
  try {
    const call = await sending.open("all", { recorder, onEvent });
    return (await revertWith(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
  } catch {
    // Not even the credentials could be read again: everything stands, and the outcome's effects say so.
    return effects;
  }
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
