import { unique } from "../../src/batch.js";
import { DecommissionError } from "../../src/errors.js";
import type { CallerIdentity, InstanceRecord, InstanceSelector } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { checkSelector, fitsSelector } from "../../src/selector.js";
import type { OpenHuaweiCall } from "./call.js";
import { instanceIdForm, readAllInstances, readAllStates, readInstances } from "./instances.js";

/** Whose credentials these are, and in which project they act. */
export async function whoAmI(open: OpenHuaweiCall, options?: CallOptions): Promise<CallerIdentity> {
  const { identity } = await open("reads", options);
  return identity;
}

/** Servers that match, each with its disks, those in the recycle bin included. Throws where the bin cannot be read. */
export async function* findInstances(
  open: OpenHuaweiCall,
  selector: InstanceSelector,
  options?: CallOptions,
): AsyncGenerator<InstanceRecord> {
  checkSelector(selector, instanceIdForm);
  const call = await open("reads", options);
  const { byId, unread } = selector.ids
    ? await readInstances(call, unique(selector.ids))
    : await readAllInstances(call);
  const wantsRecycled = selector.states === undefined || selector.states.includes("recycled");
  if (unread.bin && wantsRecycled) throw new DecommissionError(unread.bin);
  for (const { record } of byId.values()) if (fitsSelector(record, selector)) yield record;
}

/** Servers of the project that are alive. */
export async function countInstances(open: OpenHuaweiCall, options?: CallOptions): Promise<number> {
  const call = await open("reads", options);
  const { byId } = await readAllStates(call);
  const ended = new Set(["gone", "recycled", "terminating"]);
  return [...byId.values()].filter(({ record }) => !ended.has(record.state.unified)).length;
}
