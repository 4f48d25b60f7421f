import { chunk, groupBy } from "./batch.js";
import type { Call } from "./calls.js";
import { confirmByReading } from "./confirm.js";
import type { Effect } from "./effects.js";
import { invalidRequest, type Problem } from "./errors.js";
import type { InstanceRecord, InstanceTarget } from "./instances.js";
import { lookAtTargets, type ReadInstances, type Seen, type Sight } from "./look.js";
import type { CallOptions } from "./options.js";
import { blocked, refused, undetermined } from "./outcomes.js";
import { pollUntil } from "./poll.js";
import type { MutationAnswer, Requests } from "./requests.js";
import type { TagChange, TagOutcome } from "./reversal.js";
import { collapseTargets } from "./targets.js";

/** What tags of one cloud look like. */
export interface TagForms {
  readonly longestKey: number;
  /** Keys that one request sets or removes. Default: as many as are asked for. */
  readonly mostKeys?: number;
  readonly longestValue: number;
  /** Keys that belong to the cloud. */
  readonly reserved: RegExp;
  /** In words. */
  readonly hint: string;
  /** Whether a value may be empty. */
  readonly emptyValues: boolean;
}

/** How one cloud is tagged. */
export interface TaggingCloud<OneCall extends Call> {
  open(mode: "reads" | "all", options?: CallOptions): Promise<OneCall>;
  readonly instanceId: RegExp;
  readonly forms: TagForms;
  /** Instances of one request. */
  readonly batchSize: number;
  readonly consistencyWindowMs: number;
  /** A first look, and the states by which tags are seen. */
  look(call: OneCall): ReadInstances<Seen>;
  readTags(call: OneCall): ReadTags;
  send(call: OneCall, ids: readonly string[], delta: TagDelta, effects: readonly Effect[]): Promise<MutationAnswer>;
}

/** The tags of instances as they are now; one that is missing was not listed. */
export type ReadTags = (ids: readonly string[]) => Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;

