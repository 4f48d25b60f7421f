import { groupBy } from "../batch.js";
import type { IsoDate } from "../common.js";
import { DecommissionError, type Problem } from "../errors.js";
import { comesAgain, finishOff, lookAgain } from "./aftermath.js";
import { countLive } from "./census.js";
import { end } from "./end.js";
import { Halt, stop } from "./halt.js";
import { askHook } from "./hooks.js";
import { hasEnded, type InstanceLedger } from "./ledger.js";
import type { PhaseContext, PhaseRequest } from "./phase.js";
import { prepare } from "./prepare.js";
import { resultsOf } from "./results.js";
import { save } from "./save.js";
import { scopeKey } from "./scopes.js";
import type { Session } from "./session.js";
import { Wave } from "./wave.js";
import { cutWaves } from "./waves.js";

/** The phase every run begins with. */
export const firstPhase: PhaseRequest = { phase: "begin", id: "begin" };

/** Runs one phase. Throws a {@link Halt} where the run ends early. */
export async function runOnePhase(session: Session, request: PhaseRequest, context: PhaseContext): Promise<void> {
  switch (request.phase) {
    case "begin":
      return await begin(session, context);
    case "wave":
      return await runWave(session, numberOf(request), context);
    case "look-again":
      return await lookAgainAt(session, numberOf(request));
    default:
      throw new DecommissionError({
        code: "journal-corrupt",
        message: `The journal asks for a phase called ${request.phase}, which this version does not know.`,
        hint: "Go on with the version that wrote it.",
      });
  }
}

/** Leaves alone what the plan says cannot go, and cuts the others into waves. */
async function begin(session: Session, context: PhaseContext): Promise<void> {
  await session.checkpoint();
  const { instances } = session.ledger;
  for (const instance of instances) {
    const blocker = instance.planned.blockers.find(({ waived }) => !waived);
    if (blocker && !instance.closed) await session.close(instance, "blocked", blocker.problem);
  }
  await keepShare(session);
  const waves = await context.step("waves", async () => {
    const open = session.ledger.instances.flatMap((instance, index) => (instance.closed ? [] : [index]));
    return cutWaves(open, session.plan.policy.waves);
  });
  if (waves.length > 0) await context.enqueue({ phase: "wave", id: "wave-0" });
}

/** Counts again: what `maxPercent` allowed when the plan was made may be a larger share by now. */
async function keepShare(session: Session): Promise<void> {
  const { maxPercent } = session.plan.policy;
  if (maxPercent === undefined) return;
  for (const index of session.plan.scopes.keys()) {
    const { adapter, scope } = session.home(index);
    const own = session.ledger.instances.filter((instance) => instance.scopeIndex === index);
    const ended = own.filter(hasEnded).length;
    const going = own.filter((instance) => !instance.closed).length;
    const whole = (await countLive(adapter, session.readCall())) + ended;
    const share = whole === 0 ? 0 : ((going + ended) / whole) * 100;
    if (share > maxPercent) throw stop(shareProblem(share, maxPercent, scopeKey(scope)), true);
  }
}

function shareProblem(share: number, limit: number, where: string): Problem {
  return {
    code: "limit-exceeded",
    message: `The run would end ${share.toFixed(1)} % of what lives in ${where}; \`maxPercent\` is ${limit}.`,
    hint: "Plan fewer instances, or raise the limit.",
  };
}

async function runWave(session: Session, number: number, context: PhaseContext): Promise<void> {
  const waves = wavesOf(session);
  const members = membersOf(session, waves, number);
  session.emit({ type: "progress", operation: "wave", done: number, total: waves.length });
  await inEveryScope(session, number, members, async (wave) => {
    await prepare(wave);
    await save(wave);
    await end(wave);
    await finishOff(wave);
  });
  await scheduleLookAgain(members, number, session, context);
  await keepFailures(session, waves);
  await askAfterWave(session, number, members);
  session.emit({ type: "progress", operation: "wave", done: number + 1, total: waves.length });
  if (number + 1 >= waves.length) return;
  const pauseMs = session.plan.policy.wavePauseMinutes * 60_000;
  const pause = pauseMs === 0 ? {} : { notBefore: inFuture(session, pauseMs) };
  await context.enqueue({ phase: "wave", id: `wave-${number + 1}`, ...pause });
}

