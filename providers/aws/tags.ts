import { chunk, groupBy } from "../../src/batch.js";
import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import { invalidRequest, type Problem } from "../../src/errors.js";
import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { blocked, refused, undetermined } from "../../src/outcomes.js";
import { pollUntil } from "../../src/poll.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { TagChange, TagOutcome } from "../../src/reversal.js";
import { collapseTargets } from "../../src/targets.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { awsCapabilities } from "./capabilities.js";
import { instanceIdForm, readStates } from "./instances.js";
import { lookAt, type Sight } from "./look.js";

/** Resources of one CreateTags or DeleteTags: 1,000 are taken; smaller batches make a refusal cost less. */
const batchSize = 200;
/** "Tag restrictions", EC2 User Guide. */
const longestKey = 128;
const longestValue = 256;

/** Tags of one resource: what is to be set, and which keys are to go. */
interface Delta {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Sets and removes tags, in batches of instances that need the same change, and reads them again. */
export async function tagInstances(
  open: OpenAwsCall,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options: CallOptions = {},
): Promise<readonly TagOutcome[]> {
  checkTagChange(change);
  const asked = collapseTargets(targets, instanceIdForm);
  if (asked.ids.length === 0) return [];
  const call = await open("all", options);
  const { sights } = await lookAt(call, asked);
  const outcomes = new Map<string, TagOutcome>();
  const changing: InstanceRecord[] = [];
  for (const [id, sight] of sights) {
    const outcome = untouched(id, sight, change);
    if (outcome) outcomes.set(id, outcome);
    else if (sight.kind === "seen") changing.push(sight.seen.record);
  }
  const alike = groupBy(changing, (record) => JSON.stringify(deltaOf(record, change)));
  const batches = [...alike.values()].flatMap((records) => chunk(records, batchSize));
  for (const batch of batches)
    for (const outcome of await tagBatch(call, batch, change)) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

function checkTagChange({ set = {}, remove = [] }: TagChange): void {
  const hint = "Pass `set`, `remove` or both; keys of 1 to 128 characters that do not begin with aws:.";
  for (const key of [...Object.keys(set), ...remove]) {
    const fits = typeof key === "string" && key !== "" && key.length <= longestKey && !/^aws:/i.test(key);
    if (!fits) throw invalidRequest(`${JSON.stringify(key)} cannot be a tag's key.`, hint);
  }
  const long = Object.entries(set).find(([, value]) => typeof value !== "string" || value.length > longestValue);
  if (long) throw invalidRequest(`The value of the tag ${long[0]} is no text of at most 256 characters.`, hint);
  const both = remove.find((key) => key in set);
  if (both !== undefined) throw invalidRequest(`The tag ${both} is to be set and to be removed.`, hint);
  if (Object.keys(set).length + remove.length === 0) throw invalidRequest("The change of tags is empty.", hint);
}

function untouched(id: string, sight: Sight, change: TagChange): TagOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") return { status: "not-found", instanceId: id, effects: [] };
  const { record } = sight.seen;
  if (record.state.unified === "gone") return blocked(id, tombstone(id));
  const { set, remove } = deltaOf(record, change);
  const same = Object.keys(set).length + remove.length === 0;
  return same ? { status: "unchanged", instanceId: id, effects: [] } : undefined;
}

/** What of the change is not so already. */
function deltaOf({ tags }: InstanceRecord, { set = {}, remove = [] }: TagChange): Delta {
  return {
    set: Object.fromEntries(Object.entries(set).filter(([key, value]) => tags[key] !== value)),
    remove: remove.filter((key) => key in tags),
  };
}

async function tagBatch(
  call: AwsCall,
  batch: readonly InstanceRecord[],
  change: TagChange,
): Promise<readonly TagOutcome[]> {
  const [first] = batch;
  if (!first) return [];
  const { set, remove } = deltaOf(first, change);
  const effects = new Map<string, Effect[]>(batch.map(({ id }) => [id, []]));
  const parts: readonly Delta[] = [
    ...(Object.keys(set).length === 0 ? [] : [{ set, remove: [] }]),
    ...(remove.length === 0 ? [] : [{ set: {}, remove }]),
  ];
  for (const part of parts) {
    const changed = batch.map((record) => tagEffect(call, record, part));
    const answer = await sendTags(
      call,
      batch.map(({ id }) => id),
      part,
      changed,
    );
    if (answer.effect !== "not-applied") for (const effect of changed) effects.get(effect.resource.id)?.push(effect);
    if (answer.effect !== "applied") return batch.map(({ id }) => troubled(id, answer, effects.get(id) ?? []));
  }
  await seeTags(
    call,
    batch.map(({ id }) => id),
    { set, remove },
  );
  return batch.map(({ id }) => ({ status: "tagged", instanceId: id, effects: effects.get(id) ?? [] }));
}

function troubled(
  id: string,
  answer: Exclude<MutationAnswer, { readonly effect: "applied" }>,
  effects: readonly Effect[],
): TagOutcome {
  if (answer.effect === "unknown") return undetermined(id, answer.problem, effects);
  if (!answer.sent && effects.length === 0) return blocked(id, answer.problem);
  return { ...refused(id, answer.problem), status: "failed", effects };
}

/** What one part of a change does to one instance, with the values it had before. */
function tagEffect(call: AwsCall, { id, tags }: InstanceRecord, { set, remove }: Delta): Effect {
  const keys = [...Object.keys(set), ...remove];
  const former = keys.flatMap((key) => (tags[key] === undefined ? [] : [[key, tags[key]] as const]));
  return {
    ...call.scope,
    kind: "tags-changed",
    resource: { kind: "instance", id },
    instanceIds: [id],
    undo: {
      action: "set-tags",
      instanceId: id,
      set: Object.fromEntries(former),
      remove: keys.filter((key) => tags[key] === undefined),
    },
    left: Object.fromEntries(keys.map((key) => [key, set[key] ?? null])),
  };
}

/** Sets or removes tags of several instances in one request, which EC2 carries out for all or for none. */
export async function sendTags(
  call: AwsCall,
  ids: readonly string[],
  { set, remove }: Delta,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const setting = Object.entries(set);
  return await call.requests.mutate({
    service: "ec2",
    action: setting.length > 0 ? "CreateTags" : "DeleteTags",
    parameters: {
      Resources: [...ids],
      Tags: setting.length > 0 ? setting.map(([Key, Value]) => ({ Key, Value })) : remove.map((Key) => ({ Key })),
    },
    instanceIds: ids,
    effects,
    confirm: confirmByReading(call.requests, () => areSet(call, ids, { set, remove })),
  });
}

async function areSet(call: AwsCall, ids: readonly string[], { set, remove }: Delta): Promise<boolean> {
  const { byId } = await readStates(call, ids);
  return ids.every((id) => {
    const tags = byId.get(id)?.record.tags;
    return (
      tags && Object.entries(set).every(([key, value]) => tags[key] === value) && remove.every((key) => !(key in tags))
    );
  });
}

/** Waits until the listing shows the tags: whoever claims an instance by a tag must be seen by the next reader. */
async function seeTags(call: AwsCall, ids: readonly string[], delta: Delta): Promise<void> {
  const pace = { firstDelayMs: 500, longestDelayMs: 3_000, giveUpAfterMs: awsCapabilities.consistencyWindowMs };
  try {
    await pollUntil(
      call.requests,
      pace,
      () => areSet(call, ids, delta),
      (seen) => seen,
    );
  } catch {
    // EC2 has confirmed the change; that it cannot be read just now takes nothing from that.
  }
}

function tombstone(id: string): Problem {
  return {
    code: "wrong-state",
    message: `${id} is terminated: its tags vanish by themselves.`,
    hint: "Leave it out.",
    cloud: "aws",
  };
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
