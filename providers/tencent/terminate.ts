import { chunk, groupBy, mapConcurrent } from "../../src/batch.js";
import { openDataGate } from "../../src/data-gate.js";
import { departedOutcomes } from "../../src/departed.js";
import type { Effect } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import { lookAtTargets, seenIn } from "../../src/look.js";
import { blocked, refused, undetermined } from "../../src/outcomes.js";
import { pollUntil } from "../../src/poll.js";
import { isBack } from "../../src/revert.js";
import { collapseTargets } from "../../src/targets.js";
import type { RecoverableUntil, TerminateOptions, TerminateOutcome, TerminationPath } from "../../src/termination.js";
import { absenceReads } from "./absent.js";
import { diskFlagEffect, protectionEffect, setDiskFlag, setProtection } from "./attributes.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { readOwners } from "./dependencies/owners.js";
import { instanceIdForm, readInstances, readStates } from "./instances.js";
import { rereadProofs } from "./proofs.js";
import type { SeenInstance } from "./record.js";
import { revertWith } from "./revert.js";
import { type Stage, sendStage, stageEffect, type Verdict } from "./termination/batches.js";
import { blockerOf } from "./termination/blockers.js";
import { pathOf } from "./termination/path.js";
import { belowMinimum, type QuoteReading, readQuotes } from "./termination/quotes.js";
import { convert, letExpire, schedule } from "./termination/slow-ways.js";
import { flagChanges, type Wishes, wishesOf } from "./termination/wishes.js";

/** Instances that one TerminateInstances takes (cvm 2017-03-12, `InstanceIds`). */
const batchSize = 100;
const concurrency = 4;
/** How long a returned instance may take until it shows in the bin. */
const binPace = { firstDelayMs: 3_000, longestDelayMs: 15_000, giveUpAfterMs: 5 * 60_000 };
/** Hours in the bin after a return ("Reclaiming instances": seven days). */
const binHours = 168;

type Outcomes = Map<string, TerminateOutcome>;

/** An instance that may go, the way it goes, and what was changed for that. */
interface Leaving {
  readonly seen: SeenInstance;
  readonly path: TerminationPath;
  readonly effects: readonly Effect[];
}

/** What the sending half of one call works with. */
interface Sending {
  readonly call: TencentCall;
  readonly open: OpenTencentCall;
  readonly wishes: Wishes;
  readonly outcomes: Outcomes;
}

/** Terminates instances the way their billing needs. See the paths in `termination/path.ts`. */
export async function terminate(
  open: OpenTencentCall,
  targets: readonly InstanceTarget[],
  options: TerminateOptions,
): Promise<readonly TerminateOutcome[]> {
  const wishes = wishesOf(options);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const look = await lookAtTargets(call.scope, asked, (ids) => readInstances(call, ids));
  const outcomes: Outcomes = await departedOutcomes(absenceReads(call), look, asked.sightings);
  for (const { record } of seenIn(look)) {
    if (record.state.unified === "terminating")
      outcomes.set(record.id, { status: "accepted", instanceId: record.id, effects: [] });
  }
  const alive = seenIn(look).filter(({ record }) => !outcomes.has(record.id));
  const { leaving, quotes } = await judge(call, alive, wishes, outcomes);
  if (options.dryRun) rehearse(leaving, quotes, outcomes);
  else await end({ call, open, wishes, outcomes }, leaving);
  return asked.ids.map((id) => outcomes.get(id) ?? undetermined(id, unanswered));
}

/** Judges what is alive. What must stay gets its outcome; the rest leaves, each its own way. */
async function judge(call: TencentCall, alive: readonly SeenInstance[], wishes: Wishes, outcomes: Outcomes) {
  const { options } = wishes;
  const claimed = "proofs" in options.data ? options.data.proofs : [];
  const decided: Leaving[] = [];
  for (const seen of alive) {
    const decision = pathOf(seen, options, call.requests.clock.now());
    if ("problem" in decision) outcomes.set(seen.record.id, blocked(seen.record.id, decision.problem));
    else if (decision.path === "recycle") outcomes.set(seen.record.id, recycled(seen, seen.record.recycled?.until, []));
    else decided.push({ seen, path: decision.path, effects: [] });
  }
  const returning = decided.filter(({ path }) => path === "unsubscribe" || path === "convert-and-release");
  const [owners, reread, quotes] = await Promise.all([
    readOwners(
      call,
      decided.map(({ seen }) => seen),
    ),
    rereadProofs(call, claimed),
    readQuotes(
      call,
      returning.map(({ seen }) => seen.record.id),
    ),
  ]);
  const gate = openDataGate({
    data: options.data,
    acceptDataLoss: options.acceptDataLoss,
    dataDisks: options.dataDisks,
    targetIds: new Set(decided.map(({ seen }) => seen.record.id)),
    scope: call.scope,
    clock: call.requests.clock,
    reread,
  });
  const leaving = decided.filter(({ seen, path }) => {
    const { id } = seen.record;
    const problem =
      blockerOf(seen, path, { wishes, owners, gate }) ??
      quotes.refusals.get(id) ??
      (path === "unsubscribe" ? belowMinimum(quotes.quotes.get(id), options.minimumRefund, id) : undefined);
    if (problem) outcomes.set(id, blocked(id, problem));
    return !problem;
  });
  return { leaving, quotes };
}

