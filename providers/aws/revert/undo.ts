import type { UndoAction } from "../../../src/effects.js";
import type { Undoable } from "../../../src/revert.js";

/** An effect whose way back is this action. */
export type Undo<Action extends UndoAction["action"]> = Undoable<Extract<UndoAction, { readonly action: Action }>>;
