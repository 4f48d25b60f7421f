import type { Effect } from "../../src/effects.js";
import type { InstanceTarget } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { TagChange, TagOutcome } from "../../src/reversal.js";
import { confirmTags, type ReadTags, type TagDelta, type TaggingCloud, tagWith } from "../../src/tagging.js";
import type { AliyunCall, OpenAliyunCall } from "./call.js";
import { aliyunCapabilities } from "./capabilities.js";
import { instanceIdForm, readInstances, readStates } from "./instances.js";

/** Sets and removes tags, in batches of instances that need the same change, and reads them again. */
export async function tagInstances(
  open: OpenAliyunCall,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options: CallOptions = {},
): Promise<readonly TagOutcome[]> {
  const cloud: TaggingCloud<AliyunCall> = {
    open,
    instanceId: instanceIdForm,
    // TagResourcesRequest, Tag.
    forms: {
      longestKey: 128,
      longestValue: 128,
      reserved: /^(aliyun|acs:)|https?:\/\//i,
      emptyValues: true,
      hint: "Pass `set`, `remove` or both; keys and values of at most 128 characters, no key that begins with aliyun or acs:.",
    },
    // "ResourceId.N … 1 to 50" (TagResources, UntagResources).
    batchSize: 50,
    consistencyWindowMs: aliyunCapabilities.consistencyWindowMs,
    look: (call) => (ids) => readInstances(call, ids),
    readTags,
    send: sendTags,
  };
  return await tagWith(cloud, targets, change, options);
}

/** How the tags of instances are read. */
export function readTags(call: AliyunCall): ReadTags {
  return async (ids) => {
    const { byId } = await readStates(call, ids);
    return new Map([...byId].map(([id, { record }]) => [id, record.tags]));
  };
}

/** Sets or removes tags of several instances in one request. One unknown id, and nothing happens to any. */
export async function sendTags(
  call: AliyunCall,
  ids: readonly string[],
  delta: TagDelta,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const setting = Object.entries(delta.set);
  const what =
    setting.length > 0 ? { Tag: setting.map(([Key, Value]) => ({ Key, Value })) } : { TagKey: [...delta.remove] };
  return await call.requests.mutate({
    service: "ecs",
    action: setting.length > 0 ? "TagResources" : "UntagResources",
    parameters: { ResourceType: "instance", ResourceId: [...ids], ...what },
    instanceIds: ids,
    effects,
    confirm: confirmTags(call.requests, readTags(call), ids, delta),
  });
}