/** CVM has no dry run: what was read is all that can be shown. */
function rehearse(leaving: readonly Leaving[], { quotes }: QuoteReading, outcomes: Outcomes): void {
  for (const { seen, path } of leaving) {
    const { id } = seen.record;
    const refund = quotes.get(id);
    outcomes.set(id, {
      status: "would-terminate",
      instanceId: id,
      how: path,
      ...(refund === undefined ? {} : { refund }),
      permissionChecked: false,
      effects: [],
    });
  }
}

async function end(sending: Sending, leaving: readonly Leaving[]): Promise<void> {
  const { call, outcomes, wishes } = sending;
  const { releaseAt } = wishes.options;
  await mapConcurrent(leaving, concurrency, async ({ seen, path }) => {
    const { id } = seen.record;
    if (path === "schedule" && releaseAt !== undefined) outcomes.set(id, await schedule(call, seen, releaseAt));
    if (path === "let-expire") outcomes.set(id, await letExpire(call, seen));
  });
  const prepared = await prepareAll(
    sending,
    leaving.filter(({ path }) => stageOf(path) !== undefined),
  );
  // One word of the cloud means one thing per billing mode and zone type: members of a batch are of one kind.
  const batches = [...groupBy(prepared, kindOf).values()].flatMap((kind) => chunk(kind, batchSize));
  await mapConcurrent(batches, concurrency, (batch) => endBatch(sending, batch));
}

function kindOf({ seen, path }: Leaving): string {
  return [stageOf(path), seen.facts.chargeType, seen.record.zone].join("/");
}

/** What the TerminateInstances of a path means; `undefined` for the paths that send none. */
function stageOf(path: TerminationPath): Stage | undefined {
  if (path === "unsubscribe") return "return";
  if (path === "purge") return "purge";
  return path === "release" || path === "convert-and-release" ? "release" : undefined;
}

/** Clears protection, sets disk flags and converts, for those that need it. What fails gets its outcome. */
async function prepareAll(sending: Sending, leaving: readonly Leaving[]): Promise<readonly Leaving[]> {
  const ready: Leaving[] = [];
  await mapConcurrent(leaving, concurrency, async (one) => {
    const prepared = await prepare(sending, one);
    if (prepared) ready.push(prepared);
  });
  return ready;
}

async function prepare(sending: Sending, { seen, path }: Leaving): Promise<Leaving | undefined> {
  const { call, wishes, outcomes } = sending;
  const { id } = seen.record;
  const effects: Effect[] = [];
  const settle = async (
    answer: Awaited<ReturnType<typeof setProtection>>,
    changed: readonly Effect[],
  ): Promise<boolean> => {
    if (answer.effect !== "not-applied") effects.push(...changed);
    if (answer.effect === "applied") return true;
    const standing = await giveBack(sending, effects);
    outcomes.set(
      id,
      answer.effect === "not-applied" && !answer.sent
        ? { ...blocked(id, answer.problem), effects: standing }
        : refused(id, answer.problem, standing),
    );
    return false;
  };
  // A purge meets no disk flags: what is in the bin can only be renewed or destroyed.
  for (const { diskId, value } of path === "purge" ? [] : flagChanges(seen, wishes)) {
    const changed = [diskFlagEffect(call, id, diskId, value)];
    if (!(await settle(await setDiskFlag(call, id, [diskId], value, changed), changed))) return undefined;
  }
  // Protection goes last, so that it is off for as short as can be.
  if (seen.record.protection.termination === true && wishes.cleared.has(id)) {
    const changed = [protectionEffect(call, id, false)];
    if (!(await settle(await setProtection(call, id, false, changed), changed))) return undefined;
  }
  if (path !== "convert-and-release") return { seen, path, effects };
  const converted = await convert(call, seen);
  if ("outcome" in converted) {
    const standing = await giveBack(sending, effects);
    outcomes.set(id, withEffects(converted.outcome, standing));
    return undefined;
  }
  effects.push(converted.effect);
  const now = (await readInstances(call, [id])).byId.get(id);
  if (now) return { seen: now, path, effects };
  outcomes.set(id, undetermined(id, unanswered, effects));
  return undefined;
}

