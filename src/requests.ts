import type { Clock } from "./clock.js";
import { isoNow } from "./clock.js";
import type { EffectState, MutationIntent } from "./effects.js";
import { DecommissionError, invalidRequest, type Problem, problemOf } from "./errors.js";
import type { CallOptions } from "./options.js";
import type { Answer, EventBody, Mutation, MutationAnswer, RequestPathOptions, Requests } from "./request-types.js";
import { refusedOnly, repeatable, withRetry } from "./retry.js";
import { rateLimiter } from "./scheduler.js";
import type { ApiAnswer, ApiRequest } from "./transport.js";

export type {
  Answer,
  EventBody,
  LostAnswer,
  Mutation,
  MutationAnswer,
  RequestPathOptions,
  Requests,
} from "./request-types.js";

/** Skew above which a run pauses: signatures and expiry times are no longer to be trusted. */
const clockSkewLimitMs = 30_000;

/**
 * Opens the requests of one call. `reads` refuses every mutation before it is sent. Throws `invalid-request` for a
 * budget that is no number: it would never run out.
 */
export function openRequests(path: RequestPathOptions, mode: "reads" | "all", options: CallOptions = {}): Requests {
  if (options.deadlineMs !== undefined && !(options.deadlineMs >= 0)) {
    throw invalidRequest("`deadlineMs` is no number of milliseconds.", "Pass how long the whole call may take.");
  }
  return new Call(path, mode, options);
}

class Call implements Requests {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly deadlineAt: number;
  readonly consistencyWindowMs: number;
  mutated = false;
  readonly tally = new Map<string, number>();
  private readonly path: RequestPathOptions;
  private readonly mode: "reads" | "all";
  private readonly options: CallOptions;
  /** Set when the recorder failed to note a result: nothing more is sent, for it would go unrecorded. */
  recorderProblem: Problem | undefined;
  private toldSkew = false;
  private intents = 0;

  constructor(path: RequestPathOptions, mode: "reads" | "all", options: CallOptions) {
    this.path = path;
    this.mode = mode;
    this.options = options;
    this.clock = path.clock;
    this.signal = options.signal;
    this.consistencyWindowMs = path.consistencyWindowMs;
    this.deadlineAt =
      options.deadlineMs === undefined ? Number.POSITIVE_INFINITY : path.clock.now() + options.deadlineMs;
  }

