import type { CloudAdapter } from "../adapter.js";
import { DecommissionError } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { CallOptions } from "../options.js";
import { endingIds } from "./fate.js";

/** Live instances of an adapter's whole scope. Throws `unsupported` where the adapter cannot count them. */
export async function countLive(adapter: CloudAdapter, options: CallOptions): Promise<number> {
  if (adapter.countInstances) return await adapter.countInstances(options);
  throw new DecommissionError({
    code: "unsupported",
    message: `The adapter for ${adapter.cloud} cannot count instances, so \`maxPercent\` cannot be kept.`,
    hint: "Use `maxInstances` there.",
    cloud: adapter.cloud,
  });
}

/**
 * The instances that will no longer hold a shared disk: the planned ones, and other holders that are recycled or
 * gone already. The others are read only where there are any.
 */
export async function endingInstances(
  adapter: CloudAdapter,
  records: readonly InstanceRecord[],
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const planned = endingIds(records);
  const holders = new Set(records.flatMap((record) => record.disks.flatMap((disk) => disk.sharedWith ?? [])));
  const others = [...holders].filter((id) => !planned.has(id));
  if (others.length === 0) return planned;
  // A holder that is not listed may be hidden as well as gone. Counting its disk as dying asks for a proof too many.
  const standing = new Set<string>();
  for await (const record of adapter.findInstances({ ids: others }, options)) {
    if (record.state.unified !== "recycled" && record.state.unified !== "gone") standing.add(record.id);
  }
  return new Set([...planned, ...others.filter((id) => !standing.has(id))]);
}
