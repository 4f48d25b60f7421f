import type { UndoAction } from "../../../src/effects.js";
import { type RevertResult, readCaughtUp, resourceGone, type Undoable } from "../../../src/revert.js";
import type { HuaweiCall } from "../call.js";
import { huaweiCapabilities } from "../capabilities.js";
import { readInstances } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { hasEnded } from "../termination/batches.js";

/** An effect whose way back is this action. */
export type Undo<Action extends UndoAction["action"]> = Undoable<Extract<UndoAction, { readonly action: Action }>>;

/** Reads a value that our own change may be too young for. */
export async function caughtUp<T>(call: HuaweiCall, read: () => Promise<T>, isLeft: (value: T) => boolean): Promise<T> {
  return await readCaughtUp(call.requests, huaweiCapabilities.consistencyWindowMs, read, isLeft);
}

/** A server that can still be changed; `undefined` for one that is gone, on its way out, or in the bin. */
export async function liveInstance(call: HuaweiCall, id: string): Promise<SeenInstance | undefined> {
  const seen = (await readInstances(call, [id])).byId.get(id);
  return hasEnded(seen) ? undefined : seen;
}

/** Nothing of that server is left to be changed back. */
export function serverGone(id: string): RevertResult {
  return resourceGone(`${id} is gone, on its way out, or in the recycle bin.`);
}
