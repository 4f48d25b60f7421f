import { type Scope, sameScope, scopeOf } from "./common.js";
import { canUndo, type Effect, type UndoAction } from "./effects.js";
import { type Problem, problemOf } from "./errors.js";
import type { MutationAnswer, Requests } from "./requests.js";
import type { RevertOutcome } from "./reversal.js";

/** An effect with its way back, narrowed to one kind of it. */
export type Undoable<Undo extends UndoAction = UndoAction> = Effect & { readonly undo: Undo };

/** What became of one effect; the effect itself is added by {@link revertEffects}. */
export type RevertResult = RevertOutcome extends infer Outcome
  ? Outcome extends { readonly effect: Effect }
    ? Omit<Outcome, "effect">
    : never
  : never;

/** How one adapter takes effects back: one function per action that the cloud knows. Each re-reads before it acts. */
export type RevertHandlers = {
  readonly [Action in UndoAction["action"]]?: (
    effect: Undoable<Extract<UndoAction, { readonly action: Action }>>,
  ) => Promise<RevertResult>;
};

/**
 * Takes effects back, the last first. Effects on different things go side by side; those that share an instance or a
 * resource wait for each other, since a later one may rest on an earlier one. One that fails stops no other.
 */
export async function revertEffects(
  effects: readonly Effect[],
  context: { readonly requests: Requests; readonly scope: Scope; readonly handlers: RevertHandlers },
): Promise<readonly RevertOutcome[]> {
  const lastOf = new Map<string, Promise<unknown>>();
  const running = effects.map(() => Promise.resolve<RevertResult>(notTried));
  for (let index = effects.length - 1; index >= 0; index--) {
    const effect = effects[index];
    if (!effect) continue;
    const keys = [...effect.instanceIds, `${effect.resource.kind}/${effect.resource.id}`];
    const before = keys.flatMap((key) => lastOf.get(key) ?? []);
    const turn = Promise.all(before).then(() => revertOne(effect, context));
    running[index] = turn;
    for (const key of keys) lastOf.set(key, turn);
  }
  const results = await Promise.all(running);
  return effects.map((effect, index) => ({ effect, ...(results[index] ?? notTried) }));
}

/**
 * Reads a value until it is the one we left, or until a listing that lags must have caught up. Only then can another
 * value be believed: the one from before our change looks like one that somebody has put back.
 */
export async function readCaughtUp<T>(
  requests: Requests,
  consistencyWindowMs: number,
  read: () => Promise<T>,
  isLeft: (value: T) => boolean,
): Promise<T> {
  const believeFrom = requests.clock.now() + consistencyWindowMs;
  for (let delayMs = 1_000; ; delayMs *= 2) {
    const readAt = requests.clock.now();
    const value = await read();
    if (isLeft(value) || readAt >= believeFrom) return value;
    await requests.wait(Math.min(delayMs, believeFrom - readAt));
  }
}

/** Whether nothing of an effect stands any more. */
export function isBack(outcome: RevertOutcome): boolean {
  return outcome.status === "reverted" || outcome.status === "already-reverted";
}

/** What the answer to the reverting request means. `newId`: of what came back under another id. */
export function resultOf(answer: MutationAnswer, newId?: string): RevertResult {
  if (answer.effect === "applied") return { status: "reverted", ...(newId === undefined ? {} : { newId }) };
  return { status: answer.effect === "unknown" ? "unknown" : "failed", problem: answer.problem };
}

/** What the reverting request announces: the same thing, given back. */
export function givingBack(effect: Effect, kind: "reverted" | "rule-restored" = "reverted"): Effect {
  const { resource, instanceIds } = effect;
  return {
    ...scopeOf(effect),
    kind,
    resource,
    instanceIds,
    undo: { impossible: "It gives back what was changed before." },
  };
}

/** Nothing is left to be changed back. */
export function resourceGone(why: string): RevertResult {
  return { status: "not-reverted", cause: "resource-gone", why };
}

/** The present value is not the one we left: somebody else's decision, which stays. */
export function changedSince(why: string): RevertResult {
  return { status: "not-reverted", cause: "changed-since", why };
}

async function revertOne(
  effect: Effect,
  { requests, scope, handlers }: Parameters<typeof revertEffects>[1],
): Promise<RevertResult> {
  if (!canUndo(effect)) return { status: "not-reverted", cause: "impossible", why: impossibleOf(effect) };
  if (effect.undo.action === "recover") {
    return {
      status: "not-reverted",
      cause: "needs-recover",
      why: "Taking it out of a bin can cost money: use `recover`.",
    };
  }
  if (!sameScope(effect, scope)) return { status: "failed", problem: wrongScope(effect, scope) };
  const stop = requests.stopped();
  if (stop) return { status: "failed", problem: stop };
  try {
    return await dispatch(effect, handlers);
  } catch (error) {
    return { status: "failed", problem: problemOf(error) };
  }
}

/** Calls the handler of the effect's action. */
async function dispatch<Action extends UndoAction["action"]>(
  effect: Undoable<Extract<UndoAction, { readonly action: Action }>>,
  handlers: RevertHandlers,
): Promise<RevertResult> {
  const action: Action = effect.undo.action;
  const handler: RevertHandlers[Action] | undefined = handlers[action];
  if (handler) return await handler(effect);
  const why = `${effect.cloud} has no way to ${action.replaceAll("-", " ")}.`;
  return { status: "not-reverted", cause: "impossible", why };
}

function impossibleOf(effect: Effect): string {
  return "impossible" in effect.undo ? effect.undo.impossible : "";
}

function wrongScope(effect: Effect, scope: Scope): Problem {
  return {
    code: "wrong-account",
    message: `This effect belongs to ${effect.accountId} in ${effect.region}, these credentials act in ${scope.accountId} in ${scope.region}.`,
    hint: "Revert it with the credentials, region and project in which it was made.",
    cloud: scope.cloud,
    instanceIds: effect.instanceIds,
  };
}

const notTried: RevertResult = {
  status: "failed",
  problem: { code: "unexpected", message: "This effect was not looked at.", hint: "Report this." },
};
