import type { UndoAction } from "../../../src/effects.js";
import { readCaughtUp, type Undoable } from "../../../src/revert.js";
import type { AwsCall } from "../call.js";
import { awsCapabilities } from "../capabilities.js";

/** An effect whose way back is this action. */
export type Undo<Action extends UndoAction["action"]> = Undoable<Extract<UndoAction, { readonly action: Action }>>;

/** Reads a value that our own change may be too young for. */
export async function caughtUp<T>(call: AwsCall, read: () => Promise<T>, isLeft: (value: T) => boolean): Promise<T> {
  return await readCaughtUp(call.requests, awsCapabilities.consistencyWindowMs, read, isLeft);
}
