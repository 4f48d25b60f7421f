import type { Scope } from "../common.js";
import { type AbsenceReads, departedOutcomes } from "../departed.js";
import type { DependencyRef } from "../dependencies.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import { lookAtTargets, type ReadInstances, type Seen } from "../look.js";
import { itemProblem } from "./item.js";

/** How the instances of items are looked at. */
export interface StandingReads {
  readonly scope: Scope;
  readonly absence: AbsenceReads;
  readonly read: ReadInstances<Seen>;
  readonly sightings: ReadonlyMap<string, InstanceRecord>;
}

/** Why the instance of each item is not known to be gone; without an entry it is. */
export async function standingInstances(
  { scope, absence, read, sightings }: StandingReads,
  items: readonly DependencyRef[],
): Promise<ReadonlyMap<DependencyRef, Problem>> {
  const ids = [...new Set(items.map(({ instanceId }) => instanceId))];
  const look = await lookAtTargets(scope, { ids, sightings: new Map() }, read);
  const departed = await departedOutcomes(absence, look, sightings);
  const problems = new Map<DependencyRef, Problem>();
  for (const item of items) {
    const end = departed.get(item.instanceId);
    if (end?.status === "already-gone") continue;
    problems.set(item, end && "problem" in end ? end.problem : standing(item, end === undefined));
  }
  return problems;
}

function standing(item: DependencyRef, isThere: boolean): Problem {
  if (isThere) {
    const message = `${item.instanceId} is still there, so ${item.id} stays.`;
    return itemProblem(item, "wrong-state", message, "Release it once the instance is gone.");
  }
  const message = `Nothing shows that ${item.instanceId} ever lived here, so ${item.id} stays.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of the instance in `sightings`.");
}
