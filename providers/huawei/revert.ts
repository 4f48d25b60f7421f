import type { Effect } from "../../src/effects.js";
import type { CallOptions } from "../../src/options.js";
import type { RevertOutcome } from "../../src/reversal.js";
import { type RevertHandlers, revertEffects } from "../../src/revert.js";
import type { HuaweiCall, OpenHuaweiCall } from "./call.js";
import { revertArtifact } from "./revert/artifact.js";
import { revertAttachment } from "./revert/disk.js";
import { revertFlag, revertLock, revertPower, revertTimer } from "./revert/instance.js";
import { revertMembership } from "./revert/membership.js";
import { revertGroups } from "./revert/network.js";
import { ruleRevert } from "./revert/rule.js";
import { revertTags } from "./revert/tags.js";

/** Puts effects back, the last first, each after a re-read. */
export async function revert(
  open: OpenHuaweiCall,
  effects: readonly Effect[],
  options: CallOptions = {},
): Promise<readonly RevertOutcome[]> {
  if (effects.length === 0) return [];
  return await revertWith(await open("all", options), effects);
}

/** {@link revert} with requests that are open already. */
export async function revertWith(call: HuaweiCall, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  const { requests, scope } = call;
  return await revertEffects(effects, { requests, scope, handlers: handlersOf(call, effects) });
}

/** What can be taken back here, by action. Nothing changes how a subscription renews, or takes an address off. */
function handlersOf(call: HuaweiCall, effects: readonly Effect[]): RevertHandlers {
  return {
    "restore-rule": ruleRevert(call, effects),
    "set-protection": (effect) => revertLock(call, effect),
    "set-power": (effect) => revertPower(call, effect),
    "set-flag": (effect) => revertFlag(call, effect),
    "set-groups": (effect) => revertGroups(call, effect),
    "set-timer": (effect) => revertTimer(call, effect),
    "set-tags": (effect) => revertTags(call, effect),
    rejoin: (effect) => revertMembership(call, effect),
    "attach-disk": (effect) => revertAttachment(call, effect),
    "remove-artifact": (effect) => revertArtifact(call, effect),
  };
}
