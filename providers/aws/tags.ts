import type { Effect } from "../../src/effects.js";
import type { InstanceTarget } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { TagChange, TagOutcome } from "../../src/reversal.js";
import { confirmTags, type ReadTags, type TagDelta, type TaggingCloud, tagWith } from "../../src/tagging.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { awsCapabilities } from "./capabilities.js";
import { instanceIdForm, readInstances, readStates } from "./instances.js";

/** Sets and removes tags, in batches of instances that need the same change, and reads them again. */
export async function tagInstances(
  open: OpenAwsCall,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options: CallOptions = {},
): Promise<readonly TagOutcome[]> {
  const cloud: TaggingCloud<AwsCall> = {
    open,
    instanceId: instanceIdForm,
    // "Tag restrictions", EC2 User Guide.
    forms: {
      longestKey: 128,
      longestValue: 256,
      reserved: /^aws:/i,
      emptyValues: true,
      hint: "Pass `set`, `remove` or both; keys of 1 to 128 characters that do not begin with aws:, values of at most 256.",
    },
    // Resources of one CreateTags or DeleteTags: 1,000 are taken; smaller batches make a refusal cost less.
    batchSize: 200,
    consistencyWindowMs: awsCapabilities.consistencyWindowMs,
    look: (call) => (ids) => readInstances(call, ids),
    readTags,
    send: sendTags,
  };
  return await tagWith(cloud, targets, change, options);
}

/** How the tags of instances are read. A terminated one keeps none. */
export function readTags(call: AwsCall): ReadTags {
  return async (ids) => {
    const { byId } = await readStates(call, ids);
    const standing = [...byId].filter(([, { record }]) => record.state.unified !== "gone");
    return new Map(standing.map(([id, { record }]) => [id, record.tags]));
  };
}

/** Sets or removes tags of several instances in one request, which EC2 carries out for all or for none. */
export async function sendTags(
  call: AwsCall,
  ids: readonly string[],
  delta: TagDelta,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const setting = Object.entries(delta.set);
  return await call.requests.mutate({
    service: "ec2",
    action: setting.length > 0 ? "CreateTags" : "DeleteTags",
    parameters: {
      Resources: [...ids],
      Tags: setting.length > 0 ? setting.map(([Key, Value]) => ({ Key, Value })) : delta.remove.map((Key) => ({ Key })),
    },
    instanceIds: ids,
    effects,
    confirm: confirmTags(call.requests, readTags(call), ids, delta),
  });
}
