import { chunk } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../../src/reversal.js";
import type { TencentCall } from "../call.js";
import { idLimit, readStates } from "../instances.js";
import { changePower, type PowerVerdict } from "../power.js";
import type { SeenInstance } from "../record.js";
import { refusal, stopRefusal } from "./judge.js";

/** A guest may take its time; nothing forces it. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 20 * 60_000 };

/** Stops instances, charges kept, and waits until they are stopped. */
export async function stopInstances(
  call: TencentCall,
  instances: readonly SeenInstance[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  const outcomes = new Map<string, QuarantineOutcome>();
  const resting = instances.filter(({ record }) => record.state.unified !== "running");
  const ready = instances.filter((seen) => {
    if (resting.includes(seen)) return false;
    const problem = stopRefusal(seen, options);
    if (problem) outcomes.set(seen.record.id, blocked(seen.record.id, problem));
    return !problem;
  });
  for (const batch of chunk(ready, idLimit)) {
    for (const outcome of await stopBatch(call, batch)) outcomes.set(outcome.instanceId, outcome);
  }
  const waiting = [...resting, ...ready.filter(({ record }) => outcomes.get(record.id)?.status === "quarantined")];
  for (const outcome of await waitUntilStopped(call, waiting, outcomes)) outcomes.set(outcome.instanceId, outcome);
  return instances.flatMap(({ record }) => outcomes.get(record.id) ?? []);
}

/** Stops a batch. Whether one that cannot stop refuses all is not documented: the refused are asked again one by one. */
async function stopBatch(call: TencentCall, batch: readonly SeenInstance[]): Promise<readonly QuarantineOutcome[]> {
  const verdicts = await changePower(
    call,
    batch.map(({ record }) => record.id),
    "StopInstances",
    (id) => [stopEffect(call, id)],
  );
  const outcomes: QuarantineOutcome[] = [];
  for (const seen of batch) {
    const verdict = verdicts.get(seen.record.id);
    if (batch.length > 1 && verdict?.kind === "refused") outcomes.push(...(await stopBatch(call, [seen])));
    else outcomes.push(outcomeOf(call, seen.record.id, verdict));
  }
  return outcomes;
}

function outcomeOf(call: TencentCall, id: string, verdict: PowerVerdict | undefined): QuarantineOutcome {
  if (!verdict || verdict.kind === "accepted") return quarantined(id, false, [stopEffect(call, id)]);
  if (verdict.kind === "unclear") return undetermined(id, verdict.problem, [stopEffect(call, id)]);
  return verdict.kind === "unsent" ? blocked(id, verdict.problem) : refused(id, verdict.problem);
}

/** What a stop does. An ordinary public address stays, since the charges do. */
function stopEffect(call: TencentCall, id: string): Effect {
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
  call: TencentCall,
  waiting: readonly SeenInstance[],
  outcomes: ReadonlyMap<string, QuarantineOutcome>,
): Promise<readonly QuarantineOutcome[]> {
  const known = new Map(waiting.map(({ record }) => [record.id, record.state.unified]));
  const left = () => [...known].filter(([, state]) => state !== "stopped").map(([id]) => id);
  try {
    if (left().length > 0) {
      const read = async () => {
        for (const [id, { record }] of (await readStates(call, left())).byId) known.set(id, record.state.unified);
        return left().length;
      };
      await pollUntil(call.requests, pace, read, (count) => count === 0);
    }
  } catch {
    // What was sent stands; who is not seen stopped is told as unknown.
  }
  return [...known].map(([id, state]): QuarantineOutcome => {
    const before = outcomes.get(id);
    if (state === "stopped") return before ?? quarantined(id, true, []);
    return undetermined(id, call.requests.stopped() ?? stillStopping(id), before?.effects ?? []);
  });
}

function quarantined(instanceId: string, already: boolean, effects: readonly Effect[]): QuarantineOutcome {
  return { status: "quarantined", instanceId, mode: "stop", already, artifacts: [], effects };
}

function stillStopping(id: string): Problem {
  return refusal(id, "timeout", "was told to stop and is not seen stopped.", "Read it again later.");
}
