import { unique } from "../../src/batch.js";
import { invalidRequest } from "../../src/errors.js";
import type { CallerIdentity, InstanceRecord, InstanceSelector } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { checkSelector, fitsSelector } from "../../src/selector.js";
import type { OpenAliyunCall } from "./call.js";
import { instanceIdForm, readInstances, readInstancesByTags } from "./instances.js";

/** Whose credentials these are. */
export async function whoAmI(open: OpenAliyunCall, options?: CallOptions): Promise<CallerIdentity> {
  const { identity } = await open("reads", options);
  return identity;
}

/** Tags one request takes (DescribeInstancesRequest, Tag). */
const tagLimit = 20;

/** Instances that match, each with its disks and interfaces. */
export async function* findInstances(
  open: OpenAliyunCall,
  selector: InstanceSelector,
  options?: CallOptions,
): AsyncGenerator<InstanceRecord> {
  checkSelector(selector, instanceIdForm);
  if (Object.keys(selector.tags ?? {}).length > tagLimit)
    throw invalidRequest("The selector has more tags than the cloud takes.", `Name ${tagLimit} tags at most.`);
  const call = await open("reads", options);
  const { byId } = selector.ids
    ? await readInstances(call, unique(selector.ids))
    : await readInstancesByTags(call, selector.tags);
  for (const { record } of byId.values()) if (fitsSelector(record, selector)) yield record;
}

/** Instances in the whole region. */
export async function countInstances(open: OpenAliyunCall, options?: CallOptions): Promise<number> {
  const call = await open("reads", options);
  // Counted row by row: the total means nothing where pages go by token.
  return (await call.pages("ecs", "DescribeInstances")).length;
}