/** Tags of one resource: what is to be set, and which keys are to go. */
export interface TagDelta {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Sets and removes tags, in batches of instances that need the same change, and reads them again. */
export async function tagWith<OneCall extends Call>(
  cloud: TaggingCloud<OneCall>,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options: CallOptions = {},
): Promise<readonly TagOutcome[]> {
  checkTagChange(change ?? {}, cloud.forms);
  const asked = collapseTargets(targets, cloud.instanceId);
  if (asked.ids.length === 0) return [];
  const call = await cloud.open("all", options);
  const { sights } = await lookAtTargets(call.scope, asked, cloud.look(call));
  const outcomes = new Map<string, TagOutcome>();
  const changing: InstanceRecord[] = [];
  for (const [id, sight] of sights) {
    const outcome = untouched(id, sight, change);
    if (outcome) outcomes.set(id, outcome);
    else if (sight.kind === "seen") changing.push(sight.seen.record);
  }
  const alike = groupBy(changing, (record) => JSON.stringify(deltaOf(record, change)));
  const batches = [...alike.values()].flatMap((records) => chunk(records, cloud.batchSize));
  for (const batch of batches)
    for (const outcome of await tagBatch(cloud, call, batch, change)) outcomes.set(outcome.instanceId, outcome);
  return asked.ids.map((id) => outcomes.get(id) ?? blocked(id, unanswered));
}

function checkTagChange({ set = {}, remove = [] }: TagChange, forms: TagForms): void {
  const { hint, longestKey, longestValue, reserved, emptyValues, mostKeys = Number.POSITIVE_INFINITY } = forms;
  for (const key of [...Object.keys(set), ...remove]) {
    const fits = typeof key === "string" && key !== "" && key.length <= longestKey && !reserved.test(key);
    if (!fits) throw invalidRequest(`${JSON.stringify(key)} cannot be a tag's key.`, hint);
  }
  const fits = (value: unknown) =>
    typeof value === "string" && value.length <= longestValue && (emptyValues || value !== "");
  const wrong = Object.entries(set).find(([, value]) => !fits(value));
  if (wrong) throw invalidRequest(`The tag ${wrong[0]} cannot have this value.`, hint);
  const both = remove.find((key) => key in set);
  if (both !== undefined) throw invalidRequest(`The tag ${both} is to be set and to be removed.`, hint);
  if (Object.keys(set).length > mostKeys || remove.length > mostKeys) {
    throw invalidRequest(`More than ${mostKeys} tags cannot be changed at once.`, hint);
  }
  if (Object.keys(set).length + remove.length === 0) throw invalidRequest("The change of tags is empty.", hint);
}

function untouched(id: string, sight: Sight<Seen>, change: TagChange): TagOutcome | undefined {
  if (sight.kind === "elsewhere") return blocked(id, sight.problem);
  if (sight.kind === "absent") return { status: "not-found", instanceId: id, effects: [] };
  const { record } = sight.seen;
  if (record.state.unified === "gone") return blocked(id, tombstone(record));
  const { set, remove } = deltaOf(record, change);
  const same = Object.keys(set).length + remove.length === 0;
  return same ? { status: "unchanged", instanceId: id, effects: [] } : undefined;
}

/** What of the change is not so already. */
function deltaOf({ tags }: InstanceRecord, { set = {}, remove = [] }: TagChange): TagDelta {
  return {
    set: Object.fromEntries(Object.entries(set).filter(([key, value]) => tags[key] !== value)),
    remove: remove.filter((key) => key in tags),
  };
}

async function tagBatch<OneCall extends Call>(
  cloud: TaggingCloud<OneCall>,
  call: OneCall,
  batch: readonly InstanceRecord[],
  change: TagChange,
): Promise<readonly TagOutcome[]> {
  const [first] = batch;
  if (!first) return [];
  const { set, remove } = deltaOf(first, change);
  const effects = new Map<string, Effect[]>(batch.map(({ id }) => [id, []]));
  const ended = new Map<string, TagOutcome>();
  for (const part of tagParts({ set, remove })) {
    const going = batch.filter(({ id }) => !ended.has(id));
    const changed = going.map((record) => tagEffect(call, record, part));
    const answer = await cloud.send(
      call,
      going.map(({ id }) => id),
      part,
      changed,
    );
    for (const effect of changed) {
      const { id } = effect.resource;
      const became = answerOf(answer, id);
      if (became.effect !== "not-applied") effects.get(id)?.push(effect);
      if (became.effect !== "applied") ended.set(id, troubled(id, became, effects.get(id) ?? []));
    }
  }
  const tagged = batch.map(({ id }) => id).filter((id) => !ended.has(id));
  if (tagged.length > 0) {
    await seeTags(call.requests, cloud.consistencyWindowMs, cloud.readTags(call), tagged, { set, remove });
  }
  return batch.map(({ id }) => ended.get(id) ?? { status: "tagged", instanceId: id, effects: effects.get(id) ?? [] });
}

/** What an answer means for one instance: a batch can be carried out in part. */
function answerOf(answer: MutationAnswer, id: string): MutationAnswer {
  const effect = answer.instances?.find(({ instanceId }) => instanceId === id)?.effect ?? answer.effect;
  if (effect === "applied" || answer.problem === undefined) return { effect: "applied" };
  const { problem } = answer;
  if (effect === "unknown") return { effect, problem };
  return { effect, problem, sent: answer.effect !== "not-applied" || answer.sent };
}

/** A change in the requests it takes: one that sets, one that removes. */
export function tagParts({ set, remove }: TagDelta): readonly TagDelta[] {
  return [
    ...(Object.keys(set).length === 0 ? [] : [{ set, remove: [] }]),
    ...(remove.length === 0 ? [] : [{ set: {}, remove }]),
  ];
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
function tagEffect(call: Call, { id, tags }: InstanceRecord, { set, remove }: TagDelta): Effect {
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

/** Settles a lost change of tags by reading them. */
export function confirmTags(requests: Requests, read: ReadTags, ids: readonly string[], delta: TagDelta) {
  return confirmByReading(requests, () => areSet(read, ids, delta));
}

async function areSet(read: ReadTags, ids: readonly string[], { set, remove }: TagDelta): Promise<boolean> {
  const byId = await read(ids);
  return ids.every((id) => {
    const tags = byId.get(id);
    return (
      tags && Object.entries(set).every(([key, value]) => tags[key] === value) && remove.every((key) => !(key in tags))
    );
  });
}

/** Waits until the listing shows the tags: whoever claims an instance by a tag must be seen by the next reader. */
async function seeTags(
  requests: Requests,
  consistencyWindowMs: number,
  read: ReadTags,
  ids: readonly string[],
  delta: TagDelta,
): Promise<void> {
  const pace = { firstDelayMs: 500, longestDelayMs: 3_000, giveUpAfterMs: consistencyWindowMs };
  try {
    await pollUntil(
      requests,
      pace,
      () => areSet(read, ids, delta),
      (seen) => seen,
    );
  } catch {
    // The cloud has confirmed the change; that it cannot be read just now takes nothing from that.
  }
}

function tombstone({ id, cloud }: InstanceRecord): Problem {
  const message = `${id} is terminated: its tags vanish by themselves.`;
  return { code: "wrong-state", message, hint: "Leave it out.", cloud };
}

const unanswered: Problem = {
  code: "unexpected",
  message: "This instance got no answer.",
  hint: "Report this with the events of the call.",
};
