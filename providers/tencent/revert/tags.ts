import type { RevertResult } from "../../../src/revert.js";
import { revertTagsWith } from "../../../src/revert-tags.js";
import type { TencentCall } from "../call.js";
import { tencentCapabilities } from "../capabilities.js";
import { readTags, sendTags } from "../tags.js";
import type { Undo } from "./undo.js";

/** Gives tags the values they had, and takes those away that were not there. */
export async function revertTags(call: TencentCall, effect: Undo<"set-tags">): Promise<RevertResult> {
  const { consistencyWindowMs } = tencentCapabilities;
  const send = (id: string, delta: Parameters<typeof sendTags>[2], effects: Parameters<typeof sendTags>[3]) =>
    sendTags(call, [id], delta, effects);
  return await revertTagsWith({ call, consistencyWindowMs, readTags: readTags(call), send }, effect);
}
