import type { DependencyRef } from "../../../dependencies.js";
import type { Effect } from "../../../effects.js";
import type { Problem } from "../../../errors.js";
import { blocked } from "../../../outcomes.js";
import type { DependencyReleaseOutcome } from "../../../reversal.js";
import type { Change } from "./changes.js";

/** What became of one item; the item itself is added by the caller. */
export type Result = DependencyReleaseOutcome extends infer Outcome
  ? Outcome extends unknown
    ? Omit<Outcome, "item">
    : never
  : never;

/** What is to be sent for an item: a change, once all that speaks against it was asked. */
export type Step = { readonly result: Result } | { readonly change: Change; readonly drained?: () => Promise<boolean> };

/** An item that stays, and why. */
export function stop({ instanceId }: DependencyRef, problem: Problem): Step {
  return { result: blocked(instanceId, problem) };
}

/** An item that there is nothing to do about. */
export function done({ instanceId }: DependencyRef, status: "already-released" | "not-found"): Step {
  return { result: { status, instanceId, effects: [] } };
}

/** The change that releases an item. */
export function changeOf(
  action: string,
  parameters: Change["parameters"],
  { instanceId }: DependencyRef,
  effect: Effect,
  isSo: Change["isSo"],
): Change {
  return { action, parameters, instanceIds: [instanceId], effects: [effect], isSo };
}
