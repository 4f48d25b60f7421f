import { givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { Artifact } from "../../../src/snapshots.js";
import type { HuaweiCall } from "../call.js";
import { copyName } from "../copies.js";
import { removeIsolationGroup } from "../quarantine/remove-group.js";
import { readVaultsNow, removeVault } from "../snapshots/own-vault.js";
import type { Undo } from "./undo.js";

/**
 * Removes what only the run needed: its isolation group, and a vault that nothing was saved into. Saved copies are data and
 * never removed here.
 */
export async function revertArtifact(call: HuaweiCall, effect: Undo<"remove-artifact">): Promise<RevertResult> {
  const { artifact } = effect.undo;
  if (artifact.kind === "vault") return await revertVault(call, artifact, effect);
  if (artifact.kind !== "security-group") {
    return { status: "not-reverted", cause: "impossible", why: "A saved copy is data: `removeArtifacts` removes it." };
  }
  const removal = await removeIsolationGroup(call, artifact, [givingBack(effect)]);
  if (removal.kind === "absent") return { status: "already-reverted" };
  if (removal.kind === "kept")
    return removal.strange ? resourceGone(removal.problem.message) : { status: "failed", problem: removal.problem };
  return resultOf(removal.answer);
}

/** By its id, or by its name as it was announced before it had one. */
async function revertVault(
  call: HuaweiCall,
  { id, runId, attempt }: Artifact,
  effect: Undo<"remove-artifact">,
): Promise<RevertResult> {
  const named = id === copyName({ runId, attempt });
  const vaults = await readVaultsNow(call);
  const own = [...vaults.values()].find((vault) => vault?.runId === runId && vault.attempt === attempt);
  if (!own || !(named || own.id === id)) {
    return vaults.has(id) ? resourceGone(`${id} is not the vault that was made.`) : { status: "already-reverted" };
  }
  const removal = await removeVault(call, own, [givingBack(effect)]);
  if (removal.kind === "absent") return { status: "already-reverted" };
  if (removal.kind === "sent") return resultOf(removal.answer);
  return { status: "not-reverted", cause: "impossible", why: removal.problem.message };
}
