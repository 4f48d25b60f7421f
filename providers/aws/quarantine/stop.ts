import { chunk, mapConcurrent } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import type { Problem } from "../../../src/errors.js";
import { blocked, refused, undetermined } from "../../../src/outcomes.js";
import { pollUntil } from "../../../src/poll.js";
import { clearedIds } from "../../../src/preconditions.js";
import type { QuarantineOptions, QuarantineOutcome } from "../../../src/reversal.js";
import { isBack } from "../../../src/revert.js";
import { protectionEffect, setProtection } from "../attributes.js";
import type { AwsCall, OpenAwsCall } from "../call.js";
import { readStates } from "../instances.js";
import { changeState } from "../power.js";
import { readProtection } from "../protection.js";
import type { SeenInstance } from "../record.js";
import { revertWith } from "../revert.js";
import { splitting } from "../splitting.js";
import { refusal, stopRefusal } from "./judge.js";

/** Instances of one StopInstances, and protections switched at a time. */
const batchSize = 50;
const concurrency = 4;
/** "It can take a few minutes for the instance to stop" (EC2 User Guide); Windows guests take longer. */
const pace = { firstDelayMs: 5_000, longestDelayMs: 15_000, giveUpAfterMs: 20 * 60_000 };

/** Stops instances and waits until they are stopped. Stop protection of the named ones goes back right after. */
export async function stopInstances(
  call: AwsCall,
  open: OpenAwsCall,
  instances: readonly SeenInstance[],
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  const outcomes = new Map<string, QuarantineOutcome>();
  const settle = (outcome: QuarantineOutcome) => void outcomes.set(outcome.instanceId, outcome);
  const resting = instances.filter(({ record }) => record.state.unified !== "running");
  const running = instances.filter((seen) => !resting.includes(seen));
  const ready: SeenInstance[] = [];
  const protection = await readProtection(call, running);
  const cleared = clearedIds(options);
  const toClear = new Set<string>();
  for (const seen of running) {
    const { id } = seen.record;
    const isProtected = protection.byId.get(id)?.stop === true;
    const problem = stopRefusal(seen, options) ?? (isProtected && !cleared.has(id) ? stopProtected(id) : undefined);
    if (problem) settle(blocked(id, problem));
    else ready.push(seen);
    if (!problem && isProtected) toClear.add(id);
  }
  for (const batch of chunk(ready, batchSize)) {
    for (const outcome of await stopBatch(call, open, batch, toClear, options)) settle(outcome);
  }
  const waiting = [...resting, ...ready.filter(({ record }) => outcomes.get(record.id)?.status === "quarantined")];
  for (const outcome of await waitUntilStopped(call, waiting, outcomes)) settle(outcome);
  return instances.flatMap(({ record }) => outcomes.get(record.id) ?? []);
}

async function stopBatch(
  call: AwsCall,
  open: OpenAwsCall,
  batch: readonly SeenInstance[],
  toClear: ReadonlySet<string>,
  options: QuarantineOptions,
): Promise<readonly QuarantineOutcome[]> {
  const clearings = await mapConcurrent(batch, concurrency, (seen) => clearStop(call, seen, toClear));
  const going = batch.filter((_, index) => clearings[index]?.problem === undefined);
  const verdicts = await splitting(call, going, (piece) =>
    changeState(call, piece, {
      action: "StopInstances",
      effectsOf: (id) =>
        stopEffects(
          call,
          batch.find(({ record }) => record.id === id),
        ),
    }),
  );
  return await mapConcurrent(batch, concurrency, async (seen, index) => {
    const { id } = seen.record;
    const clearing = clearings[index];
    const standing = await putBack(call, open, clearing?.effects ?? [], options);
    if (clearing?.problem) {
      return clearing.unsent
        ? { ...blocked(id, clearing.problem), effects: standing }
        : refused(id, clearing.problem, standing);
    }
    const verdict = verdicts.get(id);
    const stopped = [...standing, ...stopEffects(call, seen)];
    if (verdict?.kind === "accepted") return quarantined(id, false, stopped);
    if (verdict?.kind === "unclear") return undetermined(id, verdict.problem, stopped);
    if (verdict?.kind === "refused") return refused(id, verdict.problem, standing);
    return { ...blocked(id, verdict?.problem ?? stopProtected(id)), effects: standing };
  });
}

/** A stop protection that was switched off for a moment. */
interface Clearing {
  readonly effects: readonly Effect[];
  readonly problem?: Problem;
  readonly unsent?: boolean;
}

async function clearStop(call: AwsCall, seen: SeenInstance, toClear: ReadonlySet<string>): Promise<Clearing> {
  if (!toClear.has(seen.record.id)) return { effects: [] };
  const effects = [protectionEffect(call, seen.record.id, "stop", false)];
  const answer = await setProtection(call, seen, "stop", false, effects);
  if (answer.effect === "applied") return { effects };
  const unsent = answer.effect === "not-applied" && !answer.sent;
  return { effects: answer.effect === "unknown" ? effects : [], problem: answer.problem, unsent };
}

/** Switches stop protection on again, whatever stopped the call. Answers what may still stand. */
async function putBack(
  call: AwsCall,
  open: OpenAwsCall,
  effects: readonly Effect[],
  { recorder, onEvent }: QuarantineOptions,
): Promise<readonly Effect[]> {
  if (effects.length === 0 || call.requests.recorderProblem) return effects;
  try {
    const outcomes = await revertWith(await open("all", { recorder, onEvent }), effects);
    return outcomes.filter((outcome) => !isBack(outcome)).map(({ effect }) => effect);
  } catch {
    return effects;
  }
}

/** What a stop does: the power goes, and with it any address that AWS had assigned for the time it runs. */
function stopEffects(call: AwsCall, seen: SeenInstance | undefined): readonly Effect[] {
  if (!seen) return [];
  const { id, publicAddresses } = seen.record;
  return [
    {
      ...call.scope,
      kind: "power-changed",
      resource: { kind: "instance", id },
      instanceIds: [id],
      undo: { action: "set-power", instanceId: id, power: "running" },
      left: "stopped",
    },
    ...publicAddresses
      .filter(({ kind }) => kind === "ephemeral")
      .map(
        ({ ip }): Effect => ({
          ...call.scope,
          kind: "address-released",
          resource: { kind: "public-address", id: ip },
          instanceIds: [id],
          undo: { impossible: "AWS assigns another address when the instance starts again." },
        }),
      ),
  ];
}

async function waitUntilStopped(
  call: AwsCall,
  waiting: readonly SeenInstance[],
  outcomes: ReadonlyMap<string, QuarantineOutcome>,
): Promise<readonly QuarantineOutcome[]> {
  if (waiting.length === 0) return [];
  const ids = waiting.map(({ record }) => record.id);
  const known = new Map(waiting.map(({ record }) => [record.id, record.state.unified]));
  const stopped = async () => {
    const { byId } = await readStates(
      call,
      ids.filter((id) => known.get(id) !== "stopped"),
    );
    for (const [id, { record }] of byId) known.set(id, record.state.unified);
    return ids.every((id) => known.get(id) === "stopped");
  };
  try {
    if (!ids.every((id) => known.get(id) === "stopped")) await pollUntil(call.requests, pace, stopped, (done) => done);
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

function stopProtected(id: string): Problem {
  return refusal(id, "protected", "has stop protection.", `Switch it off, or name ${id} in \`protection.clear\`.`);
}

function stillStopping(id: string): Problem {
  return refusal(id, "timeout", "was told to stop and is not seen stopped.", "Read it again later.");
}
