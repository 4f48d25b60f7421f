import { unique } from "../../../src/batch.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Ended } from "../../../src/verdicts.js";
import type { TencentCall } from "../call.js";
import { controlled } from "../dependencies/controls.js";
import { readWithGaps } from "../instances.js";
import { copySources } from "./copies.js";
import { diskSources } from "./disks.js";
import { namingSources } from "./names.js";
import { networkSources } from "./network.js";
import { registrationSources } from "./registrations.js";
import { replacementSources } from "./replacements.js";
import { type AftermathSource, openAftermath, type TencentAftermath } from "./survey.js";
import { version6Sources } from "./version6.js";

/**
 * What still bills, or leads to a server, while that waits in the recycle bin: it keeps its disks and addresses, and stays
 * registered with load balancers ("Reclaiming instances"). Its interfaces cost nothing and are its own still.
 */
export const binTable: readonly AftermathSource[] = controlled([
  ...diskSources,
  ...networkSources.filter(({ kind }) => kind !== "network-interface"),
  ...version6Sources,
  ...copySources,
  ...replacementSources,
  ...registrationSources,
  ...namingSources,
]);

/** Prepares a look around instances in the bin: they are still listed, so what they hold is read anew. */
export async function openBin(call: TencentCall, recycled: readonly Ended[]): Promise<TencentAftermath> {
  const { byId } = await readWithGaps(
    call,
    recycled.map(({ id }) => id),
  );
  const known = recycled.map((one) => {
    const record = together(byId.get(one.id)?.record, one.record);
    return record ? { ...one, record } : one;
  });
  return openAftermath(call, known, [], true);
}

/** What an instance holds now, and what it held when it was seen before. */
function together(now: InstanceRecord | undefined, before: InstanceRecord | undefined): InstanceRecord | undefined {
  if (!now || !before) return now ?? before;
  return {
    ...now,
    // A replacement is newer than the last look before the end.
    seenAt: before.seenAt,
    disks: byId([...now.disks, ...before.disks], ({ id }) => id),
    publicAddresses: byId([...now.publicAddresses, ...before.publicAddresses], ({ id, ip }) => id ?? ip),
    networkInterfaces: byId([...now.networkInterfaces, ...before.networkInterfaces], ({ id }) => id),
    privateIps: unique([...now.privateIps, ...before.privateIps]),
    tags: { ...before.tags, ...now.tags },
  };
}

function byId<T>(items: readonly T[], idOf: (item: T) => string): readonly T[] {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(idOf(item))) first.set(idOf(item), item);
  return [...first.values()];
}
