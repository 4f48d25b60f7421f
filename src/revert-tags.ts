import type { Call } from "./calls.js";
import type { JsonValue } from "./common.js";
import type { Effect, UndoAction } from "./effects.js";
import type { MutationAnswer } from "./requests.js";
import {
  changedSince,
  givingBack,
  type RevertResult,
  readCaughtUp,
  resourceGone,
  resultOf,
  type Undoable,
} from "./revert.js";
import { type ReadTags, type TagDelta, tagParts } from "./tagging.js";

/** How tags of one cloud go back. */
export interface TagReverting {
  readonly call: Call;
  readonly consistencyWindowMs: number;
  readonly readTags: ReadTags;
  send(id: string, delta: TagDelta, effects: readonly Effect[]): Promise<MutationAnswer>;
}

/** Gives tags the values they had, and takes those away that were not there. */
export async function revertTagsWith(
  { call, consistencyWindowMs, readTags, send }: TagReverting,
  effect: Undoable<Extract<UndoAction, { readonly action: "set-tags" }>>,
): Promise<RevertResult> {
  const { instanceId, set, remove } = effect.undo;
  const former = new Map<string, string | null>([
    ...Object.entries(set),
    ...remove.map((key): [string, null] => [key, null]),
  ]);
  const left = leftOf(effect.left);
  const tags = await readCaughtUp(
    call.requests,
    consistencyWindowMs,
    async () => (await readTags([instanceId])).get(instanceId),
    (seen) => !seen || [...left].every(([key, value]) => (seen[key] ?? null) === value),
  );
  if (!tags) return resourceGone(`${instanceId} is gone.`);
  const now = (key: string) => tags[key] ?? null;
  const open = [...former].filter(([key, value]) => now(key) !== value);
  if (open.length === 0) return { status: "already-reverted" };
  const strange = open.find(([key]) => now(key) !== left.get(key));
  if (strange) return changedSince(`The tag ${strange[0]} of ${instanceId} has another value by now.`);
  const setting = Object.fromEntries(open.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
  const removing = open.flatMap(([key, value]) => (value === null ? [key] : []));
  for (const part of tagParts({ set: setting, remove: removing })) {
    const result = resultOf(await send(instanceId, part, [givingBack(effect)]));
    if (result.status !== "reverted") return result;
  }
  return { status: "reverted" };
}

/** The values we left, by key: `null` for a tag we took away. */
function leftOf(left: JsonValue | undefined): ReadonlyMap<string, JsonValue> {
  return new Map(typeof left === "object" && left !== null && !Array.isArray(left) ? Object.entries(left) : []);
}
