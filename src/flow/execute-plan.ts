import type { CloudAdapter } from "../adapter.js";
import type { IsoDate } from "../common.js";
import { startHeartbeat } from "./heartbeat.js";
import { openRun } from "./open-run.js";
import type { Plan } from "./plan.js";
import type { ExecuteOptions, RunResult } from "./result.js";
import { runResult } from "./results.js";
import { changeState, embeddedContext, finishWhenDone, openPhases, workOn } from "./run-phase.js";
import type { Session } from "./session.js";

const defaultIdleMs = 15 * 60_000;

/**
 * Carries out a plan. One instance's failure never stops another's. Throws before the first mutation when plan,
 * trust or journal do not hold; from then on it answers how the run stands. The same call with the same journal goes
 * on where the last one ended.
 */
export async function executePlan(
  adapters: readonly CloudAdapter[],
  plan: Plan,
  options: ExecuteOptions,
): Promise<RunResult> {
  const heartbeat = startHeartbeat(options?.onEvent);
  try {
    const told = heartbeat ? { ...options, onEvent: heartbeat.onEvent } : options;
    const { session, close } = await openRun(adapters, plan, told);
    try {
      await runAll(session, adapters);
      return runResult(session.ledger, session.runId, session.journalId, plan.digest);
    } finally {
      await close();
    }
  } finally {
    heartbeat?.end();
  }
}

/** The embedded engine: one phase after the other, the earliest first, until none is left or none is due for long. */
async function runAll(session: Session, adapters: readonly CloudAdapter[]): Promise<void> {
  const context = embeddedContext(session, adapters);
  for (let [next] = openPhases(session); next; [next] = openPhases(session)) {
    if (next.notBefore !== undefined && !(await waitUntil(session, next.notBefore, next.phase))) return;
    await workOn(session, next, context);
    const { state } = session.ledger;
    if (state?.status === "waiting") {
      if (session.options.signal?.aborted || !(await waitUntil(session, state.until, "the window"))) return;
    } else if (state?.status !== "running") return;
  }
  await finishWhenDone(session);
}

/** Waits where that is short; else says that the run is waiting. False: the call is to end now. */
async function waitUntil(session: Session, until: IsoDate, waitingFor: string): Promise<boolean> {
  const waitMs = Date.parse(until) - session.clock.now();
  if (waitMs <= 0) return true;
  if (waitMs <= (session.options.maxIdleMs ?? defaultIdleMs)) {
    session.emit({ type: "progress", operation: "wave", done: 0, total: 1, waitingFor, remainingMs: waitMs });
    await session.clock.sleep(waitMs, session.options.signal);
    return session.options.signal?.aborted !== true || (await saidAborted(session));
  }
  const known = session.ledger.state;
  if (known?.status !== "waiting" || known.until !== until) await changeState(session, { status: "waiting", until });
  return false;
}

/** An abort ended the wait early. */
async function saidAborted(session: Session): Promise<false> {
  const problem = {
    code: "aborted",
    message: "The run was stopped by its caller.",
    hint: "Run the same command to go on.",
  } as const;
  await changeState(session, { status: "paused", problem });
  return false;
}
