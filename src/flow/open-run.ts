import type { CloudAdapter } from "../adapter.js";
import { systemClock } from "../clock.js";
import { DecommissionError, invalidRequest, type Problem } from "../errors.js";
import { runIdOf, verifyPlan } from "./digest.js";
import { emitter } from "./emit.js";
import { type RunPolicy, underGuard } from "./guard.js";
import type { OpenJournal } from "./journal.js";
import { Ledger } from "./ledger.js";
import { readConsent } from "./permission-to-go.js";
import { firstPhase } from "./phases.js";
import type { Plan } from "./plan.js";
import { undoneJournal } from "./plan-undo.js";
import { checkGuardForm } from "./policy-schema.js";
import { sameMachine } from "./process-identity.js";
import { readLedger } from "./read-ledger.js";
import type { ExecuteOptions } from "./result.js";
import { type ScopedAdapter, scopedHomes } from "./scopes.js";
import { Session, type SessionParts } from "./session.js";
import { checkTrust, refuseForgeries } from "./trust.js";
import { isFreeUndo } from "./undone-run.js";
import { settleIntents } from "./wave.js";
import { openingHours } from "./window.js";

const hourMs = 3_600_000;

/**
 * Takes hold of a run: checks plan, trust, guard and adapters, opens the journal and writes the plan into it. Without
 * a plan it is the journal's own. Throws before the first mutation of a run when anything does not hold.
 */
