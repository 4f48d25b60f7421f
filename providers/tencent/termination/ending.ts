import { chunk, groupBy, mapConcurrent } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import type { RecoverableUntil, TerminateOutcome, TerminationPath } from "../../../src/termination.js";
import type { TencentCall } from "../call.js";
import { idLimit, readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { type Stage, sendStage, stageEffect, type Verdict } from "./batches.js";
import { giveBack, prepare, type Sending } from "./preparation.js";
import { letExpire, schedule } from "./slow-ways.js";

const concurrency = 4;
/** How long a returned instance may take until it shows in the bin. */
const binPace = { firstDelayMs: 3_000, longestDelayMs: 15_000, giveUpAfterMs: 5 * 60_000 };
/** An accepted request shows in the state seconds later (recorded). */
const stateLagMs = 3_000;
/** Hours in the bin after a return ("Reclaiming instances": seven days). */
const binHours = 168;

/** An instance that may go, the way it goes, and what was changed for that. */
export interface Leaving {
  readonly seen: SeenInstance;
  readonly path: TerminationPath;
  readonly effects: readonly Effect[];
}

/** Ends every instance its own way; each gets its outcome. */
export async function endAll(sending: Sending, leaving: readonly Leaving[]): Promise<void> {
  const { call, outcomes, wishes } = sending;
  const { releaseAt } = wishes.options;
  await mapConcurrent(leaving, concurrency, async ({ seen, path }) => {
    const { id } = seen.record;
    if (path === "schedule" && releaseAt !== undefined) outcomes.set(id, await schedule(call, seen, releaseAt));
    if (path === "let-expire") outcomes.set(id, await letExpire(call, seen));
  });
  const sent = leaving.filter(({ path }) => stageOf(path) !== undefined);
  const prepared = (await mapConcurrent(sent, concurrency, (one) => prepare(sending, one))).flatMap((one) => one ?? []);
  // One word of the cloud means one thing per billing mode and zone type: members of a batch are of one kind.
  const batches = [...groupBy(prepared, kindOf).values()].flatMap((kind) => chunk(kind, idLimit));
  await mapConcurrent(batches, concurrency, (batch) => endBatch(sending, batch));
}

/** Edge zones do not go together with others in one request ("InstanceMixedZoneType"). */
function kindOf({ seen, path }: Leaving): string {
  const zoneType = /-ec-\d+$/.test(seen.record.zone) ? "edge" : "centre";
  return [stageOf(path), seen.facts.chargeType, zoneType].join("/");
}

/** What the TerminateInstances of a path means; `undefined` for the paths that send none. */
function stageOf(path: TerminationPath): Stage | undefined {
  if (path === "unsubscribe") return "return";
  if (path === "purge") return "purge";
  return path === "release" || path === "convert-and-release" ? "release" : undefined;
}

/** Ends the members of one batch; where the whole was refused, each is asked for alone, so that one spoils no other. */
async function endBatch(sending: Sending, batch: readonly Leaving[]): Promise<void> {
  const stage = batch[0] === undefined ? undefined : stageOf(batch[0].path);
  if (stage === undefined) return;
  // The bin counts from the request: a promise that begins before it is never too long.
  const startedAt = sending.call.requests.clock.now();
  const verdicts = await sendStage(
    sending.call,
    batch.map(({ seen }) => seen),
    stage,
  );
  const verdictOf = ({ seen }: Leaving) => verdicts.get(seen.record.id);
  const again = batch.length > 1 ? batch.filter((one) => verdictOf(one)?.kind === "refused") : [];
  await mapConcurrent(again, concurrency, (one) => endBatch(sending, [one]));
  const accepted = batch.filter((one) => verdictOf(one)?.kind === "accepted");
  const binned = await watchBin(sending.call, accepted, stage);
  const concluded = batch.filter((one) => !again.includes(one));
  await mapConcurrent(concluded, concurrency, (one) =>
    conclude(sending, one, { stage, startedAt }, verdictOf(one), binned.get(one.seen.record.id)),
  );
}

/**
 * Who of the accepted shows in the bin, with nothing operating on it. A return is waited for; what is paid by use is
 * looked at once, since the API calls it destroyed at once, and one page of the documentation does not.
 */
async function watchBin(
  call: TencentCall,
  accepted: readonly Leaving[],
  stage: Stage,
): Promise<ReadonlyMap<string, SeenInstance>> {
  const binned = new Map<string, SeenInstance>();
  if (accepted.length === 0 || stage === "purge") return binned;
  const ids = accepted.map(({ seen }) => seen.record.id);
  const look = async () => {
    const { byId } = await readStates(
      call,
      ids.filter((id) => !binned.has(id)),
    );
    for (const [id, now] of byId) if (isBinned(now, stage)) binned.set(id, now);
    return binned.size;
  };
  try {
    if (stage === "return") await pollUntil(call.requests, binPace, look, (count) => count === ids.length);
    else {
      await call.requests.wait(stateLagMs);
      await look();
    }
  } catch {
    // The cloud has taken the request; that its end could not be watched takes nothing from that.
  }
  return binned;
}

/** A return has ended once nothing operates any more; that anything else is in the bin at all is what matters. */
function isBinned({ record, facts }: SeenInstance, stage: Stage): boolean {
  return record.state.unified === "recycled" && (stage !== "return" || facts.operationState !== "OPERATING");
}

async function conclude(
  sending: Sending,
  { seen, effects }: Leaving,
  { stage, startedAt }: { readonly stage: Stage; readonly startedAt: number },
  verdict: Verdict | undefined,
  binned: SeenInstance | undefined,
): Promise<void> {
  const { call, outcomes } = sending;
  const { id } = seen.record;
  const changed = [...effects, stageEffect(call, id, stage)];
  if (verdict?.kind === "accepted") {
    const { requestId } = verdict;
    const withId = requestId === undefined ? {} : { requestId };
    outcomes.set(
      id,
      binned
        ? { ...recycledOutcome(binned, untilOf(stage, startedAt), changed), ...withId }
        : { status: "accepted", instanceId: id, effects: changed, ...withId },
    );
    return;
  }
  if (!verdict || verdict.kind === "unclear") {
    outcomes.set(id, undetermined(id, verdict?.problem ?? unanswered, changed));
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

/** A return has its seven days from our request; how long the bin keeps anything else is not documented for the API. */
function untilOf(stage: Stage, startedAt: number): RecoverableUntil {
  if (stage !== "return") return { basis: "unknown" };
  return { basis: "computed", at: new Date(startedAt + binHours * 3_600_000).toISOString() };
}

/** The outcome of an instance in the bin. */
export function recycledOutcome(
  { record }: SeenInstance,
  until: RecoverableUntil | undefined,
  effects: readonly Effect[],
): Extract<TerminateOutcome, { readonly status: "recycled" }> {
  return {
    status: "recycled",
    instanceId: record.id,
    recoverableUntil: until ?? { basis: "unknown" },
    restore: "`recover` with `renew`: it comes back by being renewed, which costs money.",
    effects,
  };
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
  cloud: "tencent",
};
