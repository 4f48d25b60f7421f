import type { CloudAdapter } from "../adapter.js";
import type { JsonValue } from "../common.js";
import type { RunState } from "../events.js";
import { Halt } from "./halt.js";
import { openRun } from "./open-run.js";
import type { PhaseContext, PhaseRequest } from "./phase.js";
import { giveAllBack, runOnePhase } from "./phases.js";
import type { Plan } from "./plan.js";
import type { ExecuteOptions } from "./result.js";
import type { Session } from "./session.js";

/** Begins a run without working on it: writes the plan into the journal. Answers the phases that are due, for an engine. */
export async function startRun(
  adapters: readonly CloudAdapter[],
  plan: Plan,
  options: ExecuteOptions,
): Promise<readonly PhaseRequest[]> {
  const { session, close } = await openRun(adapters, plan, options);
  try {
    return openPhases(session);
  } finally {
    await close();
  }
}

/**
 * Runs one phase of the plan in the journal: what a worker of any engine calls. `executePlan` is this under a loop.
 * Answers how the run stands after it. `waiting` with phases queued: the engine has them from `enqueue`; otherwise
 * the same phase is to be run again then. A run belongs to one worker at a time: another gets `journal-busy`.
 */
export async function runPhase(request: PhaseRequest, context: PhaseContext): Promise<RunState> {
  const { session, close } = await openRun(context.adapters, undefined, context.options);
  try {
    await workOn(session, request, withJournal(session, context));
    const state: RunState = session.ledger.state ?? { status: "running" };
    const [next] = openPhases(session);
    const idle = state.status === "running" && next?.notBefore !== undefined;
    return idle && Date.parse(next.notBefore) > session.clock.now()
      ? { status: "waiting", until: next.notBefore }
      : state;
  } finally {
    await close();
  }
}

/** Runs one phase in an open run and writes down where it ended. */
export async function workOn(session: Session, request: PhaseRequest, context: PhaseContext): Promise<void> {
  session.halt = undefined;
  const known = session.ledger.phases.get(request.id);
  if (session.ledger.state?.status === "finished") return;
  if (known?.state === "done") return await finishWhenDone(session);
  const { notBefore } = known?.request ?? request;
  if (notBefore !== undefined && Date.parse(notBefore) > session.clock.now()) {
    return await changeState(session, { status: "waiting", until: notBefore });
  }
  if (session.ledger.state?.status !== "running") await changeState(session, { status: "running" });
  try {
    await session.append({ type: "phase", request, state: "started" });
    await runOnePhase(session, request, context);
    await session.append({ type: "phase", request, state: "done" });
    await finishWhenDone(session);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
    if (error.final) await giveAllBack(session, error);
    await changeState(session, error.state);
  }
}

/** A run is finished once no phase is open. A process can die between its last phase and saying so. */
export async function finishWhenDone(session: Session): Promise<void> {
  const open = openPhases(session).length > 0 || session.ledger.state?.status === "finished";
  if (!open) await changeState(session, { status: "finished" });
}

/** The phases that are not done, the earliest first. */
export function openPhases(session: Session): readonly PhaseRequest[] {
  const open = [...session.ledger.phases.values()]
    .filter(({ state }) => state !== "done")
    .map(({ request }) => request);
  return open.sort((one, other) => (one.notBefore ?? "").localeCompare(other.notBefore ?? ""));
}

/** Writes down a change of the run's state and tells it. */
export async function changeState(session: Session, state: RunState): Promise<void> {
  await session.append({ type: "state", state });
  session.emit({ type: "run", runId: session.runId, state });
}

/** The context of the embedded engine: steps and phases live in the journal and nowhere else. */
export function embeddedContext(session: Session, adapters: readonly CloudAdapter[]): PhaseContext {
  return withJournal(session, {
    adapters,
    options: session.options,
    step: async <T>(_key: string, work: () => Promise<T>) => await work(),
    now: async () => session.now(),
    enqueue: async () => undefined,
  });
}

/** Whatever an engine remembers, the journal stays the source of receipt and undo: steps and phases go there, too. */
function withJournal(session: Session, engine: PhaseContext): PhaseContext {
  return {
    ...engine,
    step: async <T>(key: string, work: () => Promise<T>): Promise<T> => {
      const known = session.ledger.steps.get(key);
      // What a step answered survived JSON when it was written, so it is what `work` answers.
      if (known !== undefined) return known as T;
      const value = await engine.step(key, work);
      await session.append({ type: "step", key, value: value as JsonValue });
      return value;
    },
    enqueue: async (request) => {
      if (!session.ledger.phases.has(request.id)) await session.append({ type: "phase", request, state: "queued" });
      await engine.enqueue(request);
    },
  };
}
