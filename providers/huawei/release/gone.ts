import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { standingInstances as standing } from "../../../src/release/gone.js";
import type { ReleaseContext } from "../../../src/release/item.js";
import { absenceReads } from "../absent.js";
import type { HuaweiCall } from "../call.js";
import { readInstances } from "../instances.js";

/** Why the server of each item is not known to be gone; without an entry it is. One in the bin is not. */
export async function standingInstances(
  { call, sightings }: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<ReadonlyMap<DependencyRef, Problem>> {
  const reads = {
    scope: call.scope,
    absence: absenceReads(call),
    read: (ids: readonly string[]) => readInstances(call, ids),
    sightings,
  };
  return await standing(reads, items);
}
