import { groupBy } from "../batch.js";
import type { IsoDate } from "../common.js";
import { DecommissionError, type Problem } from "../errors.js";
import { comesAgain, finishOff, lookAgain, lookAtEnded } from "./aftermath.js";
import { blockerNow, refuseLeftBehind } from "./beginning.js";
import { countLive } from "./census.js";
import { end } from "./end.js";
import { Halt, stop } from "./halt.js";
import { askHook } from "./hooks.js";
import { hasEnded, type InstanceLedger } from "./ledger.js";
import type { PhaseContext, PhaseRequest } from "./phase.js";
import { prepare } from "./prepare.js";
import { quarantine, quarantineHours } from "./quarantine.js";
import { resultsOf } from "./results.js";
import { save } from "./save.js";
import { scopeKey } from "./scopes.js";
import type { Session } from "./session.js";
import { undo } from "./undo-run.js";
import { spendUndone } from "./undone-run.js";
import { Wave } from "./wave.js";
import { cutWaves } from "./waves.js";

/** The phase every run begins with. */
export const firstPhase: PhaseRequest = { phase: "begin", id: "begin" };

/** Runs one phase. Throws a {@link Halt} where the run ends early. */
export async function runOnePhase(session: Session, request: PhaseRequest, context: PhaseContext): Promise<void> {
  // Giving back what another run did is stopped by nothing; whatever else an undo does asks for itself.
  if (session.plan.kind !== "undo" || session.needsConsent) await session.checkpoint();
  const number = Number(/-(\d+)$/.exec(request.id)?.[1] ?? 0);
  switch (request.phase) {
    case "begin":
      return await begin(session, context);
    case "wave":
      return await runWave(session, number, context);
    case "finish":
      return await finish(session, number, context);
    case "look-again":
      return await inEveryScope(session, number, lookAgain);
    default:
      throw new DecommissionError({
        code: "journal-corrupt",
        message: `The journal asks for a phase called ${request.phase}, which this version does not know.`,
        hint: "Go on with the version that wrote it.",
      });
  }
}

/** After the last forward step of a run nothing of it stays half done, in whatever wave it was. */
export async function giveAllBack(session: Session, halt: Halt): Promise<void> {
  if (session.plan.kind === "undo") return;
  const problem = "problem" in halt.state ? halt.state.problem : undefined;
  const begun = session.ledger.instances.filter(
    (instance) => instance.outcomes.length > 0 || instance.intentKeys.length > 0,
  );
  for (const [scopeIndex, members] of groupBy(begun, (instance) => instance.scopeIndex)) {
    const wave = new Wave(session, 0, members, scopeIndex);
    for (const member of wave.standing()) await session.close(member, "blocked", problem);
    await wave.giveBack();
    await lookAtEnded(wave);
  }
}

/** Leaves alone what cannot go, and cuts the others into waves. */
async function begin(session: Session, context: PhaseContext): Promise<void> {
  for (const instance of session.ledger.instances) {
    const problem = instance.closed ? undefined : blockerNow(session, instance);
    if (problem) await session.close(instance, "blocked", problem);
  }
  await keepShare(session);
  await context.step("undone", () => spendUndone(session));
  await context.step("left-behind", async () => {
    await refuseLeftBehind(session);
    return "none";
  });
  const waves = await context.step("waves", async () => {
    const open = session.ledger.instances.flatMap((instance, index) => (instance.closed ? [] : [index]));
    return cutWaves(open, session.policy.waves);
  });
  if (waves.length > 0) await context.enqueue({ phase: "wave", id: "wave-0" });
}

