import type { Clock } from "../clock.js";
import type { Approval, Revocation, Trust } from "./approval.js";
import type { Emit } from "./emit.js";
import { type Halt, halted, pause, stop } from "./halt.js";
import type { Plan } from "./plan.js";
import type { ControlAnswer, ExecuteOptions } from "./result.js";
import { type Consent, judgeConsent } from "./trust.js";
import type { OpeningHours } from "./window.js";

const controlPollMs = 5_000;

/** What decides whether a run may go forward. */
export interface GoingOn {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly options: Pick<ExecuteOptions, "signal" | "control">;
  readonly emit: Emit;
  /** The moment after which nothing goes forward, in milliseconds since the epoch. */
  readonly finishBefore: number;
  readonly hours: OpeningHours | undefined;
  readonly trust: Trust;
  readonly approvals: readonly Approval[];
  /** Approvals that plan and guard ask for on top of `trust`. */
  readonly demanded: number;
  /** False where nothing that is done needs consent, as when a run only gives back. */
  readonly needsConsent: boolean;
  /** Told of a withdrawal the first time it is seen. */
  onRevoked(revocation: Revocation): Promise<void>;
}

/** Answers why a run must not go forward now; `undefined` when it may. Asked when each forward request leaves. */
export async function reasonToHalt(going: GoingOn): Promise<Halt | undefined> {
  return (
    abortHalt(going) ??
    expiryHalt(going) ??
    (await controlHalt(going)) ??
    windowHalt(going) ??
    (await consentHalt(going))
  );
}

function abortHalt({ options }: GoingOn): Halt | undefined {
  if (!options.signal?.aborted) return undefined;
  return pause({
    code: "aborted",
    message: "The run was stopped by its caller.",
    hint: "Run the same command to go on.",
  });
}

function expiryHalt({ clock, finishBefore }: GoingOn): Halt | undefined {
  if (clock.now() < finishBefore) return undefined;
  const problem = {
    code: "plan-expired",
    message: `The plan allowed work until ${new Date(finishBefore).toISOString()}.`,
    hint: "What stood half done is given back. Make a new plan for what remains.",
  } as const;
  return stop(problem, true);
}

async function controlHalt(going: GoingOn): Promise<Halt | undefined> {
  const { options, emit, clock } = going;
  for (let answer = await readControl(options); ; answer = await readControl(options)) {
    if (answer.state === "run") return abortHalt(going) ?? expiryHalt(going);
    if (answer.state === "freeze") {
      const hint = "Run the same command once the freeze is lifted.";
      return stop({ code: "frozen", message: `Frozen: ${answer.reason}`, hint }, false);
    }
    emit({ type: "progress", operation: "wave", done: 0, total: 0, waitingFor: `paused: ${answer.reason}` });
    await clock.sleep(controlPollMs, options.signal);
    if (options.signal?.aborted) return abortHalt(going);
  }
}

async function readControl({ control }: Pick<ExecuteOptions, "control">): Promise<ControlAnswer> {
  try {
    return (await control?.()) ?? { state: "run" };
  } catch {
    return { state: "freeze", reason: "the freeze switch could not be read" };
  }
}

function windowHalt({ hours, clock }: GoingOn): Halt | undefined {
  if (!hours || hours.isOpen(clock.now())) return undefined;
  const until = hours.opensAt(clock.now());
  if (until !== undefined) return halted({ status: "waiting", until }, false);
  return stop({ code: "outside-window", message: "The windows never open again.", hint: "Change the windows." }, true);
}

async function consentHalt(going: GoingOn): Promise<Halt | undefined> {
  if (!going.needsConsent) return undefined;
  const answer = await readConsent(going);
  if ("unreadable" in answer) return stop(unreadable(answer.unreadable), false);
  return answer.problem && stop(answer.problem, true);
}

/** Reads withdrawals and judges the approvals by now. */
export async function readConsent(going: GoingOn): Promise<Consent | { readonly unreadable: string }> {
  let revocations: readonly Revocation[];
  try {
    revocations = (await going.trust.revocations?.()) ?? [];
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
  const { plan, trust, approvals, demanded, clock } = going;
  const consent = judgeConsent({ plan, trust, approvals, revocations, demanded, now: clock.now() });
  if (consent.withdrawal) await going.onRevoked(consent.withdrawal);
  return consent;
}

function unreadable(why: string) {
  return {
    code: "approval-invalid",
    message: `Whether consent was withdrawn could not be read: ${why}`,
    hint: "Nothing goes forward until it can. Run the same command then.",
  } as const;
}
