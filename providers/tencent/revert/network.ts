import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { TencentCall } from "../call.js";
import { readInterface, sameGroups, setGroups } from "../quarantine/groups.js";
import { caughtUp, type Undo } from "./undo.js";

/** Moves an interface back into the groups it was in; a primary one with its instance. */
export async function revertGroups(call: TencentCall, effect: Undo<"set-groups">): Promise<RevertResult> {
  const { networkInterfaceId, securityGroupIds } = effect.undo;
  const left = Array.isArray(effect.left) ? effect.left.map(String) : [];
  const now = await caughtUp(
    call,
    () => readInterface(call, networkInterfaceId),
    (seen) => !seen || sameGroups(seen.groupIds, left),
  );
  if (!now) return resourceGone(`${networkInterfaceId} is gone.`);
  if (sameGroups(now.groupIds, securityGroupIds)) return { status: "already-reverted" };
  if (!sameGroups(now.groupIds, left)) {
    return changedSince(`${networkInterfaceId} is in ${now.groupIds.join(", ")} by now.`);
  }
  const [instanceId = ""] = effect.instanceIds;
  return resultOf(await setGroups(call, now, instanceId, securityGroupIds, [givingBack(effect)]));
}
