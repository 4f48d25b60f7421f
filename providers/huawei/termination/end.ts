import { chunk, mapConcurrent } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem, ProblemCode } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { setTimer, timerEffect } from "../attributes.js";
import { changePower, type Verdict } from "../power.js";
import { deleteBatch } from "./batches.js";
import { settleEnds, type Taken } from "./ends.js";
import { fateOf } from "./fate.js";
import { terminationEffect, unanswered } from "./outcomes.js";
import { prepare } from "./preparation.js";
import { purgeFromBin } from "./purge.js";
import { giveBack, type Leaving, type Sending } from "./sending.js";
import { followOrders, unsubscribe } from "./unsubscribe.js";

/** Servers of one DeleteServers. It takes 1,000; in a hundred one bad id is easier to tell. */
const batchSize = 100;
const concurrency = 4;

/** Ends what may go, each its own way. */
export async function end(sending: Sending, leaving: readonly Leaving[]): Promise<void> {
  const by = (...paths: readonly Leaving["path"][]) => leaving.filter(({ path }) => paths.includes(path));
  await mapConcurrent(by("schedule"), concurrency, (one) => schedule(sending, one));
  await mapConcurrent(by("purge"), concurrency, (one) => purge(sending, one));
  await mapConcurrent(chunk(by("release", "recycle"), batchSize), concurrency, (batch) => release(sending, batch));
  await returnAll(sending, by("unsubscribe"));
}

/** Sets the timer by which a pay-per-use server deletes itself. */
async function schedule({ call, wishes, outcomes }: Sending, { seen }: Leaving): Promise<void> {
  const { id, scheduledReleaseAt } = seen.record;
  // The cloud cuts seconds off ("auto_terminate_time").
  const at = `${new Date(wishes.options.releaseAt ?? "").toISOString().slice(0, 16)}:00.000Z`;
  const effects = [timerEffect(call, id, scheduledReleaseAt, at)];
  const answer = await setTimer(call, id, at, effects);
  if (answer.effect === "applied") {
    outcomes.set(id, { status: "scheduled", instanceId: id, at, bypassesBin: true, effects });
  } else if (answer.effect === "unknown") outcomes.set(id, undetermined(id, answer.problem, effects));
  else outcomes.set(id, answer.sent ? refused(id, answer.problem) : blocked(id, answer.problem));
}

async function purge(sending: Sending, { seen }: Leaving): Promise<void> {
  const { id } = seen.record;
  sending.outcomes.set(id, await purgeFromBin(sending.call, id));
}

async function release(sending: Sending, batch: readonly Leaving[]): Promise<void> {
  const ready = await stopHard(sending, await prepareAll(sending, batch));
  await settleEnds(sending, await deleteAll(sending, ready));
}

/** Prepares servers. Who cannot be prepared gets its outcome and goes no further. */
async function prepareAll(sending: Sending, batch: readonly Leaving[]): Promise<readonly Leaving[]> {
  const prepared = await mapConcurrent(batch, concurrency, async (one) => {
    const { effects, stopped } = await prepare(sending.call, one.seen, sending.wishes);
    const now = { ...one, effects };
    if (stopped) await stays(sending, now, stopped);
    return stopped ? [] : [now];
  });
  return prepared.flat();
}

/** "Forced" has no flag here: it is a hard stop before the deletion, and what the caller asks of the bin after it. */
async function stopHard(sending: Sending, batch: readonly Leaving[]): Promise<readonly Leaving[]> {
  const { call, wishes } = sending;
  const running = batch.filter(({ seen }) => seen.record.state.unified === "running");
  if (wishes.options.shutdown !== "forced" || running.length === 0) return batch;
  const ids = running.map(({ seen }) => seen.record.id);
  const verdicts = await changePower(
    call,
    ids,
    "stop-hard",
    ids.map((id) => stopEffect(sending, id)),
  );
  const going: Leaving[] = batch.filter((one) => !running.includes(one));
  for (const one of running) {
    const verdict = verdicts.get(one.seen.record.id);
    const stopped = { ...one, effects: [...one.effects, stopEffect(sending, one.seen.record.id)] };
    if (verdict?.kind === "accepted") going.push(stopped);
    else await stays(sending, verdict?.kind === "unclear" ? stopped : one, verdict);
  }
  return going;
}

function stopEffect({ call }: Sending, id: string): Effect {
  return {
    ...call.scope,
    kind: "power-changed",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { action: "set-power", instanceId: id, power: "running" },
    left: "stopped",
  };
}

/** Codes by which one member can spoil a whole batch. With any other, sending a part again would fail alike. */
const spoiling: ReadonlySet<ProblemCode> = new Set([
  "conflict",
  "dependency",
  "invalid-request",
  "locked",
  "not-found",
  "unexpected",
  "unsupported",
  "wrong-state",
]);

