import { unique } from "../../src/batch.js";
import type { CallerIdentity, InstanceRecord, InstanceSelector } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { checkSelector, fitsSelector } from "../../src/selector.js";
import type { OpenAwsCall } from "./call.js";
import { literalFilter } from "./filters.js";
import { instanceIdForm, pageLimit, readInstances, readInstancesBy } from "./instances.js";

/** Whose credentials these are. */
export async function whoAmI(open: OpenAwsCall, options?: CallOptions): Promise<CallerIdentity> {
  const { identity } = await open("reads", options);
  return identity;
}

/**
 * Instances that match, each with its disks. A terminated one that EC2 still shows is answered when an id or a state
 * names it, else left out: its tags are fading.
 */
export async function* findInstances(
  open: OpenAwsCall,
  selector: InstanceSelector,
  options?: CallOptions,
): AsyncGenerator<InstanceRecord> {
  checkSelector(selector, instanceIdForm);
  const call = await open("reads", options);
  const { byId } = selector.ids
    ? await readInstances(call, unique(selector.ids))
    : await readInstancesBy(call, tagFilters(selector.tags));
  const wantsGone = selector.ids !== undefined || selector.states?.includes("gone") === true;
  for (const { record } of byId.values()) {
    if (record.state.unified === "gone" && !wantsGone) continue;
    if (fitsSelector(record, selector)) yield record;
  }
}

/** Instances that are not terminated, in the whole region. */
export async function countInstances(open: OpenAwsCall, options?: CallOptions): Promise<number> {
  const call = await open("reads", options);
  const parameters = {
    Filters: [{ Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] }],
    MaxResults: pageLimit,
    IncludeManagedResources: true,
  };
  const reservations = await call.pages("ec2", "DescribeInstances", parameters, "Reservations");
  return reservations.reduce((count, reservation) => count + reservation.list("Instances").length, 0);
}

function tagFilters(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([key, value]) => literalFilter(`tag:${key}`, value));
}
