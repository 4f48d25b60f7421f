import type { Effect } from "../../src/effects.js";
import type { CallOptions } from "../../src/options.js";
import type { RevertOutcome } from "../../src/reversal.js";
import { type RevertHandlers, revertEffects } from "../../src/revert.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { revertArtifact } from "./revert/artifact.js";
import { revertFlag, revertPower, revertProtection, revertRenewal, revertTimer } from "./revert/instance.js";
import { revertMembership } from "./revert/membership.js";
import { revertGroups } from "./revert/network.js";
import { ruleRevert } from "./revert/rule.js";
import { revertTags } from "./revert/tags.js";

/** Puts effects back, the last first, each after a re-read. */
export async function revert(
  open: OpenTencentCall,
  effects: readonly Effect[],
  options: CallOptions = {},
): Promise<readonly RevertOutcome[]> {
  if (effects.length === 0) return [];
  return await revertWith(await open("all", options), effects);
}

/** {@link revert} with requests that are open already. */
export async function revertWith(call: TencentCall, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  const { requests, scope } = call;
  return await revertEffects(effects, { requests, scope, handlers: handlersOf(call, effects) });
}

/** What CVM can take back, by action. This adapter detaches no disks and disassociates no addresses. */
function handlersOf(call: TencentCall, effects: readonly Effect[]): RevertHandlers {
  return {
    "restore-rule": ruleRevert(call, effects),
    "set-protection": (effect) => revertProtection(call, effect),
    "set-power": (effect) => revertPower(call, effect),
    "set-flag": (effect) => revertFlag(call, effect),
    "set-renewal": (effect) => revertRenewal(call, effect),
    "set-timer": (effect) => revertTimer(call, effect),
    "set-groups": (effect) => revertGroups(call, effect),
    "set-tags": (effect) => revertTags(call, effect),
    rejoin: (effect) => revertMembership(call, effect),
    "remove-artifact": (effect) => revertArtifact(call, effect),
  };
}