/** Works in all scopes of a wave at once. One that must stop does not interrupt the others in the middle of a step. */
async function inEveryScope(
  session: Session,
  number: number,
  members: readonly InstanceLedger[],
  work: (wave: Wave) => Promise<void>,
): Promise<void> {
  const waves = [...groupBy(members, (member) => member.scopeIndex)].map(
    ([index, own]) => new Wave(session, number, own, index),
  );
  const done = await Promise.allSettled(waves.map(work));
  const failures = done.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  const halt = failures.find((reason) => reason instanceof Halt);
  if (halt?.final) await giveAllBack(waves, halt);
  else for (const wave of waves) await wave.giveBack();
  if (failures.length > 0) throw halt ?? failures[0];
}

/** After the last forward step of a run nothing of it stays half done. */
async function giveAllBack(waves: readonly Wave[], halt: Halt): Promise<void> {
  for (const wave of waves) {
    const problem = "problem" in halt.state ? halt.state.problem : undefined;
    for (const member of wave.standing()) {
      const begun = member.outcomes.length > 0 || member.announced.length > 0;
      if (begun) await wave.session.close(member, "blocked", problem);
    }
    await wave.giveBack();
  }
}

async function keepFailures(session: Session, waves: readonly (readonly number[])[]): Promise<void> {
  const limit = session.plan.policy.stopAfterFailures;
  if (limit === undefined) return;
  const tried = waves.flat().flatMap((index) => session.ledger.instances[index] ?? []);
  const failed = tried.filter((instance) => instance.closed !== undefined && !hasEnded(instance));
  if (failed.length < limit) return;
  throw stop(
    {
      code: "limit-exceeded",
      message: `${failed.length} instances could not be retired; \`stopAfterFailures\` is ${limit}.`,
      hint: "See why they failed, then plan the others again.",
    },
    true,
  );
}

async function askAfterWave(session: Session, number: number, members: readonly InstanceLedger[]): Promise<void> {
  const ask = session.options.hooks?.afterWave;
  if (!ask) return;
  const problem = await askHook("afterWave", session.options, (signal) => ask(number, resultsOf(members), { signal }));
  if (problem) throw stop(problem, false);
}

async function scheduleLookAgain(
  members: readonly InstanceLedger[],
  number: number,
  session: Session,
  context: PhaseContext,
): Promise<void> {
  const due = members
    .filter((member) => member.verdict?.status === "deleted")
    .flatMap((member) => comesAgain(member) ?? []);
  if (due.length === 0) return;
  await context.enqueue({
    phase: "look-again",
    id: `look-again-${number}`,
    notBefore: inFuture(session, Math.max(...due) * 60_000),
  });
}

async function lookAgainAt(session: Session, number: number): Promise<void> {
  const members = membersOf(session, wavesOf(session), number);
  await inEveryScope(session, number, members, lookAgain);
}

function wavesOf(session: Session): readonly (readonly number[])[] {
  const waves = session.ledger.steps.get("waves");
  return Array.isArray(waves) ? waves : [];
}

function membersOf(session: Session, waves: readonly (readonly number[])[], number: number): readonly InstanceLedger[] {
  return (waves[number] ?? []).flatMap((index) => session.ledger.instances[index] ?? []);
}

function numberOf(request: PhaseRequest): number {
  return Number(/-(\d+)$/.exec(request.id)?.[1] ?? 0);
}

function inFuture(session: Session, milliseconds: number): IsoDate {
  return new Date(session.clock.now() + milliseconds).toISOString();
}
