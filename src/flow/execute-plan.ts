import type { CloudAdapter } from "../adapter.js";
import { systemClock } from "../clock.js";
import type { JsonValue, Scope } from "../common.js";
import { DecommissionError, type Problem } from "../errors.js";
import type { RunState } from "../events.js";
import { runIdOf, verifyPlan } from "./digest.js";
import { Halt } from "./halt.js";
import { startHeartbeat } from "./heartbeat.js";
import type { OpenJournal } from "./journal.js";
import { Ledger } from "./ledger.js";
import type { PhaseContext, PhaseRequest } from "./phase.js";
import { firstPhase, runOnePhase } from "./phases.js";
import type { Plan } from "./plan.js";
import type { ExecuteOptions, RunResult } from "./result.js";
import { runResult } from "./results.js";
import { type ScopedAdapter, scopeKey, scopeOfAdapter } from "./scopes.js";
import { Session } from "./session.js";

const defaultIdleMs = 15 * 60_000;

/**
 * Carries out a plan. One instance's failure never stops another's. Throws before the first mutation when plan or
 * journal do not hold; from then on it answers how the run stands.
 */
export async function executePlan(
  adapters: readonly CloudAdapter[],
  plan: Plan,
  options: ExecuteOptions,
): Promise<RunResult> {
  verifyPlan(plan);
  const heartbeat = startHeartbeat(options.onEvent);
  const told = heartbeat ? { ...options, onEvent: heartbeat.onEvent } : options;
  let journal: OpenJournal | undefined;
  try {
    const homes = await homesOf(adapters, plan, told);
    journal = await options.journal.open();
    const session = await openSession(plan, told, journal, homes);
    await runAll(session, contextOf(session, adapters));
    return runResult(session.ledger, session.runId, journal.id, plan.digest);
  } finally {
    heartbeat?.end();
    await journal?.close();
  }
}

/** The adapter of each scope, asked who it is before anything is believed. Throws `wrong-account` where one does not fit. */
async function homesOf(
  adapters: readonly CloudAdapter[],
  plan: Plan,
  options: ExecuteOptions,
): Promise<readonly ScopedAdapter[]> {
  const call = { signal: options.signal, onEvent: options.onEvent };
  const needed = adapters.filter((adapter) =>
    plan.scopes.some((scope) => scope.cloud === adapter.cloud && scope.region === adapter.region),
  );
  const scoped = await Promise.all(needed.map((adapter) => scopeOfAdapter(adapter, call)));
  return plan.scopes.map((scope) => {
    const home = scoped.find(
      (candidate) => scopeKey(candidate.scope) === scopeKey(scope) && sameEndpoints(candidate.scope, scope),
    );
    if (home) return home;
    throw new DecommissionError({
      code: "wrong-account",
      message: `No adapter acts in ${scopeKey(scope)}, for which the plan was made.`,
      hint: "Pass adapters with the same account, region, project and endpoints as when planning.",
      cloud: scope.cloud,
    });
  });
}

function sameEndpoints(one: Scope, other: Scope): boolean {
  const entries = (scope: Scope) =>
    Object.entries(scope.endpoints ?? {})
      .map((entry) => entry.join(" "))
      .sort()
      .join("\n");
  return entries(one) === entries(other);
}

async function openSession(
  plan: Plan,
  options: ExecuteOptions,
  journal: OpenJournal,
  homes: readonly ScopedAdapter[],
): Promise<Session> {
  const ledger = new Ledger();
  for await (const record of options.journal.read()) ledger.add(record);
  const clock = options.clock ?? systemClock;
  const runId = runIdOf(plan.digest);
  const session = new Session({ plan, ledger, options, clock, runId, journal, homes });
  if (ledger.opened && ledger.opened.plan.digest !== plan.digest) throw otherPlan(ledger.opened.runId);
  if (!ledger.opened && clock.now() >= Date.parse(plan.expiresAt)) throw expired(plan);
  await writePlan(session, homes);
  return session;
}

