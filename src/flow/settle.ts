import type { IntentState } from "./ledger.js";
import { type ProcessIdentity, sameMachine } from "./process-identity.js";

/**
 * The moment from which a read that does not show a request's effect is believed, in milliseconds since the epoch. On
 * another machine's clock nobody here can tell how long ago it was announced, so it counts from our own start.
 */
export function settledBy({ intent, owner }: IntentState, here: ProcessIdentity, startedAt: number): number {
  return (owner && sameMachine(owner, here) ? Date.parse(intent.at) : startedAt) + intent.settleMs;
}
