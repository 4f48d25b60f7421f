import type { Effect } from "../../src/effects.js";
import { invalidRequest } from "../../src/errors.js";
import type { InstanceTarget } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { ownPrefix } from "../../src/own-tags.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { TagChange, TagOutcome } from "../../src/reversal.js";
import { confirmTags, type ReadTags, type TagDelta, type TaggingCloud, tagWith } from "../../src/tagging.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import { huaweiCapabilities } from "./capabilities.js";
import { instanceIdForm, readInstances, readStates } from "./instances.js";

/** A tag of a server holds 36 and 43 characters ("Adding Tags to an ECS in a Batch"), an entry of its metadata 255 each. */
const longestKey = 36;
const longestValue = 43;
const longestEntry = 255;

/** How servers are tagged: one server a request, set and removed apart. */
export function taggingCloud(open: OpenHuaweiCall): TaggingCloud<HuaweiCall> {
  return {
    open,
    instanceId: instanceIdForm,
    forms: {
      longestKey,
      longestValue: longestEntry,
      // Tags come back as `key=value`, so a key with that sign could not be read again.
      reserved: /^_sys_|=/,
      hint: "Pass `set`, `remove` or both; keys of 1 to 36 characters without =, values of up to 43.",
      emptyValues: true,
    },
    batchSize: 1,
    consistencyWindowMs: huaweiCapabilities.consistencyWindowMs,
    look: (call) => (ids) => readInstances(call, ids),
    readTags: readTagsWith,
    send: (call, [id = ""], delta, effects) => sendTags(call, id, delta, effects),
  };
}

/** Sets and removes tags, and reads them again. */
export async function tagInstances(
  open: OpenHuaweiCall,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options: CallOptions = {},
): Promise<readonly TagOutcome[]> {
  const long = Object.entries(change.set ?? {}).find(([key, value]) => !isOwn(key) && value.length > longestValue);
  if (long) {
    throw invalidRequest(`The value of the tag ${long[0]} is longer than ${longestValue} characters.`, "Shorten it.");
  }
  return await tagWith(taggingCloud(open), targets, change, options);
}

/** The tags of servers as they are now. */
export function readTagsWith(call: HuaweiCall): ReadTags {
  return async (ids) => {
    const { byId } = await readStates(call, ids);
    return new Map([...byId].map(([id, { record }]) => [id, record.tags]));
  };
}

/**
 * Whether a tag is one of ours. Those stand in the server's metadata, since a claim fits into no tag: keys there may hold
 * colons, and values 255 characters ("Updating ECS Metadata").
 */
function isOwn(key: string): boolean {
  return key.startsWith(ownPrefix);
}

/** Sets or removes tags of one server, in as many requests as the places they stand in. */
export async function sendTags(
  call: HuaweiCall,
  id: string,
  { set, remove }: TagDelta,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const pick = (own: boolean): TagDelta => ({
    set: Object.fromEntries(Object.entries(set).filter(([key]) => isOwn(key) === own)),
    remove: remove.filter((key) => isOwn(key) === own),
  });
  const [own, others] = [pick(true), pick(false)];
  const requests = [
    ...(Object.keys(own.set).length === 0 ? [] : [() => setMetadata(call, id, own.set, effects)]),
    ...own.remove.map((key) => () => removeMetadata(call, id, key, effects)),
    ...(Object.keys(others.set).length + others.remove.length === 0 ? [] : [() => change(call, id, others, effects)]),
  ];
  let answer: MutationAnswer = { effect: "applied" };
  for (const [index, send] of requests.entries()) {
    const next = await send();
    // A part is changed already, so the whole is neither done nor undone.
    if (next.effect !== "applied") return index === 0 ? next : { ...next, effect: "unknown" };
    answer = next;
  }
  return answer;
}

async function change(
  call: HuaweiCall,
  id: string,
  delta: TagDelta,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const setting = Object.entries(delta.set);
  return await call.requests.mutate({
    service: "ecs",
    action: "POST /v1/{project_id}/cloudservers/{server_id}/tags/action",
    parameters: {
      path: { server_id: id },
      body: {
        action: setting.length > 0 ? "create" : "delete",
        tags:
          setting.length > 0 ? setting.map(([key, value]) => ({ key, value })) : delta.remove.map((key) => ({ key })),
      },
    },
    instanceIds: [id],
    effects,
    // "This API is idempotent."
    token: true,
    confirm: confirmTags(call.requests, readTagsWith(call), [id], delta),
  });
}

async function setMetadata(
  call: HuaweiCall,
  id: string,
  set: TagDelta["set"],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "POST /v1/{project_id}/cloudservers/{server_id}/metadata",
    parameters: { path: { server_id: id }, body: { metadata: set } },
    instanceIds: [id],
    effects,
    token: true,
    confirm: confirmTags(call.requests, readTagsWith(call), [id], { set, remove: [] }),
  });
}

async function removeMetadata(
  call: HuaweiCall,
  id: string,
  key: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ecs",
    action: "DELETE /v1/{project_id}/cloudservers/{server_id}/metadata/{key}",
    parameters: { path: { server_id: id, key } },
    instanceIds: [id],
    effects,
    confirm: confirmTags(call.requests, readTagsWith(call), [id], { set: {}, remove: [key] }),
  });
}
