import type { JsonValue } from "../../../src/common.js";
import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AwsCall } from "../call.js";
import { readStates } from "../instances.js";
import { sendTags } from "../tags.js";
import { caughtUp, type Undo } from "./undo.js";

/** Gives tags the values they had, and takes those away that were not there. */
export async function revertTags(call: AwsCall, effect: Undo<"set-tags">): Promise<RevertResult> {
  const { instanceId, set, remove } = effect.undo;
  const former = new Map<string, string | null>([
    ...Object.entries(set),
    ...remove.map((key): [string, null] => [key, null]),
  ]);
  const left = leftOf(effect.left);
  const record = await caughtUp(
    call,
    async () => (await readStates(call, [instanceId])).byId.get(instanceId)?.record,
    (seen) => !seen || [...left].every(([key, value]) => (seen.tags[key] ?? null) === value),
  );
  if (!record || record.state.unified === "gone") return resourceGone(`${instanceId} is gone.`);
  const now = (key: string) => record.tags[key] ?? null;
  const open = [...former].filter(([key, value]) => now(key) !== value);
  if (open.length === 0) return { status: "already-reverted" };
  const strange = open.find(([key]) => now(key) !== left.get(key));
  if (strange) return changedSince(`The tag ${strange[0]} of ${instanceId} has another value by now.`);
  const setting = Object.fromEntries(open.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
  const removing = open.flatMap(([key, value]) => (value === null ? [key] : []));
  const parts = [
    ...(Object.keys(setting).length === 0 ? [] : [{ set: setting, remove: [] }]),
    ...(removing.length === 0 ? [] : [{ set: {}, remove: removing }]),
  ];
  for (const part of parts) {
    const result = resultOf(await sendTags(call, [instanceId], part, [givingBack(effect)]));
    if (result.status !== "reverted") return result;
  }
  return { status: "reverted" };
}

/** The values we left, by key: `null` for a tag we took away. */
function leftOf(left: JsonValue | undefined): ReadonlyMap<string, JsonValue> {
  return new Map(typeof left === "object" && left !== null && !Array.isArray(left) ? Object.entries(left) : []);
}
