import { mapConcurrent } from "../batch.js";
import type { Call } from "../calls.js";
import type { DependencyRef } from "../dependencies.js";
import type { Effect } from "../effects.js";
import { type Problem, problemOf } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import { blocked, refused, undetermined } from "../outcomes.js";
import type { MutationAnswer } from "../requests.js";
import type { DependencyReleaseOutcome, ReleaseDependenciesOptions } from "../reversal.js";

/** What all kinds of releases work with. */
export interface ReleaseContext<OneCall extends Call> {
  readonly call: OneCall;
  readonly options: ReleaseDependenciesOptions;
  /** The newest sighting of each instance in this account and region. */
  readonly sightings: ReadonlyMap<string, InstanceRecord>;
}

/** Releases the items of one kind. Answers one outcome per item, in the order given. */
export type Releaser<OneCall extends Call> = (
  context: ReleaseContext<OneCall>,
  items: readonly DependencyRef[],
) => Promise<readonly DependencyReleaseOutcome[]>;

/** An item that is let go, or was before. */
export function told(
  item: DependencyRef,
  status: "released" | "already-released" | "would-release",
  effects: readonly Effect[] = [],
): DependencyReleaseOutcome {
  return { item, status, instanceId: item.instanceId, effects };
}

/** An item that is kept, for a reason that names what has to change first. */
export function kept(item: DependencyRef, problem: Problem): DependencyReleaseOutcome {
  return { item, ...blocked(item.instanceId, problem) };
}

/** What the answer to a request means for one of its items. */
export function answered(
  item: DependencyRef,
  answer: MutationAnswer,
  effects: readonly Effect[],
): DependencyReleaseOutcome {
  if (answer.effect === "applied") return told(item, "released", effects);
  if (answer.effect === "unknown") return { item, ...undetermined(item.instanceId, answer.problem, effects) };
  return answer.sent ? { item, ...refused(item.instanceId, answer.problem) } : kept(item, answer.problem);
}

/** A problem of one item. */
export function itemProblem(item: DependencyRef, code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, instanceIds: [item.instanceId] };
}

/**
 * Releases things one by one, some at a time. What cannot be read is kept, for once a request has left nothing is thrown
 * any more; where none has, the first trouble is thrown, after all have ended.
 */
export async function releaseEach<OneCall extends Call>(
  { call }: ReleaseContext<OneCall>,
  items: readonly DependencyRef[],
  concurrency: number,
  release: (item: DependencyRef) => Promise<DependencyReleaseOutcome>,
): Promise<readonly DependencyReleaseOutcome[]> {
  const failures: unknown[] = [];
  const outcomes = await mapConcurrent(items, concurrency, async (item) => {
    try {
      return await release(item);
    } catch (error) {
      failures.push(error);
      return kept(item, problemOf(error));
    }
  });
  if (failures.length > 0 && !call.requests.mutated) throw failures[0];
  return outcomes;
}

/** Releases several things at once, and keeps them where that ends in trouble after a request has left. */
export async function keptOnTrouble<OneCall extends Call>(
  { call }: ReleaseContext<OneCall>,
  items: readonly DependencyRef[],
  release: () => Promise<readonly DependencyReleaseOutcome[]>,
): Promise<readonly DependencyReleaseOutcome[]> {
  try {
    return await release();
  } catch (error) {
    if (!call.requests.mutated) throw error;
    return items.map((item) => kept(item, problemOf(error)));
  }
}
