import type { Effect } from "../../src/effects.js";
import type { CallOptions } from "../../src/options.js";
import type { RevertOutcome } from "../../src/reversal.js";
import { type RevertHandlers, revertEffects } from "../../src/revert.js";
import type { AwsCall, OpenAwsCall } from "./call.js";
import { revertFlag, revertPower, revertProtection } from "./revert/instance.js";

/** Puts effects back, the last first, each after a re-read. */
export async function revert(
  open: OpenAwsCall,
  effects: readonly Effect[],
  options: CallOptions = {},
): Promise<readonly RevertOutcome[]> {
  if (effects.length === 0) return [];
  return await revertWith(await open("all", options), effects);
}

/** {@link revert} with requests that are open already. */
export async function revertWith(call: AwsCall, effects: readonly Effect[]): Promise<readonly RevertOutcome[]> {
  return await revertEffects(effects, {
    requests: call.requests,
    scope: call.scope,
    handlers: handlersOf(call, effects),
  });
}

/** What EC2 can take back, by action. Timers and renewals do not exist there. */
function handlersOf(call: AwsCall, _effects: readonly Effect[]): RevertHandlers {
  return {
    "set-protection": (effect) => revertProtection(call, effect),
    "set-power": (effect) => revertPower(call, effect),
    "set-flag": (effect) => revertFlag(call, effect),
  };
}
