import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { HuaweiCall } from "../call.js";
import { readGroupsOf, sameGroups, setGroups } from "../quarantine/isolate.js";
import { caughtUp, type Undo } from "./undo.js";

/** Moves a port back into the groups it was in. */
export async function revertGroups(call: HuaweiCall, effect: Undo<"set-groups">): Promise<RevertResult> {
  const { networkInterfaceId, securityGroupIds } = effect.undo;
  const left = Array.isArray(effect.left) ? effect.left.map(String) : [];
  const now = await caughtUp(
    call,
    () => readGroupsOf(call, networkInterfaceId),
    (groupIds) => groupIds === undefined || sameGroups(groupIds, left),
  );
  if (now === undefined) return resourceGone(`${networkInterfaceId} is gone.`);
  if (sameGroups(now, securityGroupIds)) return { status: "already-reverted" };
  if (!sameGroups(now, left)) return changedSince(`${networkInterfaceId} is in ${now.join(", ")} by now.`);
  return resultOf(
    await setGroups(call, networkInterfaceId, securityGroupIds, effect.instanceIds, [givingBack(effect)]),
  );
}