/** Deletes a batch. A member that kept it back is dropped and the rest sent again; a refusal that names nobody is taken apart. */
async function deleteAll(sending: Sending, batch: readonly Leaving[]): Promise<readonly Taken[]> {
  if (batch.length === 0) return [];
  const { call } = sending;
  const verdicts = await deleteBatch(
    call,
    batch.map(({ seen }) => seen),
    (id) => endEffect(sending, batch, id),
  );
  const verdictOf = ({ seen }: Leaving): Verdict | undefined => verdicts.get(seen.record.id);
  const again = batch.filter((one) => isSpoiled(one, verdictOf(one), batch.length));
  const named = again.length < batch.length;
  const taken: Taken[] = [];
  for (const one of batch) {
    if (again.includes(one)) continue;
    const verdict = verdictOf(one);
    if (verdict?.kind === "accepted") taken.push({ ...one, ...requestIdOf(verdict), orderIds: [] });
    else await stays(sending, one, verdict, endEffect(sending, batch, one.seen.record.id));
  }
  const pieces = again.length === 0 ? [] : named ? [again] : again.map((one) => [one]);
  const rest = await mapConcurrent(pieces, concurrency, (piece) => deleteAll(sending, piece));
  return [...taken, ...rest.flat()];
}

/** Whether a member was kept back for another's sake, or may have been. */
function isSpoiled({ seen }: Leaving, verdict: Verdict | undefined, size: number): boolean {
  if (size === 1 || (verdict?.kind !== "refused" && verdict?.kind !== "unsent")) return false;
  const { instanceIds = [], code } = verdict.problem;
  return spoiling.has(code) && !instanceIds.includes(seen.record.id);
}

function endEffect({ call, bin }: Sending, batch: readonly Leaving[], id: string): Effect {
  const one = batch.find(({ seen }) => seen.record.id === id);
  const binned = one !== undefined && fateOf(one.seen, bin, call.requests.clock.now()).bin === "takes";
  return terminationEffect(call, id, binned);
}

function requestIdOf(verdict: Verdict): { readonly requestId?: string } {
  return "requestId" in verdict && verdict.requestId !== undefined ? { requestId: verdict.requestId } : {};
}

/** Returns subscriptions one after the other, since quotas are the account's; then all orders are followed at once. */
async function returnAll(sending: Sending, leaving: readonly Leaving[]): Promise<void> {
  const { call, outcomes } = sending;
  const taken: Taken[] = [];
  for (const one of await stopHard(sending, await prepareAll(sending, leaving))) {
    const { id } = one.seen.record;
    const effect = endEffect(sending, [one], id);
    const { verdict, orderIds } = await unsubscribe(call, one.seen, effect);
    if (verdict.kind === "accepted") taken.push({ ...one, ...requestIdOf(verdict), orderIds });
    else await stays(sending, one, verdict, effect);
  }
  const cancelled = await followOrders(
    call,
    taken.flatMap(({ orderIds }) => orderIds),
  );
  const isCancelled = ({ orderIds }: Taken) => orderIds.length > 0 && orderIds.every((id) => cancelled.has(id));
  for (const one of taken.filter(isCancelled)) {
    const standing = await giveBack(sending, one.effects);
    const { id } = one.seen.record;
    outcomes.set(id, refused(id, orderCancelled(id, one.orderIds), standing));
  }
  await settleEnds(
    sending,
    taken.filter((one) => !isCancelled(one)),
  );
}

function orderCancelled(id: string, orderIds: readonly string[]): Problem {
  return {
    code: "prepaid",
    message: `The order ${orderIds.join(", ")} that returns ${id} was cancelled.`,
    hint: "Look at the order in Billing, then decide anew.",
    cloud: "huawei",
  };
}

/** The outcome of a server that did not go, or of which nobody knows. What was changed for it is given back where it stays. */
async function stays(
  sending: Sending,
  { seen, effects }: Leaving,
  verdict: Verdict | undefined,
  lost?: Effect,
): Promise<void> {
  const { id } = seen.record;
  const { outcomes } = sending;
  if (!verdict || verdict.kind === "accepted" || verdict.kind === "unclear") {
    const problem = verdict?.kind === "unclear" ? verdict.problem : unanswered;
    outcomes.set(id, undetermined(id, problem, lost ? [...effects, lost] : effects));
    return;
  }
  const standing = await giveBack(sending, effects);
  const { problem } = verdict;
  if (verdict.kind === "unsent") outcomes.set(id, { ...blocked(id, problem), effects: standing });
  // Listed a moment ago and unknown now: that is no proof that it is gone.
  else if (problem.code === "not-found") outcomes.set(id, undetermined(id, problem, standing));
  else outcomes.set(id, refused(id, problem, standing));
}