function withEffects(outcome: TerminateOutcome, standing: readonly Effect[]): TerminateOutcome {
  return { ...outcome, effects: [...outcome.effects, ...standing] };
}

/** Ends the members of one batch; one that spoils it is dropped and the rest sent again, one by one. */
async function endBatch(sending: Sending, batch: readonly Leaving[]): Promise<void> {
  const stage = batch[0] === undefined ? undefined : stageOf(batch[0].path);
  if (stage === undefined) return;
  const verdicts = await sendStage(
    sending.call,
    batch.map(({ seen }) => seen),
    stage,
  );
  const again = batch.length > 1 ? batch.filter(({ seen }) => verdicts.get(seen.record.id)?.kind === "refused") : [];
  const spoiled = new Set(again);
  await mapConcurrent(again, concurrency, (one) => endBatch(sending, [one]));
  await Promise.all(
    batch
      .filter((one) => !spoiled.has(one))
      .map((one) => conclude(sending, one, stage, verdicts.get(one.seen.record.id))),
  );
}

async function conclude(
  sending: Sending,
  { seen, effects }: Leaving,
  stage: Stage,
  verdict: Verdict | undefined,
): Promise<void> {
  const { call, outcomes } = sending;
  const { id } = seen.record;
  if (verdict?.kind === "accepted") {
    outcomes.set(id, await settled(call, seen, stage, [...effects, stageEffect(call, id, stage)], verdict.requestId));
    return;
  }
  if (!verdict || verdict.kind === "unclear") {
    outcomes.set(id, undetermined(id, verdict?.problem ?? unanswered, [...effects, stageEffect(call, id, stage)]));
    return;
  }
  const standing = await giveBack(sending, effects);
  outcomes.set(
    id,
    verdict.kind === "unsent"
      ? { ...blocked(id, verdict.problem), effects: standing }
      : refused(id, verdict.problem, standing),
  );
}

/**
 * What an accepted request has come to. A returned server is waited for until it shows in the bin and nothing operates on
 * it; a postpaid one that shows up there, too, is reported as what it is.
 */
async function settled(
  call: TencentCall,
  seen: SeenInstance,
  stage: Stage,
  effects: readonly Effect[],
  requestId: string | undefined,
): Promise<TerminateOutcome> {
  const { id } = seen.record;
  const accepted: TerminateOutcome = {
    status: "accepted",
    instanceId: id,
    effects,
    ...(requestId === undefined ? {} : { requestId }),
  };
  if (stage !== "return") return accepted;
  const look = async () => (await readStates(call, [id])).byId.get(id);
  const inBin = (now: SeenInstance | undefined) =>
    now?.record.state.unified === "recycled" && now.facts.operationState !== "OPERATING";
  const { done, last } = await pollUntil(call.requests, binPace, look, inBin);
  if (!done || !last) return accepted;
  const at = new Date(call.requests.clock.now() + binHours * 3_600_000).toISOString();
  return { ...recycled(last, { basis: "computed", at }, effects), ...(requestId === undefined ? {} : { requestId }) };
}

function recycled({ record }: SeenInstance, until: RecoverableUntil | undefined, effects: readonly Effect[]) {
  return {
    status: "recycled",
    instanceId: record.id,
    recoverableUntil: until ?? { basis: "unknown" },
    restore: "`recover` with `renew`: it comes back by being renewed, which costs money.",
    effects,
  } as const;
}

/** Takes back what was changed for an instance that stays, whatever stopped the call. Answers what may still stand. */
async function giveBack({ open, wishes }: Sending, effects: readonly Effect[]): Promise<readonly Effect[]> {
  if (effects.length === 0) return [];
  const { recorder, onEvent } = wishes.options;
  const call = await open("all", { recorder, onEvent });
  return (await revertWith(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
