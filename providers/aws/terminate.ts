import { chunk, groupBy, mapConcurrent } from "../../src/batch.js";
import { claimTag } from "../../src/claim.js";
import { openDataGate } from "../../src/data-gate.js";
import { departedOutcomes } from "../../src/departed.js";
import type { InstanceTarget } from "../../src/instances.js";
import { blocked, refused, undetermined } from "../../src/outcomes.js";
import { isBack } from "../../src/revert.js";
import { collapseTargets, type Targets } from "../../src/targets.js";
import type { TerminateOptions, TerminateOutcome } from "../../src/termination.js";
import { absenceReads } from "./absent.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { readOwners } from "./dependencies/owners.js";
import { instanceIdForm } from "./instances.js";
import { type FirstLook, lookAt, seenIn } from "./look.js";
import { rereadProofs } from "./proofs.js";
import { readProtection } from "./protection.js";
import type { SeenInstance } from "./record.js";
import { revertWith } from "./revert.js";
import { refusalOf, type Verdict } from "./splitting.js";
import { endBatch, terminationEffect, tryBatch } from "./termination/batches.js";
import { blockerOf, impossibleWish, type Judgement } from "./termination/blockers.js";
import { needsPreparation, type Preparation, prepare, tryPreparation } from "./termination/preparation.js";
import { type Wishes, wishesOf } from "./termination/wishes.js";

/** Instances of one zone that one TerminateInstances ends: 1,000 are taken, "smaller batches" recommended (EC2 API reference). */
const batchSize = 100;
/** Batches, and preparations of one batch, under way at a time. */
const concurrency = 4;

type Outcomes = Map<string, TerminateOutcome>;

/** Terminates instances, in batches by zone. Irreversible: EC2 keeps nothing of a terminated instance. */
export async function terminate(
  open: OpenAwsCall,
  targets: readonly InstanceTarget[],
  options: TerminateOptions,
): Promise<readonly TerminateOutcome[]> {
  const wishes = wishesOf(options);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  const look = await lookAt(call, asked);
  const outcomes = await settleTheDead(call, asked, look);
  const alive = seenIn(look).filter(({ record }) => !outcomes.has(record.id));
  const ready = await judge(call, alive, wishes, outcomes);
  if (options.dryRun) await rehearse(call, ready, outcomes);
  else await end({ call, open, outcomes }, ready);
  return asked.ids.map((id) => outcomes.get(id) ?? undetermined(id, unanswered));
}

/** Outcomes of those that there is nothing to do about: elsewhere, never seen, gone, or on their way out. */
async function settleTheDead(call: AwsCall, { sightings }: Targets, look: FirstLook): Promise<Outcomes> {
  const outcomes: Outcomes = await departedOutcomes(absenceReads(call), look, sightings);
  for (const { record } of seenIn(look)) {
    const { id } = record;
    if (record.state.unified === "terminating") outcomes.set(id, { status: "accepted", instanceId: id, effects: [] });
  }
  return outcomes;
}

/** An instance that may go, and what was read to say so. */
interface Ready {
  readonly seen: readonly SeenInstance[];
  readonly judgement: Judgement;
}

/** Judges what is alive. What must stay gets its outcome; the rest is ready. */
async function judge(
  call: AwsCall,
  alive: readonly SeenInstance[],
  wishes: Wishes,
  outcomes: Outcomes,
): Promise<Ready | undefined> {
  const impossible = impossibleWish(wishes);
  if (impossible) for (const { record } of alive) outcomes.set(record.id, blocked(record.id, impossible));
  if (alive.length === 0 || impossible) return undefined;
  const { options, cleared } = wishes;
  const byCloud = options.protectionCheck === "by-cloud";
  const claimed = "proofs" in options.data ? options.data.proofs : [];
  const [protection, owners, reread] = await Promise.all([
    readProtection(
      call,
      alive.filter(({ record }) => !byCloud || cleared.has(record.id)),
    ),
    readOwners(call, alive),
    rereadProofs(call, claimed),
  ]);
  for (const { problem } of owners.unread) call.requests.emit({ type: "warning", problem });
  const gate = openDataGate({
    data: options.data,
    acceptDataLoss: options.acceptDataLoss,
    dataDisks: options.dataDisks,
    targetIds: new Set(alive.map(({ record }) => record.id)),
    scope: call.scope,
    clock: call.requests.clock,
    reread,
  });
  const judgement: Judgement = { wishes, protection, owners, gate };
  const seen = alive.filter((one) => {
    const problem = blockerOf(one, judgement);
    if (problem) outcomes.set(one.record.id, blocked(one.record.id, problem));
    return !problem;
  });
  return { seen, judgement };
}

function batchesOf(seen: readonly SeenInstance[]): readonly (readonly SeenInstance[])[] {
  return [...groupBy(seen, ({ record }) => record.zone).values()].flatMap((zone) => chunk(zone, batchSize));
}

