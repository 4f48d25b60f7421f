import type { UndoAction } from "../../../src/effects.js";
import { readCaughtUp, type Undoable } from "../../../src/revert.js";
import type { TencentCall } from "../call.js";
import { tencentCapabilities } from "../capabilities.js";
import { readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";

/** An effect whose way back is this action. */
export type Undo<Action extends UndoAction["action"]> = Undoable<Extract<UndoAction, { readonly action: Action }>>;

/** Reads a value that our own change may be too young for. */
export async function caughtUp<T>(
  call: TencentCall,
  read: () => Promise<T>,
  isLeft: (value: T) => boolean,
): Promise<T> {
  return await readCaughtUp(call.requests, tencentCapabilities.consistencyWindowMs, read, isLeft);
}

/** An instance in service; `undefined` for one that is gone, in the recycle bin or on its way out. */
export async function standing(call: TencentCall, id: string): Promise<SeenInstance | undefined> {
  const seen = (await readStates(call, [id])).byId.get(id);
  const state = seen?.record.state.unified;
  return state === "recycled" || state === "terminating" ? undefined : seen;
}