/** Counts again: what `maxPercent` allowed when the plan was made may be a larger share by now. */
async function keepShare(session: Session): Promise<void> {
  const { maxPercent } = session.policy;
  if (maxPercent === undefined || session.plan.kind !== "decommission") return;
  for (const index of session.plan.scopes.keys()) {
    const { adapter, scope } = session.home(index);
    const own = session.ledger.instances.filter((instance) => instance.scopeIndex === index);
    const ended = own.filter(hasEnded).length;
    const going = own.filter((instance) => !instance.closed && !hasEnded(instance)).length;
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

/** Takes a wave out of service. Without a quarantine it is finished at once, else when that is over. */
async function runWave(session: Session, number: number, context: PhaseContext): Promise<void> {
  if (session.plan.kind === "undo") {
    await inEveryScope(session, number, undo);
    return await enqueueWave(session, number + 1, context);
  }
  session.emit({ type: "progress", operation: "wave", done: number, total: wavesOf(session).length });
  if (session.plan.kind === "follow-up") return await finish(session, number, context);
  // Counted at each wave: servers that others end meanwhile make the same wave a larger share.
  await keepShare(session);
  await inEveryScope(session, number, async (wave) => {
    await prepare(wave);
    await quarantine(wave);
  });
  const hours = Math.max(
    0,
    ...membersOf(session, number).map((member) => quarantineHours(member, session.options.guard)),
  );
  if (hours === 0) return await finish(session, number, context);
  await context.enqueue({ phase: "finish", id: `finish-${number}`, notBefore: inFuture(session, hours * 3_600_000) });
  // The waits of the waves run side by side, or a run of several would outlast its plan.
  await enqueueWave(session, number + 1, context);
}

async function finish(session: Session, number: number, context: PhaseContext): Promise<void> {
  await inEveryScope(session, number, async (wave) => {
    if (session.plan.kind === "decommission") {
      await save(wave);
      await end(wave);
    }
    await finishOff(wave);
  });
  const members = membersOf(session, number);
  await scheduleLookAgain(members, number, session, context);
  keepFailures(session);
  await askAfterWave(session, number, members);
  session.emit({ type: "progress", operation: "wave", done: number + 1, total: wavesOf(session).length });
  await enqueueWave(session, number + 1, context);
}

async function enqueueWave(session: Session, number: number, context: PhaseContext): Promise<void> {
  if (number >= wavesOf(session).length) return;
  const pauseMs = session.policy.wavePauseMinutes * 60_000;
  const pause = pauseMs === 0 ? {} : { notBefore: inFuture(session, pauseMs) };
  await context.enqueue({ phase: "wave", id: `wave-${number}`, ...pause });
}

/** Works in all scopes of a wave at once. One that must stop does not interrupt the others in the middle of a step. */
async function inEveryScope(session: Session, number: number, work: (wave: Wave) => Promise<void>): Promise<void> {
  const members = groupBy(membersOf(session, number), (member) => member.scopeIndex);
  const waves = [...members].map(([index, own]) => new Wave(session, number, own, index));
  const done = await Promise.allSettled(waves.map(work));
  const failures = done.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  if (failures.length === 0) return;
  const defect = failures.find((reason) => !(reason instanceof Halt));
  if (defect === undefined) for (const wave of waves) await wave.giveBack();
  throw defect ?? failures[0];
}

function keepFailures(session: Session): void {
  const limit = session.policy.stopAfterFailures;
  if (limit === undefined) return;
  const tried = wavesOf(session).flatMap((_, number) => membersOf(session, number));
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
  if (problem) await session.checkpoint();
  if (problem) throw stop(problem, false);
}

async function scheduleLookAgain(
  members: readonly InstanceLedger[],
  number: number,
  session: Session,
  context: PhaseContext,
): Promise<void> {
  const gone = members.filter((member) => member.verdict?.status === "deleted");
  const due = gone.flatMap((member) => comesAgain(member) ?? []);
  if (due.length === 0) return;
  const notBefore = inFuture(session, Math.max(...due) * 60_000);
  await context.enqueue({ phase: "look-again", id: `look-again-${number}`, notBefore });
}

function wavesOf(session: Session): readonly (readonly number[])[] {
  const waves = session.ledger.steps.get("waves");
  return Array.isArray(waves) ? waves : [];
}

function membersOf(session: Session, number: number): readonly InstanceLedger[] {
  return (wavesOf(session)[number] ?? []).flatMap((index) => session.ledger.instances[index] ?? []);
}

function inFuture(session: Session, milliseconds: number): IsoDate {
  return new Date(session.clock.now() + milliseconds).toISOString();
}
