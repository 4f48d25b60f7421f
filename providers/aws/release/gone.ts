import { departedOutcomes } from "../../../src/departed.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { absenceReads } from "../absent.js";
import { lookAt } from "../look.js";
import { itemProblem, type ReleaseContext } from "./item.js";

/** Why the instance of each item is not known to be gone; without an entry it is. */
export async function standingInstances(
  { call, sightings }: ReleaseContext,
  items: readonly DependencyRef[],
): Promise<ReadonlyMap<DependencyRef, Problem>> {
  const ids = [...new Set(items.map(({ instanceId }) => instanceId))];
  const look = await lookAt(call, { ids, sightings: new Map() });
  const departed = await departedOutcomes(absenceReads(call), look, sightings);
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
