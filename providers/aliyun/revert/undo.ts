import type { UndoAction } from "../../../src/effects.js";
import { type RevertResult, readCaughtUp, resourceGone, type Undoable } from "../../../src/revert.js";
import type { AliyunCall } from "../call.js";
import { aliyunCapabilities } from "../capabilities.js";
import { readStates } from "../instances.js";
import type { SeenInstance } from "../record.js";

/** An effect whose way back is this action. */
export type Undo<Action extends UndoAction["action"]> = Undoable<Extract<UndoAction, { readonly action: Action }>>;

/** Reads a value that our own change may be too young for. */
export async function caughtUp<T>(call: AliyunCall, read: () => Promise<T>, isLeft: (value: T) => boolean): Promise<T> {
  return await readCaughtUp(call.requests, aliyunCapabilities.consistencyWindowMs, read, isLeft);
}

/** An instance as it is now; `undefined` where it is gone. */
export async function readState(call: AliyunCall, id: string): Promise<SeenInstance | undefined> {
  return (await readStates(call, [id])).byId.get(id);
}

/** Nothing is left to give back to. */
export function gone(id: string): RevertResult {
  return resourceGone(`${id} is gone.`);
}
