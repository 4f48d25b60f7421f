import type { RevertResult } from "../../../src/revert.js";
import { revertTagsWith } from "../../../src/revert-tags.js";
import type { HuaweiCall } from "../call.js";
import { huaweiCapabilities } from "../capabilities.js";
import { readTagsWith, sendTags } from "../tags.js";
import type { Undo } from "./undo.js";

/** Gives tags the values they had, and takes those away that were not there. */
export async function revertTags(call: HuaweiCall, effect: Undo<"set-tags">): Promise<RevertResult> {
  const { consistencyWindowMs } = huaweiCapabilities;
  const send = (id: string, delta: Parameters<typeof sendTags>[2], effects: Parameters<typeof sendTags>[3]) =>
    sendTags(call, id, delta, effects);
  return await revertTagsWith({ call, consistencyWindowMs, readTags: readTagsWith(call), send }, effect);
}