  async read(service: string, action: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer<unknown>> {
    return await this.repeatedly({ service, action, parameters }, "read");
  }

  async tryOut(
    service: string,
    action: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Answer<unknown>> {
    return await this.repeatedly({ service, action, parameters }, "dry-run");
  }

  private async repeatedly(request: ApiRequest, expected: "read" | "dry-run"): Promise<Answer<unknown>> {
    this.guard(request, expected);
    const answer = await withRetry(
      async () => {
        const sent = await this.send(request, false, 1, async () => undefined);
        if (sent.kind === "answer") return sent.answer;
        throw new DecommissionError(sent.problem, { cause: sent.cause });
      },
      repeatable,
      this.patience(),
    );
    return {
      body: answer.body,
      at: isoNow(this.clock),
      ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    };
  }

  async mutate(mutation: Mutation): Promise<MutationAnswer> {
    this.guard(mutation, "mutation");
    let intent: MutationIntent | undefined;
    const announce = async () => {
      const problem = await mutation.justBefore?.();
      if (problem) throw new DecommissionError(problem);
      if (intent) return;
      const announced = this.intentOf(mutation);
      await this.options.recorder?.intent(announced);
      intent = announced;
    };
    const outcome = await this.sendMutation(mutation, announce);
    if (!intent) return { ...outcome, effect: "not-applied", problem: outcome.problem ?? neverSent, sent: false };
    const answer = await this.confirmed(mutation, intent, outcome);
    await this.settle(intent, answer);
    return answer;
  }

  private intentOf(mutation: Mutation): MutationIntent {
    const at = isoNow(this.clock);
    return {
      key: `${mutation.service}:${mutation.action}/${at}/${++this.intents}/${crypto.randomUUID()}`,
      api: `${mutation.service}:${mutation.action}`,
      at,
      settleMs: this.path.totalMs + this.path.consistencyWindowMs,
      instanceIds: mutation.instanceIds,
      effects: mutation.effects,
    };
  }

  private async sendMutation(mutation: Mutation, announce: () => Promise<void>): Promise<RawOutcome> {
    // Once one attempt may have been carried out, no later refusal can say that nothing happened.
    let maybeExecuted = false;
    try {
      return await withRetry(
        async () => {
          const sent = await this.send(mutation, true, mutation.cost ?? 1, announce);
          if (sent.kind === "answer") return { effect: "applied", ...answered(sent.answer), body: sent.answer.body };
          maybeExecuted ||= sent.executed === "maybe";
          throw new DecommissionError(sent.problem, { cause: sent.cause });
        },
        mutation.token ? repeatable : refusedOnly,
        this.patience(),
      );
    } catch (error) {
      const problem = problemOf(error);
      const { requestId } = problem;
      return {
        effect: maybeExecuted ? "unknown" : "not-applied",
        problem,
        ...(requestId === undefined ? {} : { requestId }),
      };
    }
  }

  /** What bounds the waits between attempts. */
  private patience() {
    return { clock: this.clock, deadlineAt: this.deadlineAt, ...(this.signal ? { signal: this.signal } : {}) };
  }

  /** Replaces "the answer was lost" by what a re-read shows, where the mutation knows how to look. */
  private async confirmed(mutation: Mutation, intent: MutationIntent, outcome: RawOutcome): Promise<MutationAnswer> {
    const doubtful = outcome.effect === "unknown" || (outcome.effect === "not-applied" && mutation.partial === true);
    const { requestId } = outcome;
    const withId = requestId === undefined ? {} : { requestId };
    if (doubtful && mutation.confirm && outcome.problem) {
      const notBefore =
        outcome.effect === "unknown"
          ? Date.parse(intent.at) + intent.settleMs
          : this.clock.now() + this.path.consistencyWindowMs;
      try {
        const refused = outcome.effect === "not-applied";
        const seen = await mutation.confirm({ problem: outcome.problem, notBefore, refused });
        return { ...withId, ...seen, problem: outcome.problem, sent: true };
      } catch (error) {
        this.emit({ type: "warning", problem: problemOf(error) });
        return { ...withId, effect: "unknown", problem: outcome.problem };
      }
    }
    if (outcome.effect === "applied") {
      const ids = namedIn(mutation, outcome.body);
      return { ...withId, effect: "applied", body: outcome.body, ...(ids === undefined ? {} : { ids }) };
    }
    return { ...withId, effect: outcome.effect, problem: outcome.problem ?? neverSent, sent: true };
  }

  private async settle(intent: MutationIntent, answer: MutationAnswer): Promise<void> {
    const { effect, instances, requestId, ids } = answer;
    try {
      await this.options.recorder?.settled(intent.key, {
        effect,
        ...(instances === undefined ? {} : { instances }),
        ...(requestId === undefined ? {} : { requestId }),
        ...(ids === undefined ? {} : { ids }),
      });
    } catch (error) {
      this.recorderProblem = problemOf(error);
    }
  }

  /** One request, once: scheduler, announcement, deadline, translation, tally. */
  private async send(
    request: ApiRequest,
    mutating: boolean,
    cost: number,
    announce: () => Promise<void>,
  ): Promise<Sent> {
    const api = `${request.service}:${request.action}`;
    const refuse = (problem: Problem, cause?: unknown): Sent => ({ kind: "error", problem, executed: "no", cause });
    const stop = this.stopped();
    if (stop) return refuse(stop);
    const limit = this.path.limitOf(api);
    const limiter = rateLimiter(`${this.path.limiterKey}/${api}`, limit, this.clock);
    const permit = await limiter.acquire(this.signal, cost);
    const late = this.stopped() ?? (mutating ? this.recorderProblem : undefined);
    if (!permit || late) {
      permit?.done();
      return refuse(late ?? abortedProblem);
    }
    try {
      await announce();
    } catch (error) {
      permit.done();
      return refuse(problemOf(error), error);
    }
    const startedAt = this.clock.now();
    this.mutated ||= mutating;
    const sent = await this.exchange(request);
    this.tally.set(api, (this.tally.get(api) ?? 0) + 1);
    if (sent.kind === "error" && sent.problem.code === "throttled") {
      const perSecond = permit.throttled();
      this.emit({ type: "throttled", api, perSecond, delayMs: Math.round(1000 / perSecond) });
    } else permit.done();
    this.tellRequest(api, mutating, startedAt, sent);
    return sent;
  }

  private async exchange(request: ApiRequest): Promise<Sent> {
    const budgetMs = Math.min(this.path.totalMs, this.deadlineAt - this.clock.now());
    const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(budgetMs)));
    const signal = this.signal ? AbortSignal.any([this.signal, deadline]) : deadline;
    try {
      // Raced, since one SDK knows no signals and others stop listening once the headers are there.
      const answer = await Promise.race([this.path.transport.send(request, signal), rejectOnAbort(signal)]);
      this.compareClocks(answer.date);
      return { kind: "answer", answer };
    } catch (error) {
      if (this.signal?.aborted) return { kind: "error", problem: abortedProblem, executed: "maybe", cause: error };
      if (deadline.aborted)
        return { kind: "error", problem: this.timeoutProblem(request), executed: "maybe", cause: error };
      const { problem, executed, date } = this.path.transport.translate(error, request);
      this.compareClocks(date);
      return { kind: "error", problem: { cloud: this.path.cloud, ...problem }, executed, cause: error };
    }
  }

