import { chunk } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { readStates } from "../instances.js";
import { changePower, powerBatchSize, type Verdict } from "../power.js";
import type { SeenInstance } from "../record.js";
import { refusal, stopRefusal } from "./judge.js";

/** A guest may take minutes to shut down; then it stays as it is, since a hard stop was not asked for. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 20 * 60_000 };

/** Stops servers softly, in batches, and waits until they are stopped. */
export async function stopInstances(
  call: HuaweiCall,
  instances: readonly SeenInstance[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  const outcomes = new Map<string, QuarantineOutcome>();
  const settle = (outcome: QuarantineOutcome) => void outcomes.set(outcome.instanceId, outcome);
  const resting = instances.filter(({ record }) => record.state.unified !== "running");
  const ready: string[] = [];
  for (const seen of instances.filter((one) => !resting.includes(one))) {
    const problem = stopRefusal(seen, options);
    if (problem) settle(blocked(seen.record.id, problem));
    else ready.push(seen.record.id);
  }
  for (const batch of chunk(ready, powerBatchSize)) {
    const verdicts = await stopBatch(call, batch);
    for (const id of batch) settle(outcomeOf(id, verdicts.get(id), stopEffect(call, id)));
  }
  const waiting = [
    ...resting.map(({ record }) => record.id),
    ...ready.filter((id) => outcomes.get(id)?.status === "quarantined"),
  ];
  for (const outcome of await waitUntilStopped(call, waiting, outcomes)) settle(outcome);
  return instances.flatMap(({ record }) => outcomes.get(record.id) ?? []);
}

/** One bad id can refuse a whole batch, so a refused batch is tried one by one; nothing of it was done. */
async function stopBatch(call: HuaweiCall, ids: readonly string[]): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map(
    await changePower(
      call,
      ids,
      "stop",
      ids.map((id) => stopEffect(call, id)),
    ),
  );
  const refusedIds = ids.filter((id) => verdicts.get(id)?.kind === "refused");
  if (ids.length === 1 || refusedIds.length < ids.length) return verdicts;
  for (const id of refusedIds) {
    const verdict = (await changePower(call, [id], "stop", [stopEffect(call, id)])).get(id);
    if (verdict) verdicts.set(id, verdict);
  }
  return verdicts;
}

function outcomeOf(id: string, verdict: Verdict | undefined, effect: Effect): QuarantineOutcome {
  if (verdict?.kind === "accepted") return quarantined(id, false, [effect]);
  if (verdict?.kind === "refused") return refused(id, verdict.problem);
  if (verdict?.kind === "unsent") return blocked(id, verdict.problem);
  return undetermined(id, verdict?.problem ?? stillStopping(id), [effect]);
}

function stopEffect(call: HuaweiCall, id: string): Effect {
  return {
    ...call.scope,
    kind: "power-changed",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: { action: "set-power", instanceId: id, power: "running" },
    left: "stopped",
  };
}

async function waitUntilStopped(
  call: HuaweiCall,
  ids: readonly string[],
  outcomes: ReadonlyMap<string, QuarantineOutcome>,
): Promise<readonly QuarantineOutcome[]> {
  if (ids.length === 0) return [];
  const stopped = new Set<string>();
  const look = async () => {
    const { byId } = await readStates(
      call,
      ids.filter((id) => !stopped.has(id)),
    );
    for (const [id, { record }] of byId) if (record.state.unified === "stopped") stopped.add(id);
    return stopped.size === ids.length;
  };
  try {
    await pollUntil(call.requests, pace, look, (done) => done);
  } catch {
    // What was sent stands; who is not seen stopped is told as unknown.
  }
  return ids.map((id): QuarantineOutcome => {
    const before = outcomes.get(id);
    if (stopped.has(id)) return before ?? quarantined(id, true, []);
    return undetermined(id, call.requests.stopped() ?? stillStopping(id), before?.effects ?? []);
  });
}

function quarantined(instanceId: string, already: boolean, effects: readonly Effect[]): QuarantineOutcome {
  return { status: "quarantined", instanceId, mode: "stop", already, artifacts: [], effects };
}

function stillStopping(id: string): Problem {
  return refusal(id, "timeout", "was told to stop and is not seen stopped.", "Read it again later.");
}
