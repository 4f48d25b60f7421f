import type { Effect, EffectState } from "../../src/effects.js";
import type { Problem } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { TagChange, TagOutcome } from "../../src/reversal.js";
import { confirmTags, type ReadTags, type TagDelta, type TaggingCloud, tagWith } from "../../src/tagging.js";
import { Wire } from "../../src/wire.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { tencentCapabilities } from "./capabilities.js";
import { instanceIdForm, readInstances, readStates } from "./instances.js";

/** Sets and removes tags, in batches of instances that need the same change, and reads them again. */
export async function tagInstances(
  open: OpenTencentCall,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options: CallOptions = {},
): Promise<readonly TagOutcome[]> {
  const cloud: TaggingCloud<TencentCall> = {
    open,
    instanceId: instanceIdForm,
    // "Tag limits" (tag 2018-08-13): of the cloud's own keys the prefixes are reserved.
    forms: {
      longestKey: 127,
      longestValue: 255,
      mostKeys: 10,
      reserved: /^(qcs:|tencentcloud:|project$)/,
      emptyValues: false,
      hint: "Pass `set`, `remove` or both: up to 10 keys of 1 to 127 characters, values of 1 to 255; qcs: and tencentcloud: are the cloud's.",
    },
    // "ResourceList": at most 10 (TagResources).
    batchSize: 10,
    consistencyWindowMs: tencentCapabilities.consistencyWindowMs,
    look: (call) => (ids) => readInstances(call, ids),
    readTags,
    send: sendTags,
  };
  return await tagWith(cloud, targets, change, options);
}

/** How the tags of instances are read. */
export function readTags(call: TencentCall): ReadTags {
  return async (ids) => {
    const { byId } = await readStates(call, ids);
    return new Map([...byId].map(([id, { record }]) => [id, record.tags]));
  };
}

/** Sets or removes tags of several instances in one request. Each is for itself: a success names those that failed. */
export async function sendTags(
  call: TencentCall,
  ids: readonly string[],
  delta: TagDelta,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const setting = Object.entries(delta.set);
  const names = new Map(ids.map((id) => [nameOf(call, id), id]));
  const answer = await call.requests.mutate({
    service: "tag",
    action: setting.length > 0 ? "TagResources" : "UnTagResources",
    parameters: {
      ResourceList: [...names.keys()],
      ...(setting.length > 0
        ? { Tags: setting.map(([TagKey, TagValue]) => ({ TagKey, TagValue })) }
        : { TagKeys: [...delta.remove] }),
    },
    instanceIds: ids,
    effects,
    confirm: confirmTags(call.requests, readTags(call), ids, delta),
  });
  if (answer.effect !== "applied") return answer;
  const failed = failedIn(answer.body, names);
  if (failed.length === 0) return answer;
  const instances = ids.map((instanceId) => {
    const effect: EffectState = failed.includes(instanceId) ? "not-applied" : "applied";
    return { instanceId, effect };
  });
  const problem = notTagged(failed);
  return failed.length === ids.length
    ? { ...answer, effect: "not-applied", problem, sent: true }
    : { ...answer, effect: "unknown", problem, instances };
}

/** An instance's name in six segments. */
function nameOf({ scope }: TencentCall, id: string): string {
  return `qcs::cvm:${scope.region}:uin/${scope.accountId}:instance/${id}`;
}

/** The instances that an answer names as failed ("FailedResources"). */
function failedIn(body: unknown, names: ReadonlyMap<string, string>): readonly string[] {
  const rows = new Wire(body, "TagResources").list("FailedResources");
  return rows.flatMap((row) => names.get(row.text("Resource") ?? "") ?? []);
}

function notTagged(ids: readonly string[]): Problem {
  return {
    code: "service",
    message: `The tags of ${ids.join(", ")} were not changed, though the request was taken.`,
    hint: "Look whether they still stand and may be tagged.",
    cloud: "tencent",
    instanceIds: ids,
  };
}