  private timeoutProblem(request: ApiRequest): Problem {
    return {
      code: "timeout",
      message: `${request.service}:${request.action} got no whole answer in time.`,
      hint: "Raise `timeouts.totalMs` or `deadlineMs`, or check the network path to the cloud.",
      cloud: this.path.cloud,
    };
  }

  private tellRequest(api: string, mutating: boolean, startedAt: number, sent: Sent): void {
    const requestId = sent.kind === "answer" ? sent.answer.requestId : sent.problem.requestId;
    this.emit({
      type: "request",
      api,
      mutating,
      durationMs: this.clock.now() - startedAt,
      ...(requestId === undefined ? {} : { requestId }),
      ...(sent.kind === "error" ? { code: sent.problem.code } : {}),
    });
  }

  private compareClocks(date: string | undefined): void {
    const cloudTime = date === undefined ? Number.NaN : Date.parse(date);
    const skewMs = cloudTime - this.clock.now();
    if (Number.isNaN(skewMs) || Math.abs(skewMs) <= clockSkewLimitMs || this.toldSkew) return;
    this.toldSkew = true;
    this.emit({ type: "clock", skewMs });
  }

  /** Throws rather than answers: reaching this is a defect of the adapter, and the request must not leave. */
  private guard(request: ApiRequest, expected: "read" | "dry-run" | "mutation"): void {
    const found = this.path.transport.classify(request);
    const allowed = found === expected && (found !== "mutation" || this.mode === "all");
    if (allowed) return;
    throw new DecommissionError({
      code: "unexpected",
      message: `${request.service}:${request.action} is a ${found} and was refused in a call that allows ${expected === "mutation" && this.mode === "reads" ? "reads only" : `a ${expected} here`}.`,
      hint: "Nothing was sent. This is a defect of the adapter: report it.",
      cloud: this.path.cloud,
    });
  }

  async wait(milliseconds: number): Promise<void> {
    const until = Math.min(this.clock.now() + milliseconds, this.deadlineAt);
    if (until > this.clock.now()) await this.clock.sleep(until - this.clock.now(), this.signal);
    const stop = this.stopped();
    if (stop) throw new DecommissionError(stop);
  }

  stopped(): Problem | undefined {
    if (this.signal?.aborted) return abortedProblem;
    return this.clock.now() >= this.deadlineAt ? budgetProblem : undefined;
  }

  emit(event: EventBody): void {
    try {
      this.options.onEvent?.({ ...event, at: isoNow(this.clock) });
    } catch {
      // A listener that throws never breaks a run.
    }
  }
}

type Sent =
  | { readonly kind: "answer"; readonly answer: ApiAnswer }
  | { readonly kind: "error"; readonly problem: Problem; readonly executed: "no" | "maybe"; readonly cause?: unknown };

interface RawOutcome {
  readonly effect: EffectState;
  readonly problem?: Problem;
  readonly requestId?: string;
  readonly body?: unknown;
}

function answered(answer: ApiAnswer): { readonly requestId?: string } {
  return answer.requestId === undefined ? {} : { requestId: answer.requestId };
}

/** An answer that cannot be read takes nothing back: the request was carried out all the same. */
function namedIn({ createdIds }: Mutation, body: unknown): readonly string[] | undefined {
  try {
    return createdIds?.(body);
  } catch {
    return undefined;
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

const abortedProblem: Problem = {
  code: "aborted",
  message: "The caller stopped this call.",
  hint: "What the cloud had accepted stands: look at it again before going on.",
};

const budgetProblem: Problem = {
  code: "timeout",
  message: "The call's budget of time is used up.",
  hint: "Raise `deadlineMs`, or ask for fewer instances at a time.",
};

const neverSent: Problem = {
  code: "unexpected",
  message: "The request was not sent.",
  hint: "Report this with the events of the call.",
};
