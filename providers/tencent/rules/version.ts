import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { TencentCall } from "../call.js";
import { tencentCapabilities } from "../capabilities.js";

/** How an attempt under one version of a group ended. */
export type Attempt<T> = { readonly done: T } | { readonly moved: Problem };

/** Others may be changing the group all the while: then somebody has to look at it. */
const giveUpAfterMs = 2 * tencentCapabilities.consistencyWindowMs;

/**
 * Tries again, from a fresh read, while the group's version moves on between the read and the request, as it does when
 * others change the group or a listing lags. Throws the refusal when that does not end.
 */
export async function whileVersionMoves<T>(call: TencentCall, attempt: () => Promise<Attempt<T>>): Promise<T> {
  const giveUpAt = call.requests.clock.now() + giveUpAfterMs;
  for (let delayMs = 500; ; delayMs = Math.min(5_000, delayMs * 2)) {
    const ended = await attempt();
    if ("done" in ended) return ended.done;
    if (call.requests.clock.now() + delayMs > giveUpAt) throw new DecommissionError(ended.moved);
    await call.requests.wait(delayMs);
  }
}