export async function openRun(
  adapters: readonly CloudAdapter[],
  given: Plan | undefined,
  asked: ExecuteOptions,
): Promise<{ readonly session: Session; close(): Promise<void> }> {
  if (given !== undefined) verifyPlan(given);
  checkTrust(asked?.trust);
  checkJournal(asked.journal);
  const plan = given ?? (await planIn(asked));
  const undoes = undoneJournal(plan, asked.undoes);
  const options = undoes ? { ...asked, undoes } : asked;
  refuseForgeries(options.approvals ?? [], plan, options.trust);
  if (options.guard !== undefined) checkGuardForm(options.guard);
  const policy = underGuard(plan.policy, options.guard);
  const hours = await openingHours(policy.windows);
  const call = { signal: options.signal, onEvent: options.onEvent };
  const homes = await scopedHomes(adapters, plan.scopes, call);
  const journal = await options.journal.open({ takeOver: options.takeOver });
  try {
    const ledger = new Ledger();
    for await (const record of options.journal.read()) ledger.add(record);
    const clock = options.clock ?? systemClock;
    const free = await isFreeUndo(plan, options);
    const going: SessionParts["going"] = {
      plan,
      clock,
      options,
      finishBefore: finishOf(plan, policy),
      hours,
      trust: options.trust,
      approvals: [...(ledger.opened?.approvals ?? []), ...(options.approvals ?? [])],
      demanded: policy.approvals?.required ?? 0,
      needsConsent: !free,
    };
    const runId = runIdOf(plan.digest);
    const session = new Session({ plan, policy, ledger, options, clock, runId, journal, homes, going });
    await begin(session, going, homes, journal);
    return { session, close: () => journal.close() };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

function checkJournal(journal: unknown): void {
  if (typeof journal === "object" && journal !== null && "open" in journal) return;
  throw invalidRequest("`journal` is missing.", 'Pass `fileJournal("runs/42")`: without a record nothing is sent.');
}

/** The plan that a journal holds. Throws `invalid-request` where it holds none. */
async function planIn(options: ExecuteOptions): Promise<Plan> {
  const plan = (await readLedger(options.journal)).wholePlan();
  verifyPlan(plan);
  return plan;
}

async function begin(
  session: Session,
  going: SessionParts["going"],
  homes: readonly ScopedAdapter[],
  journal: OpenJournal,
): Promise<void> {
  const { ledger, plan, policy, clock, options } = session;
  if (ledger.spent) throw spentPlan(ledger.spent.byRunId);
  if (ledger.opened && ledger.opened.plan.digest !== plan.digest) throw otherPlan(ledger.opened.runId);
  const fresh = ledger.intents.size === 0;
  if (!ledger.opened && clock.now() >= startOf(plan, policy)) throw expired(new Date(startOf(plan, policy)));
  const size = plan.scopes.reduce((sum, scope) => sum + scope.instances.length, 0);
  if (fresh && policy.maxInstances !== undefined && size > policy.maxInstances)
    throw tooMany(size, policy.maxInstances);
  await judgeStart(session, going, fresh);
  const before = ledger.owner;
  await writePlan(session, homes);
  await session.append({
    type: "owner",
    lock: journal.lock,
    ...(journal.tookOver === undefined ? {} : { tookOver: journal.tookOver }),
  });
  await writeConsent(session);
  // What another machine announced is timed by a clock that nobody here can read.
  if (before && !sameMachine(before, journal.lock) && options.takeOver !== undefined) {
    await settleIntents(session, ledger.instances);
  }
}

/** A run without consent does not begin. One that has begun is opened all the same, so that it can give back. */
async function judgeStart(session: Session, going: SessionParts["going"], fresh: boolean): Promise<void> {
  const emit = emitter(session.clock, session.options.onEvent);
  const consent = await readConsent({ ...going, emit, onRevoked: async () => undefined });
  if ("unreadable" in consent) {
    if (!fresh || !going.needsConsent) return;
    throw new DecommissionError({
      code: "approval-invalid",
      message: `Whether consent was withdrawn could not be read: ${consent.unreadable}`,
      hint: "Nothing was sent. Try again once `trust.revocations` answers.",
    });
  }
  session.consent = consent;
  if (fresh && going.needsConsent && consent.problem) throw new DecommissionError(consent.problem);
}

async function writeConsent(session: Session): Promise<void> {
  const { consent, ledger } = session;
  if (!consent) return;
  const { approvedBy, required } = consent;
  const known = ledger.consent && JSON.stringify([ledger.consent.approvedBy, ledger.consent.required]);
  if (known === JSON.stringify([approvedBy, required])) return;
  await session.append({ type: "consent", approvedBy, required });
}

/** Writes what is missing of the plan: a process can die in the middle of that, too. */
async function writePlan(session: Session, homes: readonly ScopedAdapter[]): Promise<void> {
  const { plan, ledger, runId, journalId, options } = session;
  const { scopes, ...rest } = plan;
  if (!ledger.opened) {
    const { revocations: _revocations, ...trust } = options.trust;
    await session.append({
      type: "opened",
      runId,
      journalId,
      plan: rest,
      approvals: options.approvals ?? [],
      trust,
      ...(options.guard === undefined ? {} : { guard: options.guard }),
      principals: homes.map((home) => home.principal),
    });
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

/** The guard can only bring the plan's own moments forward. */
function startOf(plan: Plan, policy: RunPolicy): number {
  return Math.min(Date.parse(plan.expiresAt), Date.parse(plan.createdAt) + policy.planTtlHours * hourMs);
}

function finishOf(plan: Plan, policy: RunPolicy): number {
  return Math.min(Date.parse(plan.finishBefore), startOf(plan, policy) + policy.runHours * hourMs);
}

function otherPlan(runId: string): DecommissionError {
  const problem: Problem = {
    code: "plan-mismatch",
    message: `This journal belongs to run ${runId} of another plan.`,
    hint: "Use a journal of its own for each plan.",
  };
  return new DecommissionError(problem);
}

function spentPlan(byRunId: string): DecommissionError {
  return new DecommissionError({
    code: "conflict",
    message: `This run was undone by ${byRunId}, so its plan is spent.`,
    hint: "Make a new plan.",
  });
}

function expired(start: Date): DecommissionError {
  return new DecommissionError({
    code: "plan-expired",
    message: `The plan had to be started before ${start.toISOString()}.`,
    hint: "The world has moved on since. Make a new plan.",
  });
}

function tooMany(size: number, limit: number): DecommissionError {
  return new DecommissionError({
    code: "limit-exceeded",
    message: `The plan has ${size} instances; the executor allows ${limit}.`,
    hint: "Split the plan, or raise `maxInstances` in the guard.",
  });
}
