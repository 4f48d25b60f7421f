import { changedSince, givingBack, type RevertResult, resourceGone, resultOf } from "../../../src/revert.js";
import type { AliyunCall } from "../call.js";
import { readInterface, sameGroups, setGroups } from "../interfaces.js";
import { caughtUp, type Undo } from "./undo.js";

/** Moves an interface back into the groups it was in. */
export async function revertGroups(call: AliyunCall, effect: Undo<"set-groups">): Promise<RevertResult> {
  const { networkInterfaceId, securityGroupIds } = effect.undo;
  const left = Array.isArray(effect.left) ? effect.left.map(String) : [];
  const seen = await caughtUp(
    call,
    () => readInterface(call, networkInterfaceId),
    (now) => now === undefined || sameGroups(now.securityGroupIds, left),
  );
  if (!seen) return resourceGone(`${networkInterfaceId} is gone.`);
  const now = seen.securityGroupIds;
  if (sameGroups(now, securityGroupIds)) return { status: "already-reverted" };
  if (!sameGroups(now, left)) return changedSince(`${networkInterfaceId} is in ${now.join(", ")} by now.`);
  const [instanceId = ""] = effect.instanceIds;
  if (seen.instanceId !== instanceId) return resourceGone(`${networkInterfaceId} is not on ${instanceId} any more.`);
  const place = { networkInterfaceId, instanceId, primary: seen.primary };
  return resultOf(await setGroups(call, place, securityGroupIds, [givingBack(effect)]));
}
