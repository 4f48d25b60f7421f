import { chunk } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../../src/reversal.js";
import type { AliyunCall } from "../call.js";
import { readStates } from "../instances.js";
import { changePower } from "../power.js";
import type { SeenInstance } from "../record.js";
import type { Verdict } from "../verdicts.js";
import { refusal, stopRefusal } from "./judge.js";

/** Instances of one StopInstances (StopInstancesRequest, InstanceId). */
const batchSize = 100;
/** A clean shutdown takes from seconds to minutes; then the cloud cuts the power. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 20 * 60_000 };

/** Stops instances and waits until they are stopped. What they cost goes on: in economical mode an address would go. */
export async function stopInstances(
  call: AliyunCall,
  instances: readonly SeenInstance[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  const outcomes = new Map<string, QuarantineOutcome>();
  const settle = (outcome: QuarantineOutcome) => void outcomes.set(outcome.instanceId, outcome);
  const resting = instances.filter(({ record }) => record.state.unified !== "running");
  const ready = instances.filter((seen) => {
    if (resting.includes(seen)) return false;
    const problem = stopRefusal(seen, options);
    if (problem) settle(blocked(seen.record.id, problem));
    return !problem;
  });
  for (const batch of chunk(ready, batchSize)) {
    const verdicts = await changePower(call, batch, {
      action: "StopInstances",
      effectsOf: (id) => [stopEffect(call, id)],
    });
    for (const { record } of batch) settle(outcomeOf(call, record.id, verdicts.get(record.id)));
  }
  const waiting = [...resting, ...ready.filter(({ record }) => outcomes.get(record.id)?.status === "quarantined")];
  for (const outcome of await waitUntilStopped(call, waiting, outcomes)) settle(outcome);
  return instances.flatMap(({ record }) => outcomes.get(record.id) ?? []);
}

function outcomeOf(call: AliyunCall, id: string, verdict: Verdict | undefined): QuarantineOutcome {
  const effects = [stopEffect(call, id)];
  if (verdict?.kind === "accepted") return quarantined(id, false, effects);
  if (verdict?.kind === "refused") return refused(id, verdict.problem);
  if (verdict?.kind === "unsent") return blocked(id, verdict.problem);
  return undetermined(id, verdict?.problem ?? stillStopping(id), effects);
}

function stopEffect(call: AliyunCall, id: string): Effect {
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
  call: AliyunCall,
  waiting: readonly SeenInstance[],
  outcomes: ReadonlyMap<string, QuarantineOutcome>,
): Promise<readonly QuarantineOutcome[]> {
  const known = new Map(waiting.map(({ record }) => [record.id, record.state.unified]));
  const ids = [...known.keys()];
  const allStopped = () => ids.every((id) => known.get(id) === "stopped");
  const look = async () => {
    const { byId } = await readStates(
      call,
      ids.filter((id) => known.get(id) !== "stopped"),
    );
    for (const [id, { record }] of byId) known.set(id, record.state.unified);
    return allStopped();
  };
  try {
    if (!allStopped()) await pollUntil(call.requests, pace, look, (done) => done);
  } catch {
    // What was sent stands; who is not seen stopped is told as unknown.
  }
  return ids.map((id): QuarantineOutcome => {
    const before = outcomes.get(id);
    if (known.get(id) === "stopped") return before ?? quarantined(id, true, []);
    return undetermined(id, call.requests.stopped() ?? stillStopping(id), before?.effects ?? []);
  });
}

function quarantined(instanceId: string, already: boolean, effects: readonly Effect[]): QuarantineOutcome {
  return { status: "quarantined", instanceId, mode: "stop", already, artifacts: [], effects };
}

function stillStopping(id: string) {
  return refusal(id, "timeout", "was told to stop and is not seen stopped.", "Read it again later.");
}