/** Writes what is missing of the plan: a process can die in the middle of that, too. */
async function writePlan(session: Session, homes: readonly ScopedAdapter[]): Promise<void> {
  const { plan, ledger, runId, journalId } = session;
  const { scopes, ...rest } = plan;
  if (!ledger.opened) {
    const principals = homes.map((home) => home.principal);
    await session.append({ type: "opened", runId, journalId, plan: rest, principals });
  }
  for (const [index, { instances, ...scope }] of scopes.entries()) {
    if (!ledger.scopes[index]) await session.append({ type: "scope", index, scope });
    const written = ledger.instances.filter((instance) => instance.scopeIndex === index).length;
    await Promise.all(
      instances.slice(written).map((instance) => session.append({ type: "planned", scopeIndex: index, instance })),
    );
  }
  if (ledger.phases.size === 0) await session.append({ type: "phase", request: firstPhase, state: "queued" });
}

function contextOf(session: Session, adapters: readonly CloudAdapter[]): PhaseContext {
  return {
    adapters,
    options: session.options,
    step: async <T>(key: string, work: () => Promise<T>): Promise<T> => {
      const known = session.ledger.steps.get(key);
      // What a step answered survived JSON when it was written, so it is what `work` answers.
      if (known !== undefined) return known as T;
      const value = await work();
      await session.append({ type: "step", key, value: value as JsonValue });
      return value;
    },
    now: async () => session.now(),
    enqueue: async (request) => {
      if (!session.ledger.phases.has(request.id)) await session.append({ type: "phase", request, state: "queued" });
    },
  };
}

/** The embedded engine: one phase after the other, the earliest first, until none is left or none is due for long. */
async function runAll(session: Session, context: PhaseContext): Promise<void> {
  if (session.ledger.state?.status === "finished") return;
  await changeState(session, { status: "running" });
  try {
    for (let next = nextPhase(session); next; next = nextPhase(session)) {
      await waitFor(session, next);
      await session.append({ type: "phase", request: next, state: "started" });
      await runOnePhase(session, next, context);
      await session.append({ type: "phase", request: next, state: "done" });
    }
    await changeState(session, { status: "finished" });
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
    await changeState(session, error.state);
  }
}

async function changeState(session: Session, state: RunState): Promise<void> {
  await session.append({ type: "state", state });
  session.emit({ type: "run", runId: session.runId, state });
}

function nextPhase(session: Session): PhaseRequest | undefined {
  const open = [...session.ledger.phases.values()]
    .filter(({ state }) => state !== "done")
    .map(({ request }) => request);
  return open.sort((one, other) => (one.notBefore ?? "").localeCompare(other.notBefore ?? ""))[0];
}

async function waitFor(session: Session, { notBefore, phase }: PhaseRequest): Promise<void> {
  const waitMs = notBefore === undefined ? 0 : Date.parse(notBefore) - session.clock.now();
  if (notBefore === undefined || waitMs <= 0) return;
  if (waitMs > (session.options.maxIdleMs ?? defaultIdleMs))
    throw new Halt({ status: "waiting", until: notBefore }, false);
  session.emit({ type: "progress", operation: "wave", done: 0, total: 1, waitingFor: phase, remainingMs: waitMs });
  await session.clock.sleep(waitMs, session.options.signal);
  await session.checkpoint();
}

function otherPlan(runId: string): DecommissionError {
  const problem: Problem = {
    code: "plan-mismatch",
    message: `This journal belongs to run ${runId} of another plan.`,
    hint: "Use a journal of its own for each plan.",
  };
  return new DecommissionError(problem);
}

function expired(plan: Plan): DecommissionError {
  return new DecommissionError({
    code: "plan-expired",
    message: `The plan had to be started before ${plan.expiresAt}.`,
    hint: "The world has moved on since. Make a new plan.",
  });
}