/** Asks EC2 whether we may, without doing anything. */
async function rehearse(call: AwsCall, ready: Ready | undefined, outcomes: Outcomes): Promise<void> {
  if (!ready) return;
  const { wishes, protection } = ready.judgement;
  const verdicts = (await mapConcurrent(batchesOf(ready.seen), concurrency, (batch) => tryBatch(call, batch))).flatMap(
    (batch) => [...batch],
  );
  const mayClaim = await tagsAllowed(call, ready.seen);
  const denied = new Map(
    verdicts.flatMap(([id, verdict]) => (verdict.kind === "refused" ? [[id, verdict.problem]] : [])),
  );
  await mapConcurrent(ready.seen, concurrency, async (seen) => {
    const { id } = seen.record;
    const problem = denied.get(id) ?? (await refusalOf(() => tryPreparation(call, seen, wishes, protection)));
    outcomes.set(
      id,
      problem
        ? refused(id, problem)
        : { status: "would-terminate", instanceId: id, how: "release", permissionChecked: mayClaim, effects: [] },
    );
  });
}

/** Whether a run may claim these instances by a tag and take it off again: its first change and its last. */
async function tagsAllowed(call: AwsCall, seen: readonly SeenInstance[]): Promise<boolean> {
  const Resources = seen.slice(0, batchSize).map(({ record }) => record.id);
  if (Resources.length === 0) return false;
  const parameters = { Resources, Tags: [{ Key: claimTag, Value: "" }], DryRun: true };
  const refusals = await Promise.all(
    ["CreateTags", "DeleteTags"].map((action) => refusalOf(() => call.requests.tryOut("ec2", action, parameters))),
  );
  return refusals.every((problem) => problem === undefined);
}

/** What the sending half of one call works with. */
interface Sending {
  readonly call: AwsCall;
  readonly open: OpenAwsCall;
  readonly outcomes: Outcomes;
}

async function end(sending: Sending, ready: Ready | undefined): Promise<void> {
  if (!ready) return;
  await mapConcurrent(batchesOf(ready.seen), concurrency, (batch) => endPrepared(sending, batch, ready.judgement));
}

/** Prepares the members of a batch, ends them, and gives back what was changed for those that stay. */
async function endPrepared(sending: Sending, batch: readonly SeenInstance[], judgement: Judgement): Promise<void> {
  const { call, outcomes } = sending;
  const { wishes, protection } = judgement;
  const prepared = new Map<string, Preparation>();
  await mapConcurrent(batch, concurrency, async (seen) => {
    if (!needsPreparation(seen, wishes, protection)) return;
    prepared.set(seen.record.id, await prepare(call, seen, wishes, protection));
  });
  const going = batch.filter(({ record }) => prepared.get(record.id)?.stopped === undefined);
  const verdicts = new Map(await endBatch(call, going, wishes.options.shutdown ?? "graceful"));
  for (const [id, { stopped }] of prepared) if (stopped) verdicts.set(id, stopped);
  await mapConcurrent([...verdicts], concurrency, async ([id, verdict]) => {
    outcomes.set(id, await concluded(sending, id, verdict, prepared.get(id), wishes));
  });
}

async function concluded(
  sending: Sending,
  id: string,
  verdict: Verdict,
  preparation: Preparation | undefined,
  { options }: Wishes,
): Promise<TerminateOutcome> {
  const changed = preparation?.effects ?? [];
  if (verdict.kind === "accepted") {
    const effects = [...changed, terminationEffect(sending.call, id)];
    const { requestId } = verdict;
    return { status: "accepted", instanceId: id, ...(requestId === undefined ? {} : { requestId }), effects };
  }
  if (verdict.kind === "unclear") {
    return undetermined(id, verdict.problem, [...changed, terminationEffect(sending.call, id)]);
  }
  const standing = await giveBack(sending, changed, options);
  if (verdict.kind === "unsent") return { ...blocked(id, verdict.problem), effects: standing };
  // Listed a moment ago and unknown now: that is no proof that it is gone ("Eventual consistency", EC2 API).
  if (verdict.problem.code === "not-found") return undetermined(id, verdict.problem, standing);
  return refused(id, verdict.problem, standing);
}

/**
 * Takes the preparation of an instance that stays back, whatever stopped the call: giving back heeds neither its signal
 * nor its budget. Answers what may still stand.
 */
async function giveBack(
  { call: sending, open }: Sending,
  effects: Preparation["effects"],
  { recorder, onEvent }: TerminateOptions,
) {
  if (effects.length === 0) return [];
  if (sending.requests.recorderProblem) return effects;
  try {
    const call = await open("all", { recorder, onEvent });
    return (await revertWith(call, effects)).filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
  } catch {
    // Not even the credentials could be read again: everything stands, and the outcome's effects say so.
    return effects;
  }
}

const unanswered = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
} as const;
