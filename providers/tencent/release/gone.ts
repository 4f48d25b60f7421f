import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { standingInstances as standing } from "../../../src/release/gone.js";
import type { ReleaseContext } from "../../../src/release/item.js";
import { absenceReads } from "../absent.js";
import type { TencentCall } from "../call.js";
import { readInstances } from "../instances.js";

/** Why the instance of each item is not known to be gone; without an entry it is. One in the recycle bin is not. */
export async function standingInstances(
  { call, sightings }: ReleaseContext<TencentCall>,
  items: readonly DependencyRef[],
): Promise<ReadonlyMap<DependencyRef, Problem>> {
  const read = (ids: readonly string[]) => readInstances(call, ids);
  return await standing({ scope: call.scope, absence: absenceReads(call), read, sightings }, items);
}
