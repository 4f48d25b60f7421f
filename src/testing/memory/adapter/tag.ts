import { chunk, groupBy } from "../../../batch.js";
import type { Effect } from "../../../effects.js";
import { invalidRequest } from "../../../errors.js";
import type { InstanceTarget } from "../../../instances.js";
import type { CallOptions } from "../../../options.js";
import { blocked, refused, undetermined } from "../../../outcomes.js";
import { settleByReading } from "../../../poll.js";
import type { TagChange, TagOutcome } from "../../../reversal.js";
import { batchSize } from "../options.js";
import { type MemoryCall, type OpenMemoryCall, service } from "./call.js";
import { tagsFit } from "./changes.js";
import { effectFor } from "./effects.js";
import { cameBack, lookAt, targetsOf } from "./look.js";
import { readInstances, type Seen } from "./record.js";

/** Sets and removes tags. */
export async function tagInstances(
  open: OpenMemoryCall,
  targets: readonly InstanceTarget[],
  change: TagChange,
  options?: CallOptions,
): Promise<readonly TagOutcome[]> {
  const { set = {}, remove: asked = [] } = change ?? {};
  const remove = asked.filter((key) => !(key in set));
  if (remove.length !== asked.length) {
    throw invalidRequest("The change both sets and removes a tag.", "Name each tag once.");
  }
  const { ids, sightings } = targetsOf(targets);
  if (ids.length === 0) return [];
  const call = await open("all", options);
  const outcomes = new Map<string, TagOutcome>();
  const todo: Seen[] = [];
  for (const [id, sight] of await lookAt(call, ids, sightings)) {
    if (sight.kind === "elsewhere") outcomes.set(id, blocked(id, sight.problem));
    else if (sight.kind === "absent") {
      const { kind } = sight.verdict;
      outcomes.set(
        id,
        kind === "present" ? blocked(id, cameBack(id)) : { status: "not-found", instanceId: id, effects: [] },
      );
    } else if (tagsFit(sight.seen.record.tags, set, remove)) {
      outcomes.set(id, { status: "unchanged", instanceId: id, effects: [] });
    } else todo.push(sight.seen);
  }
  for (const batch of chunk(todo, batchSize)) await send(call, batch, { set, remove }, outcomes);
  return ids.map((id) => outcomes.get(id) ?? { status: "not-found", instanceId: id, effects: [] });
}

async function send(
  call: MemoryCall,
  batch: readonly Seen[],
  { set, remove }: Required<TagChange>,
  outcomes: Map<string, TagOutcome>,
): Promise<void> {
  const ids = batch.map(({ record }) => record.id);
  const effects = groupBy(
    batch.map((seen) => tagEffect(call, seen, { set, remove })),
    (effect) => effect.instanceIds[0] ?? "",
  );
  const answer = await call.requests.mutate({
    service,
    action: "SetTags",
    parameters: { ids, set, ...(remove.length === 0 ? {} : { remove }) },
    instanceIds: ids,
    effects: [...effects.values()].flat(),
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        const { byId } = await readInstances(call, ids);
        return ids.every((id) => tagsFit(byId.get(id)?.record.tags ?? {}, set, remove));
      }),
    }),
  });
  for (const id of ids) {
    const own = effects.get(id) ?? [];
    if (answer.effect === "applied") outcomes.set(id, { status: "tagged", instanceId: id, effects: own });
    else if (answer.effect === "unknown") outcomes.set(id, undetermined(id, answer.problem, own));
    else outcomes.set(id, answer.sent ? refused(id, answer.problem) : blocked(id, answer.problem));
  }
}

function tagEffect(call: MemoryCall, { record }: Seen, { set, remove }: Required<TagChange>): Effect {
  const keys = [...Object.keys(set), ...remove.filter((key) => key in record.tags)];
  const former = keys.flatMap((key) => {
    const value = record.tags[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return effectFor(call, record.id, {
    kind: "tags-changed",
    resource: { kind: "instance", id: record.id },
    undo: {
      action: "set-tags",
      instanceId: record.id,
      set: Object.fromEntries(former),
      remove: keys.filter((key) => !(key in record.tags)),
    },
    left: Object.fromEntries(keys.map((key) => [key, set[key] ?? null])),
  });
}
