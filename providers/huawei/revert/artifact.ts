import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { HuaweiCall } from "../call.js";
import { removeIsolationGroup } from "../quarantine/remove-group.js";
import type { Undo } from "./undo.js";

/** Removes what only the run needed: its isolation group. Saved copies are data and never removed here. */
export async function revertArtifact(call: HuaweiCall, effect: Undo<"remove-artifact">): Promise<RevertResult> {
  const { artifact } = effect.undo;
  if (artifact.kind !== "security-group") {
    return { status: "not-reverted", cause: "impossible", why: "A saved copy is data: `removeArtifacts` removes it." };
  }
  const removal = await removeIsolationGroup(call, artifact, [givingBack(effect)]);
  if (removal.kind === "absent") return { status: "already-reverted" };
  if (removal.kind === "kept")
    return removal.strange ? resourceGone(removal.problem.message) : { status: "failed", problem: removal.problem };
  return resultOf(removal.answer);
}
