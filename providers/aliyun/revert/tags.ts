import type { RevertResult } from "../../../src/revert.js";
import { revertTagsWith } from "../../../src/revert-tags.js";
import type { AliyunCall } from "../call.js";
import { aliyunCapabilities } from "../capabilities.js";
import { readTags, sendTags } from "../tags.js";
import type { Undo } from "./undo.js";

/** Gives tags the values they had, and takes those away that were not there. */
export async function revertTags(call: AliyunCall, effect: Undo<"set-tags">): Promise<RevertResult> {
  return await revertTagsWith(
    {
      call,
      consistencyWindowMs: aliyunCapabilities.consistencyWindowMs,
      readTags: readTags(call),
      send: (id, delta, effects) => sendTags(call, [id], delta, effects),
    },
    effect,
  );
}
