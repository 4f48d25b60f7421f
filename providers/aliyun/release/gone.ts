import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import { standingInstances as standingAmong } from "../../../src/release/gone.js";
import type { ReleaseContext } from "../../../src/release/item.js";
import { absenceReads } from "../absent.js";
import type { AliyunCall } from "../call.js";
import { readInstances } from "../instances.js";

/** Why the instance of each item is not known to be gone; without an entry it is. */
export async function standingInstances(
  { call, sightings }: ReleaseContext<AliyunCall>,
  items: readonly DependencyRef[],
): Promise<ReadonlyMap<DependencyRef, Problem>> {
  const read = (ids: readonly string[]) => readInstances(call, ids);
  return await standingAmong({ scope: call.scope, absence: absenceReads(call), read, sightings }, items);
}
