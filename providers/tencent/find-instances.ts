import { unique } from "../../src/batch.js";
import type { CallerIdentity, InstanceRecord, InstanceSelector, InstanceState } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { checkSelector, fitsSelector } from "../../src/selector.js";
import type { OpenTencentCall } from "./call.js";
import { assemble, describeBy, instanceIdForm, readWithGaps, readWithGapsBy } from "./instances.js";

/** Filters that one request takes (cvm 2017-03-12, DescribeInstances). Further tags are matched here. */
const filterLimit = 10;

/** Whose credentials these are. */
export async function whoAmI(open: OpenTencentCall, options?: CallOptions): Promise<CallerIdentity> {
  const { identity } = await open("reads", options);
  return identity;
}

/** Instances that match, each with its disks. Those in the recycle bin are listed as well, as `recycled`. */
export async function* findInstances(
  open: OpenTencentCall,
  selector: InstanceSelector,
  options?: CallOptions,
): AsyncGenerator<InstanceRecord> {
  checkSelector(selector, instanceIdForm);
  const call = await open("reads", options);
  const { byId } = selector.ids
    ? await readWithGaps(call, unique(selector.ids))
    : await readWithGapsBy(call, tagFilters(selector.tags));
  for (const { record } of byId.values()) if (fitsSelector(record, selector)) yield record;
}

const live: ReadonlySet<InstanceState> = new Set(["pending", "running", "stopping", "stopped"]);

/** Instances that are neither in the recycle bin nor on their way out, in the whole region. */
export async function countInstances(open: OpenTencentCall, options?: CallOptions): Promise<number> {
  const call = await open("reads", options);
  const { byId } = assemble(call, await describeBy(call, []), {});
  return [...byId.values()].filter(({ record }) => live.has(record.state.unified)).length;
}

function tagFilters(tags: Readonly<Record<string, string>>) {
  const filters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }));
  return filters.slice(0, filterLimit);
}
